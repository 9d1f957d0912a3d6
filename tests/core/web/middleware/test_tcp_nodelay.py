"""TCP_NODELAY is set, whatever the server's connection is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from horde_core.web.middleware.tcp_nodelay import NoDelay


class Transport:
    def __init__(self, connection: object) -> None:
        self._connection = connection

    def get_extra_info(self, name: str) -> object:
        return self._connection if name == "socket" else None


class Connection:
    """A server's connection, whose ``send`` is handed to the application as uvicorn's is."""

    def __init__(self, connection: object) -> None:
        self.transport = Transport(connection)

    async def send(self, message: Any) -> None:
        """Send nothing."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    scope["served"] = True


async def receive() -> Any:
    return {"type": "websocket.connect"}


def ask(scope: dict[str, Any], send: Any) -> dict[str, Any]:
    asyncio.run(NoDelay(application)(scope, receive, send))
    return scope


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        yield connection


def delays(connection: socket.socket) -> bool:
    return not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("kind", ["websocket", "http"])
def test_a_connection_does_not_wait_and_is_served(connection: socket.socket, kind: str) -> None:
    assert delays(connection)
    assert ask({"type": kind}, Connection(connection).send)["served"]
    assert not delays(connection)


def test_what_is_no_connection_is_left_alone(connection: socket.socket) -> None:
    ask({"type": "lifespan"}, Connection(connection).send)
    assert delays(connection)


@pytest.mark.parametrize("unreachable", [None, "plain"])
def test_a_server_that_hides_its_connection_is_served_as_well(unreachable: str | None) -> None:
    async def plain(message: Any) -> None:
        """Send nothing."""

    send = Connection(None).send if unreachable is None else plain
    assert ask({"type": "websocket"}, send)["served"]


def test_a_connection_that_is_not_tcp_is_left_alone() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        assert ask({"type": "websocket"}, Connection(connection).send)["served"]
