"""How text models spread over the programs that serve them, as DataFrames. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from horde_core.analytics.category_facts import hides_models, is_serving
from horde_core.analytics.indexes import grouped
from horde_core.analytics.merge import Row
from horde_core.analytics.names.spelling import CANONICAL
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, Live
from horde_core.audit import ModelAuditInfo
from horde_core.frames.models import in_units, share_of
from horde_core.frames.schema import AMOUNT, COUNT, FLAG, LIST, TEXT, Schema, frame_of, known
from horde_core.frames.standing import standing_of
from horde_core.live.snapshot import Snapshot
from horde_core.unknowns import sum_or_unknown
from horde_core.vocabulary import PERIODS

VARIATION: Schema = {
    "backend": TEXT,
    "usage_day": COUNT,
    "usage_month": COUNT,
    "usage_total": COUNT,
    "threads": COUNT,
    "workers": COUNT,
    "jobs": COUNT,
    "queued": AMOUNT,
}
"""The columns of one backend's part of a model; ``queued`` in the API's units."""

BACKENDS: Schema = {
    "name": TEXT,
    "listed": FLAG,
    **VARIATION,
    "listed_threads": COUNT,
    "share_month": AMOUNT,
    "thread_share": AMOUNT,
}
TOTALS: Schema = {
    "backend": TEXT,
    "usage_day": COUNT,
    "usage_month": COUNT,
    "usage_total": COUNT,
    "threads": COUNT,
    "models": COUNT,
    "unlisted": COUNT,
    "workers": COUNT,
    "share_month": AMOUNT,
    "thread_share": AMOUNT,
}
DISTRIBUTION: Schema = {"backend": TEXT, "requests": AMOUNT, "threads": AMOUNT, "workers": AMOUNT, "models": AMOUNT}
MODEL_BACKENDS: Schema = {**VARIATION, "names": COUNT, "usage_share": AMOUNT, "thread_share": AMOUNT}
PREFIXES: Schema = {
    "prefix": TEXT,
    "names": COUNT,
    "usage_day": COUNT,
    "usage_month": COUNT,
    "usage_total": COUNT,
    "threads": COUNT,
}
BALANCE: Schema = {
    "name": TEXT,
    "imbalance": AMOUNT,
    "backends": LIST,
    "backend_count": COUNT,
    "usage_month": COUNT,
    "threads": COUNT,
    "largest_usage_share": AMOUNT,
    "largest_thread_share": AMOUNT,
}


def variation_figures(variation: BackendVariation) -> dict[str, Any]:
    """Return one backend's part of a model as the cells of :data:`VARIATION`."""
    return _cells(
        variation.backend, variation.live, (variation.usage_day, variation.usage_month, variation.usage_total)
    )


def _cells(backend: str, live: Live, requests: tuple[int | None, int | None, int | None]) -> dict[str, Any]:
    return {
        "backend": backend,
        **{f"usage_{period}": count for period, count in zip(PERIODS, requests, strict=True)},
        "threads": live.thread_count,
        "workers": live.distinct_workers,
        "jobs": live.queued_jobs,
        "queued": live.queued,
    }


