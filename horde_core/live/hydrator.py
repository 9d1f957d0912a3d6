"""CacheHydrator: refreshes the sources in the background, so that no visitor waits or sees stale data."""

from __future__ import annotations

from collections.abc import Callable

from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.repeating import Repeating

LEADERSHIP = 0.9
"""Part of an interval for which one replica leads; its lead has ended when the next cycle begins."""


def _no_recompute() -> None:
    """No-op."""


class CacheHydrator(Repeating):
    """Refreshes the sources that will be due before the next cycle, then calls ``recompute``.

    Of the replicas on one Redis, one asks upstream in each cycle; the others take over what it wrote.
    Cycles last ``HORDE_CACHE_HYDRATION_INTERVAL_SECONDS``, which belongs below ``HORDE_API_CACHE_TTL``.
    """

    def __init__(self, integration: HordeAPIIntegration, recompute: Callable[[], object] = _no_recompute) -> None:
        super().__init__("hydrator", self.run_once, integration.settings.cache_hydration_interval_seconds)
        self._integration = integration
        self._recompute = recompute

    def run_once(self) -> None:
        """Run one cycle. Raises what ``recompute`` raises."""
        if self._is_leader():
            integration = self._integration
            integration.cache.refresh_ahead(integration.all_sources(), self._interval, integration.settings.api_timeout)
        self._recompute()

    def _is_leader(self) -> bool:
        redis = self._integration.redis
        return redis is None or redis.lease(redis.keys.lock("hydrator"), self._interval * LEADERSHIP) is not None
