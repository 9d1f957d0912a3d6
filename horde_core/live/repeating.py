"""Work that runs beside the pages, again and again, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0


class Repeating:
    """Does something every so many seconds in a thread of its own. Survives whatever that raises."""

    def __init__(self, name: str, action: Callable[[], object], interval: float) -> None:
        self._name = name
        self._action = action
        self._interval = interval
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin with the first interval; nothing happens when it runs already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait a moment for what is under way."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self._action()
            except Exception:  # what failed now may work the next time
                log.exception("%s failed, and goes on", self._name)
