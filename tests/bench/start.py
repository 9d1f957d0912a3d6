"""How long it takes until something can be asked: ``python -m tests.bench.start``.

Starts a fresh interpreter for each import and each command, and the app until it is healthy and until the page Overview
is whole, on the small Horde of the tests and on the simulated one. The cases take turns; printed are the medians, CPU
time of the process beside wall time. ``json.loads`` of a made-up body stands beside them: it says how fast the machine
is just now.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bench.session import Session
from tests.fixtures.app_server import AppServer
from tests.fixtures.horde_server import HordeServer

SIMULATED = {"HORDE_SOURCE": "demo"}
COMMANDS = ("resolve --name koboldcpp/Cydonia-24B-v4.1-Q4_K_M", "statistics text_generation", "audit text_generation")
BODY = json.dumps([{"name": f"model {number}", "count": number, "speed": number / 7} for number in range(20_000)])

Spent = tuple[float, float]
"""CPU and wall seconds."""


def interpreter(settings: dict[str, str], *arguments: str) -> Spent:
    """Run a fresh interpreter to its end."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


async def first_view(url: str) -> None:
    """Open Overview and wait until it is whole."""
    async with Session(url, "overview", "") as session:
        await session.view()


def server(settings: dict[str, str]) -> tuple[Spent, Spent]:
    """Start the app; return what it has spent when it is healthy, and when the first page is whole."""
    with tempfile.TemporaryDirectory() as folder:
        app = AppServer(Path(folder), settings)
        began = time.perf_counter()

        def spent() -> Spent:
            used = psutil.Process(app.pid).cpu_times()
            return used.user + used.system, time.perf_counter() - began

        app.start()
        try:
            healthy = spent()
            asyncio.run(first_view(app.url))
            return healthy, spent()
        finally:
            app.stop()


def loads() -> Spent:
    """Read the made-up body."""
    began, before = time.perf_counter(), time.process_time()
    json.loads(BODY)
    return time.process_time() - before, time.perf_counter() - began


def main() -> None:
    """Run all cases in turn, and print their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    horde = HordeServer()
    horde.start()
    cases: dict[str, Callable[[], Spent]] = {f"json.loads of {len(BODY) / 2**20:.1f} MiB": loads}
    for module in ("horde_core", "app"):
        cases[f"import {module}"] = lambda module=module: interpreter(SIMULATED, "-c", f"import {module}")
    for command in COMMANDS:
        cases[f"python -m horde_core {command.partition(' --')[0]}"] = lambda command=command: interpreter(
            horde.environment, "-m", "horde_core", *command.split()
        )
    found: dict[str, list[Spent]] = {}
    for _ in range(runs):
        for title, case in cases.items():
            found.setdefault(title, []).append(case())
        for on, settings in {"app": horde.environment, "app, simulated": SIMULATED}.items():
            for what, spent in zip(("healthy", "first page"), server(settings), strict=True):
                found.setdefault(f"{on}: {what}", []).append(spent)
    horde.stop()
    print(f"Python {platform.python_version()}, {platform.machine()}, median of {runs} runs")
    print(f"{'case':<42} {'CPU ms':>8} {'wall ms':>8}")
    for title, times in found.items():
        cpu, wall = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        print(f"{title:<42} {cpu:>8.0f} {wall:>8.0f}")


if __name__ == "__main__":
    main()
