"""The answers to :mod:`horde_core.queries`, from the same snapshots that the pages draw: records, and rows of them.

Pure but for the caches that :class:`~horde_core.derived.SharedResults` brings along. A figure that cannot be known is
null; ``unknown`` names the sources that are unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from horde_core import numbers
from horde_core.analytics.category_statistics import CategoryStatistics
from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.name_matching import How
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, WorkerSummary
from horde_core.audit import AuditSummary, AuditThresholds, Flag, ModelAuditInfo
from horde_core.audit.filters import OF_AGES, OF_RECORDS, Selection
from horde_core.audit.rules import explain, severity_reason
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints.parameters import CATEGORY_OF, AuditQuery, Category, ModelsQuery, ResolveQuery, SortBy
from horde_core.frames.audit import audit_frame, worst_first
from horde_core.live.results import SharedResults, today
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.live.source_report import report

_WORST_FIRST = (State.UNAVAILABLE, State.STALE, State.FRESH)


class AnswerRecord(BaseModel):
    """What all parts of an answer share: frozen."""

    model_config = ConfigDict(frozen=True)


class SourceState(AnswerRecord):
    """One source that an answer rests on, when it was answered."""

    key: str
    title: str
    state: State
    fetched_at: datetime | None = Field(description="when its last good body arrived; null when there is none")

    @classmethod
    def of(cls, reading: Reading[Any]) -> SourceState:
        """Tell what is known of a reading."""
        return cls(key=reading.key, title=reading.title, state=reading.state, fetched_at=_utc(reading.fetched_at))


class Answer(AnswerRecord):
    """What every answer says of itself."""

    snapshot: str = Field(description="changes when the content of any of its sources does, and only then")
    simulated: bool = Field(description="every figure is made up")
    state: State = Field(description="the worst state of its sources")
    sources: tuple[SourceState, ...]
    unknown: tuple[str, ...] = Field(description="keys of the sources that are unavailable: what rests on them is null")
    total_count: int | None = Field(description="rows before paging; null where a source that decides is unavailable")
    returned_count: int


class CategoryAnswer(Answer):
    """An answer about one category."""

    category: Category


class StatisticsAnswer(CategoryAnswer):
    """The category as a whole."""

    statistics: CategoryStatistics


class ModelRow(CombinedModelStatistics):
    """One model of the reference, or one unlisted name. Parts that were not asked for are left out."""

    name: str
    worker_summaries: dict[str, WorkerSummary] | None = Field(None, description="by id; when asked for")
    backend_variations: dict[str, BackendVariation] | None = Field(None, description="by backend; when asked for")


class ModelsAnswer(CategoryAnswer):
    """Models of the reference with what the API knows of them."""

    offset: int
    models: tuple[ModelRow, ...]


class UnlistedRow(ModelRow):
    """One name that belongs to no model of the reference, its spellings in other cases added."""

    backend: str | None = Field(description="text only")


class UnlistedAnswer(CategoryAnswer):
    """Names outside the reference."""

    offset: int
    models: tuple[UnlistedRow, ...]


class AuditRow(ModelAuditInfo):
    """One audited model or group, with its reasons in words."""

    severity_reason: str
    reasons: dict[Flag, str] = Field(description="for each flag that is judged, why it is true, false or unknown")


class AuditAnswer(CategoryAnswer):
    """The audit of a category; the summary is of all of it, the rows are those that were chosen."""

    offset: int
    group: GroupLevel
    as_of: date = Field(description="the UTC day that ages count to")
    thresholds: AuditThresholds
    category_month_usage: int | None
    filters: tuple[str, ...] = Field(description="what was chosen, in words")
    summary: AuditSummary | None = Field(description="null while the reference is unavailable")
    models: tuple[AuditRow, ...]


class ResolvedName(AnswerRecord):
    """Which model of a category's reference a name belongs to, and by which rule."""

    category: Category
    model: str | None = Field(description="null: the name is unlisted, or the reference is unavailable")
    backend: str
    quant: str | None = Field(description="the quantisation that was stripped, as the name spells it")
    how: How | None = Field(description="the rule; null while the reference is unavailable")


class ResolveAnswer(Answer):
    """A name, resolved."""

    name: str
    resolutions: tuple[ResolvedName, ...]


class SourceDetail(SourceState):
    """One source as it is now."""

    age_seconds: float | None
    rows: int | None
    rows_dropped: int
    error: str | None = Field(description="why the last refresh brought nothing")
    address: str


