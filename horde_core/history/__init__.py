"""The history: what the API said, kept from the first start on. SQLAlchemy is loaded only where it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.names.matching import NameIndex
from horde_core.audit import NOTHING_RECORDED, Recorded
from horde_core.live.integration import HordeAPIIntegration

if TYPE_CHECKING:
    from horde_core.history.reader import HistoryReader


def history_of(integration: HordeAPIIntegration) -> HistoryReader:
    """Return the history of an integration, the same object each time."""
    from horde_core.history.reader import HistoryReader

    return HistoryReader.of(integration)


def last_seen_of(integration: HordeAPIIntegration, index: NameIndex, level: GroupLevel = "model") -> Recorded:
    """When models were last used and served, as far as an integration's history says."""
    is_kept = integration.settings.history == "on"
    return history_of(integration).last_seen(index, level) if is_kept else NOTHING_RECORDED
