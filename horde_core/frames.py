"""The merged data as DataFrames, one row a thing, with the units that screens show. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent of the whole category, never of a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from horde_core.audit import GIBIBYTE, ModelAuditInfo
from horde_core.combined import CombinedModelStatistics
from horde_core.facts import hides_models, is_serving
from horde_core.models import PERIODS, ModelType
from horde_core.reference import ModelRecord
from horde_core.snapshot import Snapshot

WORK_UNIT: Mapping[ModelType, tuple[str, float]] = {"image": ("megapixelsteps", 1e6), "text": ("tokens", 1.0)}
"""The unit of queued work and of speed on screen, and how many of the API's units make one."""

_WHOLE_NUMBERS = ("usage_day", "usage_month", "usage_total", "threads", "workers", "jobs", "eta", "backend_count")
_NUMBERS = ("queued", "performance", "momentum")


def category_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a model or unlisted name, most used this month first.

    ``listed`` is whether the reference has it (unknown without one). ``usage_*`` are requests, ``share_*`` percent of
    the category's own sum, ``rank_*`` places in the whole category, ``queued`` and ``performance`` in the unit of
    :data:`WORK_UNIT`, ``size`` GiB, ``drain_time`` the API's ``eta`` as a timedelta.
    """
    merged = snapshot.merged
    divisor = WORK_UNIT[snapshot.model_type][1]
    is_listed = False if snapshot.reference.available else None
    rows = [
        {**_figures(name, statistics, divisor), **_record_facts(snapshot.reference[name]), "listed": True}
        for name, statistics in merged.models.items()
    ]
    rows += [
        {**_figures(name, statistics, divisor), **_record_facts(None), "listed": is_listed}
        for name, statistics in merged.unlisted.items()
    ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame = frame.astype(dict.fromkeys(_WHOLE_NUMBERS, "Int64") | dict.fromkeys(_NUMBERS, "Float64"))
    frame = frame.astype(
        {"size": "Float64", "parameters": "Float64", "unserved": "boolean", "nsfw": "boolean", "listed": "boolean"}
    )
    for period in PERIODS:
        total = merged.reconciliation.total_usage(period)
        usage = frame[f"usage_{period}"]
        frame[f"share_{period}"] = _share(usage, total)
        frame[f"rank_{period}"] = usage.rank(method="min", ascending=False).astype("Int64")
    frame["drain_time"] = pd.to_timedelta(frame["eta"].astype("Float64"), unit="s")
    frame["queue_share"] = _share(frame["queued"], _in_units(merged.reconciliation.queued.total, divisor))
    frame["thread_share"] = _share(frame["threads"], merged.reconciliation.thread_count.total)
    return frame.sort_values(["usage_month", "usage_total", "name"], ascending=[False, False, True], ignore_index=True)


def backend_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each model (or unlisted name) and backend that has usage or is served; text only.

    ``thread_share`` and ``share_month`` are percent of the category.
    """
    merged = snapshot.merged
    is_listed = False if snapshot.reference.available else None
    rows = [
        {
            "name": name,
            "listed": listed,
            "backend": variation.backend,
            "usage_day": variation.usage_day,
            "usage_month": variation.usage_month,
            "usage_total": variation.usage_total,
            "threads": variation.thread_count,
            "workers": variation.worker_count if variation.worker_count_source == "workers" else None,
            "jobs": variation.queued_jobs,
            "queued": variation.queued,
        }
        for listed, part in ((True, merged.models), (is_listed, merged.unlisted))
        for name, statistics in part.items()
        for variation in (statistics.backend_variations or {}).values()
    ]
    columns = [
        "name",
        "listed",
        "backend",
        "usage_day",
        "usage_month",
        "usage_total",
        "threads",
        "workers",
        "jobs",
        "queued",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.astype(
        dict.fromkeys(("usage_day", "usage_month", "usage_total", "threads", "workers", "jobs"), "Int64")
        | {"listed": "boolean"}
    )
    frame["share_month"] = _share(frame["usage_month"], merged.reconciliation.total_usage("month"))
    frame["thread_share"] = _share(frame["threads"], merged.reconciliation.thread_count.total)
    return frame


def backend_totals_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a backend: models, threads, distinct workers and requests, with their shares in percent.

    ``models`` counts the models of the reference that the backend had requests for this month or serves now,
    ``unlisted`` the names outside it; both are unknown without the reference, the usage or the status.
    """
    frame = backend_frame(snapshot)
    is_active = (frame["usage_month"].fillna(0) > 0) | (frame["threads"].fillna(0) > 0)
    is_listed = frame["listed"].fillna(False)
    totals = frame.groupby("backend").agg(
        **{column: (column, _sum_or_unknown) for column in ("usage_day", "usage_month", "usage_total", "threads")}
    )
    for column, chosen in (("models", is_active & is_listed), ("unlisted", is_active & ~is_listed)):
        names = frame[chosen].groupby("backend")["name"].nunique().reindex(totals.index, fill_value=0)
        is_known = snapshot.reference.available and snapshot.usage.available and snapshot.status.available
        totals[column] = names if is_known else pd.NA
    totals["workers"] = _workers_by_backend(snapshot, totals.index)
    totals = totals.astype("Int64").reset_index()
    totals["share_month"] = _share(totals["usage_month"], snapshot.merged.reconciliation.total_usage("month"))
    totals["thread_share"] = _share(totals["threads"], snapshot.merged.reconciliation.thread_count.total)
    figures = totals[["usage_day", "usage_month", "usage_total", "threads"]]
    totals = totals[figures.fillna(0).gt(0).any(axis=1) | figures.isna().all(axis=1)]
    return totals.sort_values("usage_month", ascending=False, ignore_index=True)


def balance_frame(audits: Mapping[str, ModelAuditInfo]) -> pd.DataFrame:
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
            "largest_usage_share": _in_units(info.balance.largest_usage_share, 0.01),
            "largest_thread_share": _in_units(info.balance.largest_thread_share, 0.01),
        }
        for info in audits.values()
        if info.balance is not None and info.balance.backends
    ]
    frame = pd.DataFrame(rows, columns=_BALANCE_COLUMNS).astype(
        dict.fromkeys(("imbalance", "largest_usage_share", "largest_thread_share"), "Float64")
        | dict.fromkeys(("backend_count", "usage_month", "threads"), "Int64")
    )
    order = ["imbalance", "backend_count", "usage_month"]
    return frame.sort_values(order, ascending=False, na_position="last", ignore_index=True)


def audit_frame(audits: Mapping[str, ModelAuditInfo]) -> pd.DataFrame:
    """One row a model of the reference, worst first; ``findings`` and ``unknown`` list flags by name."""
    rows = [
        {
            "name": info.name,
            "severity": info.severity.value,
            "findings": list(info.flags.set_flags()),
            "unknown": list(info.flags.unknown_flags()),
            "risk_score": info.risk_score,
            "usage_day": info.usage_day,
            "usage_month": info.usage_month,
            "usage_total": info.usage_total,
            "share_month": info.usage_percentage_of_category,
            "momentum": info.momentum,
            "threads": info.thread_count,
            "workers": info.worker_count,
            "jobs": info.queued_jobs,
            "size": None if info.size is None else info.size / GIBIBYTE,
            "cost_benefit_score": info.cost_benefit_score,
            "baseline": info.baseline,
            "nsfw": info.nsfw,
            "hosts": list(info.hosts),
            "backends": list(info.balance.backends) if info.balance else [],
            "imbalance": info.balance.imbalance if info.balance else None,
        }
        for info in audits.values()
    ]
    frame = pd.DataFrame(rows, columns=_AUDIT_COLUMNS)
    whole = ("risk_score", "usage_day", "usage_month", "usage_total", "threads", "workers", "jobs")
    real = ("share_month", "momentum", "size", "cost_benefit_score", "imbalance")
    frame = frame.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(real, "Float64"))
    frame = frame.astype({"nsfw": "boolean"})
    order = frame["severity"].map({severity: place for place, severity in enumerate(_WORST_FIRST)})
    frame = frame.assign(order=order).sort_values(["order", "risk_score", "name"], ascending=[True, False, True])
    return frame.drop(columns="order").reset_index(drop=True)


_COLUMNS = [
    "name", "listed", "usage_day", "usage_month", "usage_total", "momentum", "threads", "workers", "jobs", "queued",
    "performance", "eta", "unserved", "backends", "backend_count", "baseline", "nsfw", "style", "size", "parameters",
]  # fmt: skip
_BALANCE_COLUMNS = [
    "name", "imbalance", "backends", "backend_count", "usage_month", "threads", "largest_usage_share",
    "largest_thread_share",
]  # fmt: skip
_AUDIT_COLUMNS = [
    "name", "severity", "findings", "unknown", "risk_score", "usage_day", "usage_month", "usage_total", "share_month",
    "momentum", "threads", "workers", "jobs", "size", "cost_benefit_score", "baseline", "nsfw", "hosts", "backends",
    "imbalance",
]  # fmt: skip
_WORST_FIRST = ("critical", "warning", "notice", "unknown", "none")


def _figures(name: str, statistics: CombinedModelStatistics, divisor: float) -> dict[str, Any]:
    day, month = statistics.usage("day"), statistics.usage("month")
    backends = statistics.backend_variations or {}
    return {
        "name": name,
        "usage_day": day,
        "usage_month": month,
        "usage_total": statistics.usage("total"),
        "momentum": None if day is None or not month else day * 30 / month,
        "threads": statistics.thread_count,
        "workers": statistics.worker_count if statistics.worker_count_source == "workers" else None,
        "jobs": statistics.queued_jobs,
        "queued": _in_units(statistics.queued, divisor),
        "performance": _in_units(statistics.performance, divisor),
        "eta": statistics.eta,
        "unserved": statistics.unserved,
        "backends": ", ".join(backends),
        "backend_count": len(backends),
    }


def _record_facts(record: ModelRecord | None) -> dict[str, Any]:
    if record is None:
        return dict.fromkeys(("baseline", "nsfw", "style", "size", "parameters"))
    return {
        "baseline": record.baseline,
        "nsfw": record.nsfw,
        "style": record.style,
        "size": None if record.size is None else record.size / GIBIBYTE,
        "parameters": record.parameters,
    }


def _in_units(amount: float | None, divisor: float) -> float | None:
    return None if amount is None else amount / divisor


def _share(part: pd.Series[Any], whole: float | None) -> pd.Series[Any]:
    """Percent of the whole; unknown where the whole is unknown or nothing."""
    if not whole:
        return pd.Series(pd.NA, index=part.index, dtype="Float64")
    return part.astype("Float64") / whole * 100


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
