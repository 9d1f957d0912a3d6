"""ASGI middleware before the websockets of the pages: bounds what one visitor can make the app do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_core.web.middleware.fair_turns import FairTurns
from horde_core.web.middleware.rate_limit import address_of

log = logging.getLogger(__name__)

Asks = Literal["run", "clear cache", "something else"]
"""What a browser's message asks for: a run of the page's script, an empty cache for everybody, or anything else."""

LARGEST_MESSAGE = 256 * 1024
"""Bytes of one message of a browser: a hundred times what the page with most widgets sends."""

RUNS_AT_ONCE = 4
RUNS_OF_ONE_ADDRESS = 2
"""How many scripts run at a time, and for one address. Scripts share one interpreter: more at once only wait longer."""

LONGEST_RUN_SECONDS = 1.0
"""After this a run no longer counts: it waits for a source rather than to compute."""

TOO_BIG = 1009
"""The websocket's close code for a message that is too big."""


class SessionGuard:
    """Passes a browser's messages on to the page's server, within bounds.

    Runs of scripts take turns, fairly by address; a message that is too big closes its connection; a request to clear
    the cache of all visitors is dropped. ``asks`` reads a browser's message, ``is_end_of_run`` one of the server's.
    """

    def __init__(
        self, app: ASGIApp, asks: Callable[[bytes], Asks], is_end_of_run: Callable[[bytes], bool], path: str
    ) -> None:
        self._app = app
        self._asks = asks
        self._is_end_of_run = is_end_of_run
        self._path = path
        self._turns = FairTurns(RUNS_AT_ONCE, RUNS_OF_ONE_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard the websockets of sessions; pass everything else on."""
        if scope["type"] != "websocket" or not scope["path"].endswith(self._path):
            await self._app(scope, receive, send)
            return
        session = _Session(self._turns, address_of(scope))

        async def guarded_receive() -> Message:
            while True:
                message = await receive()
                frame = message.get("bytes") or b""
                if len(frame) > LARGEST_MESSAGE or len(message.get("text") or "") > LARGEST_MESSAGE:
                    log.warning("connection closed address=%s reason=message of %d bytes", session.address, len(frame))
                    await send({"type": "websocket.close", "code": TOO_BIG})
                    return {"type": "websocket.disconnect", "code": TOO_BIG}
                asked = self._asks(frame) if frame else "something else"
                if asked == "run":
                    await session.begin_run()
                if asked != "clear cache":
                    return message

        async def watching_send(message: Message) -> None:
            await send(message)
            if self._is_end_of_run(message.get("bytes") or b""):
                session.end_run()

        try:
            await self._app(scope, guarded_receive, watching_send)
        finally:
            session.end_run()


class _Session:
    """The turn of one connection: it has at most one, from the request for a run until the run's end."""

    def __init__(self, turns: FairTurns, address: str) -> None:
        self._turns = turns
        self.address = address
        self._too_long: asyncio.TimerHandle | None = None

    async def begin_run(self) -> None:
        """Wait for a turn, unless the connection has one."""
        if self._too_long is None:
            await self._turns.take(self.address)
            self._too_long = asyncio.get_running_loop().call_later(LONGEST_RUN_SECONDS, self.end_run)

    def end_run(self) -> None:
        """Give the turn back; nothing happens without one."""
        if self._too_long is not None:
            self._too_long.cancel()
            self._too_long = None
            self._turns.give_back(self.address)
