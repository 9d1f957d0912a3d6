"""How long index and merge take, and what memory: ``python -m tests.bench.merge [--full] [--recordings FOLDER]``.

Prints a table, one row a case: medians of runs that take turns, in milliseconds of CPU with those of wall time behind
them, and as multiples of ``json.loads`` of the same bodies in the same turns, which carry over between machines.

* *parse*: what the app makes of the bodies before it merges
* *first*: the first merge of a day, with everything indexed anew: models, unlisted names, backends and totals
* *minute*: the merge a minute later: new status and workers, reference and usage as before
* *rows* and *records*: reading the figures of every model and unlisted name once, plain or as records
* *peak*: the most memory that Python allocated for a first merge; *held*: what one more minute's merge holds
* *look-up*: one name in status, usage and workers

Beside made-up bodies stand those of the recorded network where there is a folder of recordings: a folder a day, and
``reference``. ``--full`` adds the cases a hundred times as large; those beyond what is read are not parsed.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import resource
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import CategoryMerge, merge_everything
from horde_core.analytics.names.matching import name_index
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.bounds import MOST_NAMES, MOST_ROWS
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsing import parse_status, parse_usage, parse_workers
from horde_core.vocabulary import MODEL_TYPES, ModelType
from horde_core.web.garbage import MIDDLE_THRESHOLD, OLD_THRESHOLD, YOUNG_THRESHOLD
from tests.conftest import RECORDINGS

BACKENDS = ("koboldcpp/", "aphrodite/", "tabbyapi/", "")
QUANTISATIONS = ("", "", "-Q4_K_M", ".Q5_K_M.gguf", "-GPTQ-Int4", "-AWQ", ".i1-IQ4_XS")
WORDS = ("Amber", "Birch", "Cinder", "Dusk", "Ember", "Fjord", "Glade", "Heron", "Iris", "Juniper", "Kestrel", "Lark")
MINUTES_HELD = 10

STATUS = TypeAdapter(list[HordeModelStatus])
WORKERS = TypeAdapter(list[HordeWorker])


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


def recorded_cases(folder: Path) -> Iterator[Case]:
    """The latest recorded day."""
    days = [path for path in sorted(folder.glob("*")) if (path / "workers.json").exists()]
    for kind in MODEL_TYPES if days else ():
        files = [
            f"status_models_{kind}.json",
            f"stats_{'img' if kind == 'image' else kind}_models.json",
            "workers.json",
        ]
        reference = parse_reference((folder / "reference" / f"reference_{kind}_v2.json").read_bytes(), kind).data
        bodies = [(days[-1] / file).read_bytes() for file in files]
        yield Case(f"{kind}: recorded {days[-1].name}", kind, list(reference), *bodies)


class Spent(NamedTuple):
    """Seconds, as medians of several runs."""

    cpu: float
    wall: float


def interleaved(functions: Mapping[str, Callable[[], object]], runs: int) -> dict[str, Spent]:
    """Run functions in turns, so that what else the machine does falls on all of them alike."""
    spent: dict[str, list[Spent]] = {name: [] for name in functions}
    for _ in range(runs):
        for name, function in functions.items():
            cpu, wall = time.thread_time(), time.perf_counter()
            function()
            spent[name].append(Spent(time.thread_time() - cpu, time.perf_counter() - wall))
    return {name: Spent(*map(statistics.median, zip(*times, strict=True))) for name, times in spent.items()}


def timed(function: Callable[[], object], runs: int) -> float:
    """Median wall seconds of several runs."""
    return interleaved({"": function}, runs)[""].wall


class Sources:
    """The sources of a case, as objects that nothing is known of unless told."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.rows = STATUS.validate_json(case.status)
        self.staff = WORKERS.validate_json(case.workers)
        self.response = HordeModelStatsResponse.model_validate_json(case.usage)
        self.usage = IndexedHordeModelStats(self.response)

    def first(self) -> CategoryMerge:
        """Merge with everything indexed anew."""
        name_index.cache_clear()
        self.usage = IndexedHordeModelStats(self.response)
        return self.minute()

    def minute(self) -> CategoryMerge:
        """Merge with new status and workers, of which one row differs, and what is kept of reference and usage."""
        first = self.rows[0]
        self.rows[0] = first.model_copy(update={"queued": (first.queued or 0) + 1})
        status, workers = IndexedHordeModelStatus(self.rows), IndexedHordeWorkers(self.staff)
        kind = self.case.model_type
        return merge_everything(self.case.models, status, self.usage, workers.of_type(kind), kind)

    def parse(self) -> None:
        """Parse the bodies as the app does."""
        parse_status(self.case.status, self.case.model_type)
        parse_usage(self.case.usage)
        parse_workers(self.case.workers)

    def look_up(self) -> Callable[[], object]:
        """Return a warm look-up of one name in each source."""
        status, workers = IndexedHordeModelStatus(self.rows), IndexedHordeWorkers(self.staff)
        name = self.case.models[0]

        def read() -> object:
            return status.get(name), self.usage.get_month(name), workers.get(name)

        read()
        return read


