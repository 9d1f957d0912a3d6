"""The guard before the websockets of sessions, with Streamlit's own messages."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from horde_core.web.middleware import session_guard
from horde_core.web.middleware.session_guard import LARGEST_MESSAGE, RUNS_OF_ONE_ADDRESS, TOO_BIG, SessionGuard
from pages.common import websocket_messages
from pages.common.websocket_messages import PATH


def frame(**fields: Any) -> bytes:
    message = BackMsg()
    if "rerun" in fields:
        message.rerun_script.query_string = fields["rerun"]
    if "clear_cache" in fields:
        message.clear_cache = True
    if "stop" in fields:
        message.stop_script = True
    return message.SerializeToString()


RUN, CLEAR, STOP = frame(rerun="a=1"), frame(clear_cache=True), frame(stop=True)
FINISHED = ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString()


class Browser:
    """One connection: what it sends, what the page's server gets of it, and what comes back."""

    def __init__(self, guard: SessionGuard, address: str, path: str = PATH) -> None:
        self._scope: Scope = {"type": "websocket", "path": path, "client": (address, 1), "headers": []}
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.came_back: list[Message] = []
        self.task = asyncio.create_task(guard(self._scope, self._sent.get, self._receive))

    async def _receive(self, message: Message) -> None:
        self.came_back.append(message)

    async def say(self, *frames: bytes) -> None:
        for one in frames:
            self._sent.put_nowait({"type": "websocket.receive", "bytes": one})
        await settle()

    async def hang_up(self) -> None:
        self._sent.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class Pages:
    """A page server that records messages and ends a run on request."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.sends: list[tuple[str, Send]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = scope["client"][0]
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            self.heard.append((address, message["bytes"]))
            self.sends.append((address, send))

    async def finish(self, address: str) -> None:
        send = next(send for asker, send in self.sends if asker == address)
        self.sends.remove((address, send))
        await send({"type": "websocket.send", "bytes": FINISHED})
        await settle()


def guarded(pages: Pages) -> SessionGuard:
    return SessionGuard(pages, websocket_messages.asks, websocket_messages.is_end_of_run, PATH)


def test_a_request_to_clear_everybodys_cache_is_dropped_and_the_session_goes_on() -> None:
    async def test() -> None:
        pages = Pages()
        browser = Browser(guarded(pages), "192.0.2.1")
        await browser.say(CLEAR, RUN, CLEAR, STOP)
        assert [told for _, told in pages.heard] == [RUN, STOP]

    asyncio.run(test())


@pytest.mark.parametrize("size", [LARGEST_MESSAGE + 1, 20 * 2**20])
def test_a_message_that_is_too_big_closes_its_connection_and_reaches_nothing(
    size: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "horde_core.web")

    async def test() -> None:
        pages = Pages()
        browser = Browser(guarded(pages), "192.0.2.1")
        await browser.say(RUN, bytes(size))
        assert [told for _, told in pages.heard] == [RUN]
        assert browser.came_back == [{"type": "websocket.close", "code": TOO_BIG}]
        assert browser.task.done()

    asyncio.run(test())
    (record,) = caplog.records
    assert str(size) in record.getMessage()


def test_what_cannot_be_read_is_left_to_streamlit_to_refuse() -> None:
    async def test() -> None:
        pages = Pages()
        browser = Browser(guarded(pages), "192.0.2.1")
        await browser.say(b"\xff\xff\xff")
        assert [told for _, told in pages.heard] == [b"\xff\xff\xff"]

    asyncio.run(test())


def test_thirty_sessions_of_one_address_wait_for_each_other_and_another_visitor_does_not() -> None:
    async def test() -> None:
        pages = Pages()
        guard = guarded(pages)
        many = [Browser(guard, "192.0.2.1") for _ in range(30)]
        for browser in many:
            await browser.say(RUN)
        assert len(pages.heard) == RUNS_OF_ONE_ADDRESS
        await Browser(guard, "192.0.2.2").say(RUN)
        assert pages.heard[-1] == ("192.0.2.2", RUN)
        for _ in range(30):
            await pages.finish("192.0.2.1")
        assert len(pages.heard) == 31

    asyncio.run(test())


def test_a_run_that_is_asked_for_again_keeps_its_turn() -> None:
    async def test() -> None:
        pages = Pages()
        browser = Browser(guarded(pages), "192.0.2.1")
        await browser.say(*[RUN] * 10)
        assert len(pages.heard) == 10

    asyncio.run(test())


def test_a_session_that_hangs_up_gives_its_turn_back() -> None:
    async def test() -> None:
        pages = Pages()
        guard = guarded(pages)
        many = [Browser(guard, "192.0.2.1") for _ in range(RUNS_OF_ONE_ADDRESS + 1)]
        for browser in many:
            await browser.say(RUN)
        assert len(pages.heard) == RUNS_OF_ONE_ADDRESS
        await many[0].hang_up()
        assert len(pages.heard) == RUNS_OF_ONE_ADDRESS + 1

    asyncio.run(test())


def test_a_run_that_waits_for_a_source_does_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_guard, "LONGEST_RUN_SECONDS", 0.0)

    async def test() -> None:
        pages = Pages()
        guard = guarded(pages)
        for _ in range(RUNS_OF_ONE_ADDRESS + 3):
            await Browser(guard, "192.0.2.1").say(RUN)
        while len(pages.heard) < RUNS_OF_ONE_ADDRESS + 3:
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(test(), 10))


def test_other_connections_are_left_alone() -> None:
    async def test() -> None:
        pages = Pages()
        browser = Browser(guarded(pages), "192.0.2.1", "/elsewhere")
        await browser.say(CLEAR)
        assert [told for _, told in pages.heard] == [CLEAR]

    asyncio.run(test())


def test_only_the_end_of_a_run_is_read_as_one() -> None:
    drawn = ForwardMsg()
    drawn.delta.new_element.text.body = "script_finished"
    assert websocket_messages.is_end_of_run(FINISHED)
    assert not websocket_messages.is_end_of_run(drawn.SerializeToString())
    assert not websocket_messages.is_end_of_run(b"")
