"""HordeAPIIntegration against a real HTTP server: one request a source and TTL; failures do not raise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import redis

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.cache.freshness import Clock, State
from horde_core.cache.source import Reading, Source
from horde_core.live.integration import HordeAPIIntegration
from horde_core.settings import Settings
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.client import HordeClient
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import LOOPBACK, wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock

TTL = 60.0
TEXT_PATHS = {"/v2/status/models?type=text", "/v2/stats/text/models", "/v2/workers"}
TEXT_REFERENCE = "/model_references/v2/text_generation"

Make = Callable[..., HordeAPIIntegration]


@pytest.fixture
def make(horde_server: HordeServer) -> Iterator[Make]:
    """Return a maker of integrations on the test's Horde, whose connections are closed after the test."""
    with ExitStack() as stack:

        def make(clock: Clock | None = None, **settings: Any) -> HordeAPIIntegration:
            chosen = Settings(**{**horde_server.addresses, "cold_wait": 20, **settings})
            client = HordeClient(chosen)
            stack.callback(client.close)
            return HordeAPIIntegration(chosen, client, clock=clock)

        yield make


@pytest.fixture
def horde(make: Make, clock: TurnedClock) -> HordeAPIIntegration:
    return make(clock.both)


def settled(horde: HordeAPIIntegration, source: Source[Any]) -> Reading[Any]:
    """Read, and read again once no refresh runs behind."""
    wait_until(lambda: not horde.cache.read(source).refreshing, f"the refresh of {source.key} is over")
    return horde.cache.read(source)


