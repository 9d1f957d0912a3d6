"""The Redis layer: a thin storage that may fail and never raises, with a real Redis."""

from __future__ import annotations

import itertools
import json
import logging
import math
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from horde_core.cache.packing import LARGEST_VALUE
from horde_core.cache.redis_connection import PAUSE_SECONDS, SOCKET_SECONDS
from horde_core.cache.redis_storage import VALUE_VERSION, RedisStorage, StoredBody, decode, encode
from horde_core.upstream.client import LARGEST_BODY
from tests.fixtures.processes import LOOPBACK, free_port, wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock, open_storage

PREFIX = "horde:model_ref"
SEQUENCE = itertools.count(1)
USABLE = {
    "version": VALUE_VERSION,
    "life": 60,
    "body": "[]",
    "origin": "",
    "fetched_at": 1,
    "unchanged_since": 1,
    "changed_at": None,
}
KEY = f"{PREFIX}:horde_api:status:text"


@pytest.fixture
def storage(redis_server: RedisServer, clock: TurnedClock) -> Iterator[RedisStorage]:
    with open_storage(redis_server.url, clock) as storage:
        yield storage


@pytest.fixture
def stored(clock: TurnedClock) -> StoredBody:
    return StoredBody('["Größe 🐎 \\n"]'.encode(), "http://horde.example/", clock.wall - 3, clock.wall - 60, None)


