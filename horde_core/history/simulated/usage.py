"""Usage of the simulated past: compiles, what changed in them by name, and the days that they reveal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sqlalchemy import Connection, update

from horde_core.demo.demand import Counters
from horde_core.demo.seeded import Counts
from horde_core.history import tables
from horde_core.history.recording.compiles import MONTH, Compile, end_of, is_unseen
from horde_core.history.simulated.rows import Names, next_number, write
from horde_core.history.simulated.watch import DAY, HOUR, Watch
from horde_core.vocabulary import ModelType

MONTH_DAYS = MONTH // DAY


class UsagePast:
    """The compiles of a category that were seen so far."""

    def __init__(self, category: ModelType, counters: Counters, watch: Watch, names: Names) -> None:
        self._category = category
        self._source = f"usage:{category}"
        self._counters = counters
        self._watch = watch
        self._names = names
        self._compiles: list[Compile] = []
        self._days: list[int] = []

    def write(self, connection: Connection, until: int) -> None:
        """Write the compiles that were seen by then and are not written yet."""
        new = self._seen(until)
        if self._compiles:
            here = tables.usage_compile.c.id == self._compiles[-1].number
            last_seen = self._watch.before(self._source, new[0][1]) if new else until - until % HOUR
            connection.execute(update(tables.usage_compile).where(here).values(last_seen=last_seen))
            self._compiles[-1] = self._compiles[-1]._replace(last_seen=last_seen)
        if new:
            self._write(connection, new, until)

    def _seen(self, until: int) -> list[tuple[int, int]]:
        """Return the days, since 1970, at whose start a compile ended that is new, and when each was first seen."""
        first = self._days[-1] + 1 if self._days else self._watch.since // DAY
        seen = [(day, self._watch.at_or_after(self._source, day * DAY)) for day in range(first, until // DAY + 1)]
        return [(day, at) for day, at in seen if at < (day + 1) * DAY and at <= until]

    def _write(self, connection: Connection, new: list[tuple[int, int]], until: int) -> None:
        is_first = not self._days
        days = self._days[-1:] + [day for day, _ in new]
        begins = days[0] - MONTH_DAYS
        readings = self._counters.totals(range(begins, days[-1] + 1))
        at = np.array(days) - begins
        total = readings[:, at]
        figures = np.stack([total - readings[:, at - 1], total - readings[:, at - MONTH_DAYS], total])
        self._add_compiles(connection, new, until)
        if is_first:
            self._write_first(connection, figures[:, :, 0])
        numbers = self._moving_numbers(connection, total)
        self._write_changes(connection, numbers, figures)
        self._write_compiles(connection, figures, len(new))
        left = readings[:, at - MONTH_DAYS]
        for index, (before, this) in enumerate(pairwise(self._compiles[-len(days) :]), 1):
            self._write_revealed(connection, before, this, numbers, left[:, index] - left[:, index - 1])

    def _add_compiles(self, connection: Connection, new: list[tuple[int, int]], until: int) -> None:
        number = next_number(connection, tables.usage_compile)
        last_seen = [*(self._watch.before(self._source, at) for _, at in new[1:]), until - until % HOUR]
        for (day, at), last in zip(new, last_seen, strict=True):
            after = self._compiles[-1].last_seen if self._compiles else None
            compiled = Compile(number, f"{self._category} {day}", at, last, after, at)
            self._compiles.append(compiled._replace(ended=end_of(compiled, self._compiles)))
            self._days.append(day)
            number += 1

    def _moving_numbers(self, connection: Connection, total: Counts) -> Counts:
        """Return the numbers of the moving names; 0 for those that were not seen yet."""
        names = [self._counters.names[index] for index in self._counters.moving]
        seen = (total[:, -1] > 0).tolist()
        known = self._names.numbers(
            connection, self._category, [name for name, is_seen in zip(names, seen, strict=True) if is_seen]
        )
        return np.array([known.get(name, 0) for name in names])

    def _write_first(self, connection: Connection, figures: Counts) -> None:
        """Write the names of the first compile, those that nobody asks for any more too."""
        whole = np.zeros((3, len(self._counters.names)), dtype=np.int64)
        whole[2] = self._counters.past
        whole[:, self._counters.moving] = figures
        listed = np.flatnonzero(self._counters.is_empty | (whole[2] > 0))
        names = [self._counters.names[index] for index in listed]
        numbers = self._names.numbers(connection, self._category, names)
        first = self._compiles[0].number
        rows = zip(names, whole[:, listed].T.tolist(), strict=True)
        write(connection, tables.usage, [(numbers[name], first, *row, None, None) for name, row in rows])

    def _write_changes(self, connection: Connection, numbers: Counts, figures: Counts) -> None:
        """Write what changed from each compile to the next; a name is listed from its first request on."""
        before, after = figures[:, :, :-1], figures[:, :, 1:]
        changed, name = np.nonzero((before != after).any(axis=0).T)
        ids = np.array([compiled.number for compiled in self._compiles[-after.shape[2] :]] if after.shape[2] else [])
        requests = after[2] - before[2]
        columns = (numbers[name], ids[changed], *after[:, name, changed], requests[name, changed])
        write(connection, tables.usage, [(*row, None) for row in zip(*(one.tolist() for one in columns), strict=True)])

    def _write_compiles(self, connection: Connection, figures: Counts, count: int) -> None:
        still = self._counters.past.sum() - self._counters.past[self._counters.moving].sum()
        still_listed = len(self._counters.names) - len(self._counters.moving)
        sums = figures[:, :, -count:].sum(axis=1)
        listed = still_listed + (figures[2, :, -count:] > 0).sum(axis=0)
        sums[2] += still
        rows = zip(self._compiles[-count:], listed.tolist(), *sums.tolist(), strict=True)
        columns = [(one.number, self._category, *one[1:], *counts, 0) for one, *counts in rows]
        write(connection, tables.usage_compile, columns)

    def _write_revealed(
        self, connection: Connection, before: Compile, this: Compile, numbers: Counts, requests: Counts
    ) -> None:
        """Write the day that left the month, where nobody recorded it when it happened."""
        began, ended = before.ended - MONTH, this.ended - MONTH
        if not is_unseen(began, ended, [one.ended for one in self._compiles if one.ended <= this.ended]):
            return
        number = next_number(connection, tables.usage_past_stretch)
        stretch = (number, self._category, began, ended, "revealed", this.first_seen)
        write(connection, tables.usage_past_stretch, [stretch])
        some = np.flatnonzero(requests)
        rows = zip(numbers[some].tolist(), requests[some].tolist(), strict=True)
        write(connection, tables.usage_past, [(name, number, count) for name, count in rows])
