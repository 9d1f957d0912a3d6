"""Results of history in memory, each read once for all visitors until what it was read from is written again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from cachetools import LRUCache
from sqlalchemy import Connection, bindparam, func, select

from horde_core.history.store import generations
from horde_core.history.tables import coverage

RESULTS_KEPT = 500
"""Results held: those of a few dozen models, ranges and figures, a few hundred kilobytes each at most."""

T = TypeVar("T")


class SharedReadings:
    """Results by key, the least recently used leaving first; each read once, however many wait for it. Thread-safe."""

    def __init__(self, most: int = RESULTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._held: LRUCache[Hashable, Any] = LRUCache(most)
        self._under_way: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the result under a key, read now where it is not held. Raises what ``read`` raises."""
        with self._lock:
            if key in self._held:
                return cast(T, self._held[key])
            waiting = self._under_way.setdefault(key, threading.Lock())
        with waiting:
            with self._lock:
                if key in self._held:
                    return cast(T, self._held[key])
            try:
                result = read()
                with self._lock:
                    self._held[key] = result
                return result
            finally:
                with self._lock:
                    self._under_way.pop(key, None)


class Written(NamedTuple):
    """What was written so far: the first moment recorded, and how often each of some parts was written."""

    since: int | None
    parts: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return " ".join([f"since={self.since}", *(f"{part}={number}" for part, number in self.parts)])

    def of(self, part: str) -> Written:
        """The same of one part only."""
        return Written(self.since, tuple(one for one in self.parts if one[0] == part))


NOTHING = Written(None, ())

_SINCE = select(func.min(coverage.c.began))
_UNTIL = select(func.max(coverage.c.ended)).where(coverage.c.source.in_(bindparam("sources", expanding=True)))
_COVERED_BY = {"network": "performance"}
"""The source that covers a part, where it is not called as the part is."""


def what_was_written(connection: Connection, parts: Sequence[str]) -> Written:
    """Return what was written of some parts."""
    known = generations(connection)
    return Written(connection.execute(_SINCE).scalar(), tuple((part, known.get(part, 0)) for part in parts))


def covered_until(connection: Connection, parts: Sequence[str]) -> int | None:
    """Return until when some parts were recorded."""
    sources = [_COVERED_BY.get(part, part) for part in parts]
    until: int | None = connection.execute(_UNTIL, {"sources": sources}).scalar()
    return until
