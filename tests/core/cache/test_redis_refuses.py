"""A Redis that answers but refuses: the reason is shown, nothing waits, and it is used once it allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import redis
from redis.crc import key_slot

from horde_core.cache.freshness import State
from horde_core.cache.redis_commands import Keys
from horde_core.cache.redis_connection import PAUSE_SECONDS, SOCKET_SECONDS, RedisConnection
from horde_core.cache.redis_storage import RedisStorage, StoredBody
from tests.fixtures.processes import LOOPBACK, wait_until
from tests.fixtures.redis_server import RedisServer, start_cluster
from tests.fixtures.upstream import CacheBench, TurnedClock

BODY = StoredBody(b'["shared"]', "http://upstream.example/list", 1.0, 1.0, None)
EVERYTHING = ("~*", "+@all")
MISSING_RIGHTS = [
    (("~*", "+@all", "-eval"), "run scripts"),
    (("~*", "+@all", "-set"), "write"),
    (("~*", "+@all", "-get"), "read"),
    (("~*", "+@all", "-pttl"), "read"),
    (("~*", "+@all", "-del"), "take a lock"),
    (("~*", "+@all", "-evalsha"), "take a lock"),
    (("~*", "+@all", "-time"), "run scripts"),
    (("~*", "+@read", "+select"), "write"),
    (("~*", "+@all", "-@scripting"), "run scripts"),
    (("~other:*", "+@all"), "read"),
    (("~horde:model_ref:horde_api:*", "+@all"), "write"),
]
PREFIXES = ["horde:model_ref", "{horde}", "a:{horde}:b", "ü {horde} ", "a"]


@pytest.fixture(autouse=True)
def _no_user_is_left(client: redis.Redis) -> Iterator[None]:
    yield
    client.execute_command("ACL DELUSER", "limited")


def allow(client: redis.Redis, *rights: str) -> None:
    """Let the user ``limited`` do this and nothing else."""
    client.execute_command("ACL SETUSER", "limited", "reset", "on", ">word", *rights)


def url_of(server: RedisServer, user: str = "limited:word") -> str:
    return server.url.replace("//", f"//{user}@")


@pytest.fixture
def limited(redis_server: RedisServer, clock: TurnedClock) -> Iterator[RedisConnection]:
    with closing(RedisConnection(url_of(redis_server), clock.both)) as connection:
        yield connection


@pytest.mark.parametrize(("rights", "what"), MISSING_RIGHTS, ids=str)
def test_a_right_that_is_missing_is_named_and_memory_serves_without_a_wait(
    rights: tuple[str, ...],
    what: str,
    limited: RedisConnection,
    client: redis.Redis,
    clock: TurnedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    allow(client, *rights)
    bench = CacheBench(RedisStorage(limited, clock.both), clock)
    assert bench.read(bench.source()).state is State.FRESH
    assert limited.trouble is not None
    assert limited.trouble.startswith(f"Redis refuses what this app needs ({what}")
    began = time.monotonic()
    for number in range(50):
        bench.read(bench.source(f"source {number}"))
    assert time.monotonic() - began < 50 * SOCKET_SECONDS / 2
    for _ in range(3):
        clock.advance(60 + PAUSE_SECONDS)
        bench.settled(bench.source())
    assert [record.message.split(",")[0] for record in caplog.records if "redis" in record.message] == [
        "redis unavailable"
    ]

    allow(client, *EVERYTHING)
    clock.advance(60 + PAUSE_SECONDS)
    bench.settled(bench.source())
    wait_until(lambda: limited.trouble is None and client.exists(limited.keys.value("status")), "it is shared")


@pytest.mark.parametrize(("rights", "what"), MISSING_RIGHTS, ids=str)
def test_a_right_that_is_taken_away_is_noticed(
    rights: tuple[str, ...], what: str, limited: RedisConnection, client: redis.Redis, clock: TurnedClock
) -> None:
    allow(client, *EVERYTHING)
    bench = CacheBench(RedisStorage(limited, clock.both), clock)
    bench.read(bench.source())
    assert limited.trouble is None
    allow(client, *rights)
    for _ in range(3):  # the first failure is of whatever was asked, the next trial says what is missing
        clock.advance(60)
        limited.write_bytes(f"{limited.keys.prefix}:stats:x", b"", 60)
        assert bench.settled(bench.source()).state is State.FRESH
    assert limited.trouble is not None
    assert what in limited.trouble


@pytest.mark.parametrize(
    ("user", "trouble"),
    [
        ("limited:wrong", "Redis does not accept the user and password of HORDE_REDIS_URL."),
        ("nobody:word", "Redis does not accept the user and password of HORDE_REDIS_URL."),
    ],
)
def test_a_user_who_is_not_let_in(
    user: str, trouble: str, redis_server: RedisServer, client: redis.Redis, clock: TurnedClock
) -> None:
    allow(client, *EVERYTHING)
    with closing(RedisConnection(url_of(redis_server, user), clock.both)) as connection:
        assert connection.read_bytes("x") is None
        assert connection.trouble == trouble


def test_a_database_that_there_is_none_of(redis_server: RedisServer, clock: TurnedClock) -> None:
    with closing(RedisConnection(f"redis://{LOOPBACK}:{redis_server.port}/99999", clock.both)) as connection:
        assert connection.read_bytes("x") is None
        assert connection.trouble is not None
        assert "DB index is out of range" in connection.trouble


def test_a_replica_that_takes_no_writes(redis_server: RedisServer, client: redis.Redis, clock: TurnedClock) -> None:
    client.execute_command("REPLICAOF", LOOPBACK, "1")
    with closing(RedisConnection(redis_server.url, clock.both)) as connection:
        assert connection.read_bytes("x") is None
        assert connection.trouble is not None
        assert connection.trouble.startswith("Redis ")
        client.execute_command("REPLICAOF", "NO", "ONE")
        clock.advance(PAUSE_SECONDS)
        assert connection.read_bytes("x") is None
        assert connection.trouble is None


def test_a_trial_leaves_nothing_behind(redis_server: RedisServer, client: redis.Redis, clock: TurnedClock) -> None:
    with closing(RedisConnection(redis_server.url, clock.both)) as connection:
        connection.read_bytes("x")
        assert connection.trouble is None
        assert client.keys("*") == []


def test_what_works_is_tried_once(redis_server: RedisServer, client: redis.Redis, clock: TurnedClock) -> None:
    with closing(RedisConnection(redis_server.url, clock.both)) as connection:
        connection.read_bytes("x")
        before = client.info("commandstats")["cmdstat_eval"]["calls"]
        for _ in range(20):
            clock.advance(PAUSE_SECONDS)
            connection.read_bytes("x")
        assert client.info("commandstats")["cmdstat_eval"]["calls"] == before


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_value_and_its_number_are_in_one_slot_and_under_the_prefix(prefix: str) -> None:
    keys = Keys(prefix)
    assert key_slot(keys.value("status:text").encode()) == key_slot(keys.written("status:text").encode())
    assert keys.value("status:text") == f"{prefix}:horde_api:status:text"
    assert keys.written("status:text").startswith(f"{prefix}:horde_api:")


@pytest.fixture(scope="module", params=[1, 3], ids=lambda nodes: f"{nodes} nodes")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RedisServer]]:
    servers = start_cluster(tmp_path_factory.mktemp("cluster"), request.param)
    yield servers
    for server in servers:
        server.stop()


@pytest.mark.parametrize("prefix", ["horde:model_ref", "{horde}:model_ref"])
def test_a_cluster_shares_as_a_single_redis_does(
    cluster: list[RedisServer], prefix: str, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as opened:
        one, two = (
            opened.enter_context(closing(RedisConnection(server.url, clock.both, prefix)))
            for server in (cluster[0], cluster[-1])
        )
        first, second = RedisStorage(one, clock.both), RedisStorage(two, clock.both)
        sources = [f"source {number}" for number in range(12)]
        for source in sources:
            number = first.next_sequence(source)
            assert number is not None
            assert first.write(source, BODY, 60, number)
            assert not second.write(source, BODY._replace(body=b"[]"), 60, number - 1)
            assert second.read(source) == BODY
            give_back = first.lease(source, 60)
            assert give_back is not None
            assert second.lease(source, 60) is None
            give_back()
            assert second.lease(source, 60) is not None
            assert first.claim_refresh(source, 10) == 0
            assert second.claim_refresh(source, 10) > 8
        assert all(number > 0 for number in second.sequences(sources))
        two.write_bytes(f"{prefix}:stats:x", b"y", 60)
        assert one.read_bytes(f"{prefix}:stats:x") == b"y"
        assert (one.trouble, two.trouble) == (None, None)
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_cluster_that_goes_and_comes_back(clock: TurnedClock, tmp_path: Path) -> None:
    servers = start_cluster(tmp_path, 3)
    with ExitStack() as opened:
        for server in servers:
            opened.callback(server.stop)
        connection = opened.enter_context(closing(RedisConnection(servers[0].url, clock.both)))
        storage = RedisStorage(connection, clock.both)
        assert storage.next_sequence("status") is not None
        for server in servers:
            server.stop()
        began = time.monotonic()
        for source in ("status", "usage", "workers"):
            assert storage.next_sequence(source) is None
        assert time.monotonic() - began < 2
        assert connection.trouble == "Redis cannot be reached."