def backend_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each model (or unlisted name) and backend that has usage or is served; text only.

    ``thread_share`` and ``share_month`` are percent of the category; ``listed_threads`` are those in rows of the status
    list, of which the category's total is.
    """
    merged = snapshot.merged
    has_status = merged.reconciliation.has_status
    is_unlisted = False if snapshot.reference.available else None

    def lines(numbered: Iterable[tuple[int, Row]]) -> pd.DataFrame:
        cells = [
            _cells(variation.backend, variation.live, variation.requests)
            | {
                "number": number,
                "name": row.name,
                "listed": True if row.members else is_unlisted,
                "listed_threads": variation.live.listed_threads if has_status else None,
            }
            for number, row in numbered
            for variation in row.variations
        ]
        return frame_of(cells, {"number": COUNT, **BACKENDS})

    parts = (merged.models, merged.unlisted)
    standing = standing_of(snapshot, "backends", parts, lambda rows: lines(enumerate(rows)), has_status)
    changed = standing.changed(parts)
    stays = ~standing.made["number"].isin([number for number, _ in changed])
    frame = pd.concat([standing.made[stays], lines(changed)])
    frame = frame.sort_values("number", kind="stable", ignore_index=True).drop(columns="number")
    frame["share_month"] = share_of(frame["usage_month"], merged.reconciliation.total_usage("month"))
    frame["thread_share"] = share_of(frame["listed_threads"], merged.reconciliation.thread_count.total)
    return frame


def backend_totals_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a backend: models, threads, distinct workers and requests, with their shares in percent.

    ``models`` counts the models of the reference that the backend had requests for this month or serves now,
    ``unlisted`` the names outside it; both are unknown without the reference, the usage or the status.
    """
    frame = backend_frame(snapshot)
    is_active = frame[["usage_month", "threads"]].fillna(0).gt(0).any(axis=1)
    is_listed = frame["listed"].fillna(False)
    summed = frame.groupby("backend")[["listed_threads", "usage_day", "usage_month", "usage_total"]].sum(skipna=False)
    totals = summed.rename(columns={"listed_threads": "threads"})
    for column, chosen in (("models", is_active & is_listed), ("unlisted", is_active & ~is_listed)):
        names = frame[chosen].groupby("backend")["name"].nunique().reindex(totals.index, fill_value=0)
        is_known = snapshot.reference.available and snapshot.usage.available and snapshot.status.available
        totals[column] = names if is_known else pd.NA
    totals["workers"] = _workers_by_backend(snapshot, totals.index)
    totals = totals.reset_index()
    totals["share_month"] = share_of(totals["usage_month"], snapshot.merged.reconciliation.total_usage("month"))
    totals["thread_share"] = share_of(totals["threads"], snapshot.merged.reconciliation.thread_count.total)
    figures = totals[["usage_day", "usage_month", "usage_total", "threads"]]
    totals = totals[figures.fillna(0).gt(0).any(axis=1) | figures.isna().all(axis=1)]
    return totals[list(TOTALS)].astype(dict(TOTALS)).sort_values("usage_month", ascending=False, ignore_index=True)


def distribution_frame(totals: pd.DataFrame) -> pd.DataFrame:
    """One row a backend that carries anything now or this month: its share of four things, in percent, side by side.

    ``models`` of the reference, ``threads``, ``workers`` and ``requests`` of 30 days. A model or worker that several
    backends carry counts in each, so the shares of those two are of the sum over backends. ``totals`` is
    :func:`backend_totals_frame`.
    """
    active = _active(totals)
    shares = {
        "backend": active["backend"],
        "requests": active["share_month"],
        "threads": active["thread_share"],
        "workers": share_of(active["workers"], sum_or_unknown(known(active["workers"]))),
        "models": share_of(active["models"], sum_or_unknown(known(active["models"]))),
    }
    return pd.DataFrame(shares).astype(dict(DISTRIBUTION)).reset_index(drop=True)


def share_matrix(frame: pd.DataFrame, names: Sequence[str], column: str) -> pd.DataFrame:
    """Each model's figure split over its backends: one row a model, one column a backend, percent of the model's own.

    ``frame`` is :func:`backend_frame`. Backends are ordered by what they carry of these models, most first.
    """
    chosen = frame[frame["name"].isin(set(names)) & (frame[column].fillna(0) > 0)]
    table = chosen.pivot_table(index="name", columns="backend", values=column, aggfunc="sum", fill_value=0)
    table = table.reindex([name for name in names if name in table.index]).astype("Float64")
    order = table.sum().sort_values(ascending=False, kind="stable").index
    return table[order].div(table.sum(axis=1), axis=0) * 100


def unknown_prefix_frame(snapshot: Snapshot) -> pd.DataFrame:
    """What stands in front of unlisted names and is neither a known backend nor an author of the reference.

    One row a prefix, most used this month first: candidates for the table of backends. ``names`` counts its names.
    """
    unlisted = snapshot.merged.unlisted
    standing = standing_of(snapshot, "prefixes", [unlisted], lambda rows: _unknown_prefixes(snapshot, rows))
    prefixes, frame = standing.made
    has_status = snapshot.merged.reconciliation.has_status
    threads = grouped((prefixes[number], row.live.listed_threads) for number, row in standing.changed([unlisted]))
    counted = [sum_or_unknown(threads.get(prefix, ())) if has_status else None for prefix in frame["prefix"]]
    return frame.assign(threads=pd.Series(counted, dtype=COUNT))


