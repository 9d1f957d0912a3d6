"""Figures of the network over time: levels such as workers and queues, and counters such as requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from sqlalchemy import Connection, bindparam, select

from horde_core.analytics.network import Kind as WorkKind
from horde_core.history.reading.coverage import STILL_NEW, Coverage
from horde_core.history.reading.series import (
    DAY,
    MINUTE,
    STEP_SECONDS,
    Change,
    Kind,
    Point,
    Series,
    Span,
    Step,
    filled,
)
from horde_core.history.tables import network_figure, network_hour, network_sample

Figure = Literal["workers", "threads", "jobs", "queued", "per_minute", "requests", "work"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
COUNTERS: frozenset[Figure] = frozenset({"requests", "work"})
"""Figures that only grow: their points are what was added in each step."""

NEAR = 30 * MINUTE
"""How far from a moment a sample may lie that stands for it."""

_SAMPLES = (
    select(network_figure.c.figure, network_sample.c.at, network_sample.c.value)
    .join(network_figure, network_figure.c.id == network_sample.c.figure_id)
    .where(
        network_figure.c.kind == bindparam("kind"), network_sample.c.at.between(bindparam("begins"), bindparam("ends"))
    )
    .order_by(network_sample.c.at)
)
_HOURS = (
    select(
        network_figure.c.figure, network_hour.c.hour, network_hour.c.samples, network_hour.c.sum, network_hour.c.last
    )
    .join(network_figure, network_figure.c.id == network_hour.c.figure_id)
    .where(
        network_figure.c.kind == bindparam("kind"), network_hour.c.hour.between(bindparam("begins"), bindparam("ends"))
    )
    .order_by(network_hour.c.hour)
)

Samples = Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class NetworkHistory:
    """Figures of one kind of work by :data:`Figure`, each over its own points.

    ``workers`` and ``threads`` include those in maintenance; ``jobs`` wait or are in progress; work ``queued``, done
    ``per_minute`` and done in each step (``work``) is in megapixelsteps, tokens or forms; ``requests`` (images, or text
    requests) are those done in each step.
    """

    kind: WorkKind
    span: Span
    step: Step
    series: Mapping[Figure, Series]


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure now, with its last day, and how it was at this time yesterday and a week ago.

    Of counters ``now`` is what was added in the last 24 hours. ``since`` is the first moment that is known.
    """

    figure: Figure
    points: tuple[Point, ...]
    yesterday: Change
    last_week: Change
    since: int | None