class TestRequests:
    def test_the_three_sources_of_a_category_are_asked_in_parallel(self, make: Make, horde_server: HordeServer) -> None:
        horde = make(cold_wait=0)
        horde_server.answer("/v2/status/models", delay=60)
        horde_server.answer("/v2/stats/text/models", delay=60)
        horde_server.answer("/v2/workers", delay=60)
        status, usage, workers = horde.get_combined_data_indexed("text")
        wait_until(lambda: horde_server.max_in_flight == 3, "all three are asked at once")
        assert workers is not None
        assert [part.available for part in (status, usage, workers)] == [False] * 3
        horde_server.stop()
        for source in horde.sources("text")[:3]:
            assert settled(horde, source).state is State.UNAVAILABLE

    def test_each_source_is_asked_once_a_ttl_whatever_the_number_of_readers(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        def read(_: int) -> None:
            horde.get_combined_data_indexed("text")
            horde.get_workers("text")
            horde.get_model_status("text")
            horde.read_category("text")

        with ThreadPoolExecutor(30) as pool:
            for times in (1, 2, 3):
                list(pool.map(read, range(60)))
                for source in horde.sources("text"):
                    settled(horde, source)
                asked = dict.fromkeys(TEXT_PATHS, times)
                assert horde_server.requests == {**asked, TEXT_REFERENCE: 1}
                clock.advance(TTL)

    def test_workers_are_one_body_for_both_categories(
        self, horde: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        horde.get_combined_data_indexed("text")
        horde.get_combined_data_indexed("image")
        assert horde_server.requests == {
            **dict.fromkeys(TEXT_PATHS, 1),
            "/v2/status/models?type=image": 1,
            "/v2/stats/img/models": 1,
        }

    def test_workers_are_not_asked_for_when_they_are_not_wanted(
        self, horde: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        _, _, workers = horde.get_combined_data_indexed("text", include_workers=False)
        assert workers is None
        assert "/v2/workers" not in horde_server.requests

    def test_a_retry_after_on_a_success_slows_nothing(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        for _ in range(3):  # the server says Retry-After: 42 each time
            horde.get_workers()
            settled(horde, horde.workers_source)
            clock.advance(TTL)
        assert horde_server.requests["/v2/workers"] == 3


class TestAnswers:
    def test_rows_usage_and_workers_come_as_the_api_has_them(self, horde: HordeAPIIntegration) -> None:
        status = horde.get_model_status("text")
        assert [type(row) for row in status] == [HordeModelStatus] * len(horde_bodies.TEXT_STATUS)
        assert [row.name for row in status] == [row["name"] for row in horde_bodies.TEXT_STATUS]
        usage = horde.get_model_stats("text")
        assert isinstance(usage, HordeModelStatsResponse)
        assert usage.model_dump() == horde_bodies.TEXT_USAGE
        workers = horde.get_workers()
        assert [type(worker) for worker in workers] == [HordeWorker] * 4
        assert status.available
        assert workers.available

    def test_workers_may_be_asked_for_by_type(self, horde: HordeAPIIntegration) -> None:
        assert [worker.name for worker in horde.get_workers("text")] == ["scribe", "printing press"]
        assert [worker.name for worker in horde.get_workers("image")] == ["painter", "resting painter"]
        nobody = horde.get_workers("interrogation")
        assert (len(nobody), nobody.available) == (0, True)

    def test_the_combined_data_is_of_one_category(self, horde: HordeAPIIntegration) -> None:
        status, usage, workers = horde.get_combined_data_indexed("image")
        assert isinstance(status, IndexedHordeModelStatus)
        assert isinstance(usage, IndexedHordeModelStats)
        assert isinstance(workers, IndexedHordeWorkers)
        assert {row.type for row in status} == {worker.type for worker in workers} == {"image"}
        assert usage.get_month("Deliberate") == 3_000

    def test_a_twin_is_the_same_object_until_its_data_changes(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        def twins() -> list[object]:
            return [
                horde.get_model_status_indexed("text"),
                horde.get_model_stats_indexed("text"),
                horde.get_workers_indexed(),
                horde.get_workers_indexed("text"),
                *horde.get_combined_data_indexed("text"),
            ]

        first = twins()
        assert all(again is before for again, before in zip(twins(), first, strict=True))
        for body, same in ((None, True), (horde_bodies.TEXT_STATUS[:1], False)):
            horde_server.answer("/v2/status/models", body)
            clock.advance(TTL)
            horde.get_combined_data_indexed("text")
            for source in horde.sources("text"):
                settled(horde, source)
            later = twins()
            assert (later[0] is first[0], later[4] is first[4]) == (same, same)
            assert all(later[i] is first[i] for i in (1, 2, 3, 5, 6))

    def test_a_forced_refresh_brings_new_data_at_once_and_not_more_often_than_every_ten_seconds(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        horde.get_model_status("text")
        horde_server.answer("/v2/status/models", horde_bodies.TEXT_STATUS[:2])
        assert len(horde.get_model_status("text")) == 5
        assert len(horde.get_model_status("text", force_refresh=True)) == 2
        horde.get_model_status_indexed("text", force_refresh=True)
        assert horde_server.requests["/v2/status/models?type=text"] == 2
        clock.advance(10)
        outcomes = horde.refresh("text")
        assert [(outcome.title, outcome.result) for outcome in outcomes] == [
            ("Queue", "unchanged"),
            ("Usage", "new"),
            ("Workers", "new"),
            ("Reference", "new"),
        ]

    def test_every_getter_can_force_a_refresh(self, horde: HordeAPIIntegration, horde_server: HordeServer) -> None:
        horde.get_combined_data_indexed("text")
        horde.get_model_status("text", force_refresh=True)
        horde.get_model_stats("text", force_refresh=True)
        horde.get_workers("text", force_refresh=True)
        assert horde_server.requests == dict.fromkeys(TEXT_PATHS, 2)
        horde.get_combined_data_indexed("image")
        horde.get_combined_data_indexed("image", force_refresh=True)
        assert horde_server.requests["/v2/status/models?type=image"] == 2
        assert horde_server.requests["/v2/stats/img/models"] == 2


class TestFailures:
    def test_with_nothing_to_show_everything_is_empty_and_says_so(self, make: Make, horde_server: HordeServer) -> None:
        horde_server.stop()
        horde = make()
        status, usage, workers = horde.get_combined_data_indexed("text")
        assert workers is not None
        assert (len(status), len(usage.names), len(workers)) == (0, 0, 0)
        assert [part.available for part in (status, usage, workers)] == [False] * 3
        assert not horde.get_model_status("text").available
        assert not horde.get_workers("image").available
        assert horde.get_model_stats("text") == HordeModelStatsResponse()
        assert not horde.reference.get("text").available

    @pytest.mark.parametrize(
        "fault",
        [
            {"status": 500},
            {"status": 404, "body": "<!doctype html>"},
            {"body": "<html>Bad Gateway</html>"},
            {"body": "null"},
            {"body": {"message": "90 per 1 minute"}},
            {"truncate": 30},
            {"drop": True},
        ],
        ids=str,
    )
    def test_a_fault_keeps_the_last_good_data_and_marks_it_stale(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock, fault: dict[str, Any]
    ) -> None:
        before = horde.get_combined_data_indexed("text")
        for path in ("/v2/status/models", "/v2/stats/text/models", "/v2/workers"):
            horde_server.answer(path, **fault)
        clock.advance(TTL)
        horde.get_combined_data_indexed("text")
        for source in horde.sources("text")[:3]:
            reading = settled(horde, source)
            assert (reading.state, reading.age) == (State.STALE, TTL)
            assert reading.error
        assert all(later is earlier for later, earlier in zip(
            horde.get_combined_data_indexed("text"), before, strict=True
        ))  # fmt: skip

    def test_a_killed_server_leaves_stale_data_and_a_restarted_one_is_found_within_a_ttl(
        self, make: Make, horde_server: HordeServer
    ) -> None:
        ttl = 2.0
        horde = make(api_cache_ttl=ttl)  # on the real clock
        source = horde.status_sources["text"]
        assert horde.cache.read(source, wait=20).state is State.FRESH
        horde_server.stop()
        wait_until(lambda: horde.cache.read(source).error, "the outage is noticed")
        assert horde.cache.read(source).state is State.STALE
        assert len(horde.get_model_status("text")) == 5
        horde_server.start()
        restarted = time.monotonic()
        wait_until(lambda: horde.cache.read(source).state is State.FRESH, "the source is fresh again")
        assert time.monotonic() - restarted < ttl

    @pytest.mark.parametrize("kind", ["image", "text"])
    def test_when_all_workers_of_a_type_vanish_that_is_not_believed_however_often(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock, kind: str
    ) -> None:
        horde.get_workers()
        others = horde_bodies.TEXT_WORKERS if kind == "image" else horde_bodies.IMAGE_WORKERS
        horde_server.answer("/v2/workers", others)
        found = []
        for _ in range(2):
            clock.advance(TTL)
            horde.get_workers()
            reading = settled(horde, horde.workers_source)
            found.append((len(horde.get_workers()), reading.state))
        assert found == [(4, State.STALE)] * 2

    def test_an_empty_status_is_not_believed_at_once_nor_is_empty_usage(
        self, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        horde.get_combined_data_indexed("text")
        horde_server.answer("/v2/status/models", [])
        horde_server.answer("/v2/stats/text/models", {"day": {}, "month": {}, "total": {}})
        clock.advance(TTL)
        horde.get_combined_data_indexed("text")
        for source in horde.sources("text")[:2]:
            assert settled(horde, source).state is State.STALE
        assert len(horde.get_model_status("text")) == 5
        assert horde.get_model_stats("text").model_dump() == horde_bodies.TEXT_USAGE


class TestSettings:
    def test_the_simulated_horde_needs_no_network(self) -> None:
        nowhere = f"http://{LOOPBACK}:1/api"
        horde = HordeAPIIntegration(Settings(source="demo", api_url=nowhere, reference_url=nowhere))
        assert horde.is_simulated
        for kind in ("image", "text"):
            assert {reading.state for reading in horde.read_category(kind, wait=20)} == {State.FRESH}
            assert len(horde.get_model_status(kind)) > 10

    @pytest.mark.parametrize(("mode", "keys"), [("PRIMARY", 1), ("REPLICA", 0)])
    def test_only_a_primary_uses_redis(self, make: Make, redis_server: RedisServer, mode: str, keys: int) -> None:
        horde = make(redis_url=redis_server.url, replicate_mode=mode)
        horde.get_workers()
        settled(horde, horde.workers_source)
        with redis.Redis.from_url(redis_server.url) as client:
            assert client.exists("horde:model_ref:horde_api:workers") == keys
            assert all(key.startswith(b"horde:model_ref:horde_api:") for key in client.keys("*"))
            assert (client.dbsize() > 0) == (keys > 0)

    def test_the_process_shares_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", None)
        monkeypatch.setattr(HordeAPIIntegration, "_simulated", None)
        with ThreadPoolExecutor(8) as pool:
            shared = set(pool.map(lambda _: HordeAPIIntegration.shared(), range(8)))
            simulated = set(pool.map(lambda _: HordeAPIIntegration.simulated(), range(8)))
        assert (len(shared), len(simulated)) == (1, 1)
        assert not shared.pop().is_simulated
        assert simulated.pop().is_simulated
