"""The network as a whole: workers, queue, drain time, and work done. Pure functions.

The figures are the API's own totals over all requests. Jobs count every image of a request, queued work one
image of each, so that it is a lower bound. None is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from horde_core.unknowns import ratio_or_unknown, sum_or_unknown
from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotal, HordeTotals, HordeWorker
from horde_core.vocabulary import ModelType, WorkerType

Kind = Literal["image", "text", "alchemy"]
KINDS: tuple[Kind, ...] = ("image", "text", "alchemy")

WORKER_TYPES: Mapping[Kind, WorkerType] = {"image": "image", "text": "text", "alchemy": "interrogation"}
"""The API's types of workers by what they do."""

Window = Literal["minute", "hour", "day", "month", "total"]
WINDOWS: tuple[Window, ...] = ("minute", "hour", "day", "month", "total")

BUSY_FROM_SECONDS = 120.0
OVERLOADED_FROM_SECONDS = 600.0
"""Drain times from which a kind of work is called busy, and overloaded."""

PIXELSTEPS_A_MEGAPIXELSTEP = 1e6

WORKERS_CURRENT_FOR = 300.0
"""Seconds for which the list of workers is the better count: ``/v2/status/performance`` keeps its own for so long."""


class Load(StrEnum):
    """The drain time as a word."""

    FINE = "fine"
    BUSY = "busy"
    OVERLOADED = "overloaded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """One kind of work now. ``queued`` and ``per_minute`` are in ``unit``; workers in maintenance are included.

    ``queued`` counts one image of each request: for images, queued work and drain time are lower bounds.
    ``counted_from`` is the key of the source of ``workers`` and ``threads``.
    """

    kind: Kind
    unit: str
    workers: int | None
    threads: int | None
    jobs: int | None
    queued: float | None
    per_minute: float | None
    counted_from: Literal["workers", "performance"] = "performance"

    @property
    def drain_seconds(self) -> float | None:
        """Seconds to drain the queue at the pace of the last minute; None where that pace is unknown."""
        if self.queued == 0:
            return 0.0
        return ratio_or_unknown(self.queued, self.per_minute, 60)

    @property
    def load(self) -> Load:
        """The drain time as a word."""
        seconds = self.drain_seconds
        if seconds is None:
            return Load.UNKNOWN
        if seconds < BUSY_FROM_SECONDS:
            return Load.FINE
        return Load.BUSY if seconds < OVERLOADED_FROM_SECONDS else Load.OVERLOADED


@dataclass(frozen=True, slots=True)
class Activity:
    """Requests and work done in one window, up to a minute or two ago. ``work`` is in the unit of :class:`Health`."""

    window: Window
    requests: int | None
    work: float | None


@dataclass(frozen=True)
class Network:
    """The network at one moment; ``id`` changes with the content of any of its sources, and only then.

    ``workers`` is the list of all workers, None where it is not current.
    """

    id: str
    is_simulated: bool
    performance: HordePerformance | None
    totals: Mapping[ModelType, HordeTotals | None]
    modes: HordeModes | None
    workers: Sequence[HordeWorker] | None = None

    def health(self, kind: Kind) -> Health:
        """Return the health of one kind of work."""
        return health(self.performance or HordePerformance(), kind, self.workers)

    def activity(self, model_type: ModelType) -> tuple[Activity, ...]:
        """Return the requests and work done in each window."""
        return activity(self.totals.get(model_type) or HordeTotals(), model_type)


def health(performance: HordePerformance, kind: Kind, workers: Sequence[HordeWorker] | None = None) -> Health:
    """Read the health of one kind of work from ``/v2/status/performance``, and from ``workers`` where these are given.

    ``workers`` is the list of all workers, where it is current: see :data:`WORKERS_CURRENT_FOR`.
    """
    per_minute: float | None
    if kind == "image":
        unit, jobs = "megapixelsteps", performance.queued_requests
        queued, per_minute = performance.queued_megapixelsteps, performance.past_minute_megapixelsteps
        counts = performance.worker_count, performance.thread_count
    elif kind == "text":
        unit, jobs = "tokens", performance.queued_text_requests
        queued, per_minute = performance.queued_tokens, performance.past_minute_tokens
        counts = performance.text_worker_count, performance.text_thread_count
    else:
        # A form is a job, and the API does not say how many were done.
        unit, queued, per_minute = "forms", performance.queued_forms, None
        jobs = int(queued) if queued is not None and queued.is_integer() else None
        counts = performance.interrogator_count, performance.interrogator_thread_count
    if workers is not None and all(worker.type for worker in workers):
        of_kind = [worker for worker in workers if worker.type == WORKER_TYPES[kind]]
        counts = len(of_kind), sum_or_unknown([worker.threads for worker in of_kind])
        return Health(kind, unit, *counts, jobs, queued, per_minute, "workers")
    return Health(kind, unit, *counts, jobs, queued, per_minute, "performance")


def activity(totals: HordeTotals, model_type: ModelType) -> tuple[Activity, ...]:
    """Read the requests and work done in each window from ``/v2/stats/{img,text}/totals``."""
    return tuple(_activity(window, getattr(totals, window) or HordeTotal(), model_type) for window in WINDOWS)


def _activity(window: Window, total: HordeTotal, model_type: ModelType) -> Activity:
    if model_type == "text":
        return Activity(window, total.requests, total.tokens)
    return Activity(window, total.images, None if total.ps is None else total.ps / PIXELSTEPS_A_MEGAPIXELSTEP)
