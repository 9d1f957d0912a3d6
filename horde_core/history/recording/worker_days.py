"""Days of workers that are over, as numbers: nobody can be told from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from horde_core.history import tables
from horde_core.history.store import insert_into

DAY = 86_400


class Presence(NamedTuple):
    """A stretch in which a worker was online; ``ended`` is None while it is."""

    worker: int
    type: str
    began: int
    ended: int | None

    def seconds(self, began: int, ended: int) -> int | None:
        """Seconds of it that lie in a stretch of time; None where it lies outside."""
        end = ended if self.ended is None else self.ended
        if self.began >= ended or (end <= began and self.began < began):
            return None
        return min(end, ended) - max(self.began, began)


class WorkerDay(NamedTuple):
    """The workers of a type on a day; see :data:`horde_core.history.tables.worker_day`."""

    day: int
    type: str
    seen: int
    gained: int | None
    lost: int | None
    online_seconds: int


def worker_days(presences: Iterable[Presence], day: int, is_day_before_covered: bool) -> list[WorkerDay]:
    """Count the workers of a covered day by type. Pure."""
    seen: dict[str, set[int]] = {}
    before: dict[str, set[int]] = {}
    online: dict[str, int] = {}
    for one in presences:
        if (seconds := one.seconds(day, day + DAY)) is not None:
            seen.setdefault(one.type, set()).add(one.worker)
            online[one.type] = online.get(one.type, 0) + seconds
        if one.seconds(day - DAY, day) is not None:
            before.setdefault(one.type, set()).add(one.worker)
    days = []
    for kind in sorted(seen.keys() | before.keys()):
        here, there = seen.get(kind, set()), before.get(kind, set())
        gained, lost = (len(here - there), len(there - here)) if is_day_before_covered else (None, None)
        days.append(WorkerDay(day, kind, len(here), gained, lost, online.get(kind, 0)))
    return days


def write_worker_days(connection: Connection, first: int, until: int) -> None:
    """Record the covered days from ``first`` up to, not including, ``until``."""
    coverage = tables.coverage.c
    here = (coverage.source == "workers") & (coverage.ended >= first - DAY)
    stretches = [(row.began, row.ended) for row in connection.execute(select(tables.coverage).where(here))]
    run, worker = tables.worker_run.c, tables.worker.c
    rows = connection.execute(
        select(run.worker_id, worker.type, run.began, run.ended)
        .join(tables.worker, worker.id == run.worker_id)
        .where(or_(run.ended.is_(None), run.ended >= first - DAY), worker.type.is_not(None))
    )
    presences = [Presence(*row) for row in rows]
    days: list[WorkerDay] = []
    for day in range(first, until, DAY):
        if _covers(stretches, day):
            days += worker_days(presences, day, _covers(stretches, day - DAY))
    if days:
        insert = insert_into(connection.dialect.name, tables.worker_day).on_conflict_do_nothing()
        connection.execute(insert, [one._asdict() for one in days])


def _covers(stretches: Sequence[tuple[int, int]], day: int) -> bool:
    return any(began < day + DAY and ended >= day for began, ended in stretches)
