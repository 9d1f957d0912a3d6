"""The cache of audits, keyed by their inputs; Redis shares those with the settings' thresholds, not trials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from horde_core import AuditCache
from horde_core.analytics.groups import GroupLevel
from horde_core.audit import AuditThresholds, LastSeen, Recorded
from horde_core.audit.thresholds import with_tried
from horde_core.cache.freshness import State
from horde_core.cache.redis_connection import RedisConnection
from horde_core.cache.source import Reading
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import Snapshot
from horde_core.settings import Settings
from horde_core.upstream.model_ages import ModelAges
from tests.fixtures.audits import AS_OF, THRESHOLDS, TYPES, days_ago
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.snapshots import snapshot
from tests.fixtures.upstream import TurnedClock, source_called

PREFIX = "horde:model_ref:audit"
TTL = 300.0
TRIED = with_tried(THRESHOLDS["image"], {"critical_usage": 5_000, "low_usage_percentage": 40})
LEVELS: tuple[GroupLevel, ...] = ("exact", "model", "family")


def cache_of(clock: TurnedClock, connection: RedisConnection | None = None, **settings: Any) -> AuditCache:
    return AuditCache(Settings(**settings), connection, clock.both)


def ages(days: int | None, content: str = "some") -> Reading[ModelAges]:
    """Return a reading of the ages in which Flux was added so many days ago; None is unavailable."""
    value = None if days is None else ModelAges({"Flux.1-Schnell": days_ago(days)})
    state = State.UNAVAILABLE if days is None else State.FRESH
    return Reading(source_called("ages"), value, state, content=content)


def forbid_audits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("an audit was computed")

    monkeypatch.setattr(Snapshot, "audit", refuse)


@pytest.mark.parametrize("level", LEVELS)
def test_an_audit_is_that_of_the_snapshot_and_the_same_object_after(clock: TurnedClock, level: GroupLevel) -> None:
    cache = cache_of(clock)
    for kind in TYPES:
        taken = snapshot(kind)
        kept = cache.get(taken, AS_OF, ages(5), level=level)
        assert kept == taken.audit(THRESHOLDS[kind], AS_OF, ages(5).value, level)
        assert cache.get(taken, AS_OF, ages(5), level=level) is kept


def test_its_thresholds_are_those_of_the_settings(clock: TurnedClock) -> None:
    settings = {"audit_grace_days": 3, "low_usage_threshold_percentage": 50}
    cache = cache_of(clock, **settings)
    for kind in TYPES:
        assert cache.thresholds[kind] == AuditThresholds.from_settings(Settings(**settings), kind)
        assert cache.get(snapshot(kind), AS_OF).thresholds == cache.thresholds[kind]


def test_whatever_it_is_computed_from_makes_it_another(clock: TurnedClock) -> None:
    cache, taken = cache_of(clock), snapshot("image")
    results = [
        cache.get(taken, AS_OF, ages(5)),
        cache.get(snapshot("image", usage=None), AS_OF, ages(5)),
        cache.get(taken, AS_OF + timedelta(days=1), ages(5)),
        cache.get(taken, AS_OF, ages(50, "other")),
        cache.get(taken, AS_OF, ages(5), thresholds=TRIED),
        cache.get(taken, AS_OF, ages(5), level="family"),
        cache.get(taken, AS_OF, ages(None)),
        cache.get(taken, AS_OF, ages(5), recorded=Recorded({"Flux.1-Schnell": LastSeen(AS_OF, 0, False)})),
    ]
    for place, one in enumerate(results):
        assert one not in results[:place]


def test_ages_that_were_not_asked_for_and_ages_that_are_unavailable_are_the_same(clock: TurnedClock) -> None:
    cache, taken = cache_of(clock), snapshot("image")
    assert cache.get(taken, AS_OF) is cache.get(taken, AS_OF, ages(None, "left from before"))
    assert cache.get(taken, AS_OF).summary.by_preset["deletion_candidates"] is None


def test_thresholds_that_equal_the_settings_are_no_others(clock: TurnedClock) -> None:
    cache, taken = cache_of(clock), snapshot("image")
    assert cache.get(taken, AS_OF, thresholds=THRESHOLDS["image"].model_copy()) is cache.get(taken, AS_OF)


def test_it_is_kept_for_the_ttl_of_the_settings(clock: TurnedClock) -> None:
    cache, taken = cache_of(clock, audit_cache_ttl=60), snapshot("image")
    kept = cache.get(taken, AS_OF)
    clock.advance(59)
    assert cache.get(taken, AS_OF) is kept
    clock.advance(1)
    again = cache.get(taken, AS_OF)
    assert again is not kept
    assert again == kept


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", TYPES)
def test_another_process_has_it_from_redis_without_computing_it(
    clock: TurnedClock,
    connection: RedisConnection,
    client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
    level: GroupLevel,
) -> None:
    taken = snapshot(kind)
    kept = cache_of(clock, connection).get(taken, AS_OF, ages(5), level=level)
    forbid_audits(monkeypatch)
    assert cache_of(clock, connection).get(taken, AS_OF, ages(5), level=level) == kept
    (key,) = client.keys("*")
    assert key.decode().startswith(f"{PREFIX}:")
    assert 0 < client.pttl(key) <= TTL * 1_000


def test_what_is_tried_stays_in_the_process(
    clock: TurnedClock, connection: RedisConnection, client: redis.Redis
) -> None:
    cache, taken = cache_of(clock, connection), snapshot("image")
    tried = cache.get(taken, AS_OF, thresholds=TRIED)
    assert cache.get(taken, AS_OF, thresholds=TRIED) is tried
    assert client.keys("*") == []
    cache.get(taken, AS_OF)
    assert len(client.keys("*")) == 1


def test_an_operator_with_other_thresholds_does_not_read_it(clock: TurnedClock, connection: RedisConnection) -> None:
    taken = snapshot("image")
    cache_of(clock, connection).get(taken, AS_OF)
    other = cache_of(clock, connection, low_usage_threshold_percentage=100).get(taken, AS_OF)
    assert other.summary.by_flag["low_usage"].true == 3


def test_audits_lie_under_the_prefix_of_the_settings(redis_server: RedisServer, client: redis.Redis) -> None:
    integration = HordeAPIIntegration(Settings(redis_url=redis_server.url, redis_key_prefix="mine"))
    AuditCache.of(integration).get(snapshot("image"), AS_OF)
    assert [key.decode().split(":")[:2] for key in client.keys("*")] == [["mine", "audit"]]


@pytest.mark.parametrize("settings", [{"replicate_mode": "REPLICA"}, {"source": "demo"}])
def test_a_replica_and_the_simulated_horde_keep_audits_to_memory(
    redis_server: RedisServer, client: redis.Redis, settings: dict[str, str]
) -> None:
    integration = HordeAPIIntegration(Settings.model_validate({"redis_url": redis_server.url, **settings}))
    assert AuditCache.of(integration).get(snapshot("image"), AS_OF).summary.models == 3
    assert client.keys("*") == []


def test_a_redis_that_is_down_is_bypassed(
    clock: TurnedClock, connection: RedisConnection, redis_server: RedisServer
) -> None:
    redis_server.stop()
    assert cache_of(clock, connection).get(snapshot("image"), AS_OF).summary.models == 3
