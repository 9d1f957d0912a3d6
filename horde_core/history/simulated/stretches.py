"""Stretches in which something stayed the same, from what stands at the starts of hours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from horde_core.demo.seeded import Counts
from horde_core.history.simulated.watch import HOUR

K = TypeVar("K", bound=Hashable)


class Held(NamedTuple, Generic[K]):
    """A key in a state, given as a number that is not 0, since ``began``; ``ended`` is None while it lasts."""

    key: K
    began: int
    ended: int | None
    state: int


class Stretches(Generic[K]):
    """The open stretches of some keys. All that changes does so at the start of an hour."""

    def __init__(self) -> None:
        self.open: dict[K, Held[K]] = {}
        self._last: int | None = None

    def take(self, keys: Sequence[K], states: Counts, hours: Sequence[int]) -> list[Held[K]]:
        """Go on with hours in order, whose starts were sampled; return the stretches that ended.

        ``states`` has one row a key and one column an hour; 0 is none. What is open ends at the last hour before a gap.
        """
        ended: list[Held[K]] = []
        begin = 0
        for index, hour in enumerate(hours):
            if self._last is not None and hour - self._last > HOUR:
                if index > begin:
                    ended += self._go_on(keys, states[:, begin:index], hours[begin:index])
                ended += [one._replace(ended=self._last) for one in self.open.values()]
                self.open, begin = {}, index
            self._last = hour
        return ended + self._go_on(keys, states[:, begin:], hours[begin:])

    def _go_on(self, keys: Sequence[K], states: Counts, hours: Sequence[int]) -> list[Held[K]]:
        ended = [self.open.pop(key)._replace(ended=hours[0]) for key in self.open.keys() - {*keys}]
        before = np.array([self.open[key].state if key in self.open else 0 for key in keys], dtype=np.int64)
        changed = states != np.column_stack([before, states[:, :-1]])
        for column, row in np.argwhere(changed.T).tolist():
            key, state = keys[row], int(states[row, column])
            if key in self.open:
                ended.append(self.open.pop(key)._replace(ended=hours[column]))
            if state:
                self.open[key] = Held(key, hours[column], None, state)
        return ended
