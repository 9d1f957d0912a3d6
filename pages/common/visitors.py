"""How many visitors this process has now, and how often the page of each looks for new data."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

TICK_SECONDS = 10.0
"""Seconds between two looks of a page for new data while there are few visitors."""

TICKS_A_SECOND = 20.0
"""Looks of all pages together in a second; each takes about 3 ms of a core."""

REDRAWS_A_SECOND = 10
"""Pages redrawn in a second because there is new data; each takes about 25 ms of a core."""

LONGEST_TICK_SECONDS = 60.0
GONE_AFTER_SECONDS = 2.5 * LONGEST_TICK_SECONDS
COUNTED_EVERY_SECONDS = 1.0


class Visitors:
    """Counts the visitors seen recently, and spreads their redraws over time. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[Hashable, float] = {}
        self._counted_at = 0.0
        self._count = 0
        self._redrawn: deque[float] = deque(maxlen=REDRAWS_A_SECOND)

    def seen(self, visitor: Hashable) -> None:
        """Note that a visitor's page has just been drawn or has looked for new data."""
        with self._lock:
            self._seen[visitor] = self._monotonic()

    def count(self) -> int:
        """Return how many visitors have a page open, at most a second old."""
        with self._lock:
            now = self._monotonic()
            if now - self._counted_at >= COUNTED_EVERY_SECONDS or not self._count:
                self._seen = {one: at for one, at in self._seen.items() if now - at < GONE_AFTER_SECONDS}
                self._counted_at, self._count = now, len(self._seen)
            return self._count

    def tick_seconds(self, spread: float = 0.5) -> float:
        """Return the seconds between two looks of a page, so that all pages together stay within ``TICKS_A_SECOND``.

        ``spread`` is a number of the visitor's own from 0 to 1. It makes the interval up to a fifth shorter or longer,
        so that pages do not look all at once.
        """
        seconds = self.count() / TICKS_A_SECOND * (0.8 + 0.4 * spread)
        return min(max(TICK_SECONDS, seconds), LONGEST_TICK_SECONDS)

    def may_redraw(self) -> bool:
        """Return whether one more page may be redrawn now; the others try again at their next look.

        New data reach all pages at the same time. A thousand of them redrawn at once would take half a minute each.
        """
        with self._lock:
            now = self._monotonic()
            if len(self._redrawn) == REDRAWS_A_SECOND and now - self._redrawn[0] < 1.0:
                return False
            self._redrawn.append(now)
            return True
