"""How long index and merge take, and what memory: ``python -m tests.bench.merge [--full]``.

Prints a table, one row a case: medians of several runs in milliseconds, the merge also as a multiple of ``json.loads``
of the same bodies in the same run (which is what carries over between machines), and the peak of memory that Python
allocated. *merge* indexes the reference and merges models only; *page* merges unlisted names, backends and totals too,
as a page needs it; *again* is that once more with the index of the time before, as each minute does. ``--full`` adds
the cases a hundred times as large.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import merge_category_with_horde_data, merge_everything
from horde_core.analytics.names.matching import name_index
from horde_core.upstream.bounds import MOST_NAMES, MOST_ROWS
from horde_core.upstream.parsing import parse_status, parse_usage, parse_workers
from horde_core.vocabulary import ModelType

BACKENDS = ("koboldcpp/", "aphrodite/", "tabbyapi/", "")
QUANTISATIONS = ("", "", "-Q4_K_M", ".Q5_K_M.gguf", "-GPTQ-Int4", "-AWQ", ".i1-IQ4_XS")
WORDS = ("Amber", "Birch", "Cinder", "Dusk", "Ember", "Fjord", "Glade", "Heron", "Iris", "Juniper", "Kestrel", "Lark")


class Case(NamedTuple):
    """The inputs of one case: names of the reference, and bodies as the API sends them."""

    title: str
    model_type: ModelType
    models: list[str]
    status: bytes
    usage: bytes
    workers: bytes


def image_case(models: int, workers: int) -> Case:
    """Image: each worker lists up to 190 models."""
    chance = random.Random(models)
    names = [f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}" for number in range(models)]
    staff = [_worker("image", number, chance.sample(names, min(190, models))) for number in range(workers)]
    title = f"image: {models:,} models, {workers:,} workers"
    return _case(title, "image", names, names, staff)


def text_case(models: int, spellings: int) -> Case:
    """Text: names spelled with backends and quantisations, a fifth of them in no reference."""
    chance = random.Random(models)
    names = [f"Author{number % 97}/{_stem(chance, number)}" for number in range(models)]
    sent = []
    for number in range(spellings):
        stem = _stem(chance, models + number) if number % 5 == 0 else chance.choice(names).partition("/")[2]
        sent.append(f"{chance.choice(BACKENDS)}{stem}{chance.choice(QUANTISATIONS)}")
    staff = [_worker("text", number, chance.sample(sent, 2)) for number in range(min(models, 400))]
    return _case(f"text: {models:,} models, {spellings:,} names", "text", names, sent, staff)


def family_case(members: int) -> Case:
    """Text: one family, whose members differ in their last number only."""
    names = [f"Author/Family-7B-v{number}" for number in range(members)]
    sent = [f"koboldcpp/Family-7B-v{number}-Q4_K_M" for number in range(members)]
    staff = [_worker("text", number, [sent[number]]) for number in range(50)]
    return _case(f"text: one family of {members:,}", "text", names, sent, staff)


def _stem(chance: random.Random, number: int) -> str:
    return f"{chance.choice(WORDS)}-{chance.choice(WORDS)}-{chance.choice((3, 7, 8, 12, 24, 70))}B-v{number}"


def _worker(kind: str, number: int, models: list[str]) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "name": f"worker {number}",
        "type": kind,
        "threads": 1,
        "online": True,
        "maintenance_mode": False,
        "performance": "1.0 megapixelsteps per second",
        "models": models,
    }


def _case(title: str, model_type: ModelType, names: list[str], sent: list[str], staff: list[dict[str, Any]]) -> Case:
    chance = random.Random(1)
    served = dict.fromkeys(name for worker in staff for name in worker["models"])
    status = [
        {"name": name, "count": 1, "performance": 9.5, "queued": 100.0, "jobs": 1.0, "eta": 10, "type": model_type}
        for name in served
    ]
    usage = {period: {name: chance.randrange(10_000) for name in sent} for period in ("day", "month", "total")}
    bodies = [json.dumps(body).encode() for body in (status, usage, staff)]
    return Case(title, model_type, names, *bodies)


def timed(function: Callable[[], object], runs: int) -> float:
    """Median seconds of several runs."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure(case: Case, runs: int) -> None:
    """Print one row."""
    status = IndexedHordeModelStatus(parse_status(case.status, case.model_type).data)
    usage = IndexedHordeModelStats(parse_usage(case.usage).data)
    workers = IndexedHordeWorkers(parse_workers(case.workers).data)

    def index_and_merge() -> object:
        name_index.cache_clear()
        return merge_category_with_horde_data(case.models, status, usage, workers, model_type=case.model_type)

    def again() -> object:
        return merge_everything(case.models, status, usage, workers, case.model_type)

    def all_of_it() -> object:
        name_index.cache_clear()
        return again()

    loading = timed(lambda: [json.loads(body) for body in (case.status, case.usage, case.workers)], runs)
    parsing = timed(
        lambda: (parse_status(case.status, case.model_type), parse_usage(case.usage), parse_workers(case.workers)), runs
    )
    merging, complete, repeated = timed(index_and_merge, runs), timed(all_of_it, runs), timed(again, runs)
    name = case.models[0]
    usage.get_month(name), workers.get(name), status.get(name)
    reading = timed(lambda: (status.get(name), usage.get_month(name), workers.get(name)), 1_000)
    tracemalloc.start()
    all_of_it()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{case.title:<42} {loading * 1e3:>9.1f} {parsing * 1e3:>9.1f} {merging * 1e3:>9.1f} {merging / loading:>8.1f}"
        f" {complete * 1e3:>9.1f} {repeated * 1e3:>9.1f} {peak / 2**20:>9.1f} {reading * 1e6:>8.1f}",
        flush=True,
    )


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="add the largest cases that are read")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, median of several runs")
    print(
        f"{'case':<42} {'loads ms':>9} {'parse ms':>9} {'merge ms':>9} {'x loads':>8}"
        f" {'page ms':>9} {'again ms':>9} {'peak MiB':>9} {'read us':>8}"
    )
    measure(image_case(700, 100), 15)
    measure(text_case(4_000, 5_000), 15)
    measure(family_case(4_000), 15)
    measure(image_case(7_000, 1_000), 5)
    measure(text_case(40_000, 50_000), 5)
    if arguments.full:
        measure(image_case(MOST_ROWS, 3_000), 3)
        measure(text_case(MOST_ROWS, MOST_NAMES), 3)


if __name__ == "__main__":
    main()
