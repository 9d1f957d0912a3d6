"""Results computed from a snapshot (statistics, audits), cached in memory and, where it is configured, in Redis.

A result is keyed by the snapshot's id, which changes with the content of any source, so it is never older than what it
was computed from. Its TTL bounds memory, not age.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import TTLCache
from pydantic import BaseModel

from horde_core.analytics.category_statistics import CategoryStatistics, category_statistics
from horde_core.analytics.groups import GroupLevel
from horde_core.audit import NOTHING_RECORDED, AuditThresholds, CategoryAuditResponse, Recorded
from horde_core.cache.freshness import Clock
from horde_core.cache.packing import packed, unpacked
from horde_core.cache.source import Reading
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import Snapshot
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.settings import Settings
from horde_core.upstream.model_ages import ModelAges
from horde_core.version import __version__
from horde_core.vocabulary import MODEL_TYPES, ModelType

if TYPE_CHECKING:
    from horde_core.cache.redis_connection import RedisConnection

log = logging.getLogger(__name__)

RESULTS_KEPT = 16
"""Results of one kind held in memory: both categories, a few snapshots of each."""

TRIED_KEPT = 4
"""Audits held in memory that were made by thresholds other than the settings'."""

T = TypeVar("T", bound=BaseModel)


class DerivedCache(Generic[T]):
    """Results of one kind by key, each computed once, however many threads ask for it at a time. Thread-safe.

    A result in memory is returned at once; only a thread whose result is missing waits, for Redis and the computation.
    The ``ttl`` seconds count by the monotonic clock; at most ``most`` results are held, the least recently used goes.
    """

    def __init__(
        self,
        record: type[T],
        ttl: float,
        storage: RedisConnection | None = None,
        prefix: str = "",
        clock: Clock | None = None,
        most: int = RESULTS_KEPT,
    ) -> None:
        self._record = record
        self._ttl = ttl
        self._storage = storage
        self._computing = threading.Lock()
        self._lock = threading.Lock()
        self._held: TTLCache[str, T] = TTLCache(most, ttl, timer=(clock or Clock()).monotonic)
        self._room = prefix

    def get(self, key: str, compute: Callable[[], T]) -> T:
        """Return the result under a key, computing it where neither layer has it. Raises what ``compute`` raises."""
        if held := self._in_memory(key):
            return held
        with self._computing:
            if held := self._in_memory(key):
                return held
            result = self._stored(key) or self._computed(key, compute)
            with self._lock:
                self._held[key] = result
            return result

    @cached_property
    def _prefix(self) -> str:
        """Return what keys begin with in Redis: another release may compute otherwise, or know other fields."""
        schema = json.dumps(self._record.model_json_schema(), sort_keys=True)
        version = hashlib.blake2b(f"{__version__} {schema}".encode(), digest_size=6).hexdigest()
        return f"{self._room}:{version}:"

    def _in_memory(self, key: str) -> T | None:
        with self._lock:
            return self._held.get(key)

    def _computed(self, key: str, compute: Callable[[], T]) -> T:
        result = compute()
        if self._storage is not None:
            self._storage.write_bytes(self._prefix + key, packed(result.model_dump_json().encode()), self._ttl)
        return result

    def _stored(self, key: str) -> T | None:
        raw = self._storage.read_bytes(self._prefix + key) if self._storage is not None else None
        if raw is None:
            return None
        try:
            return self._record.model_validate_json(unpacked(raw))
        except ValueError as error:
            log.warning("stored result ignored key=%s reason=%s", key, error)
            return None


class StatisticsCache:
    """The statistics of each snapshot, for ``HORDE_STATISTICS_CACHE_TTL``; in Redis under ``{prefix}:stats``."""

    def __init__(
        self, ttl: float, storage: RedisConnection | None = None, prefix: str = "", clock: Clock | None = None
    ) -> None:
        self._results = DerivedCache(CategoryStatistics, ttl, storage, prefix, clock)

    @classmethod
    def of(cls, integration: HordeAPIIntegration) -> StatisticsCache:
        """Return a cache with an integration's settings, beside its sources in Redis."""
        settings = integration.settings
        return cls(settings.statistics_cache_ttl, integration.redis, f"{settings.redis_key_prefix}:stats")

    def get(self, snapshot: Snapshot) -> CategoryStatistics:
        """Return the statistics of a snapshot's category."""
        return self._results.get(
            snapshot.id, lambda: category_statistics(snapshot.reference, snapshot.merged, snapshot.model_type)
        )


class AuditCache:
    """The audit of each snapshot, for ``HORDE_AUDIT_CACHE_TTL``; in Redis under ``{prefix}:audit``.

    Keyed by what it is computed from: snapshot, thresholds, day, ages, level of grouping and what was
    recorded. Only audits by the
    settings' own thresholds are shared through Redis.
    """

    def __init__(
        self,
        settings: Settings,
        storage: RedisConnection | None = None,
        clock: Clock | None = None,
    ) -> None:
        prefix = f"{settings.redis_key_prefix}:audit"
        ttl = settings.audit_cache_ttl
        self._results = DerivedCache(CategoryAuditResponse, ttl, storage, prefix, clock)
        # Audits by a visitor's own thresholds stay out of Redis and push none of the shared ones out of memory.
        self._tried = DerivedCache(CategoryAuditResponse, ttl, clock=clock, most=TRIED_KEPT)
        self.thresholds: Mapping[ModelType, AuditThresholds] = {
            model_type: AuditThresholds.from_settings(settings, model_type) for model_type in MODEL_TYPES
        }

    @classmethod
    def of(cls, integration: HordeAPIIntegration) -> AuditCache:
        """Return a cache with an integration's settings, beside its sources in Redis."""
        return cls(integration.settings, integration.redis)

    def get(
        self,
        snapshot: Snapshot,
        as_of: date,
        ages: Reading[ModelAges] | None = None,
        thresholds: AuditThresholds | None = None,
        level: GroupLevel = "model",
        recorded: Recorded = NOTHING_RECORDED,
    ) -> CategoryAuditResponse:
        """Return the audit of a snapshot's category, by the settings' thresholds where none are given."""
        own = self.thresholds[snapshot.model_type]
        tried = thresholds or own
        added = None if ages is None else ages.value
        known = "-" if ages is None or added is None else ages.content
        cache = self._results if tried == own else self._tried
        return cache.get(
            f"{snapshot.id}:{level}:{tried.digest}:{as_of}:{known}:{recorded.digest}",
            lambda: snapshot.audit(tried, as_of, added, level, recorded=recorded),
        )


class SharedResults:
    """Results shared by pages, routes and the command line: an integration's snapshots, statistics and audits."""

    def __init__(self, integration: HordeAPIIntegration) -> None:
        self.integration = integration
        self.reader = SnapshotReader(integration)
        self.statistics = StatisticsCache.of(integration)
        self.audits = AuditCache.of(integration)

    @classmethod
    @cache
    def of(cls, integration: HordeAPIIntegration) -> SharedResults:
        """Return an integration's results, the same object each time."""
        return cls(integration)


def today() -> date:
    """The UTC day that ages count to."""
    return datetime.now(UTC).date()
