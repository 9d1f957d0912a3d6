"""Faults around the cache (Redis, threads, other processes, odd answers) and what readers get."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

import horde_core.live.snapshot as snapshot_module
from horde_core.analytics.indexes import IndexedHordeModelStatus
from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import State
from horde_core.cache.redis_storage import RedisStorage, StoredBody, encode
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient
from horde_core.upstream.errors import StatusError
from horde_core.upstream.parsed import Parsed
from horde_core.upstream.parsing import parse_status
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import FALLBACK_URL, URL, WAIT, CacheBench, TurnedClock, open_storage


class SlowStorage:
    """A second layer whose reads wait at a gate."""

    def __init__(self, inner: RedisStorage) -> None:
        self.inner, self.gate = inner, threading.Event()

    def read(self, key: str) -> StoredBody | None:
        self.gate.wait(20)
        return self.inner.read(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


KEY = "horde:model_ref:horde_api:status"
TTL = 60.0


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
def process(redis_server: RedisServer, clock: TurnedClock) -> Iterator[CacheBench]:
    with open_storage(redis_server.url, clock) as storage:
        yield CacheBench(storage, clock)


def test_a_body_in_redis_that_cannot_be_parsed_does_not_keep_upstream_from_being_asked(
    process: CacheBench, client: redis.Redis, clock: TurnedClock
) -> None:
    client.set(KEY, encode(StoredBody(b"null", URL, clock.wall, clock.wall, None), 60))
    assert process.read(process.source()).value == ["first"]


@pytest.mark.parametrize(
    "raw",
    [
        zlib.compress(b"[" * 100_000),
        zlib.compress(
            b'{"version":3,"life":60,"body":"[]","origin":"x","fetched_at":1'
            + b"0" * 400
            + b',"unchanged_since":1,"changed_at":null}'
        ),
    ],
)
def test_no_garbage_makes_a_read_raise(process: CacheBench, client: redis.Redis, raw: bytes) -> None:
    client.set(KEY, raw)
    assert process.read(process.source()).value == ["first"]


def test_a_key_of_another_type_is_replaced(process: CacheBench, client: redis.Redis) -> None:
    client.rpush(KEY, "x")
    process.read(process.source())
    assert client.type(KEY) == b"string"


def test_a_full_redis_is_logged_once(
    process: CacheBench, client: redis.Redis, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "horde_core.cache.redis_connection")
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")
    for number in range(5):
        process.upstream.answer([number])
        clock.advance(TTL)
        process.settled(process.source())
    assert len(caplog.records) == 1, [r.message for r in caplog.records]


def test_without_ttl_and_stale_time_each_read_shows_what_was_fetched() -> None:
    cache = DualLayerCache(lambda url: b'["x"]')
    assert cache.read(CacheBench().source(ttl=0, stale_ttl=0), WAIT).value == ["x"]


def test_a_thread_that_cannot_be_started_strands_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = CacheBench()

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        bench.cache.read(bench.source())
    bench.clock.advance(TTL)
    bench.cache.read(bench.source())
    assert bench.settled(bench.source()).value == ["first"]


def test_reads_never_raise_when_threads_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = CacheBench()

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert bench.cache.read(bench.source()).state is State.UNAVAILABLE


def test_a_second_refresh_joins_the_flight_of_the_first() -> None:
    bench = CacheBench()
    with bench.upstream.hanging():
        outcomes = [bench.cache.refresh([bench.source()], wait=0.05)[0].result for _ in range(2)]
    assert outcomes == ["pending", "pending"], "the second is not refused, as the first has not ended"
    assert bench.settled(bench.source()).value == ["first"]
    assert bench.upstream.asked == 1


def test_a_refresh_that_is_still_under_way_is_pending_and_not_failed() -> None:
    bench = CacheBench()
    bench.upstream.answer(StatusError(500))
    bench.read(bench.source())
    bench.upstream.answer(["back"])
    with bench.upstream.hanging():
        assert [o.result for o in bench.cache.refresh([bench.source()], wait=0.1)] == ["pending"]


def test_a_forced_refresh_may_try_earlier_than_the_server_asked_and_not_more_often_than_any() -> None:
    bench = CacheBench()
    bench.upstream.answer(StatusError(429, retry_after=300))
    bench.read(bench.source())
    assert [outcome.result for outcome in bench.cache.refresh([bench.source()], WAIT)] == ["failed"]
    assert [outcome.result for outcome in bench.cache.refresh([bench.source()], WAIT)] == ["refused"]
    assert bench.upstream.asked == 2
    bench.upstream.answer(["back"])
    bench.clock.advance(20)
    assert bench.read(bench.source()).value is None, "nobody else asks before the server's time"
    assert [outcome.result for outcome in bench.cache.refresh([bench.source()], WAIT)] == ["new"]


def test_the_second_look_at_an_empty_list_is_not_at_the_servers_cached_copy_of_the_first() -> None:
    bench = CacheBench()
    bench.read(bench.source())
    bench.clock.advance(TTL)
    bench.upstream.answer([])
    bench.settled(bench.source())
    bench.clock.advance(2.5)  # status/models is cached 2 s upstream, stats 50 s
    bench.cache.read(bench.source())
    assert bench.settled(bench.source()).value == ["first"]


def test_a_second_answer_that_is_suspicious_in_another_way_does_not_agree(
    horde_server: HordeServer, clock: TurnedClock
) -> None:
    settings = Settings(**horde_server.addresses, cold_wait=20)
    http = HordeClient(settings)
    horde = HordeAPIIntegration(settings, http, clock=clock.both)
    horde.get_workers()
    for body in ([], horde_bodies.TEXT_WORKERS):
        horde_server.answer("/v2/workers", body)
        clock.advance(TTL)
        horde.get_workers()
        wait_until(lambda: not horde.cache.read(horde.workers_source).refreshing, "x")
    try:
        assert len(horde.get_workers("image")) == 2
    finally:
        http.close()


@pytest.mark.parametrize("seconds", [10.0**12, float("inf")])
def test_a_retry_after_without_end_is_bounded(seconds: float) -> None:
    bench = CacheBench()
    bench.upstream.answer(StatusError(429, retry_after=seconds))
    assert bench.read(bench.source()).retry_in == 300


def test_a_forced_refresh_that_joins_a_flight_served_from_redis_still_asks_upstream(
    client: redis.Redis, clock: TurnedClock, redis_server: RedisServer
) -> None:
    with open_storage(redis_server.url, clock) as inner:
        storage = SlowStorage(inner)
        slow = CacheBench(storage, clock)
        client.set(KEY, encode(StoredBody(b'["other"]', URL, clock.wall - 50, clock.wall - 50, None), 60))
        slow.cache.read(slow.source())
        (outcome,) = slow.cache.refresh([slow.source()], wait=0.05)
        storage.gate.set()
        assert outcome.result == "pending"
        assert slow.settled(slow.source()).value == ["first"]
        assert slow.upstream.asked == 1


def test_equal_rows_in_another_order_keep_the_content_id() -> None:
    bench = CacheBench()
    a, b = {"name": "a", "type": "text"}, {"name": "b", "type": "text"}

    def parse(body: bytes) -> Parsed[IndexedHordeModelStatus]:
        rows, dropped, _ = parse_status(body, "text")
        return Parsed(IndexedHordeModelStatus(rows), dropped)

    source = bench.source(parse=parse)
    bench.upstream.answer([a, b])
    first = bench.read(source).content
    bench.upstream.answer([b, a])
    bench.clock.advance(TTL)
    bench.cache.read(source)
    assert bench.settled(source).content == first


def test_a_snapshot_is_merged_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    asking: list[int] = []
    real = snapshot_module.merge_everything

    def slow(*args: Any) -> Any:
        calls.append(1)
        wait_until(lambda: len(asking) == 8, "all sessions have asked")
        return real(*args)

    def ask(session: int) -> int:
        asking.append(session)
        return id(snapshot.merged)

    monkeypatch.setattr(snapshot_module, "merge_everything", slow)
    snapshot = SnapshotReader(HordeAPIIntegration(Settings(source="demo"))).view("image").snapshot
    with ThreadPoolExecutor(8) as pool:
        merged = set(pool.map(ask, range(8)))
    assert (len(calls), len(merged)) == (1, 1)


def test_a_patient_reader_does_not_wait_again_for_the_same_hung_refresh() -> None:
    bench = CacheBench()
    source = bench.source()
    bench.read(source)
    bench.clock.advance(TTL)
    with bench.upstream.hanging():
        bench.cache.read(source)
        bench.clock.advance(10)
        began = time.monotonic()
        bench.cache.read_all([source], patience=2.0)
        assert time.monotonic() - began < 1


def test_while_the_first_address_stays_down_the_fallback_keeps_the_reference_fresh() -> None:
    bench = CacheBench()
    source = bench.source(urls=(URL, FALLBACK_URL))
    bench.upstream.answer(StatusError(404))
    bench.upstream.answer(["fallback"], FALLBACK_URL)
    bench.read(source)
    bench.clock.advance(TTL)
    bench.cache.read(source)
    assert bench.settled(source).state is State.FRESH
