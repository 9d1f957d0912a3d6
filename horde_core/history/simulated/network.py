"""Figures of the network in the simulated past: by sample, and by hour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection

from horde_core.analytics.network import PIXELSTEPS_A_MEGAPIXELSTEP
from horde_core.demo.horde import WORK_A_JOB, SimulatedHorde
from horde_core.demo.seeded import Counts, Times
from horde_core.history import tables
from horde_core.history.simulated.rows import write
from horde_core.history.simulated.watch import HOUR, Watch
from horde_core.vocabulary import MODEL_TYPES

FIELDS: Mapping[tuple[str, str], str] = {
    ("image", "workers"): "worker_count",
    ("image", "threads"): "thread_count",
    ("image", "jobs"): "queued_requests",
    ("image", "queued"): "queued_megapixelsteps",
    ("image", "per_minute"): "past_minute_megapixelsteps",
    ("text", "workers"): "text_worker_count",
    ("text", "threads"): "text_thread_count",
    ("text", "jobs"): "queued_text_requests",
    ("text", "queued"): "queued_tokens",
    ("text", "per_minute"): "past_minute_tokens",
    ("alchemy", "workers"): "interrogator_count",
    ("alchemy", "threads"): "interrogator_thread_count",
    ("alchemy", "jobs"): "queued_forms",
    ("alchemy", "queued"): "queued_forms",
}
"""The API's field of each figure by kind of work."""
COUNTERS = tuple((category, figure) for category in MODEL_TYPES for figure in ("requests", "work"))
UNITS = {"image": PIXELSTEPS_A_MEGAPIXELSTEP, "text": 1}
"""Units of the API in one of the screen, of work."""


class NetworkPast:
    """The samples of the network that were written so far."""

    def __init__(self, horde: SimulatedHorde, watch: Watch) -> None:
        self._horde = horde
        self._watch = watch
        self._until: int | None = None

    def write(self, connection: Connection, until: int) -> None:
        """Write the samples that are not written yet, and the hours that they fall into."""
        first = self._watch.since if self._until is None else self._until - self._until % HOUR
        if self._until is None:
            figures = [(number, *figure) for number, figure in enumerate((*FIELDS, *COUNTERS), 1)]
            write(connection, tables.network_figure, figures)
        for times in self._watch.days(first, until):
            self._write_samples(connection, times)
        for source in ("performance", "totals:image", "totals:text"):
            write(connection, tables.source_hour, self._watch.hours(source, first, until))
        self._until = until

    def _write_samples(self, connection: Connection, times: Counts) -> None:
        fields = self._horde.performance(times // 60)
        values = np.stack([*(fields[field] for field in FIELDS.values()), *self._counters(times // 60)])
        numbers = np.arange(1, len(values) + 1)
        kept = times >= self._watch.by_slot_since
        by_sample = [np.repeat(numbers, kept.sum()), np.tile(times[kept], len(values)), values[:, kept].ravel()]
        write(connection, tables.network_sample, zip(*(one.tolist() for one in by_sample), strict=True))
        hours, starts, counts = np.unique(times - times % HOUR, return_index=True, return_counts=True)
        columns = [
            np.repeat(numbers, len(hours)),
            np.tile(hours, len(values)),
            np.tile(counts, len(values)),
            *(one.reduceat(values, starts, axis=1).ravel() for one in (np.add, np.minimum, np.maximum)),
            values[:, [*(starts[1:] - 1), -1]].ravel(),
        ]
        write(connection, tables.network_hour, zip(*(one.tolist() for one in columns), strict=True))

    def _counters(self, minutes: Counts) -> list[Times]:
        """Return the requests and the work of all time, in the units of the screen."""
        requests = [self._horde.requests(category, minutes) for category in MODEL_TYPES]
        return [
            figure
            for category, count in zip(MODEL_TYPES, requests, strict=True)
            for figure in (count.astype(np.float64), count * WORK_A_JOB[category] / UNITS[category])
        ]
