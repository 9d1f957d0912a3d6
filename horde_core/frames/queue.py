"""The queue of a category, from its frame: headline figures, what waits, what to serve next. Pure; None is unknown."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from horde_core.analytics.records import Reconciliation
from horde_core.frames.models import in_units, largest


class QueueSummary(NamedTuple):
    """The live queue of a category, over the names that the API lists. Shares in percent.

    ``queued`` is in the unit of :data:`~horde_core.vocabulary.WORK_UNIT`; it counts one image of each request, so for
    images it is a lower bound.
    """

    queued: float | None
    jobs: int | None
    threads: int | None
    waiting: int | None
    unserved: int | None
    unknown_drain: int | None
    names: int
    largest_queue_share: float
    largest_thread_share: float


def queue_summary(frame: pd.DataFrame, reconciliation: Reconciliation, unit: float) -> QueueSummary:
    """Summarise the queue: ``unit`` is how many of the API's units make one on screen."""
    queued = reconciliation.queued.total
    is_known = queued is not None
    waiting = waiting_rows(frame)
    is_served_known = is_known and waiting["threads"].notna().all()
    return QueueSummary(
        queued=in_units(queued, unit),
        jobs=reconciliation.queued_jobs.total,
        threads=reconciliation.thread_count.total,
        waiting=len(waiting) if is_known else None,
        unserved=int(waiting["unserved"].sum()) if is_served_known else None,
        unknown_drain=len(unknown_drain_rows(frame)) if is_served_known else None,
        names=len(frame),
        largest_queue_share=largest(frame["queue_share"]),
        largest_thread_share=largest(frame["thread_share"]),
    )


def waiting_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with queued work, most first."""
    return frame[frame["queued"].fillna(0) > 0].sort_values("queued", ascending=False, kind="stable")


def unknown_drain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are served and have queued work, but no known speed to drain it with."""
    waiting = waiting_rows(frame)
    return waiting[waiting["eta"].isna() & (waiting["threads"].fillna(0) > 0)]


def serve_next(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The names where one more thread helps most: those without threads, then those with most queue for each thread.

    ``frame`` is :func:`~horde_core.frames.models.category_frame`; empty where the queue is unknown.
    """
    waiting = frame[frame["queued"].fillna(0) > 0]
    is_unserved = waiting["unserved"].fillna(False).astype(bool)
    unserved = waiting[is_unserved].sort_values("queued", ascending=False, kind="stable")
    served = waiting[~is_unserved & waiting["queue_per_thread"].notna()]
    served = served.sort_values("queue_per_thread", ascending=False, kind="stable")
    return pd.concat([unserved, served]).head(number)
