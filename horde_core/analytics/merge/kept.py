"""What is computed from an attribution once, and stays for as long as it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from cachetools import LRUCache

T = TypeVar("T")

RESULTS_KEPT = 24
"""Results held beside one attribution: statistics, frames, subjects and audits, by level."""


class Kept:
    """Results that depend on an attribution and, each, on something more. Thread-safe; the least recently used goes."""

    def __init__(self) -> None:
        self._results: LRUCache[str, tuple[tuple[object, ...], Any]] = LRUCache(RESULTS_KEPT)
        self._lock = threading.Lock()

    def once(
        self, what: str, of: tuple[object, ...], compute: Callable[[], T], fits: Callable[[T], bool] | None = None
    ) -> T:
        """Return a result by its name, computed where it is new, of anything else than ``of``, or does not fit."""
        with self._lock:
            held = self._results.get(what)
        if held is not None and held[0] == of and (fits is None or fits(held[1])):
            found: T = held[1]
            return found
        result = compute()
        with self._lock:
            self._results[what] = of, result
        return result
