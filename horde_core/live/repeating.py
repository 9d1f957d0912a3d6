"""Repeating: a background thread that runs an action at an interval."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0
"""How long :meth:`Repeating.stop` waits for an action under way."""


class Repeating:
    """Runs ``action`` every ``interval`` seconds in a daemon thread; an exception is logged and ends nothing.

    The first run comes ``first`` seconds after the start, by default an interval.
    """

    def __init__(self, name: str, action: Callable[[], object], interval: float, first: float | None = None) -> None:
        self._name = name
        self._action = action
        self._interval = interval
        self._first = interval if first is None else first
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start. No effect when it runs already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Start no further run, and wait up to 2 s for one under way."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        pause = self._first
        while not self._stopping.wait(pause):
            pause = self._interval
            try:
                self._action()
            except Exception:  # the next run may succeed
                log.exception("%s failed, and goes on", self._name)
