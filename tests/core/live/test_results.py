"""Results by snapshot: computed once, as new as their snapshot, shared through Redis, and without Redis too."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from horde_core.analytics.category_statistics import category_statistics
from horde_core.analytics.records import UsageStats
from horde_core.cache.redis_connection import RedisConnection
from horde_core.live import results
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import RESULTS_KEPT, DerivedCache, StatisticsCache
from horde_core.settings import Settings
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.snapshots import snapshot
from tests.fixtures.upstream import TurnedClock

TTL = 300.0
PREFIX = "horde:model_ref:stats"


class Computation:
    """Computes a new result each call, counts the calls, and can block until released."""

    def __init__(self) -> None:
        self.runs = 0
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> UsageStats:
        self.runs += 1
        assert self.may_end.wait(20)
        return UsageStats(day=self.runs, month=None, total=0)


def cache_of(
    clock: TurnedClock, connection: RedisConnection | None = None, ttl: float = TTL
) -> DerivedCache[UsageStats]:
    return DerivedCache(UsageStats, ttl, connection, PREFIX, clock.both)


def test_a_result_is_computed_once_and_is_the_same_object_after(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    assert cache.get("a", compute) is cache.get("a", compute)
    assert compute.runs == 1


def test_however_many_ask_at_a_time_it_is_computed_once(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    compute.may_end.clear()
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(cache.get, "a", compute) for _ in range(20)]
        wait_until(lambda: compute.runs > 0, "the computation has begun")
        compute.may_end.set()
        results = {id(future.result()) for future in asked}
    assert (len(results), compute.runs) == (1, 1)


def test_what_is_held_is_served_while_another_is_computed(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    held = cache.get("held", Computation())
    compute.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.get, "other", compute)
        wait_until(lambda: compute.runs > 0, "the computation has begun")
        assert cache.get("held", Computation()) is held
        assert not other.done()
        compute.may_end.set()


def test_another_key_is_another_result(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    assert cache.get("a", compute) != cache.get("b", compute)


def test_it_is_kept_for_the_ttl(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    cache.get("a", compute)
    clock.advance(TTL - 1)
    cache.get("a", compute)
    assert compute.runs == 1
    clock.advance(1)
    cache.get("a", compute)
    assert compute.runs == 2


def test_a_ttl_of_zero_keeps_nothing(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock, ttl=0), Computation()
    cache.get("a", compute)
    cache.get("a", compute)
    assert compute.runs == 2


def test_memory_holds_a_few_and_forgets_the_oldest(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()
    for number in range(RESULTS_KEPT + 1):
        cache.get(str(number), compute)
    cache.get("1", compute)
    assert compute.runs == RESULTS_KEPT + 1
    cache.get("0", compute)
    assert compute.runs == RESULTS_KEPT + 2


def test_a_failing_computation_is_told_and_tried_again(clock: TurnedClock) -> None:
    cache, compute = cache_of(clock), Computation()

    def fail() -> UsageStats:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get("a", fail)
    assert cache.get("a", compute).day == 1


def test_another_process_has_it_from_redis(
    clock: TurnedClock, connection: RedisConnection, client: redis.Redis
) -> None:
    compute, other = Computation(), Computation()
    result = cache_of(clock, connection).get("a", compute)
    assert cache_of(clock, connection).get("a", other) == result
    assert other.runs == 0
    (key,) = client.keys(f"{PREFIX}:*")
    assert 0 < client.pttl(key) <= TTL * 1_000


@pytest.mark.parametrize("raw", [b"garbage", b"", b"\x78\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_is_no_result_is_ignored_and_replaced(
    clock: TurnedClock, connection: RedisConnection, client: redis.Redis, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cache_of(clock, connection).get("a", Computation())
    (key,) = client.keys(f"{PREFIX}:*")
    client.set(key, raw)
    compute, other = Computation(), Computation()
    with caplog.at_level(logging.WARNING):
        assert cache_of(clock, connection).get("a", compute).day == 1
    assert "stored result ignored" in caplog.text
    cache_of(clock, connection).get("a", other)
    assert (compute.runs, other.runs) == (1, 0)


def test_another_release_does_not_read_it(
    clock: TurnedClock, connection: RedisConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_of(clock, connection).get("a", Computation())
    monkeypatch.setattr(results, "__version__", "another")
    compute = Computation()
    cache_of(clock, connection).get("a", compute)
    assert compute.runs == 1


def test_a_redis_that_is_down_is_bypassed(
    clock: TurnedClock, connection: RedisConnection, redis_server: RedisServer
) -> None:
    redis_server.stop()
    assert cache_of(clock, connection).get("a", Computation()).day == 1


def test_statistics_are_those_of_the_snapshot_and_change_with_it(clock: TurnedClock) -> None:
    cache = StatisticsCache(TTL, clock=clock.both)
    before, after = snapshot("text"), snapshot("text", usage=None)
    assert cache.get(before) is cache.get(before)
    for taken in (before, after):
        assert cache.get(taken) == category_statistics(taken.reference, taken.merged, "text")
    assert cache.get(before) != cache.get(after)


def test_trouble_with_redis_is_told_once_for_sources_and_results(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.stop()
    integration = HordeAPIIntegration(Settings(redis_url=redis_server.url, api_url="http://127.0.0.1:9"))
    integration.get_workers()
    StatisticsCache.of(integration).get(snapshot("image"))
    assert caplog.text.count("redis unavailable") == 1


def test_statistics_lie_beside_the_sources_in_redis(redis_server: RedisServer, client: redis.Redis) -> None:
    settings = Settings(redis_url=redis_server.url)
    StatisticsCache.of(HordeAPIIntegration(settings)).get(snapshot("image"))
    assert [key.decode().rpartition(":")[0].rpartition(":")[0] for key in client.keys("*")] == [PREFIX]


@pytest.mark.parametrize("settings", [{"replicate_mode": "REPLICA"}, {"source": "demo"}])
def test_a_replica_and_the_simulated_horde_keep_statistics_to_memory(
    redis_server: RedisServer, client: redis.Redis, settings: dict[str, str]
) -> None:
    integration = HordeAPIIntegration(Settings.model_validate({"redis_url": redis_server.url, **settings}))
    assert StatisticsCache.of(integration).get(snapshot("image")).catalogue is not None
    assert client.keys("*") == []
