"""Every single fault of the API and of Redis, on a warm cache: reads stay quick and correct, and it recovers.

Time passes as the test turns the clock: several TTLs and pauses in a fraction of a second. Only what a connection
itself takes is real.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from horde_core import HordeAPIIntegration, Settings
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.cache.source_state import Event
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock

PATHS = ("/v2/status/models?type=text", "/v2/stats/text/models", "/v2/workers", "/model_references/v2/text_generation")
TTL = 0.5
TIMEOUT = 0.3
SECONDS_BETWEEN_READS = 0.02
REAL_PAUSE = 0.002
QUICK_SECONDS = 0.1
READS_UNDER_A_FAULT = 100

Readings = list[Reading[object]]
Fault = Callable[[HordeServer], None]
RedisFault = Callable[[RedisServer], None]


def every_path(**answer: object) -> Fault:
    """Return a fault in which every path gives this answer."""

    def fault(server: HordeServer) -> None:
        for path in PATHS:
            server.answer(path, **answer)  # type: ignore[arg-type]

    return fault


API_FAULTS: dict[str, Fault] = {
    "refuses": lambda server: server.stop(),
    "is frozen": every_path(delay=60),
    "is slow": every_path(delay=TIMEOUT / 2),
    "hangs up": every_path(drop=True),
    "truncates": every_path(truncate=5),
    "trickles": every_path(trickle=0.2),
    "trickles its headers": every_path(trickle_head=0.2),
    "answers 429": every_path(status=429),
    "answers 404": every_path(status=404),
    "answers 500": every_path(status=500),
    "answers 503 and when to come back": every_path(status=503, headers={"Retry-After": "1"}),
    "answers HTML": every_path(body="<!doctype html><p>Bad gateway</p>"),
    "answers null": every_path(body="null"),
    "answers an empty list": every_path(body="[]"),
    "answers an empty object": every_path(body="{}"),
}


def fill(server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")


def spoil(server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        for key in client.scan_iter(count=1_000):
            client.set(key, b"\x80garbage")


def make_slow(server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("CLIENT", "PAUSE", 600)


REDIS_FAULTS: dict[str, RedisFault] = {
    "dies": lambda server: server.stop(),
    "is frozen": lambda server: server.freeze(),
    "is slow": make_slow,
    "is full": fill,
    "holds garbage": spoil,
    "is emptied": lambda server: server.flush(),
}


@pytest.fixture
def horde(horde_server: HordeServer, redis_server: RedisServer, clock: TurnedClock) -> Iterator[HordeAPIIntegration]:
    settings = Settings(
        **horde_server.addresses,
        redis_url=redis_server.url,
        api_cache_ttl=TTL,
        reference_cache_ttl=TTL,
        api_timeout=TIMEOUT,
    )
    horde = HordeAPIIntegration(settings, clock=clock.both)
    wait_until(lambda: all(r.state is State.FRESH for r in horde.read_category("text")), "the cache is warm")
    yield horde
    horde.client.close()
    if horde.redis is not None:
        horde.redis.close()


def values(readings: Readings) -> list[object]:
    return [reading.value for reading in readings]


def read_under_fault(horde: HordeAPIIntegration, clock: TurnedClock) -> tuple[list[float], Readings]:
    """Read through several TTLs, until each source has been asked for under the fault.

    Checks that no reading is younger than the time since it was fetched.
    """
    sources = horde.sources("text")
    fetches = {source.key: horde.cache.counters(source.key)[Event.FETCH] for source in sources}
    met: set[str] = set()
    seconds: list[float] = []
    readings: Readings = []

    def read() -> bool:
        nonlocal readings
        clock.advance(SECONDS_BETWEEN_READS)
        began = time.monotonic()
        readings = horde.read_category("text")
        seconds.append(time.monotonic() - began)
        for source, reading in zip(sources, readings, strict=True):
            assert reading.age is not None, f"{reading.title} was lost"
            assert reading.fetched_at is not None
            assert reading.age == pytest.approx(clock.wall - reading.fetched_at)
            assert reading.state is State.STALE or reading.age < TTL
            if not reading.refreshing and horde.cache.counters(source.key)[Event.FETCH] > fetches[source.key]:
                met.add(source.key)
        return len(seconds) >= READS_UNDER_A_FAULT and len(met) == len(sources)

    wait_until(read, "it was read often enough", pause=REAL_PAUSE)
    return seconds, readings


def assert_quick(seconds: list[float]) -> None:
    """Check the 95th percentile, as the machine may be busy; a read that waits for a fault takes seconds."""
    assert statistics.quantiles(seconds, n=20)[-1] < QUICK_SECONDS
    assert max(seconds) < 1


def wait_until_healed(horde: HordeAPIIntegration, clock: TurnedClock) -> None:
    """Turn the clock to the next try of each source, and wait for what comes of it, until all is fresh."""

    def is_healed() -> bool:
        readings = horde.read_category("text")
        if not any(reading.refreshing for reading in readings):
            clock.advance(SECONDS_BETWEEN_READS)
        return all(reading.state is State.FRESH for reading in readings)

    wait_until(is_healed, "all of it is fresh again", pause=REAL_PAUSE)


@pytest.mark.parametrize("name", API_FAULTS)
def test_when_the_api(name: str, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock) -> None:
    before = values(horde.read_category("text"))
    API_FAULTS[name](horde_server)
    seconds, readings = read_under_fault(horde, clock)
    assert_quick(seconds)
    assert values(readings) == before
    asked = horde_server.requests.total()
    horde_server.reset()
    if name == "refuses":
        horde_server.start()
    wait_until_healed(horde, clock)
    assert asked < READS_UNDER_A_FAULT, "each failure is followed by a pause"


@pytest.mark.parametrize("name", REDIS_FAULTS)
def test_when_redis(name: str, horde: HordeAPIIntegration, redis_server: RedisServer, clock: TurnedClock) -> None:
    before = values(horde.read_category("text"))
    REDIS_FAULTS[name](redis_server)
    seconds, readings = read_under_fault(horde, clock)
    assert_quick(seconds)
    assert values(readings) == before
    wait_until_healed(horde, clock)


def test_when_redis_is_back_it_is_used_again(
    horde: HordeAPIIntegration, redis_server: RedisServer, clock: TurnedClock
) -> None:
    assert horde.redis is not None

    def is_in_trouble() -> bool:
        clock.advance(SECONDS_BETWEEN_READS)
        return bool(horde.read_category("text")) and horde.redis is not None and horde.redis.trouble is not None

    redis_server.stop()
    wait_until(is_in_trouble, "the trouble is noticed", pause=REAL_PAUSE)
    redis_server.start()
    wait_until(lambda: not is_in_trouble(), "Redis is used again", pause=REAL_PAUSE)
