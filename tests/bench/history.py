"""How large a year of history is, and how long it takes to write: ``python -m tests.bench.history [--years N]``.

A year of a busy network is made (tests/fixtures/busy_network.py), then slots are recorded on top of it, of the
simulated Horde: what the network says every five minutes. Prints sizes by table, and the CPU time of a slot.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

from sqlalchemy import func, select

from horde_core.cache.freshness import Clock
from horde_core.demo import DemoTransport
from horde_core.history import tables
from horde_core.history.recording.sample import Sample
from horde_core.history.recording.slot import write_slot
from horde_core.history.store import Store
from horde_core.live.integration import HordeAPIIntegration
from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient
from tests.fixtures.busy_network import BusyNetwork

MIB = 1024**2
SLOTS, WARM_UP = 60, 5
LIVE = ("workers", "performance", "status", "totals")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=1)
    years = parser.parse_args().years
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/horde.sqlite")
        store.prepare()
        began = time.process_time()
        ended = BusyNetwork(365 * years).write(store)
        print(f"{years} year(s) made in {time.process_time() - began:.0f} s of CPU time")
        sizes(store)
        slots(store, ended)


def sizes(store: Store) -> None:
    """Print the rows and the size of each table, with its indexes."""
    with store.reading() as connection:
        found = connection.exec_driver_sql("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
        pages = {row[0]: row[1] for row in found}
        for table in tables.metadata.sorted_tables:
            rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
            size = sum(pages.get(name, 0) for name in (table.name, *(str(index.name) for index in table.indexes)))
            print(f"{table.name:20} {rows:>10,} rows {size / MIB:8.1f} MiB")
        print(f"{'all':20} {'':>10}      {sum(pages.values()) / MIB:8.1f} MiB")


def slots(store: Store, ended: int) -> None:
    """Record slots on top of a store, and print what they take."""
    wall = [float(ended)]
    clock = Clock(lambda: wall[0], lambda: wall[0])
    settings = Settings(history_url=str(store.url))
    client = HordeClient(settings, transport=DemoTransport(clock=clock.wall))
    horde = HordeAPIIntegration(settings, client, clock=clock)
    times = []
    for _ in range(SLOTS):
        readings = horde.read(horde.all_sources(), wait=60, patience=60)
        live = [one for one in readings if one.key.partition(":")[0] in LIVE]
        samples = [Sample(one.key, int(one.fetched_at or 0), one.value, 300) for one in live]
        began = time.process_time()
        with store.writing() as connection:
            write_slot(connection, samples, wall[0])
        times.append((time.process_time() - began) * 1000)
        wall[0] += 300
    client.close()
    times = sorted(times[WARM_UP:])
    print(f"a slot of 5 minutes: median {statistics.median(times):.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms")


if __name__ == "__main__":
    main()
