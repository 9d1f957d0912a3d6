"""The merged data as DataFrames, one row a thing, with the units that screens show. Pure functions.

Nullable columns throughout: a missing value is unknown. Shares are percent of the whole category, never of a part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.merge import KeyedRows, Row
from horde_core.analytics.names.spelling import is_hidden_by_server
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


class _Standing(NamedTuple):
    """A frame that stays from minute to minute, and where its rows are: by key, for each of its parts.

    ``live`` are the keys of rows that were live when it was made, and may not be in another minute.
    """

    frame: pd.DataFrame
    names: list[str]
    places: list[dict[Any, int]]
    live: list[set[Any]]

    def changed(self, parts: Sequence[KeyedRows[Any]]) -> list[tuple[int, Row]]:
        """Return the rows of a minute whose live figures may differ, and where they are."""
        return [
            (places[key], part.row_of(key))
            for part, places, live in zip(parts, self.places, self.live, strict=True)
            for key in live.union(part.live)
        ]

    def fits(self, parts: Sequence[KeyedRows[Any]]) -> bool:
        """Whether a minute has the same rows, by the same names."""
        has_same_keys = all(
            list(part.row_keys) == list(places) for part, places in zip(parts, self.places, strict=True)
        )
        return has_same_keys and all(self.names[place] == row.name for place, row in self.changed(parts))


def _figures(snapshot: Snapshot, level: GroupLevel, divisor: float) -> pd.DataFrame:
    """Return the frame without shares of live figures: what usage and reference decide, and live figures in place."""
    merged, reference = snapshot.merged, snapshot.reference
    parts = (merged.models if level == "model" else snapshot.group_rows(level), merged.unlisted)
    standing = merged.models.attribution.kept.once(
        f"frame by {level}",
        (reference, reference.available, *(part.idle for part in parts)),
        lambda: _standing(snapshot, parts, divisor),
        lambda standing: standing.fits(parts),
    )
    changed = standing.changed(parts)
    live = frame_of([_live_cells(row, divisor) for _, row in changed], LIVE)
    frame = standing.frame.copy(deep=False)
    for column in LIVE:
        cells = frame[column].array.copy()
        cells[[place for place, _ in changed]] = live[column].array
        frame[column] = cells
    return frame


def _standing(snapshot: Snapshot, parts: Sequence[KeyedRows[Any]], divisor: float) -> _Standing:
    is_listed = False if snapshot.reference.available else None
    rows = [
        {**_standing_cells(row, snapshot.reference), **_live_cells(row, divisor), "listed": listed}
        for listed, part in zip((True, is_listed), parts, strict=True)
        for row in part.rows()
    ]
    frame = frame_of(rows, CATEGORY)
    for period in PERIODS:
        usage = frame[f"usage_{period}"]
        frame[f"share_{period}"] = share_of(usage, snapshot.merged.reconciliation.total_usage(period))
        frame[f"rank_{period}"] = usage.rank(method="min", ascending=False).astype(COUNT)
    frame = frame.sort_values(["usage_month", "usage_total", "name"], ascending=[False, False, True])
    place_of = iter(frame.index.argsort().tolist())
    return _Standing(
        frame.reset_index(drop=True),
        frame["name"].tolist(),
        [dict(zip(part.row_keys, place_of, strict=False)) for part in parts],
        [set(part.live) for part in parts],
    )


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
