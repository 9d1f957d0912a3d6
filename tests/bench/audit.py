"""How long the audit of a category takes, and what memory: ``python -m tests.bench.audit``.

Prints a table, one row a case: medians of several runs in milliseconds. *audit* reads the records, judges every model
and counts, the merge given; *what-if* is that with another threshold, as on the page, the records read before;
*filter* is one preset, one severity and one range over all models; *peak* is the memory that Python allocated for an
audit. Garbage is collected as the app has it collected.
"""

from __future__ import annotations

import gc
import platform
import tracemalloc
from datetime import date

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import merge_everything
from horde_core.audit import AuditThresholds, audit_category, model_subjects
from horde_core.audit.filters import selection
from horde_core.settings import Settings
from horde_core.upstream.model_reference import ModelRecord
from horde_core.upstream.parsing import parse_status, parse_usage, parse_workers
from horde_core.web.garbage import MIDDLE_THRESHOLD, OLD_THRESHOLD, YOUNG_THRESHOLD
from tests.bench.merge import Case, image_case, text_case, timed

TODAY = date(2026, 1, 1)


def records(case: Case) -> dict[str, ModelRecord]:
    """A record for each model; every third lies on another host than the others, every seventh has no baseline."""
    return {
        name: ModelRecord(
            name=name,
            description="A model.",
            baseline=None if number % 7 == 0 else "sdxl",
            size=2_000_000_000 + number,
            downloads=(f"https://{'civitai.com' if number % 3 == 0 else 'huggingface.co'}/x/{number}.safetensors",),
        )
        for number, name in enumerate(case.models)
    }


def measure(case: Case, runs: int) -> None:
    """Print one row."""
    status = IndexedHordeModelStatus(parse_status(case.status, case.model_type).data)
    usage = IndexedHordeModelStats(parse_usage(case.usage).data)
    workers = IndexedHordeWorkers(parse_workers(case.workers).data)
    merge = merge_everything(case.models, status, usage, workers, case.model_type)
    reference, month = records(case), merge.reconciliation.total_usage("month")
    thresholds = AuditThresholds.from_settings(Settings(), case.model_type)
    tried = thresholds.model_copy(update={"low_usage_percentage": 0.5})
    subjects = model_subjects(reference, merge.models)
    chosen = selection(case.model_type, {"preset": "low_usage", "severity": ["notice", "warning"], "month_from": 1.0})

    def audit() -> object:
        fresh = model_subjects(reference, merge.models)
        return audit_category(fresh, case.model_type, thresholds, month, as_of=TODAY, added={})

    def what_if() -> object:
        return audit_category(subjects, case.model_type, tried, month, as_of=TODAY, added={})

    gc.collect()
    gc.freeze()
    whole, again = timed(audit, runs), timed(what_if, runs)
    infos = audit_category(subjects, case.model_type, thresholds, month, as_of=TODAY, added={}).models
    filtering = timed(lambda: chosen.narrows(infos), runs)
    tracemalloc.start()
    audit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.unfreeze()
    print(
        f"{case.title:<42} {whole * 1e3:>9.1f} {again * 1e3:>11.1f} {filtering * 1e3:>10.1f} {peak / 2**20:>9.1f}",
        flush=True,
    )


def main() -> None:
    """Run all cases."""
    gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD)
    print(f"Python {platform.python_version()}, {platform.machine()}, median of several runs")
    print(f"{'case':<42} {'audit ms':>9} {'what-if ms':>11} {'filter ms':>10} {'peak MiB':>9}")
    measure(image_case(700, 100), 15)
    measure(text_case(700, 9_000), 15)
    measure(text_case(5_000, 6_000), 7)
    measure(image_case(50_000, 1_000), 5)
    measure(text_case(50_000, 60_000), 5)
    measure(text_case(100_000, 120_000), 3)


if __name__ == "__main__":
    main()
