"""The history: what the API said, kept from the first start on. SQLAlchemy is loaded only where it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horde_core.live.integration import HordeAPIIntegration

if TYPE_CHECKING:
    from horde_core.history.reader import HistoryReader


def history_of(integration: HordeAPIIntegration) -> HistoryReader:
    """Return the history of an integration, the same object each time."""
    from horde_core.history.reader import HistoryReader

    return HistoryReader.of(integration)
