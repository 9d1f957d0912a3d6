"""Workers over time: how many were seen, came and went each day, and when one of them was there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, or_, select

from horde_core.history.reading.coverage import Coverage
from horde_core.history.reading.series import DAY, Kind, Point, Series, Span, added_steps, filled
from horde_core.history.tables import worker, worker_day, worker_run
from horde_core.vocabulary import WorkerType

_DAYS = (
    select(worker_day.c.day, worker_day.c.seen, worker_day.c.gained, worker_day.c.lost, worker_day.c.online_seconds)
    .where(worker_day.c.type == bindparam("type"), worker_day.c.day.between(bindparam("begins"), bindparam("ends")))
    .order_by(worker_day.c.day)
)
_RUNS = (
    select(worker_run.c.began, worker_run.c.ended, worker_run.c.threads, worker_run.c.maintenance)
    .join(worker, worker.c.id == worker_run.c.worker_id)
    .where(
        worker.c.identity == bindparam("identity"),
        worker_run.c.began < bindparam("ends"),
        or_(worker_run.c.ended.is_(None), worker_run.c.ended > bindparam("begins")),
    )
    .order_by(worker_run.c.began)
)


@dataclass(frozen=True, slots=True)
class WorkersByDay:
    """Workers of a type by UTC day that is over: seen, gained against the day before, lost, and online on average."""

    type: WorkerType
    span: Span
    seen: Series
    gained: Series
    lost: Series
    online: Series


@dataclass(frozen=True, slots=True)
class Presence:
    """When a worker was online, as steps of its threads, 0 while it was away; ``maintenance``: 1 while it was in it."""

    identity: str
    span: Span
    threads: Series
    maintenance: Series


def read_workers_by_day(connection: Connection, of_type: WorkerType, span: Span, covered: Coverage) -> WorkersByDay:
    """How many workers of a type there were each day that is over; ``covered``: when the list of workers was."""
    span = span.cut(span.begins, span.ends - span.ends % DAY)
    asked = {"type": of_type, "begins": span.begins - DAY, "ends": span.ends}
    rows = connection.execute(_DAYS, asked).all()
    partly = covered.partly(Span(span.begins - DAY, span.ends), "day")
    figures = {"seen": 1, "gained": 2, "lost": 3, "online": 4}

    def point(row: tuple[int, ...], column: int) -> Point:
        day, value = row[0], row[column]
        kind = Kind.GAP if value is None else Kind.PART if day in partly else Kind.KNOWN
        return Point(day, day + DAY, value / DAY if column == 4 and value is not None else value, kind)

    series = {
        name: Series(name, filled((point(row, column) for row in rows if row[0] + DAY > span.begins), span))
        for name, column in figures.items()
    }
    return WorkersByDay(of_type, span, **series)


def read_presence(connection: Connection, identity: str, span: Span, covered: Coverage) -> Presence:
    """When one worker was there, by its id at the API."""
    rows = connection.execute(_RUNS, {"identity": identity, "begins": span.begins, "ends": span.ends}).all()
    gaps = covered.gaps(span)
    threads = ((began, ended, count) for began, ended, count, _ in rows)
    maintenance = ((began, ended, None if resting is None else int(resting)) for began, ended, _, resting in rows)
    return Presence(
        identity,
        span,
        Series("threads", added_steps(threads, gaps, span)),
        Series("maintenance", added_steps(maintenance, gaps, span)),
    )
