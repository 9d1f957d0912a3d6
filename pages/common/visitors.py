"""How many visitors look at this process now, and how often each may ask whether there is anything new."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

TICK_SECONDS = 10.0
"""How often a page looks for news where there is room for that; Streamlit's own advice is no oftener."""

TICKS_A_SECOND = 20.0
"""How often all visitors together may look for news; a look takes 3 ms of a core."""

REDRAWS_A_SECOND = 10
"""How many pages may be drawn anew in a second because there are news; each takes some 25 ms of a core."""

LONGEST_TICK_SECONDS = 60.0
GONE_AFTER_SECONDS = 2.5 * LONGEST_TICK_SECONDS
COUNTED_EVERY_SECONDS = 1.0


class Visitors:
    """Counts who was seen lately, and lets them have the news one after the other. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[Hashable, float] = {}
        self._counted_at = 0.0
        self._count = 0
        self._redrawn: deque[float] = deque(maxlen=REDRAWS_A_SECOND)

    def seen(self, visitor: Hashable) -> None:
        """Note that a visitor's page has just been drawn, or has looked for news."""
        with self._lock:
            self._seen[visitor] = self._monotonic()

    def count(self) -> int:
        """Return how many visitors have a page open, as of a second ago at most."""
        with self._lock:
            now = self._monotonic()
            if now - self._counted_at >= COUNTED_EVERY_SECONDS or not self._count:
                self._seen = {one: at for one, at in self._seen.items() if now - at < GONE_AFTER_SECONDS}
                self._counted_at, self._count = now, len(self._seen)
            return self._count

    def tick_seconds(self, spread: float = 0.5) -> float:
        """Return how often a page may look for news, so that all of them together stay within their means.

        ``spread``, 0 to 1 and each visitor's own, keeps them from looking all at once: a fifth more or less often.
        """
        seconds = self.count() / TICKS_A_SECOND * (0.8 + 0.4 * spread)
        return min(max(TICK_SECONDS, seconds), LONGEST_TICK_SECONDS)

    def may_redraw(self) -> bool:
        """Return whether one more page may be drawn anew now; who may not is better off asking at the next tick.

        News reach everybody at the same time. Drawn all at once, a thousand pages would take half a minute each.
        """
        with self._lock:
            now = self._monotonic()
            if len(self._redrawn) == REDRAWS_A_SECOND and now - self._redrawn[0] < 1.0:
                return False
            self._redrawn.append(now)
            return True
