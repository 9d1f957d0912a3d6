"""DualLayerCache with a real Redis: processes share fetches, ages do not add up, faults cause no waits."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis

from horde_core.cache.freshness import State
from horde_core.cache.redis_connection import PAUSE_SECONDS, SOCKET_SECONDS
from horde_core.cache.redis_storage import StoredBody, decode
from horde_core.cache.source import Reading, Source
from horde_core.upstream.errors import StatusError
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import FALLBACK_URL, URL, CacheBench, NewProcess, TurnedClock

TTL, LIMIT = 60.0, 3_660.0
KEY = "horde:model_ref:horde_api:status"


def raw(client: redis.Redis) -> bytes:
    """Return what Redis holds, as it is."""
    value = client.get(KEY)
    assert isinstance(value, bytes)
    return value


def stored(client: redis.Redis) -> StoredBody:
    """Return what Redis holds."""
    return decode(raw(client))[0]


def reads_of(client: redis.Redis) -> int:
    """How often Redis was asked for a value."""
    return int(client.info("commandstats").get("cmdstat_get", {}).get("calls", 0))


def read_and_store(process: CacheBench, source: Source[Any], client: redis.Redis) -> Reading[Any]:
    """Read, and wait until Redis has it too."""
    reading = process.read(source)
    wait_until(lambda: client.exists(KEY), "the value is in Redis")
    return reading


class TestSharing:
    def test_two_processes_make_one_request_between_them(self, new_process: NewProcess, client: redis.Redis) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        reading = two.read(two.source())
        assert (reading.value, reading.state, reading.origin) == (["first"], State.FRESH, URL)
        assert (one.upstream.asked, two.upstream.asked) == (1, 0)

    def test_the_other_process_has_it_for_what_is_left_of_its_life(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        fetched_at = read_and_store(one, one.source(), client).fetched_at
        clock.advance(TTL - 10)
        reading = two.read(two.source())
        assert (reading.age, reading.fetched_at, reading.state) == (TTL - 10, fetched_at, State.FRESH)
        clock.advance(9)
        assert two.read(two.source()).state is State.FRESH
        clock.advance(1)
        two.upstream.answer(StatusError(500))
        assert two.settled(two.source()).state is State.STALE

    def test_what_is_left_of_its_life_does_not_grow_when_the_wall_clock_steps_back(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(TTL - 10)
        two.read(two.source())
        clock.step_wall(-7_200)
        clock.advance(10)
        two.upstream.answer(StatusError(500))
        assert (two.settled(two.source()).state, two.settled(two.source()).age) == (State.STALE, TTL)

    def test_while_memory_is_fresh_redis_is_not_asked(self, new_process: NewProcess, client: redis.Redis) -> None:
        process = new_process()
        read_and_store(process, process.source(), client)
        asked = reads_of(client)
        for _ in range(50):
            process.read(process.source())
        assert reads_of(client) == asked

    def test_what_another_process_has_refreshed_is_taken_over(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        two.read(two.source())
        clock.advance(TTL)
        one.upstream.answer(["second"])
        one.settled(one.source())
        wait_until(lambda: b"second" in stored(client).body, "the new value is in Redis")
        reading = two.settled(two.source())
        assert (reading.value, reading.state, reading.age) == (["second"], State.FRESH, 0)
        assert two.upstream.asked == 0

    def test_an_older_value_never_replaces_a_newer_one(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one = new_process()
        read_and_store(one, one.source(), client)
        old = raw(client)
        clock.advance(TTL)
        one.upstream.answer(["second"])
        one.settled(one.source())
        wait_until(lambda: raw(client) != old, "the new value is in Redis")
        client.set(KEY, old)
        clock.advance(TTL)
        one.upstream.answer(StatusError(500))
        assert one.settled(one.source()).value == ["second"]

    def test_when_content_last_changed_is_shared(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(TTL)
        one.upstream.answer(["second"])
        one.settled(one.source())
        wait_until(lambda: b"second" in stored(client).body, "the new value is in Redis")
        reading = two.read(two.source())
        assert (reading.changed_at, reading.unchanged_since) == (clock.wall, clock.wall)

    def test_a_forced_refresh_asks_upstream_and_the_others_get_it(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(20)
        two.upstream.answer(["forced"])
        assert two.cache.refresh([two.source()], wait=20)[0].result == "new"
        wait_until(lambda: b"forced" in stored(client).body, "the new value is in Redis")
        clock.advance(TTL - 20)
        one.cache.read(one.source())
        assert (one.settled(one.source()).value, one.settled(one.source()).age) == (["forced"], TTL - 20)
        assert one.upstream.asked == 1

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_a_body_in_another_encoding_is_as_fresh_as_without_redis(
        self, new_process: NewProcess, client: redis.Redis, encoding: str
    ) -> None:
        one, two = new_process(), new_process()
        one.upstream.answer('["Größe"]'.encode(encoding))
        assert read_and_store(one, one.source(), client).state is State.FRESH
        assert one.settled(one.source()).state is State.FRESH
        assert (two.read(two.source()).value, two.upstream.asked) == (["Größe"], 0)

    def test_a_body_of_another_address_is_not_ours(self, new_process: NewProcess, client: redis.Redis) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        two.upstream.answer(["elsewhere"], FALLBACK_URL)
        assert two.read(two.source(urls=(FALLBACK_URL,))).value == ["elsewhere"]


class TestStale:
    def test_it_is_kept_for_the_stale_limit(self, new_process: NewProcess, client: redis.Redis) -> None:
        process = new_process()
        read_and_store(process, process.source(), client)
        assert (LIMIT - 30) * 1_000 < client.pttl(KEY) <= LIMIT * 1_000

    def test_a_new_process_serves_it_with_its_true_age_when_upstream_is_down(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(1_000)
        two.upstream.answer(StatusError(502))
        reading = two.read(two.source())
        assert (reading.value, reading.state, reading.age) == (["first"], State.STALE, 1_000)
        assert reading.error == "The server answered with error 502."

    def test_a_new_process_asks_upstream_for_a_newer_one(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(TTL)
        two.upstream.answer(["second"])
        reading = two.read(two.source())
        assert (reading.value, reading.age, two.upstream.asked) == (["second"], 0, 1)
        assert reading.changed_at == clock.wall

    def test_an_empty_list_is_suspicious_in_a_new_process_too(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(TTL)
        two.upstream.answer([])
        assert (two.read(two.source()).value, two.read(two.source()).state) == (["first"], State.STALE)

    def test_one_past_the_limit_is_not_served(
        self, new_process: NewProcess, client: redis.Redis, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        read_and_store(one, one.source(), client)
        clock.advance(LIMIT + 1)  # Redis lives by its own clock and still has it
        two.upstream.answer(StatusError(502))
        assert two.read(two.source()).state is State.UNAVAILABLE


class TestFaults:
    def test_a_frozen_redis_does_not_slow_a_read_from_memory(
        self, new_process: NewProcess, client: redis.Redis, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        process = new_process()
        read_and_store(process, process.source(), client)
        redis_server.freeze()
        seconds = []
        for number in range(3):
            clock.advance(TTL + PAUSE_SECONDS)
            process.upstream.answer([number])
            began = time.monotonic()
            process.cache.read(process.source())
            seconds.append(time.monotonic() - began)
            assert process.settled(process.source()).value == [number]
        assert min(seconds) < SOCKET_SECONDS / 2

    def test_a_redis_that_is_down_is_bypassed_until_it_is_back(
        self, new_process: NewProcess, client: redis.Redis, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        redis_server.stop()
        process = new_process()
        assert process.read(process.source()).state is State.FRESH
        redis_server.start()
        clock.advance(TTL + PAUSE_SECONDS)
        process.cache.read(process.source())
        assert process.settled(process.source()).state is State.FRESH
        wait_until(lambda: client.exists(KEY), "the value is in Redis")

    def test_an_emptied_redis_is_filled_again(
        self, new_process: NewProcess, client: redis.Redis, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        process = new_process()
        read_and_store(process, process.source(), client)
        redis_server.flush()
        assert process.read(process.source()).value == ["first"]
        clock.advance(TTL)
        process.settled(process.source())
        wait_until(lambda: client.exists(KEY), "the value is in Redis again")

    def test_garbage_is_ignored_and_replaced(self, new_process: NewProcess, client: redis.Redis) -> None:
        garbage = b"\x80\x04garbage"
        client.set(KEY, garbage)
        process = new_process()
        assert process.read(process.source()).value == ["first"]
        wait_until(lambda: raw(client) != garbage, "the garbage is gone")
        assert stored(client).body == b'["first"]'
        assert stored(client).fetched_at == process.clock.wall
