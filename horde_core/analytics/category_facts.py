"""Status, usage and workers of one category, indexed by API name and added up for any set of names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypedDict

from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    combined_eta,
    combined_performance,
    grouped,
    is_available,
)
from horde_core.analytics.records import UsageStats, WorkerSummary
from horde_core.unknowns import sum_or_unknown
from horde_core.upstream.api_records import Count, HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.vocabulary import PERIODS, ModelType

StatusRows = Sequence[HordeModelStatus] | IndexedHordeModelStatus
Usage = HordeModelStatsResponse | IndexedHordeModelStats
Workers = Sequence[HordeWorker] | IndexedHordeWorkers


class Requests(NamedTuple):
    """Requests in the three periods; None is unknown."""

    day: int | None
    month: int | None
    total: int | None


class Live(TypedDict):
    """The fields of :class:`~horde_core.analytics.records.LiveFigures`."""

    thread_count: int | None
    thread_count_source: Literal["status", "workers"] | None
    worker_count: int | None
    worker_count_source: Literal["workers", "threads"] | None
    queued_jobs: int | None
    queued: float | None
    performance: float | None
    eta: int | None


class CategoryFacts:
    """The sources of one category; ``None`` is an unavailable source. The inputs are not changed."""

    def __init__(
        self,
        status: StatusRows | None,
        usage: Usage | None,
        workers: Workers | None,
        model_type: ModelType | None,
    ) -> None:
        rows = [*status] if status is not None and is_available(status) else None
        staff = [*workers] if workers is not None and is_available(workers) else None
        response = usage.response if isinstance(usage, IndexedHordeModelStats) else usage
        self.model_type = model_type or _type_of(rows, staff)
        self.rows = None if rows is None else [row for row in rows if row.type in (None, self.model_type)]
        self.workers = None if staff is None else [worker for worker in staff if worker.type in (None, self.model_type)]
        self.maps: list[dict[str, Count] | None] = [response.period(p) if response else None for p in PERIODS]
        self.has_usage = any(counts is not None for counts in self.maps)
        self.rows_by_name = grouped((row.name, row) for row in self.rows or ())
        self.hides_models = any(map(hides_models, self.workers or ()))
        self._workers_by_name: dict[str, dict[str, WorkerSummary]] = {}
        self._known_serving: set[str] = set()
        self._maybe_serving: set[str] = set()
        self._index_workers()
        self._names_of_others = _names_of_others(workers, staff, self.model_type)
        self._idle = {is_absent_zero: self._figures((), False, is_absent_zero) for is_absent_zero in (False, True)}

    def _index_workers(self) -> None:
        """Index workers by the names they serve, each name's workers by id in order."""
        serving: dict[str, bool | None] = {}
        for worker in sorted(self.workers or (), key=lambda worker: worker.identity):
            identity, summary = worker.identity, _summary(worker)
            serving[identity] = is_serving(worker)
            for name in () if worker.type is None else worker.models or ():
                listed = self._workers_by_name.get(name)
                if listed is None:
                    self._workers_by_name[name] = {identity: summary}
                else:
                    listed[identity] = summary
        self._known_serving = {identity for identity, is_known in serving.items() if is_known}
        self._maybe_serving = {identity for identity, is_known in serving.items() if is_known is None}

    def names(self) -> Iterable[str]:
        """Every API name in any source, once."""
        names: dict[str, None] = {}
        for mentioned in (*self.maps, self.rows_by_name, self._workers_by_name):
            names.update(dict.fromkeys(mentioned or ()))
        return names

    def has_status(self, names: Iterable[str]) -> bool:
        """Whether the status lists any of these names."""
        return not self.rows_by_name.keys().isdisjoint(names)

    def requests(self, names: Sequence[str]) -> Requests:
        """Requests of these names: 0 where a compiled map does not list them, None where there is no map."""
        day, month, total = self.maps
        return Requests(_requests_in(day, names), _requests_in(month, names), _requests_in(total, names))

    def usage_stats(self, requests: Requests) -> UsageStats | None:
        """The requests as a record; None when the usage source is unavailable."""
        return UsageStats(day=requests.day, month=requests.month, total=requests.total) if self.has_usage else None

    def most_used(self, names: Sequence[str]) -> str:
        """The name with most usage this month, then of all time; the first in order where they are equal."""
        if len(names) == 1:
            return names[0]
        requests = {name: self.requests([name]) for name in sorted(names)}
        return max(requests, key=lambda name: (requests[name].month or 0, requests[name].total or 0))

    def hidden(self, models: Iterable[str]) -> set[str]:
        """The models whose row workers of another type may hide: the status list has one row for each name."""
        return self._names_of_others.intersection(models)

    def live(self, names: Sequence[str], is_listed: bool, members: Sequence[str] = ()) -> Live:
        """Live figures of names that belong to models of the reference (``members``) or to none.

        ``is_listed``: a row of the status has one of the names of the whole model, of which these may be a part. Most
        names of a large network have no row and no worker, and share one result.
        """
        # Image models of the reference have a row as soon as work waits for them, unless another type's row hides it.
        is_absent_zero = self.model_type == "image" and bool(members) and not self.hidden([*names, *members])
        if is_listed or not self._workers_by_name.keys().isdisjoint(names):
            return self._figures(names, is_listed, is_absent_zero)
        return self._idle[is_absent_zero]

    def _figures(self, names: Sequence[str], is_listed: bool, is_absent_zero: bool) -> Live:
        rows = [row for name in names for row in self.rows_by_name.get(name, ())]
        serving, by_workers = self._serving(names), self.workers is not None
        workers = None if serving is None else len(serving)
        threads: int | None = None
        queue: int | None = None
        source: Literal["status", "workers"] | None = None
        if is_listed:
            threads, source = sum_or_unknown([row.count for row in rows]), "status"
        elif self.rows is not None and by_workers:
            threads = None if serving is None else sum_or_unknown([worker.threads for worker in serving])
            queue, source = 0 if is_absent_zero and workers == 0 else None, "workers"
        return {
            "thread_count": threads,
            "thread_count_source": source,
            "worker_count": workers if by_workers else threads,
            "worker_count_source": "workers" if by_workers else "threads" if threads is not None else None,
            "queued_jobs": sum_or_unknown([row.jobs for row in rows]) if is_listed else queue,
            "queued": sum_or_unknown([row.queued for row in rows]) if is_listed else queue,
            "performance": combined_performance(rows) if rows else None,
            "eta": combined_eta(rows) if rows else None,
        }

    def worker_summaries(self, names: Sequence[str]) -> dict[str, WorkerSummary] | None:
        """The workers that list any of these names, by id in order; None when that is not known."""
        return None if self.workers is None or self.hides_models else self._workers_of(names)

    def _workers_of(self, names: Sequence[str]) -> dict[str, WorkerSummary]:
        """The same without that check. A worker that lists several of the names counts once."""
        listed = [self._workers_by_name[name] for name in names if name in self._workers_by_name]
        if len(listed) < 2:
            return listed[0] if listed else {}
        serving = {identity: summary for workers in listed for identity, summary in workers.items()}
        return {identity: serving[identity] for identity in sorted(serving)}

    def _serving(self, names: Sequence[str]) -> list[WorkerSummary] | None:
        """The online workers, not in maintenance, that list any of these names. None where that is not known."""
        listed = self._workers_of(names)
        if self.workers is None or self.hides_models or not self._maybe_serving.isdisjoint(listed):
            return None
        return [listed[identity] for identity in self._known_serving.intersection(listed)]


