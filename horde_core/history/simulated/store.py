"""SimulatedStore: a history of the simulated Horde, in memory, written as far as it is read."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from sqlalchemy import Connection

from horde_core.demo.horde import SimulatedHorde
from horde_core.history import tables
from horde_core.history.simulated.names import NamesPast
from horde_core.history.simulated.network import NetworkPast
from horde_core.history.simulated.reference import ReferencePast
from horde_core.history.simulated.rows import Names, write
from horde_core.history.simulated.usage import UsagePast
from horde_core.history.simulated.watch import DAY, SLOT, SOURCES, Watch
from horde_core.history.simulated.workers import WorkersPast
from horde_core.history.store import Store
from horde_core.vocabulary import MODEL_TYPES

DAILY_PARTS = ("usage:image", "usage:text", "reference")
"""What changes with the UTC day; the others do with every sample."""

FILL_SECONDS = 60
"""How long readers may wait for a part that is being written, on a busy machine."""

_numbers = itertools.count()


class Part(Protocol):
    """A part of the history that is written when it is first read, and goes on with time."""

    def write(self, connection: Connection, until: int) -> None:
        """Write what is not written yet, up to a time."""
        ...


class SimulatedStore(Store):
    """The 400 days before it is opened, and every day since: a pure function of the seed and the clock.

    Each part of the history is computed when it is first read. Its generation is the time of its last news, whether it
    was read or not. A clock that steps back changes nothing.
    """

    def __init__(self, horde: SimulatedHorde, clock: Callable[[], float], watch: Watch | None = None) -> None:
        super().__init__(f"sqlite:///file:/simulated-{next(_numbers)}?vfs=memdb&uri=true&timeout={FILL_SECONDS}")
        self._clock = clock
        self._filling = threading.Lock()
        names = Names()
        watch = self._watch = watch or Watch.opened(int(clock()))
        self._covered = 0
        self._written: dict[str, int] = {}
        self._parts: dict[str, Part] = {
            **{f"usage:{one}": UsagePast(one, horde.counters[one], watch, names) for one in MODEL_TYPES},
            **{f"names:{one}": NamesPast(one, horde.queues[one], watch, names) for one in MODEL_TYPES},
            "network": NetworkPast(horde, watch),
            "workers": WorkersPast(horde.roster, watch, names),
            "reference": ReferencePast(horde, watch),
        }
        with self.writing() as connection:
            tables.metadata.create_all(connection)

    @contextlib.contextmanager
    def reading(self, *parts: str) -> Iterator[Connection]:
        """Give a connection that sees these parts of the history, of :data:`~horde_core.history.tables.PARTS`."""
        now = int(self._clock())
        with self._filling:
            self._write(parts, now - now % SLOT)
        with super().reading() as connection:
            yield connection

    def _write(self, parts: tuple[str, ...], until: int) -> None:
        until = max(until, self._covered)
        due = [part for part in parts if self._written.get(part, 0) < until]
        if not due and until == self._covered:
            return
        with self.writing() as connection:
            coverage = [(source, *one) for source in SOURCES for one in self._watch.seen(source, until)]
            write(connection, tables.coverage, coverage)
            today = until - until % DAY
            news = {part: today if part in DAILY_PARTS else until for part in tables.PARTS}
            write(connection, tables.meta, [(f"generation:{part}", str(at)) for part, at in news.items()])
            for part in due:
                self._parts[part].write(connection, until)
        self._written |= dict.fromkeys(due, until)
        self._covered = until
