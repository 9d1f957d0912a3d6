"""How fast the routes answer while people look at pages: ``python -m tests.bench.routes``; needs hey.

Starts the app on the simulated Horde, or on ``--api``, without a rate limit. hey asks for one answer so many times a
second while some sessions draw the page Overview anew about each second. Prints hey's report, the sessions' reruns,
and how many requests went upstream meanwhile by the app's own count.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from pathlib import Path

import httpx

from tests.bench.session import Session
from tests.fixtures.app_server import AppServer

PATH = "/api/v1/statistics/text_generation/with-stats"
PAUSE_SECONDS = 1.0


async def look(url: str, chance: random.Random, ends_at: float, reruns: list[float]) -> None:
    """One viewer, who draws the page anew about each second; with equal pauses all would soon do so in step."""
    async with Session(url, "overview", "") as session:
        await session.view()
        while time.monotonic() < ends_at:
            await asyncio.sleep(PAUSE_SECONDS * chance.uniform(0.5, 1.5))
            reruns.append((await session.view())[0])


async def hey(url: str, options: argparse.Namespace) -> str:
    """Let hey ask at a steady rate, and return what it prints."""
    program = shutil.which("hey")
    if program is None:
        raise SystemExit("hey is missing: install Debian's hey package")
    each = options.rate / options.connections
    arguments = ["-z", f"{options.seconds:g}s", "-c", str(options.connections), "-q", f"{each:g}"]
    process = await asyncio.create_subprocess_exec(
        program, *arguments, "-H", "Accept-Encoding: gzip", url + options.path, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    return printed.decode()


def upstream(url: str) -> float:
    """How many fetches the app has made since it started."""
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("horde_dashboard_fetches_total{"))


async def measure(server: AppServer, options: argparse.Namespace) -> None:
    """Ask and look at the same time, and print."""
    httpx.get(server.url + options.path).raise_for_status()
    before, ends_at = upstream(server.url), time.monotonic() + options.seconds
    reruns: list[float] = []
    chances = [random.Random(number) for number in range(options.sessions)]
    viewers = [asyncio.create_task(look(server.url, chance, ends_at, reruns)) for chance in chances]
    print(await hey(server.url, options))
    await asyncio.gather(*viewers)
    ordered = sorted(reruns)
    if ordered:
        places = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        told = ", ".join(f"{name} {ordered[int((len(ordered) - 1) * p)] * 1e3:.0f} ms" for name, p in places.items())
        print(f"{options.sessions} sessions on Overview, a rerun about each second: {len(ordered)} reruns, {told}")
    print(f"fetches upstream in {options.seconds:g} s: {upstream(server.url) - before:g}")


def main() -> None:
    """Start the app, ask it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=600, help="requests a second")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--path", default=PATH)
    parser.add_argument("--api", help="a live API instead of the simulated Horde")
    options = parser.parse_args()
    settings = {"HORDE_API_RATE_LIMIT": "0", "HORDE_METRICS_ENABLED": "true"}
    if options.api:
        settings |= {"HORDE_API_URL": options.api, "HORDE_REFERENCE_URL": options.api}
    else:
        settings |= {"HORDE_SOURCE": "demo"}
    with tempfile.TemporaryDirectory() as folder:
        server = AppServer(Path(folder), settings)
        server.start()
        try:
            asyncio.run(measure(server, options))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
