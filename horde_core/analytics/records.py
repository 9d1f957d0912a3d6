"""Results of the merge of the API's data with the names of the model reference."""

from __future__ import annotations

from typing import Generic, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, computed_field

from horde_core.unknowns import Number
from horde_core.upstream.api_records import readable_name
from horde_core.vocabulary import Period


class MergedRecord(BaseModel):
    """Base of the results: frozen, and equal after a JSON round trip."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class UsageStats(MergedRecord):
    """Requests in a day, in a month (30 days) and in total; None is unknown, never zero."""

    day: int | None
    month: int | None
    total: int | None

    def period(self, period: Period) -> int | None:
        """Return the requests of one period."""
        requests: int | None = getattr(self, period)
        return requests


class WorkerSummary(MergedRecord):
    """One worker that lists a model."""

    id: str
    name: str
    threads: int | None
    performance: str | None = Field(description="the API's sentence, with its unit")
    online: bool | None
    maintenance_mode: bool | None
    trusted: bool | None
    uptime: int | None = Field(description="seconds over its whole life")

    @property
    def display_name(self) -> str:
        """The name as people read it; one that is empty has its id told instead."""
        return readable_name(self.name, self.id)


class Live(NamedTuple):
    """The fields of :class:`LiveFigures`, plain."""

    thread_count: int | None
    thread_count_source: Literal["status", "workers"] | None
    worker_count: int | None
    worker_count_source: Literal["workers", "threads"] | None
    queued_jobs: int | None
    queued: float | None
    performance: float | None
    eta: int | None

    @property
    def listed_threads(self) -> int | None:
        """Return the threads in rows of the status list: its part of the category's total."""
        return self.thread_count if self.thread_count_source == "status" else 0

    @property
    def distinct_workers(self) -> int | None:
        """Return the count of workers; None where it is unknown or only threads were counted."""
        return self.worker_count if self.worker_count_source == "workers" else None

    @property
    def unserved(self) -> bool | None:
        """Work waits and no thread serves it; None when unknown."""
        if self.queued is None or self.thread_count is None:
            return None
        return self.queued > 0 and self.thread_count == 0


class LiveFigures(MergedRecord):
    """Live figures of a set of API names, in the units of the API."""

    thread_count: int | None = Field(description="threads that serve it now; see the source")
    thread_count_source: Literal["status", "workers"] | None = Field(
        None,
        description="'status': rows of the status list; 'workers' where no row names it: the threads of the online "
        "workers outside maintenance that serve it; None where neither is known",
    )
    worker_count: int | None = Field(description="distinct online workers, not in maintenance; see the source")
    worker_count_source: Literal["workers", "threads"] | None = Field(
        description="'threads' where no workers were given: then it is a count of threads"
    )
    queued_jobs: int | None = Field(
        description="jobs waiting or in progress; a request that names several models counts in each"
    )
    queued: float | None = Field(
        description="pixelsteps or tokens waiting, of one image of each request: at least so many"
    )
    performance: float | None = Field(description="pixelsteps/s or tokens/s a job")
    eta: int | None = Field(description="seconds to drain the queue")

    @property
    def live(self) -> Live:
        """The same figures, plain."""
        return Live(*[getattr(self, figure) for figure in Live._fields])

    @property
    def listed_threads(self) -> int | None:
        """Return the threads in rows of the status list: its part of the category's total."""
        return self.live.listed_threads

    @property
    def distinct_workers(self) -> int | None:
        """Return the count of workers; None where it is unknown or only threads were counted."""
        return self.live.distinct_workers


class BackendVariation(LiveFigures):
    """The figures of one backend of a text model.

    They add up to those of the model, except workers, and threads that are counted from workers.
    """

    backend: str
    names: tuple[str, ...] = Field(description="the real API names, sorted")
    variant_name: str = Field(description="the name with most usage")
    usage_day: int | None
    usage_month: int | None
    usage_total: int | None


class CombinedModelStatistics(LiveFigures):
    """The figures of one model of the reference, or of one unlisted name."""

    names: tuple[str, ...] = Field(description="API names attributed to it, sorted; empty when the API has none")
    usage_stats: UsageStats | None = Field(description="None when the usage source is unavailable")
    worker_summaries: dict[str, WorkerSummary] | None = Field(description="by id; None when workers were not given")
    backend_variations: dict[str, BackendVariation] | None = Field(description="by backend, text only, when asked for")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unserved(self) -> bool | None:
        """Work waits and no thread serves it; None when unknown."""
        return self.live.unserved

    def usage(self, period: Period) -> int | None:
        """Return the requests of one period; None when unknown."""
        return None if self.usage_stats is None else self.usage_stats.period(period)


class Split(MergedRecord, Generic[Number]):
    """A figure of a category: the part of its models, the part of unlisted names, and the API's own sum."""

    attributed: Number | None
    unlisted: Number | None
    total: Number | None


class Reconciliation(MergedRecord):
    """The totals of a category: the denominators of every share. A figure whose source is unavailable is None.

    Threads, jobs and queued work are sums over the rows of the status list.
    """

    usage: dict[Period, Split[int]]
    thread_count: Split[int]
    queued_jobs: Split[int]
    queued: Split[float]

    @property
    def has_status(self) -> bool:
        """Whether the status list is available."""
        return any(figure is not None for figure in self.thread_count.model_dump().values())

    def total_usage(self, period: Period) -> int | None:
        """All requests of the category in a period."""
        return self.usage[period].total
