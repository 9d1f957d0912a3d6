"""The merged data as DataFrames, one row a thing, with the units that screens show. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent of the whole category, never of a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.merge import Row
from horde_core.analytics.names.spelling import is_hidden_by_server
from horde_core.frames.schema import AMOUNT, COUNT, DURATION, FLAG, TEXT, Schema, frame_of
from horde_core.frames.standing import standing_of
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


LIVE: Schema = {
    column: CATEGORY[column]
    for column in (
        *("threads", "thread_source", "workers", "jobs", "queued", "performance", "eta", "unserved"),
        *("backends", "backend_count"),
    )
}
"""The columns that a minute changes. Shares of the queue and of threads are computed from them."""


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
    totals = snapshot.merged.reconciliation
    divisor = WORK_UNIT[snapshot.model_type][1]
    frame = _figures(snapshot, level, divisor)
    frame["drain_time"] = frame["eta"].astype(DURATION)
    frame["queue_share"] = share_of(frame["queued"], in_units(totals.queued.total, divisor))
    is_beside_the_list = (frame["thread_source"] == "workers") & frame["threads"].gt(0).fillna(False)
    frame["thread_share"] = share_of(frame["threads"].mask(is_beside_the_list), totals.thread_count.total)
    frame["demand_ratio"] = frame["queue_share"] / frame["thread_share"].mask(frame["thread_share"].fillna(0) == 0)
    threads = frame["threads"].astype(AMOUNT)
    frame["queue_per_thread"] = frame["queued"] / threads.mask(threads.fillna(0) == 0)
    return frame


def _figures(snapshot: Snapshot, level: GroupLevel, divisor: float) -> pd.DataFrame:
    """Return the frame without shares of live figures: what usage and reference decide, and live figures in place."""
    parts = (snapshot.merged.models if level == "model" else snapshot.group_rows(level), snapshot.merged.unlisted)
    standing = standing_of(snapshot, f"frame by {level}", parts, lambda rows: _standing_frame(snapshot, rows, divisor))
    changed = standing.changed(parts)
    live = frame_of([_live_cells(row, divisor) for _, row in changed], LIVE)
    places = standing.made.places[[number for number, _ in changed]]
    frame = standing.made.frame.copy(deep=False)
    for column in LIVE:
        cells = frame[column].array.copy()
        cells[places] = live[column].array
        frame[column] = cells
    return frame


class _Sorted(NamedTuple):
    """A frame, and the place in it of each row by its number."""

    frame: pd.DataFrame
    places: np.ndarray[Any, np.dtype[np.intp]]


def _standing_frame(snapshot: Snapshot, rows: Iterable[Row], divisor: float) -> _Sorted:
    is_unlisted = False if snapshot.reference.available else None
    cells = [
        {
            **_standing_cells(row, snapshot.reference),
            **_live_cells(row, divisor),
            "listed": True if row.members else is_unlisted,
        }
        for row in rows
    ]
    frame = frame_of(cells, CATEGORY)
    for period in PERIODS:
        usage = frame[f"usage_{period}"]
        frame[f"share_{period}"] = share_of(usage, snapshot.merged.reconciliation.total_usage(period))
        frame[f"rank_{period}"] = usage.rank(method="min", ascending=False).astype(COUNT)
    frame = frame.sort_values(["usage_month", "usage_total", "name"], ascending=[False, False, True])
    return _Sorted(frame.reset_index(drop=True), frame.index.argsort())


def _standing_cells(row: Row, reference: Mapping[str, ModelRecord]) -> dict[str, Any]:
    """What usage says of a row, and, of one model alone, what its record states."""
    day, month, total = row.requests
    return {
        "name": row.name,
        "hidden": is_hidden_by_server(row.name),
        "usage_day": day,
        "usage_month": month,
        "usage_total": total,
        "momentum": None if day is None or not month else day * 30 / month,
        **(_record_facts(reference[row.members[0]]) if len(row.members) == 1 else {}),
    }


def _live_cells(row: Row, divisor: float) -> dict[str, Any]:
    live, backends = row.live, [variation.backend for variation in row.variations]
    return {
        "threads": live.thread_count,
        "thread_source": live.thread_count_source,
        "workers": live.distinct_workers,
        "jobs": live.queued_jobs,
        "queued": in_units(live.queued, divisor),
        "performance": in_units(live.performance, divisor),
        "eta": live.eta,
        "unserved": live.unserved,
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
