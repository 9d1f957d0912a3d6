"""A soak of readers on a Horde and a Redis that keep failing: ``python -m tests.bench.soak [--seconds] [--threads]``.

Faults of the API and of Redis come and go at random, Redis is killed and restarted, and all threads read on. The queue
carries the time at which the server last changed it, so each reading can be held against the truth. Prints requests
upstream a minute, the oldest age served as fresh, by how much an age was ever too young, the slowest reads, errors, and
how the memory grew.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from horde_core import HordeAPIIntegration, Settings
from horde_core.analytics.indexes import IndexedHordeModelStatus
from horde_core.cache.freshness import State
from tests.core.live.test_fault_matrix import API_FAULTS, BELIEVED_THE_SECOND_TIME, fill, make_slow, spoil
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.redis_server import RedisServer

TTL = 5.0
STALE_TTL = 600.0
STAMP_SECONDS = 0.25
FAULT_SECONDS = (1.0, 8.0)
PAUSE_BETWEEN_READS = 0.1
QUEUE = "/v2/status/models?type=text"


class Reader:
    """What one thread saw. ``reads`` counts reads by tenths of a millisecond, so that it does not grow itself."""

    def __init__(self) -> None:
        self.reads: Counter[int] = Counter()
        self.slowest = 0.0
        self.states: Counter[State] = Counter()
        self.oldest_fresh = 0.0
        self.too_young = 0.0
        self.stamped = 0
        self.errors: list[str] = []

    def read(self, horde: HordeAPIIntegration, beginning: float) -> None:
        """Read a category once and check what came."""
        began = time.monotonic()
        try:
            readings = horde.read_category("text")
        except Exception as error:  # the soak counts every error
            self.errors.append(repr(error))
            return
        now = time.monotonic()
        self.reads[int((now - began) * 10_000)] += 1
        self.slowest = max(self.slowest, now - began)
        for reading in readings:
            self.states[reading.state] += 1
            if reading.state is State.FRESH:
                self.oldest_fresh = max(self.oldest_fresh, reading.age or 0.0)
        queue = readings[0]
        stamped = queue.value.get("stamp") if isinstance(queue.value, IndexedHordeModelStatus) else None
        if stamped is not None and stamped.jobs is not None and queue.age is not None:
            self.stamped += 1
            changed_at = beginning + stamped.jobs / 1_000
            self.too_young = max(self.too_young, (began - changed_at) - queue.age - STAMP_SECONDS)


def resident_megabytes() -> float:
    """The memory of this process that is in RAM, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def stamp(horde_server: HordeServer, beginning: float, stopping: threading.Event, calm: threading.Event) -> None:
    """Change the queue four times a second, unless a fault decides what is answered."""
    while not stopping.wait(STAMP_SECONDS):
        if calm.is_set():
            milliseconds = int((time.monotonic() - beginning) * 1_000)
            row = {"name": "stamp", "type": "text", "count": 1, "jobs": milliseconds, "queued": 1, "performance": 1.0}
            horde_server.answer(QUEUE, [row])


def break_things(
    horde_server: HordeServer, redis_server: RedisServer, stopping: threading.Event, calm: threading.Event
) -> Counter[str]:
    """Switch one fault after the other on and off."""
    done: Counter[str] = Counter()
    redis_faults = {"killed": RedisServer.stop, "frozen": RedisServer.freeze, "emptied": RedisServer.flush}
    redis_faults |= {"full": fill, "slow": make_slow, "garbage": spoil}
    names = [name for name in API_FAULTS if name not in BELIEVED_THE_SECOND_TIME]
    while not stopping.wait(random.uniform(*FAULT_SECONDS)):
        if random.random() < 0.5:
            name = random.choice(names)
            calm.clear()
            API_FAULTS[name](horde_server)
            done[f"API {name}"] += 1
            stopping.wait(random.uniform(*FAULT_SECONDS))
            horde_server.mend()
            if name == "refuses":
                horde_server.start()
            calm.set()
        else:
            name = random.choice(list(redis_faults))
            redis_faults[name](redis_server)
            done[f"Redis {name}"] += 1
            stopping.wait(random.uniform(*FAULT_SECONDS))
            redis_server.stop()
            redis_server.start()
    return done


