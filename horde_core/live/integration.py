"""HordeAPIIntegration: client, cache and sources put together, the entry to all data.

Synchronous and thread-safe. Failures never raise: the last good data is returned, else empty data marked unavailable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    SourceRows,
)
from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import Clock
from horde_core.cache.source import Reading, RefreshOutcome, Source, without_secrets
from horde_core.live.sources import (
    ModelReferenceManager,
    network_sources,
    status_source,
    usage_source,
    workers_source,
)
from horde_core.settings import Settings
from horde_core.upstream.api_records import (
    HordeModelStatsResponse,
    HordeModelStatus,
    HordeWorker,
)
from horde_core.upstream.client import HordeClient
from horde_core.vocabulary import MODEL_TYPES, ModelType, WorkerType

if TYPE_CHECKING:
    from horde_core.cache.fetch_log import FetchLog
    from horde_core.cache.redis_connection import RedisConnection
    from horde_core.cache.redis_storage import RedisStorage

T = TypeVar("T")

LONGEST_LIST_OF_URLS = 2
LEASE_RESERVE_SECONDS = 5.0


class HordeAPIIntegration:
    """The AI-Horde API and the model reference, cached.

    Pass ``client`` and ``cache`` in tests; :meth:`shared` is the one instance of the app.
    """

    _shared: ClassVar[HordeAPIIntegration | None] = None
    _simulated: ClassVar[HordeAPIIntegration | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        settings: Settings | None = None,
        client: HordeClient | None = None,
        cache: DualLayerCache | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings or Settings.load()
        self.is_simulated = self.settings.source == "demo"
        clock = self.clock = clock or Clock()
        self.redis = _redis(self.settings, clock)
        self.client = client or _client(self.settings, clock)
        self.fetch_log = _fetch_log(self.settings, self.shown_url)
        if cache is None:
            longest_fetch = LONGEST_LIST_OF_URLS * self.settings.api_timeout
            lease_seconds = longest_fetch + LEASE_RESERVE_SECONDS
            observe = self.fetch_log.fetched if self.fetch_log else None
            cache = DualLayerCache(
                self.client.get, _storage(self.redis, clock), clock, lease_seconds=lease_seconds, observe=observe
            )
        self.cache = cache
        self.reference = ModelReferenceManager(self.settings, cache)
        self.status_sources = {kind: status_source(self.settings, kind) for kind in MODEL_TYPES}
        self.usage_sources = {kind: usage_source(self.settings, kind) for kind in MODEL_TYPES}
        self.workers_source = workers_source(self.settings)
        self.network_sources = network_sources(self.settings)
        if self.fetch_log:
            self.fetch_log.expect(self.all_sources())

    @classmethod
    def shared(cls) -> HordeAPIIntegration:
        """Return the instance that the whole process shares, made on first use from the environment."""
        with cls._shared_lock:
            if cls._shared is None:
                cls._shared = cls()
            return cls._shared

    @classmethod
    def simulated(cls) -> HordeAPIIntegration:
        """Return the process's instance on the simulated Horde, whatever ``HORDE_SOURCE`` says."""
        with cls._shared_lock:
            if cls._simulated is None:
                cls._simulated = cls(Settings.load().model_copy(update={"source": "demo"}))
            return cls._simulated

    def shown_url(self, url: str) -> str:
        """Return an address as people may see it, without user, password and query; simulated data has none."""
        return "simulated" if self.is_simulated else without_secrets(url)

    def sources(self, model_type: ModelType) -> tuple[Source[Any], Source[Any], Source[Any], Source[Any]]:
        """The four sources of a category: status, usage, workers, reference."""
        return (
            self.status_sources[model_type],
            self.usage_sources[model_type],
            self.workers_source,
            self.reference.sources[model_type],
        )

    def all_sources(self) -> list[Source[Any]]:
        """Every source once: both categories, whose workers are one, the ages of image models, and the network."""
        categories = {source.key: source for kind in MODEL_TYPES for source in self.sources(kind)}
        return [*categories.values(), self.reference.ages_source, *self.network_sources]

    def read_category(
        self, model_type: ModelType, wait: float | None = None, patience: float = 0.0
    ) -> list[Reading[Any]]:
        """Read the four sources of a category in parallel, each with its state and age.

        With nothing cached, waits at most ``wait`` seconds (``HORDE_COLD_WAIT``) for all of them together; where stale
        data is being renewed, at most ``patience``.
        """
        return self.read(self.sources(model_type), wait, patience)

    def read(
        self,
        sources: Sequence[Source[Any]],
        wait: float | None = None,
        patience: float = 0.0,
        force_refresh: bool = False,
    ) -> list[Reading[Any]]:
        """Read any of the sources in parallel; waits as :meth:`read_category` does.

        Where an answer that holds nothing is doubted, the sources that can confirm it are read too.
        """
        began, seconds = self.clock.monotonic(), self._wait(wait)
        readings = self.cache.read_all(sources, seconds, force_refresh, patience)
        wanted = {key for one in readings if one.is_suspicious for key in one.witnesses} - {one.key for one in readings}
        witnesses = [source for source in self.all_sources() if source.key in wanted]
        if not witnesses:
            return readings
        has_nothing_to_show = any(one.is_suspicious and one.value is None for one in readings)
        left = seconds - (self.clock.monotonic() - began) if has_nothing_to_show else 0.0
        self.cache.read_all(witnesses, left, patience=patience)
        return [self.cache.peek(source) for source in sources]

    def refresh(self, model_type: ModelType, wait: float | None = None) -> list[RefreshOutcome]:
        """Force a refresh of a category's sources and return the outcome of each; at most every 10 s a source."""
        return self.refresh_sources(self.sources(model_type), wait)

    def refresh_sources(self, sources: Sequence[Source[Any]], wait: float | None = None) -> list[RefreshOutcome]:
        """Force a refresh of any of the sources, as :meth:`refresh` does."""
        return self.cache.refresh(sources, self._wait(wait))

    def get_model_status(self, model_type: ModelType, force_refresh: bool = False) -> SourceRows[HordeModelStatus]:
        """Return the live rows of a category; empty and not ``available`` when there is nothing to show."""
        return _rows(self.get_model_status_indexed(model_type, force_refresh))

    def get_model_status_indexed(self, model_type: ModelType, force_refresh: bool = False) -> IndexedHordeModelStatus:
        """Return the live rows by name: the same object until they change."""
        return self._read(self.status_sources[model_type], force_refresh, _NO_STATUS)

    def get_model_stats(self, model_type: ModelType, force_refresh: bool = False) -> HordeModelStatsResponse:
        """Return usage by name; all three maps are None when there is nothing to show."""
        return self.get_model_stats_indexed(model_type, force_refresh).response

    def get_model_stats_indexed(self, model_type: ModelType, force_refresh: bool = False) -> IndexedHordeModelStats:
        """Return usage by name: the same object until it changes."""
        return self._read(self.usage_sources[model_type], force_refresh, _NO_USAGE)

    def get_workers(self, model_type: WorkerType | None = None, force_refresh: bool = False) -> SourceRows[HordeWorker]:
        """Return the workers, of one type or all; empty and not ``available`` when there is nothing to show."""
        return _rows(self.get_workers_indexed(model_type, force_refresh))

    def get_workers_indexed(
        self, model_type: WorkerType | None = None, force_refresh: bool = False
    ) -> IndexedHordeWorkers:
        """Return the workers by the names they serve: the same object until they change."""
        workers = self._read(self.workers_source, force_refresh, _NO_WORKERS)
        return workers if model_type is None else workers.of_type(model_type)

    def get_combined_data_indexed(
        self, model_type: ModelType, include_workers: bool = True, force_refresh: bool = False
    ) -> tuple[IndexedHordeModelStatus, IndexedHordeModelStats, IndexedHordeWorkers | None]:
        """Return status, usage and workers of a category, asked for in parallel; workers None when not included."""
        sources: list[Source[Any]] = [self.status_sources[model_type], self.usage_sources[model_type]]
        if include_workers:
            sources.append(self.workers_source)
        readings = self.read(sources, force_refresh=force_refresh)
        workers = readings[2].value_or(_NO_WORKERS).of_type(model_type) if include_workers else None
        return readings[0].value_or(_NO_STATUS), readings[1].value_or(_NO_USAGE), workers

    def _read(self, source: Source[T], force_refresh: bool, nothing: T) -> T:
        reading: Reading[T] = self.read([source], force_refresh=force_refresh)[0]
        return reading.value_or(nothing)

    def _wait(self, wait: float | None) -> float:
        return self.settings.cold_wait if wait is None else wait


