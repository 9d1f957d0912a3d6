"""What served a model: threads and workers as steps, and the work that waited for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, or_, select

from horde_core.history.reading.coverage import Coverage
from horde_core.history.reading.series import (
    DAY,
    HOURS_FOR,
    Kind,
    Point,
    Series,
    Span,
    Step,
    added_steps,
    averaged,
    steps_of,
)
from horde_core.history.tables import name_day, name_hour, serving, source_hour

_STRETCHES = select(serving.c.began, serving.c.ended, serving.c.threads, serving.c.workers).where(
    serving.c.name_id.in_(bindparam("names", expanding=True)),
    serving.c.began < bindparam("ends"),
    or_(serving.c.ended.is_(None), serving.c.ended > bindparam("begins")),
)
_SAMPLES = select(source_hour.c.hour, source_hour.c.samples).where(
    source_hour.c.source == bindparam("source"), source_hour.c.hour.between(bindparam("begins"), bindparam("ends"))
)
_WAITING = {
    period: select(
        table.c[period], func.sum(table.c.jobs_sum), func.sum(table.c.queued_sum),
        func.count() - func.count(table.c.jobs_sum), func.count() - func.count(table.c.queued_sum),
    )
    .where(
        table.c.name_id.in_(bindparam("names", expanding=True)),
        table.c[period].between(bindparam("begins"), bindparam("ends")),
    )
    .group_by(table.c[period])
    for period, table in (("hour", name_hour), ("day", name_day))
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Serving:
    """What served the names of a model, and what waited for them.

    ``threads`` and ``workers`` are steps, of any length, and by day over long spans. ``workers`` are online and not in
    maintenance; where ``is_at_most``, several names were served at a time, and a worker of two of them counts twice.
    ``jobs`` and ``queued`` (pixelsteps or tokens, of one image of each request) are means by hour or day.
    """

    span: Span
    threads: Series
    workers: Series
    is_at_most: bool
    jobs: Series
    queued: Series


def read_serving(connection: Connection, names: Sequence[int], covered: Coverage, source: str, span: Span) -> Serving:
    """What served these names; ``covered`` is the coverage of ``source``, the category's status."""
    asked = {"names": list(names), "begins": span.begins, "ends": span.ends}
    found = connection.execute(_STRETCHES, asked).all() if names else []
    gaps = covered.gaps(span)
    threads = added_steps([(began, ended, count) for began, ended, count, _ in found], gaps, span)
    workers = added_steps([(began, ended, count) for began, ended, _, count in found], gaps, span)
    at_a_time = added_steps([(began, ended, int(count != 0)) for began, ended, _, count in found], [], span)
    jobs, queued = _waiting(connection, names, source, covered, span)
    return Serving(
        span,
        Series("threads", _shown(threads, span)),
        Series("workers", _shown(workers, span)),
        any((point.value or 0) > 1 for point in at_a_time),
        Series("jobs", jobs),
        Series("queued", queued),
    )


def _shown(steps: tuple[Point, ...], span: Span) -> tuple[Point, ...]:
    return steps if span.seconds <= HOURS_FOR else tuple(averaged(steps, span, "day"))


def _waiting(
    connection: Connection, names: Sequence[int], source: str, covered: Coverage, span: Span
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Jobs and work waiting for these names: means over the samples of each hour or day."""
    step: Step = "hour" if span.step == "5min" else span.step
    steps = steps_of(span, step)
    if not steps:
        return (), ()
    asked = {"names": list(names), "source": source, "begins": steps[0].begins, "ends": steps[-1].begins}
    rows = connection.execute(_WAITING[step], asked) if names else ()
    waiting = {at: sums for at, *sums in rows}
    samples: defaultdict[int, int] = defaultdict(int)
    length = steps[0].seconds
    for hour, count in connection.execute(_SAMPLES, asked | {"ends": steps[-1].begins + DAY}):
        samples[hour - hour % length] += count
    partly = covered.partly(span, step)
    jobs: list[Point] = []
    queued: list[Point] = []
    for begins, ends in steps:
        kind = Kind.PART if begins in partly else Kind.KNOWN
        jobs_sum, queued_sum, jobs_unknown, queued_unknown = waiting.get(begins, (0, 0, 0, 0))
        for points, total, unknown in ((jobs, jobs_sum, jobs_unknown), (queued, queued_sum, queued_unknown)):
            is_known = samples[begins] > 0 and not unknown
            value = float(total) / samples[begins] if is_known else None
            points.append(Point(begins, ends, value, kind if is_known else Kind.GAP))
    return tuple(jobs), tuple(queued)