class SourcesAnswer(AnswerRecord):
    """Every source as it is now."""

    simulated: bool
    state: State
    unknown: tuple[str, ...]
    total_count: int
    returned_count: int
    sources: tuple[SourceDetail, ...]


def statistics_answer(results: SharedResults, view: PageView) -> StatisticsAnswer:
    """The category as a whole."""
    return StatisticsAnswer(
        **_about(view), category=_category(view), total_count=1, returned_count=1,
        statistics=results.statistics.get(view.snapshot),
    )  # fmt: skip


def models_answer(view: PageView, query: ModelsQuery) -> ModelsAnswer:
    """Every model of the reference."""
    rows = _sorted(view.snapshot.merged.models.items() if view.snapshot.reference.available else (), query)
    page = _page(rows, query)
    models = tuple(ModelRow(name=name, **_asked_for(row, query)) for name, row in page)
    return ModelsAnswer(
        **_about(view), category=_category(view), total_count=_counted(rows, view, query), returned_count=len(page),
        offset=query.offset, models=models,
    )  # fmt: skip


def unlisted_answer(view: PageView, query: ModelsQuery) -> UnlistedAnswer:
    """Every name outside the reference; none while that is unavailable, as then nobody knows which they are."""
    rows = _sorted(view.snapshot.merged.unlisted.items() if view.snapshot.reference.available else (), query)
    page = _page(rows, query)
    models = tuple(
        UnlistedRow(name=name, backend=next(iter(row.backend_variations or ()), None), **_asked_for(row, query))
        for name, row in page
    )
    is_known = view.snapshot.status.available and view.snapshot.usage.available
    total = _counted(rows, view, query) if is_known else None
    return UnlistedAnswer(
        **_about(view), category=_category(view), total_count=total, returned_count=len(page),
        offset=query.offset, models=models,
    )  # fmt: skip


def audit_answer(results: SharedResults, view: PageView, query: AuditQuery) -> AuditAnswer:
    """The audit of a category, worst first."""
    snapshot = view.snapshot
    thresholds = query.thresholds(snapshot.model_type, results.audits.thresholds[snapshot.model_type])
    response = results.audits.get(snapshot, today(), view.ages, thresholds, query.level)
    selection = query.selection(snapshot.model_type)
    rows = selection.select(worst_first(response.models))
    page = _page(rows, query)
    is_known = snapshot.reference.available and not _rests_on_what_is_missing(selection, view)
    return AuditAnswer(
        **_about(view), category=_category(view), total_count=len(rows) if is_known else None,
        returned_count=len(page),
        offset=query.offset, group=query.level, as_of=response.as_of, thresholds=thresholds,
        category_month_usage=response.category_month_usage,
        filters=tuple(selection.sentences(thresholds, numbers).values()),
        summary=response.summary if snapshot.reference.available else None,
        models=tuple(_audit_row(info, thresholds) for info in page),
    )  # fmt: skip


def resolve_answer(view: PageView, query: ResolveQuery) -> ResolveAnswer:
    """Which model a name belongs to; that rests on the references alone."""
    resolutions = tuple(_resolved(snapshot, query.name) for snapshot in view.categories.values())
    return ResolveAnswer(
        **_about(view), total_count=len(resolutions), returned_count=len(resolutions), name=query.name,
        resolutions=resolutions,
    )  # fmt: skip


def sources_answer(results: SharedResults) -> SourcesAnswer:
    """Every source as it is now; none is asked for."""
    reports = report(results.integration)
    readings = [source.reading for source in reports]
    return SourcesAnswer(
        simulated=results.integration.is_simulated,
        state=_worst(readings),
        unknown=_unknown(readings),
        total_count=len(reports),
        returned_count=len(reports),
        sources=tuple(
            SourceDetail(
                **SourceState.of(source.reading).model_dump(),
                age_seconds=None if source.reading.age is None else round(source.reading.age, 1),
                rows=source.reading.kept,
                rows_dropped=source.reading.dropped,
                error=source.reading.error,
                address=source.url,
            )
            for source in reports
        ),
    )


