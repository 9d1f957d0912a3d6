"""The merged data as DataFrames, one row a thing, with the units that screens show. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent of the whole category, never of a part.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.names.spelling import is_hidden_by_server
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.frames.schema import AMOUNT, COUNT, DURATION, FLAG, TEXT, Schema, frame_of
from horde_core.live.snapshot import Snapshot
from horde_core.upstream.model_reference import ModelRecord
from horde_core.vocabulary import GIGABYTE, PERIODS, WORK_UNIT

CATEGORY: Schema = {
    "name": TEXT,
    "listed": FLAG,
    "hidden": FLAG,
    "usage_day": COUNT,
    "usage_month": COUNT,
    "usage_total": COUNT,
    "momentum": AMOUNT,
    "threads": COUNT,
    "thread_source": TEXT,
    "workers": COUNT,
    "jobs": COUNT,
    "queued": AMOUNT,
    "performance": AMOUNT,
    "eta": COUNT,
    "unserved": FLAG,
    "backends": TEXT,
    "backend_count": COUNT,
    "baseline": TEXT,
    "nsfw": FLAG,
    "style": TEXT,
    "size": AMOUNT,
    "parameters": AMOUNT,
    "share_day": AMOUNT,
    "rank_day": COUNT,
    "share_month": AMOUNT,
    "rank_month": COUNT,
    "share_total": AMOUNT,
    "rank_total": COUNT,
    "drain_time": DURATION,
    "queue_share": AMOUNT,
    "thread_share": AMOUNT,
    "demand_ratio": AMOUNT,
    "queue_per_thread": AMOUNT,
}
"""The columns of :func:`category_frame`."""


def category_frame(snapshot: Snapshot, level: GroupLevel = "model") -> pd.DataFrame:
    """One row a model or unlisted name, most used this month first; text models by family or exact name when asked.

    ``listed`` is whether the reference has it (unknown without one), ``hidden`` whether the server leaves it out of its
    status list on purpose. ``usage_*`` are requests, ``share_*`` percent of
    the category's own sum, ``rank_*`` places in the whole category, ``queued`` and ``performance`` in the unit of
    :data:`~horde_core.vocabulary.WORK_UNIT`, ``size`` GB, ``drain_time`` the API's ``eta``. ``demand_ratio`` is the
    share of the queue over that of the threads (above 1: waits longer than average), unknown without threads. Shares
    of the queue and of threads are of the rows of the status list; where ``thread_source`` is ``workers``, no row names
    it, and it has no share.
    """
    merged = snapshot.merged
    divisor = WORK_UNIT[snapshot.model_type][1]
    is_listed = False if snapshot.reference.available else None
    rows = _model_rows(snapshot, divisor) if level == "model" else _group_rows(snapshot, level, divisor)
    rows += [
        {**_figures(name, statistics, divisor), "listed": is_listed} for name, statistics in merged.unlisted.items()
    ]
    frame = frame_of(rows, CATEGORY)
    for period in PERIODS:
        usage = frame[f"usage_{period}"]
        frame[f"share_{period}"] = share_of(usage, merged.reconciliation.total_usage(period))
        frame[f"rank_{period}"] = usage.rank(method="min", ascending=False).astype(COUNT)
    frame["drain_time"] = frame["eta"].astype(DURATION)
    frame["queue_share"] = share_of(frame["queued"], in_units(merged.reconciliation.queued.total, divisor))
    is_beside_the_list = (frame["thread_source"] == "workers") & frame["threads"].gt(0).fillna(False)
    listed_threads = frame["threads"].mask(is_beside_the_list)
    frame["thread_share"] = share_of(listed_threads, merged.reconciliation.thread_count.total)
    frame["demand_ratio"] = frame["queue_share"] / frame["thread_share"].mask(frame["thread_share"].fillna(0) == 0)
    threads = frame["threads"].astype(AMOUNT)
    frame["queue_per_thread"] = frame["queued"] / threads.mask(threads.fillna(0) == 0)
    return frame.sort_values(["usage_month", "usage_total", "name"], ascending=[False, False, True], ignore_index=True)


def _model_rows(snapshot: Snapshot, divisor: float) -> list[dict[str, Any]]:
    return [
        {**_figures(name, statistics, divisor), **_record_facts(snapshot.reference[name]), "listed": True}
        for name, statistics in snapshot.merged.models.items()
    ]


def _group_rows(snapshot: Snapshot, level: GroupLevel, divisor: float) -> list[dict[str, Any]]:
    """The models in groups; what a record states is told of a group of one."""
    return [
        {
            **_figures(group.name, group, divisor),
            **(_record_facts(snapshot.reference[group.members[0]]) if len(group.members) == 1 else {}),
            "listed": True,
        }
        for group in snapshot.groups(level)
    ]


def _figures(name: str, statistics: CombinedModelStatistics, divisor: float) -> dict[str, Any]:
    day, month = statistics.usage("day"), statistics.usage("month")
    backends = statistics.backend_variations or {}
    return {
        "name": name,
        "hidden": is_hidden_by_server(name),
        "usage_day": day,
        "usage_month": month,
        "usage_total": statistics.usage("total"),
        "momentum": None if day is None or not month else day * 30 / month,
        "threads": statistics.thread_count,
        "thread_source": statistics.thread_count_source,
        "workers": statistics.distinct_workers,
        "jobs": statistics.queued_jobs,
        "queued": in_units(statistics.queued, divisor),
        "performance": in_units(statistics.performance, divisor),
        "eta": statistics.eta,
        "unserved": statistics.unserved,
        "backends": ", ".join(backends),
        "backend_count": len(backends),
    }


def _record_facts(record: ModelRecord) -> dict[str, Any]:
    return {
        "baseline": record.baseline,
        "nsfw": record.nsfw,
        "style": record.style,
        "size": in_units(record.size, GIGABYTE),
        "parameters": record.parameters,
    }


def in_units(amount: float | None, divisor: float) -> float | None:
    """Return an amount in units of so many of the API's; None stays None."""
    return None if amount is None else amount / divisor


def share_of(part: pd.Series[Any], whole: float | None) -> pd.Series[Any]:
    """Return percent of the whole; unknown where the whole is unknown or nothing."""
    if not whole:
        return pd.Series(pd.NA, index=part.index, dtype="Float64")
    return part.astype("Float64") / whole * 100


def largest(values: pd.Series[Any]) -> float:
    """The largest figure; 0 where none is known."""
    found = values.max()
    return 0.0 if pd.isna(found) else float(found)
