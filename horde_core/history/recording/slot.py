"""A slot: what the sources said since the last look, written in one transaction.

Everything that is compared with is read in the same transaction, so that a restart, a repeat or a second writer changes
nothing: a sample that is no newer than what is recorded of its source is left out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from horde_core.analytics.indexes import IndexedHordeWorkers
from horde_core.history import tables
from horde_core.history.recording.figures import names_with_work, performance_figures, totals_figures, worker_figures
from horde_core.history.recording.sample import (
    Sample,
    Stretch,
    count_sample,
    cover,
    day_of,
    last_stretches,
)
from horde_core.history.recording.stretches import served
from horde_core.history.recording.worker_days import write_worker_days
from horde_core.history.recording.write_live import (
    write_figures,
    write_names,
    write_serving,
    write_workers,
)
from horde_core.history.recording.write_reference import write_reference
from horde_core.history.recording.write_usage import is_whole, write_usage
from horde_core.history.store import StoreError, generations, insert_into

FUTURE_SECONDS = 300
"""The clocks of two machines may differ by so much."""


class FutureCoverageError(StoreError):
    """What is recorded lies in the future: the clock was set back, or was wrong before."""


def check_clock(last: Mapping[str, Stretch], now: float) -> None:
    """Raise :class:`FutureCoverageError` where something is recorded that lies after ``now``."""
    latest = max((stretch.ended for stretch in last.values()), default=0)
    if latest > now + FUTURE_SECONDS:
        until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(latest))
        raise FutureCoverageError(f"The history is not kept: it reaches to {until}, later than the clock says")


def write_slot(connection: Connection, samples: Sequence[Sample], now: float) -> set[str]:
    """Record the samples that are news, and return the parts of the history that changed.

    Raises :class:`FutureCoverageError` where something is recorded that lies after ``now``.
    """
    last = last_stretches(connection)
    check_clock(last, now)
    slot = _Slot(connection, last, now)
    order = ("workers", "performance", "status", "totals", "usage", "reference")
    for sample in sorted(samples, key=lambda sample: order.index(sample.source.partition(":")[0])):
        slot.write(sample)
    known = generations(connection) if slot.written else {}
    for part in slot.written:
        value = str(known.get(part, 0) + 1)
        insert = insert_into(connection.dialect.name, tables.meta).values(key=f"generation:{part}", value=value)
        keys = [tables.meta.c.key]
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"value": value}))
    return slot.written


class _Slot:
    def __init__(self, connection: Connection, last: Mapping[str, Stretch], now: float) -> None:
        self.connection = connection
        self.last = last
        self.written: set[str] = set()
        self._now = now
        self._workers: IndexedHordeWorkers | None = None

    def write(self, sample: Sample) -> None:
        """Record one sample, where it is news and believable."""
        last = self.last.get(sample.source)
        if (last is not None and sample.at <= last.ended) or sample.at > self._now + FUTURE_SECONDS:
            return
        name, _, category = sample.source.partition(":")
        is_recorded = getattr(self, f"_write_{name}")(sample, category)
        if is_recorded:
            cover(self.connection, sample, last)
            if name not in ("usage", "reference"):
                count_sample(self.connection, sample)

    def _gap_from(self, sample: Sample) -> int | None:
        last = self.last.get(sample.source)
        return None if last is None or last.is_continued_by(sample) else last.ended

    def _write_workers(self, sample: Sample, _category: str) -> bool:
        self._workers = sample.value
        workers = self._workers.get_all() if self._workers else []
        write_workers(self.connection, workers, sample.at, self._gap_from(sample))
        write_figures(self.connection, worker_figures(workers), sample.at)
        last = self.last.get(sample.source)
        if last is not None and day_of(last.ended) < day_of(sample.at):
            write_worker_days(self.connection, day_of(last.ended), day_of(sample.at))
        self.written |= {"workers", "network"}
        return True

    def _write_performance(self, sample: Sample, _category: str) -> bool:
        write_figures(self.connection, performance_figures(sample.value, self._workers is not None), sample.at)
        self.written.add("network")
        return True

    def _write_totals(self, sample: Sample, category: Any) -> bool:
        write_figures(self.connection, totals_figures(sample.value, category), sample.at)
        self.written.add("network")
        return True

    def _write_status(self, sample: Sample, category: Any) -> bool:
        rows = sample.value.get_all()
        write_names(self.connection, category, names_with_work(rows), sample.at)
        gap_from = self._gap_from(sample)
        last = self.last.get("workers")
        # A list of workers that is only late is waited for, unless a gap has to end what was before.
        is_late = self._workers is None and last is not None and last.is_continued_by(sample)
        if gap_from is not None or not is_late:
            workers = None if self._workers is None else self._workers.of_type(category).get_all()
            write_serving(self.connection, category, served(rows, workers), sample.at, gap_from)
        self.written.add(f"names:{category}")
        return True

    def _write_usage(self, sample: Sample, category: str) -> bool:
        if not is_whole(sample.value.response):
            return False
        found = write_usage(self.connection, category, sample)
        if found == "new":
            self.written.add(f"usage:{category}")
        return found != "older"

    def _write_reference(self, sample: Sample, category: str) -> bool:
        last = self.last.get(sample.source)
        self.written.add("reference")
        return write_reference(self.connection, category, sample, last.ended if last else None)
