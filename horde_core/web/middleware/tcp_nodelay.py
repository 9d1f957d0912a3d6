"""Sends small messages at once: without Nagle's algorithm, which holds them back for 40 ms."""

from __future__ import annotations

import socket

from starlette.types import ASGIApp, Receive, Scope, Send


class NoDelay:
    """ASGI middleware that sets ``TCP_NODELAY`` on connections where the server gives access to them.

    Streamlit binds its listening socket without a protocol number, and asyncio switches Nagle's algorithm off only
    for the protocol number of TCP. A page's many small messages, or a response's body after its headers, then wait for
    the client's delayed acknowledgement.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the option, and pass everything on."""
        if scope["type"] in ("http", "websocket"):
            _send_at_once(send)
        await self._app(scope, receive, send)


def _send_at_once(send: Send) -> None:
    """Set the option where ``send`` is a method of the server's connection, as uvicorn's is; else do nothing."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
