"""What one sample of a live source says: figures of the network, and names for which work waits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from horde_core.analytics.network import KINDS, Health, activity, health
from horde_core.upstream.api_records import HordeModelStatus, HordePerformance, HordeTotals, HordeWorker
from horde_core.vocabulary import ModelType

LARGEST_SUMMED = 10**15
"""More jobs or work than this count as unknown: sums of a day of them would pass what a database holds."""

WORKERS_AND_THREADS = ("workers", "threads")


class Figure(NamedTuple):
    """A figure of the network; see :data:`horde_core.history.tables.network_figure`."""

    kind: str
    figure: str
    value: float


class NameWork(NamedTuple):
    """Work that waits for a name: jobs, work queued (pixelsteps or tokens) and the speed of a job; None is unknown.

    A speed of a thousand or more is whole: a year of fractions of a pixelstep would be two megabytes.
    """

    name: str
    jobs: int | None
    queued: int | None
    speed: float | None


def worker_figures(workers: Sequence[HordeWorker]) -> list[Figure]:
    """Return the workers and threads of each kind of work; none where a worker's type is unknown."""
    counted = [health(HordePerformance(), kind, workers) for kind in KINDS]
    return [figure for one in counted for figure in _figures(one, WORKERS_AND_THREADS)]


def performance_figures(performance: HordePerformance, are_workers_counted: bool) -> list[Figure]:
    """Return the queue and pace of each kind of work; workers and threads too, where their list does not tell them."""
    wanted = ("jobs", "queued", "per_minute", *(() if are_workers_counted else WORKERS_AND_THREADS))
    return [figure for kind in KINDS for figure in _figures(health(performance, kind), wanted)]


def totals_figures(totals: HordeTotals, model_type: ModelType) -> list[Figure]:
    """Return the counters of all time: requests, and work done in the unit of the screen."""
    ever = next(one for one in activity(totals, model_type) if one.window == "total")
    return [
        Figure(model_type, name, float(value))
        for name, value in (("requests", ever.requests), ("work", ever.work))
        if value is not None
    ]


def names_with_work(rows: Iterable[HordeModelStatus]) -> list[NameWork]:
    """Return the names for which work waits, or may wait."""
    return [
        NameWork(row.name, _summable(row.jobs), _summable(row.queued), _speed(row.performance))
        for row in rows
        if not (row.jobs == 0 and row.queued == 0)
    ]


def _figures(one: Health, names: Iterable[str]) -> list[Figure]:
    values = {name: getattr(one, name) for name in names}
    return [Figure(one.kind, name, float(value)) for name, value in values.items() if value is not None]


def _summable(value: float | None) -> int | None:
    return None if value is None or value > LARGEST_SUMMED else round(value)


def _speed(value: float | None) -> float | None:
    return float(round(value)) if value and value >= 1_000 else value or None
