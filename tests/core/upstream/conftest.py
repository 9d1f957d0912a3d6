"""What the tests of the client share."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def connect(stack: ExitStack) -> Callable[..., HordeClient]:
    """Return a maker of clients, which are closed after the test."""

    def connect(
        handler: Handler | None = None, monotonic: Callable[[], float] = time.monotonic, **settings: object
    ) -> HordeClient:
        transport = httpx.MockTransport(handler) if handler else None
        client = HordeClient(Settings(**settings), transport, monotonic)  # type: ignore[arg-type]
        stack.callback(client.close)
        return client

    return connect