def read_network(
    connection: Connection, kind: WorkKind, span: Span, step: Step, covered: Mapping[Figure, Coverage]
) -> NetworkHistory:
    """The figures of one kind of work over a span, by sample (``5min``), hour or day."""
    reach = 2 * STEP_SECONDS[step]  # a counter's first step needs what it was before
    asked = {"kind": kind, "begins": span.begins - reach, "ends": span.ends}
    if step == "5min":
        samples = _samples(connection, asked)
        series = {
            figure: _counted(samples[figure], span, STILL_NEW) if figure in COUNTERS
            else _held(samples[figure], span, covered[figure])
            for figure in covered
        }  # fmt: skip
    else:
        hours: defaultdict[str, list[tuple[int, int, float, float]]] = defaultdict(list)
        for figure, *row in connection.execute(_HOURS, asked):
            hours[figure].append((row[0], row[1], row[2], row[3]))
        seconds = STEP_SECONDS[step]
        partly = {figure: covered[figure].partly(span, step) for figure in covered}
        series = {
            figure: _counted(_last_of(hours[figure], seconds), span, seconds * 3 // 2) if figure in COUNTERS
            else _means(hours[figure], span, step, partly[figure])
            for figure in covered
        }  # fmt: skip
    return NetworkHistory(kind, span, step, {figure: Series(figure, tuple(series[figure])) for figure in covered})


def read_headlines(
    connection: Connection, kind: WorkKind, now: int, covered: Mapping[Figure, Coverage]
) -> dict[Figure, Headline]:
    """Each figure of one kind of work over the last day, and against yesterday and last week."""
    span = Span(now - DAY, now)
    day = _samples(connection, {"kind": kind, "begins": span.begins - NEAR, "ends": now})
    past = {
        days: _samples(connection, {"kind": kind, "begins": at - NEAR, "ends": at + NEAR})
        for days in (2, 7, 8)
        for at in (now - days * DAY,)
    }

    def at(figure: Figure, days: int) -> float | None:
        return _nearest((day if days < 2 else past[days])[figure], now - days * DAY)

    def of_day(figure: Figure, days: int) -> float | None:
        """A level at a time, or what was counted in the day up to it."""
        if figure not in COUNTERS:
            return at(figure, days)
        added = Change(at(figure, days), at(figure, days + 1)).difference
        return added if added is None or added >= 0 else None

    return {
        figure: Headline(
            figure,
            tuple(
                _counted(day[figure], span, STILL_NEW) if figure in COUNTERS
                else _held(day[figure], span, covered[figure])
            ),
            Change(of_day(figure, 0), of_day(figure, 1)),
            Change(of_day(figure, 0), of_day(figure, 7)),
            covered[figure].since,
        )
        for figure in covered
    }  # fmt: skip


def sources_of(kind: WorkKind) -> dict[Figure, str]:
    """The figures of a kind of work, each with the source that covers it; how much alchemy was done is not told."""
    figures = ("workers", "threads", "jobs", "queued") if kind == "alchemy" else FIGURES
    sources = {"workers": "workers", "threads": "workers", "requests": f"totals:{kind}", "work": f"totals:{kind}"}
    return {figure: sources.get(figure, "performance") for figure in figures}


def _samples(connection: Connection, asked: Mapping[str, Any]) -> Samples:
    samples: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for figure, at, value in connection.execute(_SAMPLES, asked):
        samples[figure].append((at, value))
    return samples


def _nearest(samples: Iterable[tuple[int, float]], moment: int) -> float | None:
    near = [(abs(at - moment), value) for at, value in samples if abs(at - moment) <= NEAR]
    return min(near)[1] if near else None


def _held(samples: Sequence[tuple[int, float]], span: Span, covered: Coverage) -> tuple[Point, ...]:
    """A level by sample: each holds until the next one, or for a while where nobody looked after it."""
    points = []
    for number, (at, value) in enumerate(samples):
        after = samples[number + 1][0] if number + 1 < len(samples) else span.ends
        ends = after if covered.holds(at, after) else min(after, at + STILL_NEW)
        if ends > span.begins:
            points.append(Point(max(at, span.begins), ends, value))
    return filled(points, span)


def _means(
    hours: Iterable[tuple[int, int, float, float]], span: Span, step: Step, partly: set[int]
) -> tuple[Point, ...]:
    """A level by hour or day: the mean of all samples in each."""
    length = STEP_SECONDS[step]
    begins = span.begins - span.begins % length
    sums: dict[int, tuple[int, float]] = {}
    for hour, samples, total, _ in hours:
        at = hour - hour % length
        before = sums.get(at, (0, 0.0))
        sums[at] = (before[0] + samples, before[1] + total)
    return filled(
        (
            Point(at, at + length, total / samples, Kind.PART if at in partly else Kind.KNOWN)
            for at, (samples, total) in sums.items()
            if begins <= at < span.ends
        ),
        span,
    )


def _last_of(hours: Iterable[tuple[int, int, float, float]], length: int) -> list[tuple[int, float]]:
    """A counter as it was at the end of each step of which an hour is known."""
    return list({hour - hour % length + length: last for hour, _, _, last in hours}.items())


def _counted(samples: Sequence[tuple[int, float]], span: Span, longest: int) -> tuple[Point, ...]:
    """What was added to a counter between its samples: one sum where those are further apart than ``longest``."""
    points = []
    for (begins, before), (ends, after) in pairwise(samples):
        if ends <= span.begins:
            continue
        kind = Kind.KNOWN if ends - begins <= longest else Kind.BLOCK
        points.append(
            Point(begins, ends, after - before, kind) if after >= before else Point(begins, ends, None, Kind.FALL)
        )
    return filled(points, span)
