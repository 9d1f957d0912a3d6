"""Status, usage and workers of one category, indexed by API name and added up for any set of names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Literal, NamedTuple

from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    combined_eta,
    combined_performance,
    grouped,
    is_available,
)
from horde_core.analytics.records import Live, UsageStats, WorkerSummary
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


class CategoryFacts:
    """The sources of one category; ``None`` is an unavailable source. The inputs are not changed.

    ``live_names`` are the API names with a row in the status or a worker, each once.
    """

    def __init__(
        self,
        status: StatusRows | None,
        usage: Usage | None,
        workers: Workers | None,
        model_type: ModelType | None,
    ) -> None:
        rows = [*status] if status is not None and is_available(status) else None
        staff = [*workers] if workers is not None and is_available(workers) else None
        self.usage = usage if isinstance(usage, IndexedHordeModelStats) else IndexedHordeModelStats(usage)
        self.model_type = model_type or _type_of(rows, staff)
        self.rows = None if rows is None else [row for row in rows if row.type in (None, self.model_type)]
        self.workers = None if staff is None else [worker for worker in staff if worker.type in (None, self.model_type)]
        self.maps: list[dict[str, Count] | None] = [self.usage.response.period(period) for period in PERIODS]
        self.rows_by_name = grouped((row.name, row) for row in self.rows or ())
        self.hides_models = any(map(hides_models, self.workers or ()))
        self._workers_by_name: dict[str, list[HordeWorker]] = {}
        self._is_serving: dict[str, bool | None] = {}
        self._index_workers()
        self.live_names = dict.fromkeys(chain(self.rows_by_name, self._workers_by_name))
        self._summaries: dict[int, WorkerSummary] = {}
        # Image models of the reference have a row as soon as work waits for them, unless another type's row hides it.
        self.names_of_others = _names_of_others(workers, staff) if self.model_type == "image" else set()
        self._idle = {is_absent_zero: self._figures((), False, is_absent_zero) for is_absent_zero in (False, True)}

    def _index_workers(self) -> None:
        """Index workers by the names they serve, each name's workers by id in order."""
        by_name = self._workers_by_name
        for worker in sorted(self.workers or (), key=attrgetter("identity")):
            self._is_serving[worker.identity] = is_serving(worker)
            for name in () if worker.type is None else worker.models or ():
                if name in by_name:
                    by_name[name].append(worker)
                else:
                    by_name[name] = [worker]

    def has_status(self, names: Iterable[str]) -> bool:
        """Whether the status lists any of these names."""
        return not self.rows_by_name.keys().isdisjoint(names)

    def requests(self, names: Sequence[str]) -> Requests:
        """Requests of these names: 0 where a compiled map does not list them, None where there is no map."""
        day, month, total = self.maps
        return Requests(_requests_in(day, names), _requests_in(month, names), _requests_in(total, names))

    def usage_stats(self, requests: Requests) -> UsageStats | None:
        """The requests as a record; None when the usage source is unavailable."""
        return UsageStats(**requests._asdict()) if self.usage.available else None

    def most_used(self, names: Sequence[str]) -> str:
        """The name with most usage this month, then of all time; the first in order where they are equal."""
        if len(names) == 1:
            return names[0]
        requests = {name: self.requests([name]) for name in sorted(names)}
        return max(requests, key=lambda name: (requests[name].month or 0, requests[name].total or 0))

    def live(self, names: Sequence[str], is_listed: bool, members: Sequence[str] = ()) -> Live:
        """Live figures of names that belong to models of the reference (``members``) or to none.

        ``is_listed``: a row of the status has one of the names of the whole model, of which these may be a part. Most
        names of a large network have no row and no worker, and share one result.
        """
        is_image_model = self.model_type == "image" and bool(members)
        is_absent_zero = is_image_model and self.names_of_others.isdisjoint(chain(names, members))
        if is_listed or not self._workers_by_name.keys().isdisjoint(names):
            return self._figures(names, is_listed, is_absent_zero)
        return self._idle[is_absent_zero]

    def idle(self, is_reference: bool) -> Live:
        """Live figures of models of the reference, or of unlisted names, without a row and a worker."""
        return self._idle[self.model_type == "image" and is_reference]

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
        return Live(
            thread_count=threads,
            thread_count_source=source,
            worker_count=workers if by_workers else threads,
            worker_count_source="workers" if by_workers else "threads" if threads is not None else None,
            queued_jobs=sum_or_unknown([row.jobs for row in rows]) if is_listed else queue,
            queued=sum_or_unknown([row.queued for row in rows]) if is_listed else queue,
            performance=combined_performance(rows) if rows else None,
            eta=combined_eta(rows) if rows else None,
        )

    def worker_summaries(self, names: Sequence[str]) -> dict[str, WorkerSummary] | None:
        """The workers that list any of these names, by id in order; None when that is not known."""
        if self.workers is None or self.hides_models:
            return None
        return {identity: self._summary(worker) for identity, worker in self._workers_of(names).items()}

    def _summary(self, worker: HordeWorker) -> WorkerSummary:
        """The record of a worker, made once for all names that it serves."""
        if id(worker) not in self._summaries:
            self._summaries[id(worker)] = _summary(worker)
        return self._summaries[id(worker)]

    def _workers_of(self, names: Sequence[str]) -> dict[str, HordeWorker]:
        """The same without that check, plain. A worker that lists several of the names counts once."""
        listed = [self._workers_by_name[name] for name in names if name in self._workers_by_name]
        serving = {worker.identity: worker for worker in chain.from_iterable(listed)}
        return serving if len(listed) < 2 else {identity: serving[identity] for identity in sorted(serving)}

    def _serving(self, names: Sequence[str]) -> list[HordeWorker] | None:
        """The online workers, not in maintenance, that list any of these names. None where that is not known."""
        listed = self._workers_of(names)
        serving = [self._is_serving[identity] for identity in listed]
        if self.workers is None or self.hides_models or None in serving:
            return None
        return [worker for worker, is_counted in zip(listed.values(), serving, strict=True) if is_counted]


def _names_of_others(workers: Workers | None, staff: Sequence[HordeWorker] | None) -> set[str]:
    """The API names that workers of another type than image serve."""
    others = workers.of_other_types if isinstance(workers, IndexedHordeWorkers) else ()
    foreign = [worker for worker in staff or () if worker.type not in (None, "image")]
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
