"""How text models spread over the programs that serve them, as DataFrames. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from horde_core.analytics.category_facts import hides_models, is_serving
from horde_core.analytics.names.spelling import CANONICAL
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics
from horde_core.audit import ModelAuditInfo
from horde_core.frames.models import in_units, share_of
from horde_core.frames.schema import AMOUNT, COUNT, FLAG, LIST, TEXT, Schema, frame_of, known
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
    return {
        "backend": variation.backend,
        "usage_day": variation.usage_day,
        "usage_month": variation.usage_month,
        "usage_total": variation.usage_total,
        "threads": variation.thread_count,
        "workers": variation.distinct_workers,
        "jobs": variation.queued_jobs,
        "queued": variation.queued,
    }


def backend_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each model (or unlisted name) and backend that has usage or is served; text only.

    ``thread_share`` and ``share_month`` are percent of the category; ``listed_threads`` are those in rows of the status
    list, of which the category's total is.
    """
    merged = snapshot.merged
    has_status = merged.reconciliation.has_status
    is_listed = False if snapshot.reference.available else None
    rows = [
        variation_figures(variation)
        | {"name": name, "listed": listed, "listed_threads": variation.listed_threads if has_status else None}
        for listed, part in ((True, merged.models), (is_listed, merged.unlisted))
        for name, statistics in part.items()
        for variation in (statistics.backend_variations or {}).values()
    ]
    frame = frame_of(rows, BACKENDS)
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
    summed = {"threads": "listed_threads"} | {column: column for column in ("usage_day", "usage_month", "usage_total")}
    totals = frame.groupby("backend").agg(**{column: (of, _sum_or_unknown) for column, of in summed.items()})
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
    has_status = snapshot.merged.reconciliation.has_status
    authors = {name.rpartition("/")[0].casefold() for name in snapshot.reference} - {""}
    groups: dict[str, list[CombinedModelStatistics]] = {}
    for name, statistics in snapshot.merged.unlisted.items():
        prefix, slash, _ = name.partition("/")
        is_known = snapshot.merged.backends.get(name, CANONICAL) != CANONICAL or prefix.casefold() in authors
        if slash and not is_known:
            groups.setdefault(prefix, []).append(statistics)
    rows = [
        {
            "prefix": prefix,
            "names": len(found),
            **{f"usage_{period}": sum_or_unknown(row.usage(period) for row in found) for period in PERIODS},
            "threads": sum_or_unknown(row.listed_threads for row in found) if has_status else None,
        }
        for prefix, found in groups.items()
    ]
    return frame_of(rows, PREFIXES).sort_values(
        ["usage_month", "usage_total", "prefix"], ascending=[False, False, True], ignore_index=True
    )


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


def _sum_or_unknown(values: pd.Series[Any]) -> Any:
    return values.sum(skipna=False) if len(values) else 0


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