class TestValue:
    def test_the_usable_one_of_these_tests_is_usable(self) -> None:
        assert decode(zlib.compress(json.dumps(USABLE).encode())) == (StoredBody(b"[]", "", 1, 1, None), 60)

    def test_what_is_written_is_read_by_any_process(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        with open_storage(redis_server.url, clock) as other:
            assert storage.read("status:text") == other.read("status:text") == stored

    def test_it_is_json_with_its_times_inside_under_the_documented_key(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        assert set(client.keys("*")) == {KEY.encode(), f"{PREFIX}:horde_api:written:{{{KEY}}}".encode()}
        raw = client.get(KEY)
        assert isinstance(raw, bytes)
        assert json.loads(zlib.decompress(raw)) == {
            "version": VALUE_VERSION,
            "life": 60,
            "body": stored.body.decode(),
            "origin": stored.origin,
            "fetched_at": stored.fetched_at,
            "unchanged_since": stored.unchanged_since,
            "changed_at": None,
        }

    def test_it_lives_as_long_as_it_was_told_to_the_millisecond(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        with client.monitor() as monitor:  # type: ignore[no-untyped-call]
            commands = (line["command"] for line in monitor.listen() if line["command"].startswith(f"SET {KEY} "))
            for life, milliseconds in ((3_660, 3_660_000), (0.25, 250), (0.000_1, 1)):
                storage.write("status:text", stored, life, next(SEQUENCE))
                assert next(commands).endswith(f" PX {milliseconds}")

    def test_without_a_life_it_is_not_written(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        storage.write("status:text", stored, life=0, sequence=next(SEQUENCE))
        assert client.dbsize() == 0

    def test_nothing_is_found_where_nothing_is(self, storage: RedisStorage, redis_server: RedisServer) -> None:
        assert storage.read("status:text") is None
        redis_server.flush()
        assert storage.read("status:text") is None

    def test_it_is_smaller_than_the_body(self, stored: StoredBody) -> None:
        body = json.dumps({f"koboldcpp/model {number}": number for number in range(1_000)}).encode()
        assert len(encode(stored._replace(body=body), 60)) < len(body) / 3

    def test_every_kind_of_text_survives(self) -> None:
        body = StoredBody('{"\\u0000": "\\"<p>\u2028\\ud83d\\udc34"}'.encode(), "ü", 1.5, 0.5, 2.5)
        assert decode(encode(body, 60)) == (body, 60)

    @given(st.binary() | st.text().map(lambda text: text.encode("utf-16")))
    def test_every_body_that_memory_can_hold_survives(self, body: bytes) -> None:
        stored = StoredBody(body, "http://horde.example/", 1.5, 0.5, None)
        assert decode(encode(stored, 60)) == (stored, 60)

    def test_the_largest_body_survives_in_its_worst_spelling(self) -> None:
        stored = StoredBody(b"\xff" * LARGEST_BODY, "http://horde.example/", 1.5, 0.5, None)
        assert decode(encode(stored, 60))[0].body == stored.body

    def test_what_would_be_too_large_is_not_unpacked(self) -> None:
        packing = zlib.compressobj(1)
        bomb = b"".join([*(packing.compress(bytes(1024 * 1024)) for _ in range(150)), packing.flush()])
        tracemalloc.start()
        with pytest.raises(ValueError, match="too large"):
            decode(bomb)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 3 * LARGEST_VALUE

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\x80\x04\x95pickled",
            b"null",
            b"[]",
            b"{}",
            json.dumps({**USABLE, "version": 2}).encode(),
            b'{"version": 3}',
            b'{"version": 3, "life": 60}',
            json.dumps({**USABLE, "body": None}).encode(),
            json.dumps({**USABLE, "origin": 5}).encode(),
            json.dumps({**USABLE, "life": "60"}).encode(),
            json.dumps({**USABLE, "fetched_at": "1"}).encode(),
            json.dumps({**USABLE, "fetched_at": math.nan}).encode(),
            json.dumps({**USABLE, "unchanged_since": math.inf}).encode(),
            json.dumps({key: USABLE[key] for key in USABLE if key != "unchanged_since"}).encode(),
            json.dumps({**USABLE, "more": 1}).encode(),
        ],
    )
    def test_garbage_and_another_versions_value_cannot_be_decoded(self, raw: bytes) -> None:
        for garbage in (raw, zlib.compress(raw)):
            with pytest.raises(ValueError, match=r"version|JSON|Expecting|codec"):
                decode(garbage)

    def test_garbage_and_another_versions_value_are_ignored_and_written_over(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        plain = zlib.decompress(encode(stored, 60))
        garbage = (
            b"\x80\x04\x95pickled",
            encode(stored, 60)[:-1],
            zlib.compress(b"[" * 100_000),
            zlib.compress(plain.replace(b'"version": 3', b'"version": 2')),
            zlib.compress(plain.replace(b'"fetched_at": 1', b'"fetched_at": 1' + b"0" * 400)),
        )
        for raw in garbage:
            client.set(KEY, raw)
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
            assert storage.read("status:text") == stored

    def test_a_key_of_another_type_is_ignored(self, storage: RedisStorage, client: redis.Redis) -> None:
        client.rpush(KEY, "a list")
        assert storage.read("status:text") is None

    def test_a_clock_that_runs_ahead_makes_nothing_younger_than_it_is(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored._replace(fetched_at=clock.wall + 3_600), 60, next(SEQUENCE))
        client.pexpire(KEY, 20_000)  # as if 40 s had passed for Redis
        found = storage.read("status:text")
        assert found is not None
        assert clock.wall - found.fetched_at == pytest.approx(40, abs=2)

    def test_a_reader_whose_clock_runs_behind_believes_redis(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, 60, next(SEQUENCE))
        client.pexpire(KEY, 10_000)
        clock.step_wall(-45)
        found = storage.read("status:text")
        assert found is not None
        assert clock.wall - found.fetched_at == pytest.approx(50, abs=2)
        assert found.unchanged_since <= found.fetched_at


class TestFencing:
    def test_what_a_later_fetch_wrote_stays(self, storage: RedisStorage, stored: StoredBody) -> None:
        slow, quick = storage.next_sequence("status:text"), storage.next_sequence("status:text")
        assert slow is not None
        assert quick is not None
        assert slow < quick
        newer = stored._replace(body=b'["newer"]')
        assert storage.write("status:text", newer, 60, quick)
        assert not storage.write("status:text", stored, 60, slow)
        assert storage.read("status:text") == newer
        assert storage.sequences(["status:text", "usage:text"]) == [quick, 0]

    def test_numbers_grow_on_when_redis_is_emptied(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer
    ) -> None:
        before = storage.next_sequence("status:text")
        redis_server.flush()
        after = storage.next_sequence("status:text")
        assert before is not None
        assert after is not None
        assert before < after
        assert storage.write("status:text", stored, 60, after)

    def test_one_process_at_a_time_has_the_lease(
        self, storage: RedisStorage, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        with open_storage(redis_server.url, clock) as other:
            give_back = storage.lease("status:text", 60)
            assert give_back is not None
            assert other.lease("status:text", 60) is None
            assert other.lease("usage:text", 60) is not None
            give_back()
            assert other.lease("status:text", 60) is not None

    def test_a_lease_that_ran_out_is_anothers_and_not_given_back_for_it(
        self, storage: RedisStorage, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        with open_storage(redis_server.url, clock) as other:
            expired = storage.lease("status:text", 0.001)
            assert expired is not None
            taken: list[object] = []
            wait_until(lambda: taken.append(other.lease("status:text", 60)) or taken[-1] is not None, "it ran out")
            expired()
            assert storage.lease("status:text", 60) is None

    def test_one_forced_refresh_a_while_for_all_processes(
        self, storage: RedisStorage, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        with open_storage(redis_server.url, clock) as other:
            assert storage.claim_refresh("status:text", 10) == 0
            assert 8 < other.claim_refresh("status:text", 10) <= 10
            assert other.claim_refresh("usage:text", 10) == 0

    def test_while_redis_fails_every_process_fetches_for_itself(
        self, storage: RedisStorage, redis_server: RedisServer
    ) -> None:
        redis_server.stop()
        assert storage.next_sequence("status:text") is None
        assert storage.lease("status:text", 60) is not None
        assert storage.claim_refresh("status:text", 10) == 0
        assert storage.sequences(["status:text"]) == [0]


class TestTrouble:
    def test_a_frozen_redis_costs_one_short_timeout_and_then_nothing(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        redis_server.freeze()
        asked = time.monotonic()
        assert storage.read("status:text") is None
        first = time.monotonic() - asked
        assert SOCKET_SECONDS * 0.9 < first < SOCKET_SECONDS + 2

        redis_server.thaw()  # answers would come now: that none does shows that it is not asked
        for _ in range(100):
            assert storage.read("status:text") is None
            storage.write("usage:text", stored, life=60, sequence=next(SEQUENCE))
        clock.advance(PAUSE_SECONDS)
        assert storage.read("status:text") == stored
        assert storage.read("usage:text") is None, "what could not be written is not there"

    def test_a_redis_that_is_down_at_the_start_is_used_when_it_comes(
        self, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        redis_server.stop()
        with open_storage(redis_server.url, clock) as storage:
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
            redis_server.start()
            clock.advance(PAUSE_SECONDS)
            storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
            assert storage.read("status:text") == stored

    def test_a_redis_that_restarts_empty_is_filled_again(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        redis_server.stop()
        assert storage.read("status:text") is None
        redis_server.start()
        clock.advance(PAUSE_SECONDS)
        assert storage.read("status:text") is None
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        assert storage.read("status:text") == stored

    def test_nobody_listens_there(self, stored: StoredBody, clock: TurnedClock) -> None:
        with open_storage(f"redis://{LOOPBACK}:{free_port()}/0", clock) as storage:
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))

    def test_a_full_redis_refuses_and_nothing_raises(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        storage.write("status:text", stored, life=60, sequence=next(SEQUENCE))
        assert client.dbsize() == 0

    def test_trouble_and_its_end_are_logged_once_each(
        self,
        storage: RedisStorage,
        redis_server: RedisServer,
        clock: TurnedClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "horde_core.cache")
        redis_server.stop()
        for _ in range(5):
            storage.read("status:text")
            clock.advance(PAUSE_SECONDS)
        redis_server.start()
        for _ in range(5):
            storage.read("status:text")
        assert [(record.levelname, record.message.split(",")[0]) for record in caplog.records] == [
            ("WARNING", "redis unavailable"),
            ("INFO", "redis is back"),
        ]
