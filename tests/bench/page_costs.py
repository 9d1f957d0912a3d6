"""What each page costs the server, for one session: ``python -m tests.bench.load --script-time``.

CPU time of the whole process, wall time beside it: a rerun while nothing changes, and a minute later. That minute is
all that follows from other answers of the network: they are fetched, read, merged and drawn for a session whose page
was there before, and the next visitor finds them done. The made-up network is the simulated Horde's, all its live
figures moved on by a minute; the recorded one, where there is one, is its latest day, one row of each queue changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from horde_core.vocabulary import MODEL_TYPES
from pages.page_table import PAGES
from tests.bench.session import Session
from tests.fixtures.app_server import AppServer
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.simulated_horde import NOW, Horde

WARM_UPS, WARM_RERUNS, MINUTES = 8, 40, 3
TTL = 3.0
"""Seconds after which the sources are asked again while minutes pass."""

FETCH_SECONDS = 0.7
"""How long an answer may take to be fetched and read."""

RECORDED = {
    "/v2/stats/img/models": "stats_img_models",
    "/v2/stats/text/models": "stats_text_models",
    "/v2/workers": "workers",
    "/v2/stats/img/totals": "stats_img_totals",
    "/v2/stats/text/totals": "stats_text_totals",
    "/v2/status/performance": "status_performance",
}
QUEUES = {f"/v2/status/models?type={kind}": f"status_models_{kind}" for kind in MODEL_TYPES}
REFERENCES = {f"/model_references/v2/{kind}_generation": f"reference_{kind}_v2" for kind in MODEL_TYPES}
MADE_UP = (*RECORDED, *REFERENCES, "/v2/status/modes", "/model_mod_data.json")


class Network(NamedTuple):
    """A network that answers: its name, two models of each category, and how a minute of it passes."""

    name: str
    models: dict[str, list[str]]
    next_minute: Callable[[], None]


def made_up(server: HordeServer) -> Network:
    """The simulated Horde's network."""
    horde = Horde(now=NOW)

    def next_minute() -> None:
        horde.now += 60
        for path in (*MADE_UP, *QUEUES):
            server.answer(path, horde.body(f"/api{path}" + ("&model_state=all" if path in QUEUES else "")))

    next_minute()
    return Network("made up", {kind: list(horde.reference(kind))[:2] for kind in MODEL_TYPES}, next_minute)


def recorded(server: HordeServer, folder: Path) -> Network:
    """The network of the latest recorded day."""
    day = max(path for path in folder.glob("*") if (path / "workers.json").exists())
    for path, name in RECORDED.items():
        server.answer(path, (day / f"{name}.json").read_bytes())
    references = {path: (folder / "reference" / f"{name}.json").read_bytes() for path, name in REFERENCES.items()}
    for path, body in references.items():
        server.answer(path, body)
    queues = {path: json.loads((day / f"{name}.json").read_bytes()) for path, name in QUEUES.items()}

    def next_minute() -> None:
        for path, rows in queues.items():
            rows[0]["queued"] += 1_000_000
            server.answer(path, rows)

    next_minute()
    models = [list(json.loads(body))[:2] for body in references.values()]
    return Network(f"recorded {day.name}", dict(zip(MODEL_TYPES, models, strict=True)), next_minute)


def visits(network: Network) -> Iterator[str]:
    """Every page, in each category, and with a model of each and two compared."""
    for page in PAGES:
        if page.name == "model":
            (image, _), (text, _) = network.models["image"], network.models["text"]
            for names in ([image], [text], network.models["image"]):
                yield f"model?{urlencode([('name', name) for name in names])}"
        elif page.chooses_category:
            yield from (f"{page.name}?category={kind.title()}" for kind in page.categories)
        else:
            yield page.name


def measure(pages: Sequence[str] | None, recordings: Path) -> None:
    """Print what the pages cost, of the made-up network, and of the recorded one where it is there."""
    networks: list[Callable[[HordeServer], Network]] = [made_up]
    if recordings.is_dir():
        networks.append(partial(recorded, folder=recordings))
    for answer in networks:
        horde = HordeServer()
        horde.start()
        try:
            _measure(horde, answer(horde), pages)
        finally:
            horde.stop()


def _measure(horde: HordeServer, network: Network, pages: Sequence[str] | None) -> None:
    chosen = pages or list(visits(network))
    with _app(horde, 3600) as app:
        still = {page: asyncio.run(unchanged(app, page)) for page in chosen}
    with _app(horde, TTL) as app:
        minutes = {page: asyncio.run(changed(app, page, network)) for page in chosen}
    print(f"{network.name}: {len(chosen)} visits, load of the machine {os.getloadavg()[0]:.1f}")
    print("page                                  first view  warm rerun: CPU, wall half and 95 %, sent   minute: CPU")
    for page in chosen:
        print(f"{page[:36]:<36} {still[page]}   {(minutes[page] - still[page].cpu) * 1e3:6.1f} ms")


class Cost(NamedTuple):
    """Bytes of the first view and of a rerun; seconds of CPU and of wall time of a rerun."""

    first_bytes: float
    rerun_bytes: float
    cpu: float
    wall: list[float]

    def __str__(self) -> str:
        half, most = statistics.median(self.wall) * 1e3, sorted(self.wall)[int(len(self.wall) * 0.95)] * 1e3
        times = f"{self.cpu * 1e3:5.1f} ms  {half:5.1f} ms {most:5.1f} ms"
        return f"{self.first_bytes / 1024:7.1f} KiB  {times}  {self.rerun_bytes / 1024:5.1f} KiB"


@contextlib.contextmanager
def _app(horde: HordeServer, ttl: float) -> Iterator[AppServer]:
    with tempfile.TemporaryDirectory() as folder:
        app = AppServer(Path(folder), {**horde.environment, "HORDE_API_CACHE_TTL": f"{ttl:g}"})
        app.start()
        try:
            yield app
        finally:
            app.stop()


def _cpu(app: AppServer) -> float:
    """Seconds of CPU that the app has used: clock_getcpuclockid(3) of its process; Python has it for threads only."""
    return time.clock_gettime((~app.pid << 3) | 2)


async def unchanged(app: AppServer, page: str) -> Cost:
    """See a page again and again while nothing changes."""
    async with _session(app, page) as session:
        _, first_bytes = await session.view()
        for _ in range(WARM_UPS):
            await session.view()
        wall, cpu, sizes = [], [], []
        for _ in range(WARM_RERUNS):
            before = _cpu(app)
            seconds, received = await session.view()
            cpu.append(_cpu(app) - before)
            wall.append(seconds)
            sizes.append(received)
        return Cost(first_bytes, statistics.median(sizes), statistics.median(cpu), wall)


async def changed(app: AppServer, page: str, network: Network) -> float:
    """See a page in the minutes that follow; seconds of CPU of one, and of a rerun that shows the minute before."""
    async with _session(app, page) as session:
        for _ in range(WARM_UPS):
            await session.view()
        spent = []
        for _ in range(MINUTES + 1):
            network.next_minute()
            # Until the sources are due, while what was drawn of them last is still kept, as when minutes are minutes.
            await asyncio.sleep(TTL - FETCH_SECONDS + 0.2)
            before = _cpu(app)
            await session.view()  # it asks for the minute, and shows the one before
            await asyncio.sleep(FETCH_SECONDS)
            await session.view()
            spent.append(_cpu(app) - before)
        return statistics.median(spent[1:])


def _session(app: AppServer, page: str) -> Session:
    path, _, query = page.partition("?")
    return Session(app.url, path, query)
