"""Answers to the endpoints' parameters, made from the snapshots that the pages draw.

Pure but for the caches of :class:`~horde_core.live.results.SharedResults`. A figure that cannot be known is null;
``unknown`` names the sources that are unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from horde_core.analytics.merge import Row
from horde_core.analytics.names.spelling import is_hidden_by_server
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit import AuditThresholds, ModelAuditInfo, worst_first
from horde_core.audit.rules import explain, severity_reason
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints.parameters import CATEGORY_OF, AuditQuery, Category, ModelsQuery, ResolveQuery, SortBy
from horde_core.endpoints.records import (
    AuditAnswer,
    AuditRow,
    ModelRow,
    ModelsAnswer,
    NotUnderstoodItem,
    ResolveAnswer,
    ResolvedName,
    SourceDetail,
    SourcesAnswer,
    SourceState,
    StatisticsAnswer,
    UnlistedAnswer,
    UnlistedRow,
)
from horde_core.history import last_seen_of
from horde_core.live.results import SharedResults, today
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.live.source_report import SourceReport, report
from horde_core.numbers import ENGLISH

_WORST_FIRST = (State.UNAVAILABLE, State.STALE, State.FRESH)


def statistics_answer(results: SharedResults, view: PageView) -> StatisticsAnswer:
    """The category as a whole."""
    return StatisticsAnswer(
        **about(view), category=_category(view), total_count=1, returned_count=1,
        statistics=results.statistics.get(view.snapshot),
    )  # fmt: skip


def models_answer(view: PageView, query: ModelsQuery) -> ModelsAnswer:
    """Every model of the reference."""
    rows = _sorted(view.snapshot.merged.models.rows() if view.snapshot.reference.available else (), query)
    page = _page(rows, query)
    models = tuple(ModelRow(name=row.name, **_asked_for(row.record(), query)) for row in page)
    return ModelsAnswer(
        **about(view), category=_category(view), total_count=_counted(rows, view, query), returned_count=len(page),
        offset=query.offset, models=models,
    )  # fmt: skip


def unlisted_answer(view: PageView, query: ModelsQuery) -> UnlistedAnswer:
    """Every name outside the reference; no rows while the reference is unavailable, as it decides which they are."""
    rows = _sorted(view.snapshot.merged.unlisted.rows() if view.snapshot.reference.available else (), query)
    page = _page(rows, query)
    models = tuple(
        UnlistedRow(
            name=row.name,
            backend=next((variation.backend for variation in row.variations), None),
            hidden_by_server=is_hidden_by_server(row.name),
            **_asked_for(row.record(), query),
        )
        for row in page
    )
    is_known = view.snapshot.status.available and view.snapshot.usage.available
    total = _counted(rows, view, query) if is_known else None
    return UnlistedAnswer(
        **about(view), category=_category(view), total_count=total, returned_count=len(page),
        offset=query.offset, models=models,
    )  # fmt: skip


def audit_answer(results: SharedResults, view: PageView, query: AuditQuery) -> AuditAnswer:
    """The audit of a category, worst first."""
    snapshot = view.snapshot
    thresholds = query.thresholds(snapshot.model_type, results.audits.thresholds[snapshot.model_type])
    recorded = last_seen_of(results.integration, snapshot.name_index, query.level)
    response = results.audits.get(snapshot, today(), view.ages, thresholds, query.level, recorded)
    selection = query.selection(snapshot.model_type)
    rows = selection.select(worst_first(response.models))
    page = _page(rows, query)
    missing = {key.partition(":")[0] for key in _unknown(view.sources)}
    is_known = snapshot.reference.available and selection.is_known(response.models, missing)
    return AuditAnswer(
        **about(view), category=_category(view), total_count=len(rows) if is_known else None,
        returned_count=len(page),
        offset=query.offset, group=query.level, as_of=response.as_of, thresholds=thresholds,
        category_month_usage=response.category_month_usage,
        filters=tuple(selection.sentences(thresholds, ENGLISH).values()),
        summary=response.summary if snapshot.reference.available else None,
        models=tuple(_audit_row(info, thresholds) for info in page),
    )  # fmt: skip


def resolve_answer(view: PageView, query: ResolveQuery) -> ResolveAnswer:
    """Which model a name belongs to, from the references alone."""
    resolutions = tuple(_resolved(snapshot, query.name) for snapshot in view.categories.values())
    return ResolveAnswer(
        **about(view), total_count=len(resolutions), returned_count=len(resolutions), name=query.name,
        resolutions=resolutions,
    )  # fmt: skip


def sources_answer(results: SharedResults) -> SourcesAnswer:
    """Every source as it is now, without a request to any."""
    reports = report(results.integration)
    readings = [source.reading for source in reports]
    return SourcesAnswer(
        simulated=results.integration.is_simulated,
        state=_worst(readings),
        unknown=_unknown(readings),
        total_count=len(reports),
        returned_count=len(reports),
        sources=tuple(map(_source_detail, reports)),
    )


_SORT_KEYS: Mapping[SortBy, Callable[[Row], float | None]] = {
    "worker_count": lambda row: row.live.distinct_workers,
    "thread_count": lambda row: row.live.thread_count,
    "usage_day": lambda row: row.requests.day,
    "usage_month": lambda row: row.requests.month,
    "usage_total": lambda row: row.requests.total,
    "queued_jobs": lambda row: row.live.queued_jobs,
    "eta": lambda row: row.live.eta,
}


def about(view: PageView) -> dict[str, Any]:
    """What every answer says of what it rests on."""
    return {
        "snapshot": view.id,
        "simulated": view.is_simulated,
        "state": _worst(view.sources),
        "sources": tuple(SourceState.of(reading) for reading in view.sources),
        "unknown": _unknown(view.sources),
    }


def _counted(rows: Sequence[Any], view: PageView, query: ModelsQuery) -> int | None:
    """How many rows there are; None without the reference, or without the workers that ``min_worker_count`` needs."""
    snapshot = view.snapshot
    is_known = snapshot.reference.available and (query.min_worker_count is None or snapshot.workers.available)
    return len(rows) if is_known else None


def _source_detail(source: SourceReport) -> SourceDetail:
    reading = source.reading
    told = tuple(NotUnderstoodItem(**one._asdict()) for one in reading.not_understood)
    return SourceDetail(
        **SourceState.of(reading).model_dump(),
        age_seconds=None if reading.age is None else round(reading.age, 1),
        rows=reading.kept,
        rows_dropped=reading.dropped,
        not_understood=None if reading.value is None else told,
        error=reading.error,
        address=source.url,
    )


def _category(view: PageView) -> Category:
    return CATEGORY_OF[view.snapshot.model_type]


def _worst(readings: Iterable[Reading[Any]]) -> State:
    states = {reading.state for reading in readings}
    return next((state for state in _WORST_FIRST if state in states), State.FRESH)


def _unknown(readings: Iterable[Reading[Any]]) -> tuple[str, ...]:
    return tuple(reading.key for reading in readings if reading.state is State.UNAVAILABLE)


def _sorted(models: Iterable[Row], query: ModelsQuery) -> list[Row]:
    rows = sorted(models, key=lambda row: (row.name.casefold(), row.name))
    if query.min_worker_count is not None:
        workers = _SORT_KEYS["worker_count"]
        rows = [row for row in rows if (count := workers(row)) is not None and count >= query.min_worker_count]
    if query.sort_by == "name":
        return rows[::-1] if query.descends else rows
    key = _SORT_KEYS[query.sort_by]
    figures = [(key(row), row) for row in rows]
    known = sorted([f for f in figures if f[0] is not None], key=lambda f: f[0] or 0, reverse=query.descends)
    return [row for _, row in known] + [row for figure, row in figures if figure is None]


def _page(rows: Sequence[Any], query: ModelsQuery | AuditQuery) -> Sequence[Any]:
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]


def _asked_for(row: CombinedModelStatistics, query: ModelsQuery) -> dict[str, Any]:
    """The fields of a row, without the parts that were not asked for."""
    fields = {name: getattr(row, name) for name in CombinedModelStatistics.model_fields}
    if not query.include_workers:
        del fields["worker_summaries"]
    if not query.include_backend_variations:
        del fields["backend_variations"]
    return fields


def _audit_row(info: ModelAuditInfo, thresholds: AuditThresholds) -> AuditRow:
    return AuditRow(
        **info.__dict__,
        severity_reason=severity_reason(info, thresholds, ENGLISH),
        reasons={one.flag: one.why for one in explain(info, thresholds, ENGLISH)},
    )


def _resolved(snapshot: Snapshot, name: str) -> ResolvedName:
    resolution = snapshot.name_index.resolve(name)
    is_known = snapshot.reference.available
    return ResolvedName(
        category=CATEGORY_OF[snapshot.model_type],
        model=resolution.model,
        backend=resolution.backend,
        quant=resolution.quant,
        how=resolution.how if is_known else None,
    )
