"""Fixtures of the core's tests: a turned clock, a Redis client, and replicas."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis

from horde_core.cache.redis_connection import RedisConnection
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import CacheBench, NewProcess, TurnedClock, open_storage


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def connection(redis_server: RedisServer, clock: TurnedClock) -> Iterator[RedisConnection]:
    connection = RedisConnection(redis_server.url, clock.both)
    yield connection
    connection.close()


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, retry=None, socket_timeout=5) as client:
        yield client


@pytest.fixture
def new_process(redis_server: RedisServer, clock: TurnedClock) -> Iterator[NewProcess]:
    """Return a maker of caches, each with its own memory and upstream, on one Redis and one clock."""
    with ExitStack() as stack:
        yield lambda: CacheBench(stack.enter_context(open_storage(redis_server.url, clock)), clock)
