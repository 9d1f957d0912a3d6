"""How large a year of history is, and what it takes to read and to write: ``python -m tests.bench.history``.

A year of a busy network is made (tests/fixtures/busy_network.py), then slots are recorded on top of it, of the
simulated Horde: what the network says every five minutes. Prints sizes by table, and the CPU time of a slot.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import func, select

from horde_core.analytics.names.matching import NameIndex
from horde_core.cache.freshness import Clock
from horde_core.demo import DemoTransport
from horde_core.history import tables
from horde_core.history.reader import HistoryReader
from horde_core.history.recording.sample import Sample
from horde_core.history.recording.slot import write_slot
from horde_core.history.store import Store
from horde_core.live.integration import HordeAPIIntegration
from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient
from tests.fixtures.busy_network import BusyNetwork

MIB = 1024**2
SLOTS, WARM_UP = 60, 5
COLD, MANY = 5, 100
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
        reads(store, ended)
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


def reads(store: Store, ended: int) -> None:
    """Print what questions take: of a reader that holds nothing, and of one that holds attribution and days."""
    clock = Clock(lambda: float(ended), lambda: float(ended))
    with store.reading() as connection:
        names = connection.execute(select(tables.api_name.c.category, tables.api_name.c.name)).all()
    text = NameIndex([name for category, name in names if category == "text"][:700])
    image = NameIndex([name for category, name in names if category == "image"], model_type="image")
    models, images = iter(text.model_names), iter(image.model_names)
    cold = []
    for _ in range(COLD):
        store.close()
        began = time.process_time()
        reader = HistoryReader(store, clock)
        reader.usage(text, [next(models)], "1y")
        reader.network("image", "7d")
        cold.append((time.process_time() - began) * 1000)
    print(f"cold open and two questions: median {statistics.median(cold):.1f} ms")
    questions: dict[str, Callable[[HistoryReader], object]] = {
        "one model, a year of days": lambda reader: reader.usage(text, [next(models)], "1y"),
        "the same again": lambda reader: reader.usage(text, [text.model_names[0]], "1y"),
        "serving of one model, 30 days": lambda reader: reader.serving(image, next(images), "30d"),
    }
    whole: dict[str, Callable[[HistoryReader], object]] = {
        "movers, week on week": lambda reader: reader.changes(text, 7),
        "network by hour, 30 days": lambda reader: reader.network("image", "30d"),
        "months of 100 models": lambda reader: reader.month_lines(text, text.model_names[:100]),
        "most used models, a year": lambda reader: reader.most_used(text, "1y"),
        "last seen of every model": lambda reader: reader.last_seen(text),
        "headlines": lambda reader: reader.headlines("image"),
    }
    for title, ask in questions.items():
        warm = [_cost(reader, ask) for _ in range(MANY)]
        print(f"{title:32} median {statistics.median(warm):6.2f} ms")
    for title, ask in whole.items():
        # Each in a reader that holds only what every question needs.
        times = [_cost(_warmed(store, clock, text), ask) for _ in range(COLD)]
        print(f"{title:32} median {statistics.median(times):6.2f} ms")


def _warmed(store: Store, clock: Clock, index: NameIndex) -> HistoryReader:
    reader = HistoryReader(store, clock)
    reader.usage(index, [index.model_names[0]], "7d")
    return reader


def _cost(reader: HistoryReader, ask: Callable[[HistoryReader], object]) -> float:
    began = time.process_time()
    ask(reader)
    return (time.process_time() - began) * 1000


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
