"""The answers as records: what JSON holds and OpenAPI describes. A figure that cannot be known is null."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from horde_core.analytics.category_statistics import CategoryStatistics
from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.names.matching import How
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, WorkerSummary
from horde_core.audit import AuditSummary, AuditThresholds, Flag, ModelAuditInfo
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints.parameters import Category
from horde_core.upstream.parsed import Kind


class AnswerRecord(BaseModel):
    """A part of an answer: immutable."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class SourceState(AnswerRecord):
    """One source that an answer rests on, when it was answered."""

    key: str
    title: str
    state: State
    fetched_at: datetime | None = Field(description="when its last good body arrived; null when there is none")

    @classmethod
    def of(cls, reading: Reading[Any]) -> SourceState:
        """Describe a reading; its time is in UTC, cut to whole seconds."""
        at = reading.fetched_at
        fetched_at = None if at is None else datetime.fromtimestamp(at, UTC).replace(microsecond=0)
        return cls(key=reading.key, title=reading.title, state=reading.state, fetched_at=fetched_at)


class Answer(AnswerRecord):
    """The fields of every answer that rests on a snapshot."""

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
    """Models of the reference with their figures from the API."""

    offset: int
    models: tuple[ModelRow, ...]


class UnlistedRow(ModelRow):
    """One name that belongs to no model of the reference; spellings in other cases are added up in it."""

    backend: str | None = Field(description="text only")
    hidden_by_server: bool = Field(description="left out of the status list on purpose, so that its queue is not told")


class UnlistedAnswer(CategoryAnswer):
    """Names outside the reference."""

    offset: int
    models: tuple[UnlistedRow, ...]


class AuditRow(ModelAuditInfo):
    """One audited model or group, with its reasons in words."""

    severity_reason: str
    reasons: dict[Flag, str] = Field(description="for each flag that is judged, why it is true, false or unknown")


class AuditAnswer(CategoryAnswer):
    """The audit of a category: the summary of all its models, and the rows that the filters select."""

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


class NotUnderstoodItem(AnswerRecord):
    """One kind of thing in a source's body that was not understood, and changes no figure."""

    kind: Kind
    field: str
    times: int
    example: str = Field(description="the first of them, as JSON would be; cut where it is long")


class SourceDetail(SourceState):
    """One source as it is now."""

    age_seconds: float | None
    rows: int | None
    rows_dropped: int
    error: str | None = Field(description="why the last refresh brought nothing")
    address: str
    not_understood: tuple[NotUnderstoodItem, ...] | None = Field(
        description="foreign types, unknown fields and values, and rows that were skipped; null while unavailable"
    )


class SourcesAnswer(AnswerRecord):
    """Every source as it is now."""

    simulated: bool
    state: State
    unknown: tuple[str, ...]
    total_count: int
    returned_count: int
    sources: tuple[SourceDetail, ...]
