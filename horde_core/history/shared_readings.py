"""Results of history in memory, each read once for all visitors until what it was read from is written again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from cachetools import LRUCache

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