def main() -> None:
    """Run the soak and print what it found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300)
    arguments.add_argument("--threads", type=int, default=200)
    chosen = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        soak(chosen.seconds, chosen.threads, Path(folder))


def soak(seconds: float, threads: int, folder: Path) -> None:
    """Read from so many threads for so long, and print the findings."""
    horde_server, redis_server = HordeServer(), RedisServer(folder)
    horde_server.start()
    redis_server.start()
    beginning = time.monotonic()
    stopping, calm = threading.Event(), threading.Event()
    calm.set()
    settings = Settings(
        **horde_server.addresses,
        redis_url=redis_server.url,
        api_cache_ttl=TTL, reference_cache_ttl=TTL, cache_stale_ttl=STALE_TTL, api_timeout=2,
    )  # fmt: skip
    horde = HordeAPIIntegration(settings)
    horde.read_category("text")
    readers = [Reader() for _ in range(threads)]

    def run(reader: Reader) -> None:
        while not stopping.wait(random.uniform(0, 2 * PAUSE_BETWEEN_READS)):
            reader.read(horde, beginning)

    faults: Counter[str] = Counter()
    work = [threading.Thread(target=run, args=(reader,)) for reader in readers]
    work.append(threading.Thread(target=stamp, args=(horde_server, beginning, stopping, calm)))
    work.append(
        threading.Thread(target=lambda: faults.update(break_things(horde_server, redis_server, stopping, calm)))
    )
    for thread in work:
        thread.start()
    stopping.wait(min(20.0, seconds / 3))
    memory = resident_megabytes()
    stopping.wait(max(0.0, seconds - (time.monotonic() - beginning)))
    grown = resident_megabytes() - memory
    stopping.set()
    for thread in work:
        thread.join()
    tell(readers, faults, horde_server.requests, time.monotonic() - beginning, grown)
    horde_server.stop()
    redis_server.stop()


def within(reads: Counter[int], part: float) -> float:
    """Return the milliseconds within which this part of the reads was done, to a tenth."""
    left = part * reads.total()
    for tenths in sorted(reads):
        left -= reads[tenths]
        if left <= 0:
            return (tenths + 1) / 10
    return 0.0


def tell(
    readers: list[Reader], faults: Counter[str], requests: Counter[str], seconds: float, grown_megabytes: float
) -> None:
    """Print what all threads saw together."""
    reads = sum((reader.reads for reader in readers), Counter[int]())
    states = sum((reader.states for reader in readers), Counter[State]())
    errors = [error for reader in readers for error in reader.errors]
    print(f"{len(readers)} threads, {seconds:.0f} s, {reads.total():,} reads of 4 sources, {faults.total()} faults")
    print(f"readings: {', '.join(f'{state.value} {count:,}' for state, count in states.items())}")
    per_minute = {path: round(count / seconds * 60, 1) for path, count in sorted(requests.items())}
    print(f"requests upstream a minute, TTL {TTL:g} s, retries counted: {per_minute}")
    print(f"oldest age served as fresh: {max(reader.oldest_fresh for reader in readers):.3f} s")
    stamped = sum(reader.stamped for reader in readers)
    too_young = max(reader.too_young for reader in readers)
    print(f"age shown too young by at most: {too_young:.3f} s, in {stamped:,} readings that could be checked")
    slowest = max(reader.slowest for reader in readers)
    print(
        f"reads: half within {within(reads, 0.5):.1f} ms, 99.9 % within {within(reads, 0.999):.1f} ms, "
        f"slowest {slowest * 1e3:.1f} ms"
    )
    print(f"errors: {len(errors)} {errors[:3] if errors else ''}")
    print(f"memory grew by {grown_megabytes:.1f} MiB")
    print("; ".join(f"{name} {count}" for name, count in sorted(faults.items())))


if __name__ == "__main__":
    main()