def _unknown_prefixes(snapshot: Snapshot, rows: Iterable[Row]) -> tuple[list[str | None], pd.DataFrame]:
    """Return the unknown prefix of each row, None where it has none, and a frame without threads."""
    authors = {name.rpartition("/")[0].casefold() for name in snapshot.reference} - {""}
    backends = snapshot.merged.backends

    def prefix_of(name: str) -> str | None:
        prefix, slash, _ = name.partition("/")
        is_known = backends.get(name, CANONICAL) != CANONICAL or prefix.casefold() in authors
        return prefix if slash and not is_known else None

    named = [(prefix_of(row.name), row.requests) for row in rows]
    cells = [
        {"prefix": prefix, "names": len(found)}
        | {
            f"usage_{period}": sum_or_unknown(counts)
            for period, counts in zip(PERIODS, zip(*found, strict=True), strict=True)
        }
        for prefix, found in grouped(named).items()
        if prefix is not None
    ]
    order = ["usage_month", "usage_total", "prefix"]
    frame = frame_of(cells, PREFIXES).sort_values(order, ascending=[False, False, True], ignore_index=True)
    return [prefix for prefix, _ in named], frame


def variation_frame(statistics: CombinedModelStatistics) -> pd.DataFrame:
    """One row a backend that carries a model, most used this month first; shares are percent of the model's own."""
    variations = (statistics.backend_variations or {}).values()
    frame = frame_of([variation_figures(one) | {"names": len(one.names)} for one in variations], MODEL_BACKENDS)
    frame["usage_share"] = share_of(frame["usage_month"], statistics.usage("month"))
    frame["thread_share"] = share_of(frame["threads"], statistics.thread_count)
    return frame.sort_values("usage_month", ascending=False, kind="stable", ignore_index=True)


def balance_frame(audits: Iterable[ModelAuditInfo]) -> pd.DataFrame:
    """One row a text model that any backend carries, the most uneven first.

    ``imbalance`` is 0 (even) to 1 (opposite); the shares of the largest backend are percent of the model's own.
    """
    rows = [
        {
            "name": info.name,
            "imbalance": info.balance.imbalance,
            "backends": list(info.balance.backends),
            "backend_count": len(info.balance.backends),
            "usage_month": info.usage_month,
            "threads": info.thread_count,
            "largest_usage_share": in_units(info.balance.largest_usage_share, 0.01),
            "largest_thread_share": in_units(info.balance.largest_thread_share, 0.01),
        }
        for info in audits
        if info.balance is not None and info.balance.backends
    ]
    order = ["imbalance", "backend_count", "usage_month"]
    return frame_of(rows, BALANCE).sort_values(order, ascending=False, na_position="last", ignore_index=True)


class BackendSummary(NamedTuple):
    """How text models spread over backends this month. Shares in percent; ``models`` are those that any carries."""

    backends: int | None
    largest: str | None
    largest_share: float | None
    single_backend: int | None
    several_backends: int | None
    uneven: int | None
    models: int


def backend_summary(totals: pd.DataFrame, audits: Mapping[str, ModelAuditInfo]) -> BackendSummary:
    """Summarise :func:`backend_totals_frame` and the audits of the text models."""
    active = _active(totals)
    balances = [info.balance for info in audits.values()]
    is_known = bool(balances) and all(balance is not None for balance in balances)
    counts = [len(balance.backends) for balance in balances if balance is not None]
    leader = active.iloc[0] if len(active) and active["share_month"].notna().any() else None
    return BackendSummary(
        backends=len(active) if totals[["usage_month", "threads"]].notna().all(axis=None) and len(totals) else None,
        largest=None if leader is None else str(leader["backend"]),
        largest_share=None if leader is None else float(leader["share_month"]),
        single_backend=counts.count(1) if is_known else None,
        several_backends=sum(count > 1 for count in counts) if is_known else None,
        uneven=sum(info.flags.uneven_backends is True for info in audits.values()) if is_known else None,
        models=sum(count > 0 for count in counts),
    )


def _active(totals: pd.DataFrame) -> pd.DataFrame:
    """The backends with requests this month or threads now."""
    return totals[totals[["usage_month", "threads"]].fillna(0).gt(0).any(axis=1)]


def _workers_by_backend(snapshot: Snapshot, backends: pd.Index[Any]) -> pd.Series[Any]:
    """Distinct online workers, not in maintenance, that serve a name of each backend.

    Unknown for all where workers are unavailable or one of them does not say what has to be known.
    """
    serving: dict[str, set[str]] = {backend: set() for backend in backends}
    for worker in snapshot.workers:
        is_counted = is_serving(worker)
        if is_counted is None or hides_models(worker):
            return pd.Series(pd.NA, index=backends, dtype="Int64")
        for backend in {snapshot.merged.backends[name] for name in worker.models or ()} if is_counted else ():
            serving.setdefault(backend, set()).add(worker.identity)
    counts = pd.Series({backend: len(workers) for backend, workers in serving.items()}, dtype="Int64")
    return counts if snapshot.workers.available else pd.Series(pd.NA, index=backends, dtype="Int64")
