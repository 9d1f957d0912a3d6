"""What a changed queue row costs: ``python -m tests.bench.minute [--recordings FOLDER]``.

Prints a table, one row for each thing that pages read of a category: milliseconds of CPU for the first minute of a
usage, and for a minute in which one row of the status has changed (medians), and the memory that all of one such minute
holds. Cases are a made-up text category and, where there are recordings, the latest recorded day. Garbage is collected
as the app has it collected.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from horde_core.analytics.category_statistics import category_statistics
from horde_core.analytics.indexes import IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.audit import AuditThresholds
from horde_core.frames.backends import backend_frame, backend_totals_frame, unknown_prefix_frame
from horde_core.frames.models import category_frame
from horde_core.live.snapshot import Snapshot
from horde_core.settings import Settings
from horde_core.upstream.model_reference import ModelReference
from horde_core.web.garbage import MIDDLE_THRESHOLD, OLD_THRESHOLD, YOUNG_THRESHOLD
from tests.bench.audit import records
from tests.bench.merge import Case, Sources, recorded_cases, text_case
from tests.conftest import RECORDINGS

MINUTES = 10
TODAY = date(2026, 1, 1)


def snapshots(case: Case) -> Iterator[Snapshot]:
    """Yield a category minute by minute, the queue of one row longer each time."""
    sources, reference = Sources(case), ModelReference(records(case))
    workers = IndexedHordeWorkers(sources.staff).of_type(case.model_type)
    for minute in range(MINUTES):
        place = minute % len(sources.rows)
        row = sources.rows[place]
        sources.rows[place] = row.model_copy(update={"queued": (row.queued or 0) + 100})
        yield Snapshot(
            id=str(minute),
            model_type=case.model_type,
            is_simulated=False,
            status=IndexedHordeModelStatus(sources.rows),
            usage=sources.usage,
            workers=workers,
            reference=reference,
        )


def parts(taken: Snapshot) -> Mapping[str, Callable[[], object]]:
    """What pages read of a category: all of it, and then what is read when a visitor groups text models."""
    thresholds = AuditThresholds.from_settings(Settings(), taken.model_type)
    read: dict[str, Callable[[], object]] = {
        "merge": lambda: taken.merged,
        "frame of models": lambda: category_frame(taken),
        "statistics": lambda: category_statistics(taken.reference, taken.merged, taken.model_type),
        "audit": lambda: taken.audit(thresholds, TODAY, {}),
    }
    if taken.model_type == "text":
        read |= {
            "models by backend": lambda: backend_frame(taken),
            "backends": lambda: backend_totals_frame(taken),
            "unknown prefixes": lambda: unknown_prefix_frame(taken),
            "frame of families": lambda: category_frame(taken, "family"),
            "audit of families": lambda: taken.audit(thresholds, TODAY, {}, "family"),
            "frame of exact names": lambda: category_frame(taken, "exact"),
        }
    return read


def measure(case: Case) -> None:
    """Print one case."""
    spent: dict[str, list[float]] = {}
    for taken in snapshots(case):
        for name, read in parts(taken).items():
            started = time.thread_time()
            read()
            spent.setdefault(name, []).append((time.thread_time() - started) * 1e3)
    print(f"\n{case.title:<40} {'first':>8} {'changed':>8}")
    later = {name: statistics.median(times[1:]) for name, times in spent.items()}
    for name, times in spent.items():
        print(f"{name:<40} {times[0]:>8.1f} {later[name]:>8.1f}")
    print(f"{'all':<40} {sum(times[0] for times in spent.values()):>8.1f} {sum(later.values()):>8.1f}")
    print(f"{'held by a changed minute':<40} {held(case) / 2**20:>17.2f} MiB", flush=True)


def held(case: Case) -> float:
    """Bytes that merge, frame of models, statistics and audit of one changed minute hold."""
    minutes, kept = snapshots(case), []
    for number, taken in enumerate(minutes):
        if number == MINUTES - 1:
            gc.collect()
            tracemalloc.start()
            before = pa.total_allocated_bytes()
        kept.append([taken, *(read() for read in list(parts(taken).values())[:4])])
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - before
    tracemalloc.stop()
    return grown


def main() -> None:
    """Run all cases."""
    gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, default=RECORDINGS, help="folder of recorded days")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}: milliseconds of CPU")
    for case in [text_case(4_000, 5_000), *recorded_cases(arguments.recordings)]:
        measure(case)


if __name__ == "__main__":
    main()