# What one process needs and another does not (Redis, the simulated Horde, counts for Prometheus) is loaded where it is
# set up, so that a command starts without it.


def _redis(settings: Settings, clock: Clock) -> RedisConnection | None:
    if settings.redis_url is None or not settings.uses_redis or settings.source == "demo":
        return None
    from horde_core.cache.redis_connection import RedisConnection

    return RedisConnection(settings.redis_url, clock, settings.redis_key_prefix)


def _storage(connection: RedisConnection | None, clock: Clock) -> RedisStorage | None:
    if connection is None:
        return None
    from horde_core.cache.redis_storage import RedisStorage

    return RedisStorage(connection, clock)


def _client(settings: Settings, clock: Clock) -> HordeClient:
    if settings.source == "live":
        return HordeClient(settings)
    from horde_core.demo import DemoTransport

    return HordeClient(settings, transport=DemoTransport(clock=clock.wall))


def _fetch_log(settings: Settings, shown: Callable[[str], str]) -> FetchLog | None:
    if not settings.metrics_enabled:
        return None
    from horde_core.cache.fetch_log import FetchLog

    return FetchLog(shown)


def _rows(indexed: Any) -> SourceRows[Any]:
    return SourceRows(indexed) if indexed.available else SourceRows.unavailable()


_NO_STATUS = IndexedHordeModelStatus.unavailable()
_NO_USAGE = IndexedHordeModelStats()
_NO_WORKERS = IndexedHordeWorkers.unavailable()
