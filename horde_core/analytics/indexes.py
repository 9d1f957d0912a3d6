"""Immutable look-ups over the API's records.

A look-up by name answers for the exact spelling or, where there is none, for the sum of the spellings that differ
in case only. ``available`` is False when the source is unavailable; then every figure is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Generic, Self, TypeVar

from horde_core.unknowns import sum_or_unknown
from horde_core.upstream.api_records import (
    LONGEST_ETA,
    UNKNOWN_ETA,
    HordeModelStatsResponse,
    HordeModelStatus,
    HordeWorker,
)
from horde_core.vocabulary import PERIODS, Period, WorkerType

K = TypeVar("K")
T = TypeVar("T")


class SourceRows(tuple[T, ...], Generic[T]):
    """The rows of a source. ``available`` is False where the source has no answer, as opposed to an empty one."""

    available: bool = True

    @classmethod
    def unavailable(cls) -> SourceRows[T]:
        """Return the rows of an unavailable source: none, and not available."""
        rows = cls()
        rows.available = False
        return rows


def is_available(rows: object) -> bool:
    """Whether rows (a plain sequence, :class:`SourceRows` or an ``Indexed*``) stand for a source that answered."""
    return rows is not None and getattr(rows, "available", True)


class IndexedRows(Generic[T]):
    """The rows of a source, in the API's order."""

    def __init__(self, rows: Sequence[T] = ()) -> None:
        self.available = is_available(rows)
        self._rows = tuple(rows)

    @classmethod
    def unavailable(cls) -> Self:
        """Return the index of an unavailable source: empty, and not available."""
        return cls(SourceRows.unavailable())

    def get_all(self) -> list[T]:
        """Return all rows, as the API ordered them."""
        return list(self._rows)

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class IndexedHordeModelStatus(IndexedRows[HordeModelStatus]):
    """Live status by API name."""

    @cached_property
    def _by_name(self) -> dict[str, list[HordeModelStatus]]:
        return grouped((row.name, row) for row in self._rows)

    @cached_property
    def _by_folded_name(self) -> dict[str, list[HordeModelStatus]]:
        return grouped((row.name.casefold(), row) for row in self._rows)

    def get(self, name: str) -> HordeModelStatus | None:
        """Return the row of a name; the sum over its other spellings where the exact one is not listed."""
        rows = self._by_name.get(name) or self._by_folded_name.get(name.casefold())
        if not rows:
            return None
        return rows[0] if len(rows) == 1 else _summed(name, rows)

    def __eq__(self, other: object) -> bool:
        """Equal rows in any order: the order of the API carries no meaning."""
        return isinstance(other, IndexedHordeModelStatus) and _by_name(self._rows) == _by_name(other._rows)

    __hash__ = None  # type: ignore[assignment]


class IndexedHordeModelStats:
    """Usage by API name: requests in a day, a month (30 days) and in total."""

    def __init__(self, response: HordeModelStatsResponse | None = None) -> None:
        self.response = response or HordeModelStatsResponse()
        self.available = any(self.response.period(period) is not None for period in PERIODS)

    @cached_property
    def _spellings(self) -> dict[str, list[str]]:
        return grouped((name.casefold(), name) for name in self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every API name in any of the three maps, once, in the API's order."""
        return tuple(dict.fromkeys(chain.from_iterable(self.response.period(period) or () for period in PERIODS)))

    def __len__(self) -> int:
        return len(self.names)

    def get_day(self, name: str) -> int | None:
        """Requests in the 24 hours before the API compiled its usage; None when unknown or not listed."""
        return self.get(name, "day")

    def get_month(self, name: str) -> int | None:
        """Requests in the 30 days before the API compiled its usage; None when unknown or not listed."""
        return self.get(name, "month")

    def get_total(self, name: str) -> int | None:
        """Requests of all time; None when unknown or not listed."""
        return self.get(name, "total")

    def get(self, name: str, period: Period) -> int | None:
        """Requests in one period; None where the map is missing or lists the name in no spelling."""
        counts = self.response.period(period)
        if counts is None:
            return None
        if name in counts:
            return counts[name]
        spellings = self._spellings.get(name.casefold())
        return sum_or_unknown(counts.get(spelling, 0) for spelling in spellings) if spellings else None

    def has_stats(self, name: str) -> bool:
        """Whether usage lists this name in any spelling, zeros included."""
        return name.casefold() in self._spellings

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndexedHordeModelStats) and self.response == other.response

    __hash__ = None  # type: ignore[assignment]


