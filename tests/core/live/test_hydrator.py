"""CacheHydrator: one request a source and cycle by one of the replicas, and visitors do not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from horde_core import CacheHydrator, HordeAPIIntegration, Settings
from horde_core.cache.freshness import State
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock

SOURCES = 12
MINUTES_SOURCES = 9
INTERVAL = 45.0

Make = Callable[..., HordeAPIIntegration]


@pytest.fixture
def make(horde_server: HordeServer, clock: TurnedClock) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**settings: object) -> HordeAPIIntegration:
            horde = HordeAPIIntegration(
                Settings(
                    **horde_server.addresses,
                    **settings,
                ),  # type: ignore[arg-type]
                clock=clock.both,
            )
            stack.callback(horde.client.close)
            if horde.redis is not None:
                stack.callback(horde.redis.close)
            return horde

        yield make


def asked(server: HordeServer) -> int:
    return server.requests.total()


def test_a_cycle_asks_for_each_source_once_and_then_only_for_what_is_nearly_due(
    make: Make, horde_server: HordeServer, clock: TurnedClock
) -> None:
    hydrator = CacheHydrator(make())
    hydrator.run_once()
    assert asked(horde_server) == SOURCES
    hydrator.run_once()
    assert asked(horde_server) == SOURCES, "all of it is fresh for longer than the next cycle"
    clock.advance(INTERVAL)
    hydrator.run_once()
    assert asked(horde_server) == SOURCES + MINUTES_SOURCES, "the references keep for an hour"


def test_between_cycles_every_reader_finds_fresh_data(
    make: Make, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde = make()
    hydrator = CacheHydrator(horde)
    for _ in range(5):
        hydrator.run_once()
        for _ in range(3):
            clock.advance(INTERVAL / 3)
            assert {reading.state for reading in horde.read_category("text")} == {State.FRESH}


def test_one_of_two_replicas_leads_a_cycle(make: Make, horde_server: HordeServer, redis_server: RedisServer) -> None:
    replicas = [CacheHydrator(make(redis_url=redis_server.url)) for _ in range(2)]
    for replica in replicas:
        replica.run_once()
    assert asked(horde_server) == SOURCES


def test_what_pages_need_is_derived_once_a_cycle_and_by_each_replica_for_itself(
    make: Make, redis_server: RedisServer
) -> None:
    derived: list[str] = []
    for name in ("one", "two"):
        CacheHydrator(make(redis_url=redis_server.url), lambda name=name: derived.append(name)).run_once()
    assert derived == ["one", "two"]


def test_a_failing_source_is_left_alone_during_its_pause(make: Make, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/workers", status=429, headers={"Retry-After": "3000"})
    hydrator = CacheHydrator(make())
    hydrator.run_once()
    hydrator.run_once()
    assert horde_server.requests["/v2/workers"] == 1


def test_it_runs_until_it_is_stopped_and_survives_what_it_raises(make: Make, horde_server: HordeServer) -> None:
    def broken() -> None:
        raise RuntimeError("no figures today")

    hydrator = CacheHydrator(make(cache_hydration_interval_seconds=1), broken)
    hydrator.start()
    wait_until(lambda: asked(horde_server) >= SOURCES, "the first cycle was made")
    assert hydrator.is_running
    hydrator.stop()
    assert not hydrator.is_running
