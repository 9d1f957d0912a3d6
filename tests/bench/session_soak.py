"""Open pages for a long time: ``python -m tests.bench.session_soak [--sessions 100] [--warm-up 600] [--seconds 600]``.

Sessions on all pages draw and tick as browsers do, while an hour of a simulated network passes in ten minutes: figures
change every ten seconds, and faults of the API come and go. Prints the memory of the process by minute, its growth
after the warm-up, how long views took, and the collections of garbage. Nothing fails on a time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import re
import tempfile
import threading
from pathlib import Path

import psutil
import websockets

from pages.page_table import PAGES
from tests.bench.load import MEBIBYTE, Tally, spread
from tests.bench.session import Session
from tests.core.live.test_fault_matrix import API_FAULTS
from tests.fixtures.app_server import AppServer
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.simulated_horde import NOW, Horde

TTL = 10.0
MINUTE = 60.0
FAULT_SECONDS = (5.0, 30.0)
CALM_SECONDS = (20.0, 60.0)
CATEGORY_PATHS = ("/v2/status/models?type={}&model_state=all", "/v2/workers?type={}")
PATHS = (
    "/v2/stats/img/models",
    "/v2/stats/text/models",
    "/v2/workers",
    "/v2/stats/img/totals",
    "/v2/stats/text/totals",
    "/v2/status/performance",
    "/v2/status/modes",
    "/model_references/v2/image_generation",
    "/model_references/v2/text_generation",
    "/model_mod_data.json",
)
COLLECTED = re.compile(r"garbage collected objects=(\d+) seconds=([0-9.]+)")


def serve_the_next_minute(server: HordeServer, horde: Horde) -> None:
    """Answer as the simulated network does a minute later."""
    horde.now += MINUTE
    for path in PATHS:
        server.answer(path, horde.body(f"/api{path}"))
    for template, kind in itertools.product(CATEGORY_PATHS, ("image", "text")):
        path = template.format(kind)
        server.answer(path.partition("&")[0], horde.body(f"/api{path}"))


def change(server: HordeServer, stopping: threading.Event, calm: threading.Event) -> None:
    """Let a minute of the network pass each TTL, unless a fault decides what is answered."""
    horde = Horde(now=NOW)
    while True:
        if calm.is_set():
            serve_the_next_minute(server, horde)
        if stopping.wait(TTL):
            return


def break_things(server: HordeServer, stopping: threading.Event, calm: threading.Event) -> None:
    """Switch one fault of the API after the other on and off."""
    while not stopping.wait(random.uniform(*CALM_SECONDS)):
        name = random.choice([name for name in API_FAULTS if name != "refuses"])
        calm.clear()
        API_FAULTS[name](server)
        stopping.wait(random.uniform(*FAULT_SECONDS))
        server.mend()
        calm.set()


async def viewer(url: str, page: str, ends_at: float, tally: Tally) -> None:
    """Look at one page until the end, and open it anew now and then, as visitors come and go."""
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        leaves_at = min(ends_at, loop.time() + random.uniform(60, 300))
        try:
            async with Session(url, page, random.choice(("category=Image", "category=Text"))) as session:
                seconds, _ = await session.view()
                tally.first_views.append(seconds)
                while loop.time() < leaves_at:
                    await asyncio.sleep(min(session.tick_seconds or TTL, max(0.0, leaves_at - loop.time())))
                    seconds, _ = await session.view(fragment=True)
                    tally.ticks.append(seconds)
                if session.has_failed:
                    tally.errors.append(f"{page} showed an exception")
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            tally.errors.append(f"{page}: {error!r}")


async def watch(pid: int, seconds: float) -> list[float]:
    """Return the process's memory in MiB, minute by minute, and print it."""
    sizes = []
    for minute in range(int(seconds // MINUTE)):
        await asyncio.sleep(MINUTE)
        sizes.append(psutil.Process(pid).memory_info().rss / MEBIBYTE)
        print(f"minute {minute + 1:>3}: {sizes[-1]:6.0f} MiB", flush=True)
    return sizes


async def soak(app: AppServer, options: argparse.Namespace) -> None:
    """Let all sessions look, and tell what it took."""
    tally = Tally()
    seconds = options.warm_up + options.seconds
    ends_at = asyncio.get_running_loop().time() + seconds
    pages = itertools.cycle(page.name for page in PAGES)
    viewers = [asyncio.create_task(viewer(app.url, next(pages), ends_at, tally)) for _ in range(options.sessions)]
    sizes = await watch(app.pid, seconds)
    await asyncio.gather(*viewers)
    warm = sizes[max(0, int(options.warm_up // MINUTE) - 1)]
    print(f"memory: {warm:.0f} MiB after the warm-up, {sizes[-1]:.0f} at the end, {max(sizes):.0f} at most")
    print(f"growth after the warm-up: {(sizes[-1] / warm - 1) * 100:+.1f} %")
    print(f"first views: {len(tally.first_views):,}, {spread(tally.first_views)}")
    print(f"ticks: {len(tally.ticks):,}, {spread(tally.ticks)}")
    pauses = [float(found[2]) for found in COLLECTED.finditer(app.log())]
    if pauses:
        print(f"collections of garbage: {len(pauses)}, {spread(pauses)}")
    print(f"errors: {len(tally.errors)} {sorted(set(tally.errors))[:3] if tally.errors else ''}")


def main() -> None:
    """Start a Horde and the app, and soak them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--warm-up", type=float, default=600)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    server = HordeServer()
    server.start()
    stopping, calm = threading.Event(), threading.Event()
    calm.set()
    serve_the_next_minute(server, Horde(now=NOW))
    settings = {
        "HORDE_API_URL": server.url,
        "HORDE_REFERENCE_URL": server.url,
        "HORDE_REFERENCE_IMAGE_AGES_URL": f"{server.url}/model_mod_data.json",
        "HORDE_API_CACHE_TTL": f"{TTL:g}",
        "HORDE_API_TIMEOUT": "5",
    }
    work = [threading.Thread(target=one, args=(server, stopping, calm)) for one in (change, break_things)]
    with tempfile.TemporaryDirectory() as folder:
        app = AppServer(Path(folder), settings)
        app.start()
        for thread in work:
            thread.start()
        try:
            asyncio.run(soak(app, options))
        finally:
            stopping.set()
            app.stop()
            for thread in work:
                thread.join()
            server.stop()


if __name__ == "__main__":
    main()
