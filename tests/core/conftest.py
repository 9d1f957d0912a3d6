"""What the tests of the core share: a clock to turn, and replicas on one Redis."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import CacheBench, NewProcess, TurnedClock, open_storage


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def new_process(redis_server: RedisServer, clock: TurnedClock) -> Iterator[NewProcess]:
    """Return a maker of caches, each with its own memory and upstream, on one Redis and one clock."""
    with ExitStack() as stack:
        yield lambda: CacheBench(stack.enter_context(open_storage(redis_server.url, clock)), clock)
