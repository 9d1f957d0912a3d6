"""HistoryKeeper: the recorder in a background thread of the app. SQLAlchemy is loaded there, not at start."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from horde_core.history.state import HistoryState
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.repeating import Repeating

if TYPE_CHECKING:
    from horde_core.history.recorder import Recorder

LOOK_SECONDS = 60.0
FIRST_LOOK_SECONDS = 5.0
"""By then what the start has asked for has arrived."""


class HistoryKeeper(Repeating):
    """Keeps the history of an integration, where ``HORDE_HISTORY`` is on; that of the simulated Horde is computed."""

    def __init__(self, horde: HordeAPIIntegration) -> None:
        super().__init__("history", self.look, LOOK_SECONDS, first=FIRST_LOOK_SECONDS)
        self._horde = horde
        self._recorder: Recorder | None = None

    @classmethod
    @cache
    def of(cls, horde: HordeAPIIntegration) -> HistoryKeeper:
        """Return an integration's keeper, the same object each time."""
        return cls(horde)

    @property
    def is_on(self) -> bool:
        """Whether there is something to keep."""
        return self._horde.settings.history == "on" and not self._horde.is_simulated

    @property
    def state(self) -> HistoryState:
        """How the history is kept, as of the last look."""
        return HistoryState(self.is_on) if self._recorder is None else self._recorder.state

    def start(self) -> None:
        """Start, where the history is on."""
        if self.is_on:
            super().start()

    def stop(self) -> None:
        """Stop, and let another process write."""
        super().stop()
        if self._recorder is not None:
            self._recorder.close()

    def look(self) -> None:
        """Record what is news."""
        if self._recorder is None:
            from horde_core.history.recorder import Recorder
            from horde_core.history.store import Store

            self._recorder = Recorder(self._horde, Store(self._horde.settings.history_url))
        self._recorder.look()
