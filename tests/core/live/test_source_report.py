"""The report of the sources: state, age, errors, calls and counters, without secrets."""

from __future__ import annotations

import pytest

from horde_core import HordeAPIIntegration, Settings
from horde_core.cache.freshness import State
from horde_core.cache.source import without_secrets
from horde_core.cache.source_state import Event
from horde_core.live.source_report import SourceReport, redis_report, report
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock


@pytest.fixture
def horde(horde_server: HordeServer, clock: TurnedClock) -> HordeAPIIntegration:
    settings = Settings(
        **horde_server.addresses,
    )
    return HordeAPIIntegration(settings, clock=clock.both)


def of(horde: HordeAPIIntegration, key: str) -> SourceReport:
    return next(source for source in report(horde) if source.key == key)


def test_every_source_is_told_of_once_and_none_is_asked_for(
    horde: HordeAPIIntegration, horde_server: HordeServer
) -> None:
    told = report(horde)
    assert [source.key for source in told] == [
        "status:image", "usage:image", "workers", "reference:image", "status:text", "usage:text", "reference:text",
        "ages", "performance", "totals:image", "totals:text", "modes",
    ]  # fmt: skip
    assert {source.reading.state for source in told} == {State.UNAVAILABLE}
    assert horde_server.requests.total() == 0


def test_rows_kept_and_dropped_calls_and_what_is_left_of_the_ttl(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde_server.answer("/v2/status/models", [{"name": "a", "type": "image", "count": 1}, {"count": 2}])
    horde.read_category("image")
    clock.advance(20)
    status = of(horde, "status:image")
    assert (status.reading.kept, status.reading.dropped, status.calls, status.due_in) == (1, 1, 1, 40)
    assert status.url == f"{horde_server.url}/v2/status/models"


def test_the_last_trouble_and_when_it_is_tried_again(horde: HordeAPIIntegration, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/workers", status=429, headers={"Retry-After": "300"})
    horde.get_workers()
    workers = of(horde, "workers")
    assert workers.reading.error == "The server answered with error 429."
    assert workers.due_in == 300


def test_what_is_counted(horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock) -> None:
    def counted() -> dict[Event, int]:
        return {event: number for event, number in of(horde, "workers").counters.items() if number}

    horde.get_workers()
    assert counted() == {Event.MISS: 1, Event.FETCH: 1}
    horde.get_workers()
    assert counted() == {Event.MISS: 1, Event.FETCH: 1, Event.MEMORY_HIT: 1}
    horde_server.answer("/v2/workers", status=404)
    clock.advance(60)
    horde.get_workers()
    wait_until(lambda: not of(horde, "workers").reading.refreshing, "the refresh is over")
    assert counted() == {
        Event.MISS: 1, Event.FETCH: 2, Event.MEMORY_HIT: 1, Event.STALE_SERVED: 1, Event.FAILURE: 1,
    }  # fmt: skip


def test_redis_in_use_in_trouble_and_not_used(
    horde: HordeAPIIntegration, horde_server: HordeServer, redis_server: RedisServer
) -> None:
    assert redis_report(horde).state == "not used"
    settings = Settings(
        **horde_server.addresses,
        redis_url=redis_server.url,
    )
    replica = HordeAPIIntegration(settings)
    replica.get_workers()
    assert redis_report(replica).state == "in use"
    redis_server.stop()
    replica.get_model_status("text")
    wait_until(lambda: redis_report(replica).state == "in trouble", "the trouble is noticed")
    assert replica.redis is not None
    replica.redis.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://user:secret@horde.example:8443/api/v2/workers?key=secret",
            "https://horde.example:8443/api/v2/workers",
        ),
        ("http://[::1]:7080/api", "http://[::1]:7080/api"),
    ],
)
def test_no_address_tells_a_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