def rows_of(answer: BaseModel) -> pd.DataFrame:
    """The rows that an answer lists, flat: what CSV and the command line's tables hold. Raises for one without rows."""
    if isinstance(answer, AuditAnswer):
        return audit_frame(answer.models, answer.thresholds, numbers)
    if isinstance(answer, ModelsAnswer | UnlistedAnswer):
        columns = UNLISTED_COLUMNS if isinstance(answer, UnlistedAnswer) else MODEL_COLUMNS
        return _frame([_flat(row, columns) for row in answer.models], columns)
    if isinstance(answer, ResolveAnswer):
        return _frame([row.model_dump() for row in answer.resolutions], ResolvedName.model_fields)
    if isinstance(answer, SourcesAnswer):
        sources = [row.model_dump(mode="json") | {"error": row.error or "none"} for row in answer.sources]
        return _frame(sources, SourceDetail.model_fields)
    raise TypeError(f"{type(answer).__name__} lists no rows")


MODEL_COLUMNS = (
    "name", "usage_day", "usage_month", "usage_total", "thread_count", "worker_count", "worker_count_source",
    "queued_jobs", "queued", "performance", "eta", "unserved", "names",
)  # fmt: skip
UNLISTED_COLUMNS = (*MODEL_COLUMNS, "backend")

_SORT_KEYS: Mapping[SortBy, Callable[[CombinedModelStatistics], float | None]] = {
    "worker_count": lambda row: row.distinct_workers,
    "thread_count": lambda row: row.thread_count,
    "usage_day": lambda row: row.usage("day"),
    "usage_month": lambda row: row.usage("month"),
    "usage_total": lambda row: row.usage("total"),
    "queued_jobs": lambda row: row.queued_jobs,
    "eta": lambda row: row.eta,
}


def _about(view: PageView) -> dict[str, Any]:
    return {
        "snapshot": view.id,
        "simulated": view.is_simulated,
        "state": _worst(view.sources),
        "sources": tuple(SourceState.of(reading) for reading in view.sources),
        "unknown": _unknown(view.sources),
    }


def _counted(rows: Sequence[Any], view: PageView, query: ModelsQuery) -> int | None:
    """How many rows there are; None without the reference, or without the workers that they were chosen by."""
    snapshot = view.snapshot
    is_known = snapshot.reference.available and (query.min_worker_count is None or snapshot.workers.available)
    return len(rows) if is_known else None


def _rests_on_what_is_missing(selection: Selection, view: PageView) -> bool:
    """Whether rows were chosen by what cannot be known now: what records state can be."""
    missing = {reading.title for reading in view.sources if reading.state is State.UNAVAILABLE}
    decisive = selection.chosen.keys() - OF_RECORDS
    return bool(decisive & OF_AGES if missing == {"Ages"} else missing and decisive)


def _category(view: PageView) -> Category:
    return CATEGORY_OF[view.snapshot.model_type]


def _worst(readings: Iterable[Reading[Any]]) -> State:
    states = {reading.state for reading in readings}
    return next(state for state in _WORST_FIRST if state in states)


def _unknown(readings: Iterable[Reading[Any]]) -> tuple[str, ...]:
    return tuple(reading.key for reading in readings if reading.state is State.UNAVAILABLE)


def _sorted(
    models: Iterable[tuple[str, CombinedModelStatistics]], query: ModelsQuery
) -> list[tuple[str, CombinedModelStatistics]]:
    rows = sorted(models, key=lambda row: (row[0].casefold(), row[0]))
    if query.min_worker_count is not None:
        workers = _SORT_KEYS["worker_count"]
        rows = [row for row in rows if (count := workers(row[1])) is not None and count >= query.min_worker_count]
    if query.sort_by == "name":
        return rows[::-1] if query.descends else rows
    key = _SORT_KEYS[query.sort_by]
    figures = [(key(row[1]), row) for row in rows]
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
        severity_reason=severity_reason(info, thresholds, numbers),
        reasons={one.flag: one.why for one in explain(info, thresholds, numbers)},
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


def _flat(row: ModelRow, columns: Sequence[str]) -> dict[str, Any]:
    periods = {f"usage_{period}": row.usage(period) for period in ("day", "month", "total")}
    return {name: periods[name] if name in periods else getattr(row, name) for name in columns}


def _frame(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """Rows in columns that keep whole numbers whole where some are unknown."""
    return pd.DataFrame(rows, columns=list(columns)).convert_dtypes()


def _utc(unix_seconds: float | None) -> datetime | None:
    return None if unix_seconds is None else datetime.fromtimestamp(unix_seconds, UTC).replace(microsecond=0)