def _names_of_others(workers: Workers | None, staff: Sequence[HordeWorker] | None, model_type: ModelType) -> set[str]:
    """The API names that workers of another type serve."""
    others = workers.of_other_types if isinstance(workers, IndexedHordeWorkers) else ()
    foreign = [worker for worker in staff or () if worker.type not in (None, model_type)]
    return {name for worker in (*others, *foreign) if is_serving(worker) is not False for name in worker.models or ()}


def _requests_in(counts: dict[str, Count] | None, names: Sequence[str]) -> int | None:
    if counts is None:
        return None
    if len(names) == 1:
        return counts.get(names[0], 0)
    return sum_or_unknown([counts.get(name, 0) for name in names])


def is_serving(worker: HordeWorker) -> bool | None:
    """Whether a worker is online and not in maintenance; None when unknown. The API lists online workers only."""
    if worker.online is False:
        return False
    return None if worker.maintenance_mode is None else not worker.maintenance_mode


def hides_models(worker: HordeWorker) -> bool:
    """Whether the models that a worker serves, or their category, are unknown; alchemists serve none."""
    return (worker.type is None or worker.models is None) and worker.forms is None


def _type_of(rows: list[HordeModelStatus] | None, workers: list[HordeWorker] | None) -> ModelType:
    """Read the category from the rows or the workers; text when unknown, where every rule applies."""
    for row in rows or ():
        if row.type is not None:
            return row.type
    for worker in workers or ():
        if worker.type == "image" or worker.type == "text":
            return worker.type
    return "text"


def _summary(worker: HordeWorker) -> WorkerSummary:
    return WorkerSummary(
        id=worker.identity,
        name=worker.name,
        threads=worker.threads,
        performance=None if worker.speed is None else worker.performance,
        online=worker.online,
        maintenance_mode=worker.maintenance_mode,
        trusted=worker.trusted,
        uptime=worker.uptime,
    )
