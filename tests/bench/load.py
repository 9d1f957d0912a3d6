"""A thousand viewers: a load client that speaks Streamlit's websocket, as a browser does.

Each session opens a page, keeps what the server lets it keep, and asks for the page anew every so often, while the
simulated Horde changes by the minute. With ``--ticks`` it asks as a browser does that is left open: by the page's
timed fragment, which brings the page anew when there is news. ``--script-time`` measures one session on every page
instead, with data that stays as it is. Numbers are printed; nothing fails on a time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.page_table import PAGES
from tests.fixtures.app_server import AppServer

PATIENCE_SECONDS = 30.0
LARGEST_MESSAGE = 64 * 1024 * 1024
WARM_RERUNS = 30
MEBIBYTE = 1024 * 1024


@dataclass
class Tally:
    """What all sessions together have measured: seconds and bytes."""

    first_views: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    first_bytes: list[int] = field(default_factory=list)
    rerun_bytes: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


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


async def viewer(
    url: str, page: str, starts_at: float, ends_at: float, every: float, with_ticks: bool, tally: Tally
) -> None:
    """Open a page, and look at it again until the end."""
    await asyncio.sleep(max(0.0, starts_at - time.monotonic()))
    try:
        async with Session(url, page, "") as session:
            seconds, received = await session.view()
            tally.first_views.append(seconds)
            tally.first_bytes.append(received)
            while True:
                pause = session.tick_seconds or every if with_ticks else every
                await asyncio.sleep(min(pause, max(0.0, ends_at - time.monotonic())))
                if time.monotonic() >= ends_at:
                    break
                seconds, received = await session.view(fragment=with_ticks)
                (tally.ticks if with_ticks else tally.reruns).append(seconds)
                tally.rerun_bytes.append(received)
            if session.has_failed:
                tally.errors.append("a page showed an exception")
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        tally.errors.append(repr(error))


async def crowd(server: AppServer, options: argparse.Namespace) -> None:
    """Let all sessions in over one interval, and report."""
    process = psutil.Process(server.pid)
    for page in PAGES:
        async with Session(server.url, page.name, "") as session:
            await session.view()
    alone = process.memory_info().rss
    cpu = sum(process.cpu_times()[:2])
    tally = Tally()
    begin = time.monotonic()
    end = begin + options.seconds
    viewers = [
        asyncio.create_task(
            viewer(
                server.url,
                options.page,
                begin + number * options.every / options.sessions,
                end,
                options.every,
                options.ticks,
                tally,
            )
        )
        for number in range(options.sessions)
    ]
    await asyncio.sleep(options.seconds - 2)
    crowded = process.memory_info().rss
    await asyncio.gather(*viewers)
    used = sum(process.cpu_times()[:2]) - cpu
    _print_crowd(options, tally, (crowded - alone) / MEBIBYTE / options.sessions, used / options.seconds)


def _print_crowd(options: argparse.Namespace, tally: Tally, mebibytes: float, cores: float) -> None:
    print(f"{options.sessions} sessions on /{options.page} for {options.seconds:g} s, each every {options.every:g} s")
    for what, seconds in (("first view", tally.first_views), ("rerun", tally.reruns), ("tick", tally.ticks)):
        if seconds:
            print(f"{what:>12}: {len(seconds):>7,} times, {spread(seconds)}")
    for what, sizes in (("first view", tally.first_bytes), ("rerun", tally.rerun_bytes)):
        if sizes:
            print(
                f"{what:>12}: {statistics.median(sizes) / 1024:.1f} KiB in the median, {max(sizes) / 1024:.1f} at most"
            )
    print(f"      memory: {mebibytes:.3f} MiB a session")
    print(f"         CPU: {cores:.2f} cores of the server in the mean")
    print(f"      errors: {len(tally.errors)} {sorted(set(tally.errors))[:3] if tally.errors else ''}")


def spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    told = [f"{name} {ordered[int((len(ordered) - 1) * place)] * 1e3:.0f} ms" for name, place in places.items()]
    return ", ".join([*told, f"max {ordered[-1] * 1e3:.0f} ms"])


async def alone(server: AppServer, pages: Sequence[str]) -> None:
    """One session, page by page, with nothing changing: what a rerun costs and what it sends."""
    print("page           first view        warm rerun (median, p95)   unchanged rerun")
    for page in pages:
        path, _, query = page.partition("?")
        async with Session(server.url, path, query) as session:
            first, first_bytes = await session.view()
            runs = [await session.view() for _ in range(WARM_RERUNS)]
            seconds = sorted(run[0] for run in runs)
            sizes = statistics.median(run[1] for run in runs)
            middle, high = statistics.median(seconds) * 1e3, seconds[int(len(seconds) * 0.95)] * 1e3
            print(
                f"{page:<14} {first * 1e3:6.0f} ms {first_bytes / 1024:6.1f} KiB   {middle:6.1f} ms {high:6.1f} ms   "
                f"{sizes / 1024:6.1f} KiB" + ("   an exception was shown" if session.has_failed else "")
            )


def main() -> None:
    """Start the app, load it, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--every", type=float, default=60, help="seconds between two views of one session")
    parser.add_argument("--page", default="overview")
    parser.add_argument(
        "--ticks", action="store_true", help="as browsers left open: the timed fragment, and the page when it has news"
    )
    parser.add_argument("--script-time", action="store_true", help="one session on every page instead")
    parser.add_argument(
        "--pages",
        nargs="*",
        default=[page.name for page in PAGES],
        help="for --script-time; a query may follow, {n} in it is the number of the rerun",
    )
    parser.add_argument("--api", help="a live API instead of the simulated Horde, for --script-time")
    parser.add_argument("--ages", help="the ages of image models, with --api")
    options = parser.parse_args()
    settings = {"HORDE_API_CACHE_TTL": "3600"} if options.script_time else {"HORDE_API_CACHE_TTL": "60"}
    if options.api:
        settings |= {"HORDE_API_URL": options.api, "HORDE_REFERENCE_URL": options.api}
        settings |= {"HORDE_REFERENCE_IMAGE_AGES_URL": options.ages or f"{options.api}/model_mod_data.json"}
    else:
        settings |= {"HORDE_SOURCE": "demo"}
    with tempfile.TemporaryDirectory() as folder:
        server = AppServer(Path(folder), settings)
        server.start()
        try:
            asyncio.run(alone(server, options.pages) if options.script_time else crowd(server, options))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
