"""When all of the process's cyclic garbage is collected: on a schedule, by time and by growth, outside of requests."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often the memory is looked at."""

LONGEST_SECONDS = 60.0
"""Seconds after which all is collected, however little was allocated."""

MOST_GROWTH = 64 * 1024 * 1024
"""Bytes by which the process may grow before all is collected."""

YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD = 10_000, 10, 1_000_000
"""Python's own thresholds from the start on: young objects as they come, never all of them within a request.

With Python's defaults a thousand sessions have everything looked through every ten seconds, 0.28 s each time.
"""


def resident_bytes() -> int:
    """Return the memory of this process that is in RAM; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class GarbageSchedule:
    """Collects everything when enough time has passed or enough memory was taken; :meth:`look` is called often.

    What is there at :meth:`begin`, modules and their data, lives as long as the process and is never looked through.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        resident: Callable[[], int] = resident_bytes,
        collect: Callable[[], int] = gc.collect,
    ) -> None:
        self._monotonic = monotonic
        self._resident = resident
        self._collect = collect
        self._last, self._size = monotonic(), resident()

    def begin(self) -> None:
        """Exempt what is there, and leave full collections to the schedule."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD)

    def look(self) -> bool:
        """Collect if it is time, and say whether it was."""
        began, size = self._monotonic(), self._resident()
        if began - self._last < LONGEST_SECONDS and size - self._size < MOST_GROWTH:
            return False
        found = self._collect()
        self._last, self._size = self._monotonic(), self._resident()
        log.info(
            "garbage collected objects=%d seconds=%.3f before=%d after=%d", found, self._last - began, size, self._size
        )
        return True
