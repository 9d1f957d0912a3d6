"""The Redis layer: a thin storage that may fail and never raises, with a real Redis."""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Iterator

import pytest
import redis

from horde_core.storage import (
    CLOCK_TOLERANCE_SECONDS,
    PAUSE_SECONDS,
    SOCKET_SECONDS,
    VALUE_VERSION,
    RedisStorage,
    StoredBody,
    decode,
    encode,
)
from tests.fixtures.processes import LOOPBACK, free_port
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock, open_storage

PREFIX = "horde:model_ref"
KEY = f"{PREFIX}:horde_api:status:text"


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, retry=None, socket_timeout=5) as client:
        yield client


@pytest.fixture
def storage(redis_server: RedisServer, clock: TurnedClock) -> Iterator[RedisStorage]:
    with open_storage(redis_server.url, clock) as storage:
        yield storage


@pytest.fixture
def stored(clock: TurnedClock) -> StoredBody:
    return StoredBody('["Größe 🐎 \\n"]'.encode(), "http://horde.example/", clock.wall - 3, clock.wall - 60, None)


class TestValue:
    def test_what_is_written_is_read_by_any_process(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60)
        with open_storage(redis_server.url, clock) as other:
            assert storage.read("status:text") == other.read("status:text") == stored

    def test_it_is_json_with_its_times_inside_under_the_documented_key(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        storage.write("status:text", stored, life=60)
        assert client.keys("*") == [KEY.encode()]
        raw = client.get(KEY)
        assert isinstance(raw, bytes)
        assert json.loads(zlib.decompress(raw)) == {
            "version": VALUE_VERSION,
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
            commands = (line["command"] for line in monitor.listen() if line["command"].startswith("SET "))
            for life, milliseconds in ((3_660, 3_660_000), (0.25, 250), (0.000_1, 1)):
                storage.write("status:text", stored, life)
                assert next(commands).endswith(f" PX {milliseconds}")

    def test_without_a_life_it_is_not_written(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        storage.write("status:text", stored, life=0)
        assert client.dbsize() == 0

    def test_nothing_is_found_where_nothing_is(self, storage: RedisStorage, redis_server: RedisServer) -> None:
        assert storage.read("status:text") is None
        redis_server.flush()
        assert storage.read("status:text") is None

    def test_it_is_smaller_than_the_body(self, stored: StoredBody) -> None:
        body = json.dumps({f"koboldcpp/model {number}": number for number in range(1_000)}).encode()
        assert len(encode(stored._replace(body=body))) < len(body) / 3

    def test_every_kind_of_text_survives(self) -> None:
        body = StoredBody('{"\\u0000": "\\"<p>\u2028\\ud83d\\udc34"}'.encode(), "ü", 1.5, 0.5, 2.5)
        assert decode(encode(body)) == body

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\x80\x04\x95pickled",
            b"null",
            b"[]",
            b"{}",
            b'{"version": 0, "body": "[]", "origin": "", "fetched_at": 1, "unchanged_since": 1, "changed_at": null}',
            b'{"version": 2}',
            b'{"version": 2, "body": null, "origin": "", "fetched_at": 1, "unchanged_since": 1, "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": 5, "fetched_at": 1, "unchanged_since": 1, "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": "", "fetched_at": "1", "unchanged_since": 1, "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": "", "fetched_at": NaN, "unchanged_since": 1, "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": "", "fetched_at": 1, "unchanged_since": Infinity,'
            b' "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": "", "fetched_at": 1, "changed_at": null}',
            b'{"version": 2, "body": "[]", "origin": "", "fetched_at": 1, "unchanged_since": 1, "changed_at": null,'
            b' "more": 1}',
        ],
    )
    def test_garbage_and_another_versions_value_cannot_be_decoded(self, raw: bytes) -> None:
        for garbage in (raw, zlib.compress(raw)):
            with pytest.raises(ValueError, match=r"version|JSON|Expecting|codec"):
                decode(garbage)

    def test_garbage_and_another_versions_value_are_ignored_and_written_over(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        plain = zlib.decompress(encode(stored))
        garbage = (
            b"\x80\x04\x95pickled",
            encode(stored)[:-1],
            zlib.compress(b"[" * 100_000),
            zlib.compress(plain.replace(b'"version": 2', b'"version": 1')),
            zlib.compress(plain.replace(b'"fetched_at": 1', b'"fetched_at": 1' + b"0" * 400)),
        )
        for raw in garbage:
            client.set(KEY, raw)
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60)
            assert storage.read("status:text") == stored

    def test_a_key_of_another_type_is_ignored(self, storage: RedisStorage, client: redis.Redis) -> None:
        client.rpush(KEY, "a list")
        assert storage.read("status:text") is None

    def test_a_body_from_the_future_is_ignored_but_clocks_may_differ_a_little(
        self, storage: RedisStorage, stored: StoredBody, clock: TurnedClock
    ) -> None:
        ahead = stored._replace(fetched_at=clock.wall + CLOCK_TOLERANCE_SECONDS)
        storage.write("status:text", ahead, life=60)
        assert storage.read("status:text") == ahead
        storage.write("status:text", stored._replace(fetched_at=ahead.fetched_at + 1), life=60)
        assert storage.read("status:text") is None


class TestTrouble:
    def test_a_frozen_redis_costs_one_short_timeout_and_then_nothing(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60)
        redis_server.freeze()
        asked = time.monotonic()
        assert storage.read("status:text") is None
        first = time.monotonic() - asked
        assert SOCKET_SECONDS * 0.9 < first < SOCKET_SECONDS + 2

        redis_server.thaw()  # answers would come now: that none does shows that it is not asked
        for _ in range(100):
            assert storage.read("status:text") is None
            storage.write("usage:text", stored, life=60)
        clock.advance(PAUSE_SECONDS)
        assert storage.read("status:text") == stored
        assert storage.read("usage:text") is None, "what could not be written is not there"

    def test_a_redis_that_is_down_at_the_start_is_used_when_it_comes(
        self, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        redis_server.stop()
        with open_storage(redis_server.url, clock) as storage:
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60)
            redis_server.start()
            clock.advance(PAUSE_SECONDS)
            storage.write("status:text", stored, life=60)
            assert storage.read("status:text") == stored

    def test_one_that_dies_in_the_middle_comes_back_empty_and_is_filled_again(
        self, storage: RedisStorage, stored: StoredBody, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        storage.write("status:text", stored, life=60)
        redis_server.stop()
        assert storage.read("status:text") is None
        redis_server.start()
        clock.advance(PAUSE_SECONDS)
        assert storage.read("status:text") is None
        storage.write("status:text", stored, life=60)
        assert storage.read("status:text") == stored

    def test_nobody_listens_there(self, stored: StoredBody, clock: TurnedClock) -> None:
        with open_storage(f"redis://{LOOPBACK}:{free_port()}/0", clock) as storage:
            assert storage.read("status:text") is None
            storage.write("status:text", stored, life=60)

    def test_a_full_redis_refuses_and_nothing_raises(
        self, storage: RedisStorage, stored: StoredBody, client: redis.Redis
    ) -> None:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        storage.write("status:text", stored, life=60)
        assert client.dbsize() == 0

    def test_trouble_and_its_end_are_logged_once_each(
        self,
        storage: RedisStorage,
        redis_server: RedisServer,
        clock: TurnedClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "horde_core.storage")
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