class IndexedHordeWorkers(IndexedRows[HordeWorker]):
    """Workers by the API names they serve, and by id."""

    def __init__(self, workers: Sequence[HordeWorker] = ()) -> None:
        super().__init__(workers)
        self.of_other_types: tuple[HordeWorker, ...] = ()
        self._of_type: dict[WorkerType, IndexedHordeWorkers] = {}

    @cached_property
    def _by_name(self) -> dict[str, list[HordeWorker]]:
        return grouped((name, worker) for worker in self._rows for name in dict.fromkeys(worker.models or ()))

    @cached_property
    def _by_folded_name(self) -> dict[str, list[HordeWorker]]:
        return grouped(
            (name, worker)
            for worker in self._rows
            for name in dict.fromkeys(model.casefold() for model in worker.models or ())
        )

    @cached_property
    def _by_id(self) -> dict[str, HordeWorker]:
        return {worker.identity: worker for worker in self._rows}

    def get(self, name: str) -> list[HordeWorker]:
        """Return the workers that list this name; those with another spelling where no worker lists the exact one."""
        return list(self._by_name.get(name) or self._by_folded_name.get(name.casefold()) or ())

    def get_by_id(self, worker_id: str) -> HordeWorker | None:
        """Return one worker; None when it is not online."""
        return self._by_id.get(worker_id)

    def of_type(self, worker_type: WorkerType) -> IndexedHordeWorkers:
        """Return the workers of one type and those of unknown type: the same object each time.

        Its ``of_other_types`` holds the others.
        """
        if worker_type not in self._of_type:
            chosen = IndexedHordeWorkers([worker for worker in self._rows if worker.type in (None, worker_type)])
            chosen.available = self.available
            chosen.of_other_types = tuple([one for one in self._rows if one.type not in (None, worker_type)])
            self._of_type.setdefault(worker_type, chosen)
        return self._of_type[worker_type]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndexedHordeWorkers) and self._rows == other._rows

    __hash__ = None  # type: ignore[assignment]


def combined_performance(rows: Sequence[HordeModelStatus]) -> float | None:
    """Mean speed over the names with a known one (0.0 is unknown), weighted by threads; in the API's raw units."""
    if len(rows) == 1:
        return rows[0].performance or None
    known = [(row.performance, row.count) for row in rows if row.performance]
    if len(known) == 1:
        return known[0][0]
    threads = sum_or_unknown(weight for _, weight in known)
    if threads:
        return math.fsum(speed * (weight or 0) for speed, weight in known) / threads
    return math.fsum(speed for speed, _ in known) / len(known) if known and threads == 0 else None


def combined_eta(rows: Sequence[HordeModelStatus]) -> int | None:
    """Seconds to drain the queue of these names together; None where no speed is known or there are no rows."""
    if len(rows) == 1:
        return None if rows[0].eta == UNKNOWN_ETA else rows[0].eta
    queued = sum_or_unknown(row.queued for row in rows)
    if queued is None or not rows:
        return None
    if queued == 0:
        return 0
    if any(row.count is None for row in rows):
        return None
    rate = math.fsum((row.count or 0) * (row.performance or 0.0) for row in rows)
    return int(queued / rate) if rate and queued / rate <= LONGEST_ETA else None


def _by_name(rows: Iterable[HordeModelStatus]) -> list[HordeModelStatus]:
    return sorted(rows, key=lambda row: row.name)


def _summed(name: str, rows: Sequence[HordeModelStatus]) -> HordeModelStatus:
    return HordeModelStatus(
        name=name,
        count=sum_or_unknown(row.count for row in rows),
        performance=combined_performance(rows) or 0.0,
        queued=sum_or_unknown(row.queued for row in rows),
        jobs=sum_or_unknown(row.jobs for row in rows),
        eta=combined_eta(rows),
        type=rows[0].type,
    )


def grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """Put the values of each key together, in their order."""
    groups: dict[K, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
