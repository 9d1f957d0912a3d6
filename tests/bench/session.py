"""One viewer, who speaks Streamlit's websocket as a browser does."""

from __future__ import annotations

import asyncio
import time

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE_SECONDS = 30.0
LARGEST_MESSAGE = 64 * 1024 * 1024


class Session:
    """One viewer on one page."""

    def __init__(self, url: str, page: str, query: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/_stcore/stream"
        self._page, self._query = page, query
        self._views = 0
        self._page_hash = ""
        self._kept: set[str] = set()
        self._fragment: tuple[str, float] | None = None
        self.has_failed = False

    async def __aenter__(self) -> Session:
        self._socket = await websockets.connect(
            self._url,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=LARGEST_MESSAGE,
            compression=None,
            ping_interval=None,
            open_timeout=PATIENCE_SECONDS,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    @property
    def tick_seconds(self) -> float | None:
        """How often the page's timed fragment wants to run; None where there is none."""
        return None if self._fragment is None else self._fragment[1]

    async def view(self, fragment: bool = False) -> tuple[float, int]:
        """Ask for the page, or for its timed fragment, and wait until it is whole: seconds and bytes."""
        message = BackMsg()
        message.rerun_script.query_string = self._query.replace("{n}", str(self._views))
        self._views += 1
        message.rerun_script.page_script_hash = self._page_hash
        if not self._page_hash:
            message.rerun_script.page_name = self._page
        message.rerun_script.cached_message_hashes.extend(self._kept)
        message.rerun_script.context_info.locale = "en-US"
        if fragment and self._fragment:
            message.rerun_script.fragment_id = self._fragment[0]
            message.rerun_script.is_auto_rerun = True
        started = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        received = await asyncio.wait_for(self._until_finished(), PATIENCE_SECONDS)
        return time.perf_counter() - started, received

    async def _until_finished(self) -> int:
        received = 0
        while True:
            raw = await self._socket.recv(decode=False)
            received += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._page_hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self._fragment = (message.auto_rerun.fragment_id, message.auto_rerun.interval)
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                self.has_failed = True
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return received
            if message.metadata.cacheable:
                self._kept.add(message.hash)
