"""A thousand viewers: a load client that speaks Streamlit's websocket, as a browser does.

Each session opens a page, keeps what the server lets it keep, and asks for the page anew every so often, while the
simulated Horde changes by the minute. With ``--ticks`` it asks as a browser does that is left open: by the page's
timed fragment, which brings the page anew when there is news. ``--script-time`` tells what each page costs one session
instead (:mod:`tests.bench.page_costs`). Numbers are printed; nothing fails on a time.
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

from pages.page_table import PAGES
from tests.bench import page_costs
from tests.bench.session import Session
from tests.conftest import RECORDINGS
from tests.fixtures.app_server import AppServer

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
    parser.add_argument("--script-time", action="store_true", help="what each page costs one session instead")
    parser.add_argument("--pages", nargs="*", help="for --script-time; a query may follow")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS, help="folder of recorded days, for the same")
    options = parser.parse_args()
    if options.script_time:
        page_costs.measure(options.pages, options.recordings)
        return
    settings = {"HORDE_API_CACHE_TTL": "60", "HORDE_SOURCE": "demo"}
    with tempfile.TemporaryDirectory() as folder:
        server = AppServer(Path(folder), settings)
        server.start()
        try:
            asyncio.run(crowd(server, options))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
