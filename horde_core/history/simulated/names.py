"""What served each name in the simulated past, and the work that waited for it by hour and by day."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, Table

from horde_core.demo.queues import Queues, Standing
from horde_core.demo.seeded import Counts, Times
from horde_core.history import tables
from horde_core.history.simulated.rows import Names, write
from horde_core.history.simulated.stretches import Held, Stretches
from horde_core.history.simulated.watch import DAY, HOUR, Watch
from horde_core.vocabulary import ModelType

HOURS_DAYS = 90
"""Days back for which the work that waited is kept by hour: pages draw no longer span by hour."""
WHOLE_SPEED = 1000
"""Speeds from here on are kept without a fraction."""
MOST_WORKERS = 1000
"""Threads and workers are told apart by it where they are one number."""


class NamesPast:
    """The samples of a category's names that were written so far."""

    def __init__(self, category: ModelType, queues: Queues, watch: Watch, names: Names) -> None:
        self._category = category
        self._queues = queues
        self._watch = watch
        self._names = names
        self._serving = Stretches[str]()
        self._until: int | None = None

    def write(self, connection: Connection, until: int) -> None:
        """Write the samples that are not written yet."""
        first = self._watch.since if self._until is None else self._until + 1
        hours_since = until - HOURS_DAYS * DAY
        ended: list[Held[str]] = []
        for times in self._watch.days(first - first % DAY, until):
            standing = self._queues.standing(times // 60)
            self._write_work(connection, times, standing, hours_since)
            is_start = (times % HOUR == 0) & (times >= first)
            if is_start.any():
                states = (standing.threads * MOST_WORKERS + standing.workers)[:, is_start]
                ended += self._serving.take(standing.names, states, times[is_start].tolist())
        hours = self._watch.hours(f"status:{self._category}", first, until)
        write(connection, tables.source_hour, hours)
        held = [*ended, *self._serving.open.values()]
        numbers = self._names.numbers(connection, self._category, [one.key for one in held])
        write(
            connection,
            tables.serving,
            [(numbers[one.key], one.began, one.ended, *divmod(one.state, MOST_WORKERS)) for one in held],
        )
        self._until = until

    def _write_work(self, connection: Connection, times: Counts, standing: Standing, hours_since: int) -> None:
        performance = self._queues.performance(times // 60)
        known = self._names.numbers(
            connection,
            self._category,
            [standing.names[index] for index in np.flatnonzero(standing.is_listed.any(axis=1)).tolist()],
        )
        numbers = np.array([known.get(name, 0) for name in standing.names])
        hours, starts = np.unique(times - times % HOUR, return_index=True)
        known = self._names.numbers(
            connection,
            self._category,
            [standing.names[index] for index in np.flatnonzero(standing.is_listed.any(axis=1)).tolist()],
        )
        numbers = np.array([known.get(name, 0) for name in standing.names])
        hours, starts, counts = np.unique(times - times % HOUR, return_index=True, return_counts=True)
        write(
            connection,
            tables.source_hour,
            [
                (f"status:{self._category}", hour, count)
                for hour, count in zip(hours.tolist(), counts.tolist(), strict=True)
            ],
        )
        if times[0] >= hours_since:
            _write_periods(connection, tables.name_hour, numbers, hours, starts, standing, performance)
        day = np.array([times[0] - times[0] % DAY])
        _write_periods(connection, tables.name_day, numbers, day, np.array([0]), standing, performance)


def _write_periods(
    connection: Connection,
    table: Table,
    numbers: Counts,
    periods: Counts,
    starts: Counts,
    standing: Standing,
    performance: Times,
) -> None:
    """Write the names with work in periods, which begin at the samples ``starts``."""
    waits = standing.jobs > 0
    last = np.where(waits & (performance > 0), np.arange(waits.shape[1]), -1)
    samples, jobs, queued = (
        np.add.reduceat(one, starts, axis=1) for one in (waits.astype(np.int64), standing.jobs, standing.queued)
    )
    most_jobs, most_queued, last = (
        np.maximum.reduceat(one, starts, axis=1) for one in (standing.jobs, standing.queued, last)
    )
    name, period = np.nonzero(samples)
    columns = [one[name, period].tolist() for one in (samples, jobs, most_jobs, queued, most_queued, last)]
    known = last[name, period] >= starts[period]
    speeds = _recorded(performance[name, last[name, period]]).tolist()
    columns[-1] = [speed if is_known else None for speed, is_known in zip(speeds, known.tolist(), strict=True)]
    write(connection, table, zip(numbers[name].tolist(), periods[period].tolist(), *columns, strict=True))


def _recorded(speed: Times) -> Times:
    """Return speeds as the recorder keeps them."""
    return np.where(speed >= WHOLE_SPEED, np.rint(speed), speed)