def memory(sources: Sources) -> tuple[int, float]:
    """Bytes at the most for a first merge, and those that each further minute's merge holds."""
    tracemalloc.start()
    merges = [sources.first()]
    peak = tracemalloc.get_traced_memory()[1]
    before = tracemalloc.get_traced_memory()[0]
    merges += [sources.minute() for _ in range(MINUTES_HELD)]
    held = (tracemalloc.get_traced_memory()[0] - before) / MINUTES_HELD
    tracemalloc.stop()
    return peak, held


def measure(case: Case, runs: int) -> None:
    """Print one row."""
    sources = Sources(case)
    parts = sources.first()[:2]
    functions = {
        "loads": lambda: [json.loads(body) for body in (case.status, case.usage, case.workers)],
        "parse": sources.parse,
        "first": sources.first,
        "minute": sources.minute,
        "rows": lambda: [(row.live, row.requests) for part in parts for row in part.rows()],
        "records": lambda: [list(part.values()) for part in parts],
    }
    if len(sources.usage) > MOST_NAMES or len(case.models) > MOST_ROWS:
        del functions["parse"]
    gc.collect()
    gc.freeze()
    spent = interleaved(functions, runs)
    gc.unfreeze()
    loads = spent["loads"].cpu
    cells = [_cell(spent.get(name)) for name in ("loads", "parse", "first")]
    cells += [f"{spent['first'].cpu / loads:>6.2f}", _cell(spent["minute"]), f"{spent['minute'].cpu / loads:>6.2f}"]
    cells += [_cell(spent[name]) for name in ("rows", "records")]
    peak, held = memory(sources)
    look_up = interleaved({"": sources.look_up()}, 1_000)[""].cpu
    cells += [f"{peak / 2**20:>8.1f}", f"{held / 2**20:>8.2f}", f"{look_up * 1e6:>7.1f}"]
    print(f"{case.title:<40}", *cells, flush=True)


def _cell(spent: Spent | None) -> str:
    return f"{'-':>15}" if spent is None else f"{spent.cpu * 1e3:>7.1f} ({spent.wall * 1e3:.1f})".ljust(15)


def main() -> None:
    """Run all cases, garbage collected as the app has it collected."""
    gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="add the cases a hundred times as large")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS, help="folder of recorded days")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}: milliseconds of CPU (and of wall time), medians")
    timings = [f"{name:>7}".ljust(15) for name in ("loads", "parse", "first", "minute", "rows", "records")]
    first, minute = timings[:3], timings[3:4]
    columns = [*first, f"{'x':>6}", *minute, f"{'x':>6}", *timings[4:]]
    print(f"{'case':<40}", *columns, f"{'peak MiB':>8}", f"{'held MiB':>8}", f"{'read us':>7}")
    cases = [(image_case(700, 100), 15), (text_case(4_000, 5_000), 15), (family_case(4_000), 15)]
    cases += [(case, 15) for case in recorded_cases(arguments.recordings)]
    for case, runs in cases:
        measure(case, runs)
    measure(image_case(7_000, 1_000), 5)
    measure(text_case(40_000, 50_000), 5)
    if arguments.full:
        measure(image_case(MOST_ROWS, 3_000), 3)
        measure(text_case(400_000, 500_000), 3)
    print(f"largest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:,.0f} MiB")


if __name__ == "__main__":
    main()
