"""The network as a whole: how much is at work, how much waits, and how long that takes to drain. Pure functions.

The figures are the API's own totals, in which each request counts once, whatever models it names. None is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from horde_core.unknowns import ratio_or_unknown
from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotal, HordeTotals
from horde_core.vocabulary import ModelType

Kind = Literal["image", "text", "alchemy"]
KINDS: tuple[Kind, ...] = ("image", "text", "alchemy")

Window = Literal["minute", "hour", "day", "month", "total"]
WINDOWS: tuple[Window, ...] = ("minute", "hour", "day", "month", "total")

BUSY_FROM_SECONDS = 120.0
OVERLOADED_FROM_SECONDS = 600.0
"""Drain times from which a kind of work is called busy, and overloaded."""

PIXELSTEPS_A_MEGAPIXELSTEP = 1e6


class Load(StrEnum):
    """How much waits for what is done in a minute, as a word."""

    FINE = "fine"
    BUSY = "busy"
    OVERLOADED = "overloaded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """One kind of work now. ``queued`` and ``per_minute`` are in ``unit``; workers in maintenance are included."""

    kind: Kind
    unit: str
    workers: int | None
    threads: int | None
    jobs: int | None
    queued: float | None
    per_minute: float | None

    @property
    def drain_seconds(self) -> float | None:
        """Seconds until what waits is done at the pace of the last minute; None where that pace is not known."""
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
    """What was made in one window that ended a minute or two ago. ``work`` is in the unit of :class:`Health`."""

    window: Window
    requests: int | None
    work: float | None


@dataclass(frozen=True)
class Network:
    """The network at one moment; ``id`` changes with the content of any of its sources, and only then."""

    id: str
    is_simulated: bool
    performance: HordePerformance | None
    totals: Mapping[ModelType, HordeTotals | None]
    modes: HordeModes | None

    def health(self, kind: Kind) -> Health:
        """Return how one kind of work does."""
        return health(self.performance or HordePerformance(), kind)

    def activity(self, model_type: ModelType) -> tuple[Activity, ...]:
        """Return what was made in each window."""
        return activity(self.totals.get(model_type) or HordeTotals(), model_type)


def health(performance: HordePerformance, kind: Kind) -> Health:
    """Read the health of one kind of work from ``/v2/status/performance``."""
    if kind == "image":
        return Health(
            kind,
            "megapixelsteps",
            performance.worker_count,
            performance.thread_count,
            performance.queued_requests,
            performance.queued_megapixelsteps,
            performance.past_minute_megapixelsteps,
        )
    if kind == "text":
        return Health(
            kind,
            "tokens",
            performance.text_worker_count,
            performance.text_thread_count,
            performance.queued_text_requests,
            performance.queued_tokens,
            performance.past_minute_tokens,
        )
    # A form is a job, and the API does not say how many were done.
    forms = performance.queued_forms
    jobs = int(forms) if forms is not None and forms.is_integer() else None
    return Health(
        kind, "forms", performance.interrogator_count, performance.interrogator_thread_count, jobs, forms, None
    )


def activity(totals: HordeTotals, model_type: ModelType) -> tuple[Activity, ...]:
    """Read what was made in each window from ``/v2/stats/{img,text}/totals``."""
    return tuple(_activity(window, getattr(totals, window) or HordeTotal(), model_type) for window in WINDOWS)


def _activity(window: Window, total: HordeTotal, model_type: ModelType) -> Activity:
    if model_type == "text":
        return Activity(window, total.requests, total.tokens)
    return Activity(window, total.images, None if total.ps is None else total.ps / PIXELSTEPS_A_MEGAPIXELSTEP)
