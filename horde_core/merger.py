"""The merge of the API's figures with the names of the model reference. Pure functions.

Each API name belongs to at most one model, so for every figure: models + unlisted names = the API's own sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypedDict

from horde_core.combined import BackendVariation, CombinedModelStatistics, Reconciliation, UsageStats, WorkerSummary
from horde_core.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    combined_eta,
    combined_performance,
    count_or_unknown,
    is_available,
    sum_or_unknown,
)
from horde_core.models import (
    PERIODS,
    HordeModelStatsResponse,
    HordeModelStatus,
    HordeWorker,
    ModelType,
    Period,
)
from horde_core.names import NameIndex, Resolution

StatusRows = Sequence[HordeModelStatus] | IndexedHordeModelStatus
Usage = HordeModelStatsResponse | IndexedHordeModelStats
Workers = Sequence[HordeWorker] | IndexedHordeWorkers


class CategoryMerge(NamedTuple):
    """A whole category, merged once: models in the order asked for, unlisted names, totals.

    Unlisted spellings that differ in case only are one entry, under the spelling with most usage.
    """

    models: dict[str, CombinedModelStatistics]
    unlisted: dict[str, CombinedModelStatistics]
    reconciliation: Reconciliation


def merge_category_with_horde_data(
    model_names: Iterable[str],
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    include_backend_variations: bool = False,
    *,
    model_type: ModelType | None = None,
) -> dict[str, CombinedModelStatistics]:
    """Return every requested model, in input order, with what the API knows of it.

    ``None`` (or an unavailable ``Indexed*``) says that a source is unavailable: what depends on it is None, never 0.
    ``model_type`` is read from the rows when left out; image names are never stripped.
    """
    facts = _Facts(horde_status, horde_stats, workers, model_type)
    return _merge_models(NameIndex(model_names, model_type=facts.model_type), facts, include_backend_variations)


def merge_model_with_horde_data(
    model_name: str,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    include_backend_variations: bool = False,
    *,
    model_type: ModelType | None = None,
    model_names: Iterable[str] = (),
) -> CombinedModelStatistics:
    """Merge one model; the same figures as in its category when ``model_names`` gives the rest of that.

    Without the other names, API names that would be theirs, or ambiguous, may count for this one.
    """
    merged = merge_category_with_horde_data(
        dict.fromkeys([*model_names, model_name]),
        horde_status,
        horde_stats,
        workers,
        include_backend_variations,
        model_type=model_type,
    )
    return merged[model_name]


def unlisted_models(
    model_names: Iterable[str],
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None = None,
    *,
    model_type: ModelType | None = None,
) -> dict[str, CombinedModelStatistics]:
    """Return every API name that resolves to none of the models, with its own figures.

    For text each has one backend variation, which names its backend.
    """
    facts = _Facts(horde_status, horde_stats, workers, model_type)
    return _merge_unlisted(NameIndex(model_names, model_type=facts.model_type), facts)


def merge_everything(
    model_names: Iterable[str],
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    model_type: ModelType,
) -> CategoryMerge:
    """Merge a category once, resolving each API name once: models with backends, unlisted names, totals."""
    facts = _Facts(horde_status, horde_stats, workers, model_type)
    index = NameIndex(model_names, model_type=model_type)
    models = _merge_models(index, facts, include_backend_variations=model_type == "text")
    unlisted = _merge_unlisted(index, facts, sum_spellings=True)
    return CategoryMerge(models, unlisted, _reconcile(models, unlisted, facts))


class _Live(TypedDict):
    """The fields of :class:`~horde_core.combined.LiveFigures`."""

    thread_count: int | None
    worker_count: int | None
    worker_count_source: Literal["workers", "threads"] | None
    queued_jobs: int | None
    queued: float | None
    performance: float | None
    eta: int | None


class _Facts:
    """The sources of one category, put in one form; None stands for an unavailable one."""

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
        self.usage = None if response is None or not _has_any_period(response) else response
        self.workers = None if staff is None else [worker for worker in staff if worker.type in (None, self.model_type)]
        self.workers_by_name: dict[str, dict[str, HordeWorker]] = {}
        self.hides_models = False
        for worker in self.workers or ():
            self.hides_models |= worker.models is None and worker.forms is None
            for name in worker.models or ():
                self.workers_by_name.setdefault(name, {})[worker.identity] = worker
        self.rows_by_name: dict[str, list[HordeModelStatus]] = {}
        for row in self.rows or ():
            self.rows_by_name.setdefault(row.name, []).append(row)
        self.maps = [(self.usage.period(period) if self.usage else None) for period in PERIODS]
        self.resolutions: dict[str, Resolution] = {}

    def resolve(self, index: NameIndex) -> dict[str, Resolution]:
        """Resolve every API name that any source mentions, once."""
        if not self.resolutions:
            names = dict.fromkeys(name for counts in self.maps for name in counts or ())
            names.update(dict.fromkeys(self.rows_by_name))
            names.update(dict.fromkeys(self.workers_by_name))
            self.resolutions = {name: index.resolve(name) for name in names}
        return self.resolutions

    def usage_of(self, names: Iterable[str], period_index: int) -> int | None:
        """Requests of these names: 0 where a compiled map does not list them, None where there is no map."""
        counts = self.maps[period_index]
        return None if counts is None else count_or_unknown(counts.get(name, 0) for name in names)

    def live(self, names: Sequence[str]) -> _Live:
        """What is live for a set of names."""
        rows = [row for name in names for row in self.rows_by_name.get(name, ())]
        known = self.rows is not None
        threads = count_or_unknown(row.count for row in rows) if known else None
        worker_count = self._worker_count(names)
        by_workers = self.workers is not None
        return {
            "thread_count": threads,
            "worker_count": worker_count if by_workers else threads,
            "worker_count_source": "workers" if by_workers else "threads" if threads is not None else None,
            "queued_jobs": count_or_unknown(row.jobs for row in rows) if known else None,
            "queued": sum_or_unknown(row.queued for row in rows) if known else None,
            "performance": combined_performance(rows),
            "eta": combined_eta(rows),
        }

    def workers_of(self, names: Iterable[str]) -> dict[str, HordeWorker]:
        """The workers that list any of these names, by id; a worker that lists several counts once."""
        serving: dict[str, HordeWorker] = {}
        for name in names:
            serving |= self.workers_by_name.get(name, {})
        return serving

    def _worker_count(self, names: Sequence[str]) -> int | None:
        """Distinct online workers, not in maintenance. None where a worker does not say what we have to know."""
        if self.workers is None or self.hides_models:
            return None
        online = [worker for worker in self.workers_of(names).values() if worker.online is not False]
        if any(worker.maintenance_mode is None for worker in online):
            return None
        return sum(not worker.maintenance_mode for worker in online)


def _type_of(rows: list[HordeModelStatus] | None, workers: list[HordeWorker] | None) -> ModelType:
    """Read the category from what was given; text when nothing tells, as then every rule applies."""
    for row in rows or ():
        if row.type is not None:
            return row.type
    for worker in workers or ():
        if worker.type == "image" or worker.type == "text":
            return worker.type
    return "text"


def _has_any_period(response: HordeModelStatsResponse) -> bool:
    return any(response.period(period) is not None for period in PERIODS)


def _merge_models(
    index: NameIndex, facts: _Facts, include_backend_variations: bool
) -> dict[str, CombinedModelStatistics]:
    names_of: dict[str, list[str]] = {model: [] for model in index.model_names}
    backends_of: dict[str, dict[str, list[str]]] = {}
    for name, resolution in facts.resolve(index).items():
        if resolution.model is not None:
            names_of[resolution.model].append(name)
            backends_of.setdefault(resolution.model, {}).setdefault(resolution.backend, []).append(name)
    with_backends = include_backend_variations and facts.model_type == "text"
    return {
        model: _combined(names, facts, backends_of.get(model, {}) if with_backends else None)
        for model, names in names_of.items()
    }


def _merge_unlisted(index: NameIndex, facts: _Facts, sum_spellings: bool = False) -> dict[str, CombinedModelStatistics]:
    """Merge the names that belong to no model, each for itself or spellings that differ in case only together."""
    spellings: dict[str, list[str]] = {}
    backends: dict[str, str] = {}
    for name, resolution in facts.resolve(index).items():
        if resolution.model is None:
            spellings.setdefault(name.casefold() if sum_spellings else name, []).append(name)
            backends[name] = resolution.backend
    is_text = facts.model_type == "text"
    merged = {}
    for names in spellings.values():
        most_used = _most_used(names, facts)
        merged[most_used] = _combined(names, facts, {backends[most_used]: names} if is_text else None)
    return merged


def _most_used(names: Iterable[str], facts: _Facts) -> str:
    """The name with most usage this month, then of all time; the first in order where they are equal."""
    return max(sorted(names), key=lambda name: (facts.usage_of([name], 1) or 0, facts.usage_of([name], 2) or 0))


def _combined(names: list[str], facts: _Facts, backends: Mapping[str, list[str]] | None) -> CombinedModelStatistics:
    names = sorted(names)
    day, month, total = (facts.usage_of(names, period) for period in range(len(PERIODS)))
    return CombinedModelStatistics(
        names=tuple(names),
        **facts.live(names),
        usage_stats=UsageStats(day=day, month=month, total=total) if facts.usage else None,
        worker_summaries=None
        if facts.workers is None
        else {identity: _summary(worker) for identity, worker in sorted(facts.workers_of(names).items())},
        backend_variations=None if backends is None else _variations(backends, facts),
    )


def _variations(backends: Mapping[str, list[str]], facts: _Facts) -> dict[str, BackendVariation]:
    """One variation per backend with any status or usage: canonical first, then by name."""
    variations = {}
    for backend in sorted(backends, key=lambda backend: (backend != "canonical", backend)):
        names = sorted(backends[backend])
        usage = [facts.usage_of(names, period) for period in range(len(PERIODS))]
        if not any(usage) and not any(name in facts.rows_by_name or name in facts.workers_by_name for name in names):
            continue
        variations[backend] = BackendVariation(
            backend=backend,
            names=tuple(names),
            variant_name=_most_used(names, facts),
            **facts.live(names),
            usage_day=usage[0],
            usage_month=usage[1],
            usage_total=usage[2],
        )
    return variations


def _summary(worker: HordeWorker) -> WorkerSummary:
    return WorkerSummary(
        id=worker.identity,
        name=worker.name,
        threads=worker.threads,
        performance=worker.performance,
        online=worker.online,
        maintenance_mode=worker.maintenance_mode,
        trusted=worker.trusted,
        uptime=worker.uptime,
    )


def _reconcile(
    models: Mapping[str, CombinedModelStatistics], unlisted: Mapping[str, CombinedModelStatistics], facts: _Facts
) -> Reconciliation:
    """Put the split beside the API's own sum, which is added up from the body, not from the split."""

    def part(field: str, total: float | None) -> Reconciliation.Part:
        if facts.rows is None:
            return Reconciliation.Part(attributed=None, unlisted=None, total=None)
        return Reconciliation.Part(
            attributed=sum_or_unknown(getattr(row, field) for row in models.values()),
            unlisted=sum_or_unknown(getattr(row, field) for row in unlisted.values()),
            total=total,
        )

    def usage_part(period: Period, counts: Mapping[str, int | None] | None) -> Reconciliation.Part:
        return Reconciliation.Part(
            attributed=sum_or_unknown(row.usage(period) for row in models.values()) if counts is not None else None,
            unlisted=sum_or_unknown(row.usage(period) for row in unlisted.values()) if counts is not None else None,
            total=sum_or_unknown(counts.values()) if counts is not None else None,
        )

    def live_total(values: Iterable[float | None]) -> float | None:
        return None if facts.rows is None else sum_or_unknown(values)

    rows = facts.rows or ()
    return Reconciliation(
        usage={period: usage_part(period, counts) for period, counts in zip(PERIODS, facts.maps, strict=True)},
        thread_count=part("thread_count", live_total(row.count for row in rows)),
        queued_jobs=part("queued_jobs", live_total(row.jobs for row in rows)),
        queued=part("queued", live_total(row.queued for row in rows)),
    )
