"""Questions to the history, and the answers: series that say what is known of each point, and what was recorded.

An answer depends on what was recorded and not on the time at which it is asked: without ``to`` it ends with the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args, overload

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model

from horde_core.analytics.network import KINDS
from horde_core.analytics.network import Kind as WorkKind
from horde_core.cache.freshness import State
from horde_core.endpoints.answers import about
from horde_core.endpoints.parameters import CATEGORY_OF, Query
from horde_core.endpoints.records import Answer, AnswerRecord
from horde_core.history import history_of
from horde_core.history.reading.series import DAY, STEP_SECONDS, Kind, Point, Series, Span, Step
from horde_core.live.results import SharedResults
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import NOUNS, WORK_UNIT, WorkerType

MOST_NAMES = 20
MOST_STEPS = 2_500
"""Points of one series; a longer one begins later."""

USUAL_DAYS = 30
WORKER_TYPES: tuple[WorkerType, ...] = get_args(WorkerType)


def _as_written(value: object) -> object:
    """A number would be read as seconds, which is not what is described."""
    if isinstance(value, str) and value[4:5] != "-":
        raise ValueError("A date such as 2026-06-01, or a time such as 2026-06-01T12:00:00Z, is")
    return value


When = Annotated[
    datetime,
    BeforeValidator(_as_written),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]
_WHEN: dict[str, Any] = {
    "from": (When | None, Field(None, description="date or time in UTC where it begins; 30 days before its end")),
    "to": (When | None, Field(None, description="date or time in UTC where it ends; where the record does")),
}
_BY_DAY = {**_WHEN, "step": (Literal["day"], Field("day", description="how long a point is: nothing else is known"))}
UsageHistoryQuery = create_model(
    "UsageHistoryQuery",
    __base__=Query,
    name=(
        tuple[Annotated[str, Field(max_length=1000)], ...],
        Field((), max_length=MOST_NAMES, description="models, or names of the API; the most used models by default"),
    ),
    most=(int, Field(10, ge=0, le=100, description="how many of the most used models, where no name is given")),
    **_BY_DAY,
)
NetworkHistoryQuery = create_model(
    "NetworkHistoryQuery",
    __base__=Query,
    kind=(WorkKind | None, Field(None, description="the kind of work; all by default")),
    **_WHEN,
    step=(Step | None, Field(None, description="how long a point is; by default what suits the length of the whole")),
)
WorkersHistoryQuery = create_model(
    "WorkersHistoryQuery",
    __base__=Query,
    type=(WorkerType | None, Field(None, description="the type of workers; all by default")),
    **_BY_DAY,
)


class HistoryPoint(AnswerRecord):
    """One figure over a stretch of time."""

    begins: datetime
    ends: datetime
    value: int | float | None
    kind: Kind = Field(
        description="known: exact, 0 is an answer; block: several days in one sum; fall: the API's counter fell, so "
        "that the value is at least this; part: the step was partly recorded; gap: nobody recorded"
    )


class HistorySeries(AnswerRecord):
    """One figure over time: of a model, a category, a kind of work or a type of workers."""

    of: str
    figure: str
    unit: str
    points: tuple[HistoryPoint, ...]


class CoveredStretch(AnswerRecord):
    """A stretch of time in which a source, by its key, was recorded."""

    source: str
    begins: datetime
    ends: datetime


class HistoryAnswer(Answer):
    """Series from the history. Without a history ``unknown`` has ``history``, and ``why`` says why in a sentence."""

    why: str | None
    since: datetime | None = Field(description="the first moment that was recorded")
    generation: str = Field(description="changes as soon as anything is recorded")
    begins: datetime
    ends: datetime
    step: Step
    coverage: tuple[CoveredStretch, ...] = Field(description="what was recorded between begins and ends, by source")
    series: tuple[HistorySeries, ...]


def with_history(results: SharedResults, view: PageView, *parts: str) -> PageView:
    """A view that changes with what was recorded of some parts, too."""
    generation = history_of(results.integration).generation(*parts)
    return replace(view, history=hashlib.blake2b(generation.encode(), digest_size=8).hexdigest())


def usage_history_answer(results: SharedResults, view: PageView, query: Any) -> HistoryAnswer:
    """Requests by day of models or names, or of the most used models with all others."""
    snapshot = view.snapshot
    kind, index = snapshot.model_type, snapshot.name_index
    unit = f"{NOUNS[kind]}s"

    def found(span: Span, _step: Step) -> list[HistorySeries]:
        history = history_of(results.integration)
        used = history.usage(index, query.name, span) if query.name else history.most_used(index, span, query.most)
        series = [_series(one.name, "requests", unit, one) for one in used.series]
        parts = (
            ("requests_of_others", used.rest),
            ("requests_unlisted", used.unlisted),
            ("requests_of_all", used.total),
        )
        return series + [_series(CATEGORY_OF[kind], name, unit, one) for name, one in parts if one is not None]

    return _answer(results, view, query, (f"usage:{kind}",), found, query.step)


def network_history_answer(results: SharedResults, view: PageView, query: Any) -> HistoryAnswer:
    """Figures of the network by sample, hour or day."""
    kinds = KINDS if query.kind is None else (query.kind,)

    def found(span: Span, step: Step) -> list[HistorySeries]:
        history = history_of(results.integration)
        return [
            _series(kind, figure, _unit(kind, figure), one)
            for kind in kinds
            for figure, one in history.network(kind, span, step=step).series.items()
        ]

    sources = ("performance", *(f"totals:{kind}" for kind in kinds if kind != "alchemy"))
    return _answer(results, view, query, sources, found, query.step)


def workers_history_answer(results: SharedResults, view: PageView, query: Any) -> HistoryAnswer:
    """Workers seen, gained and lost by day and type."""

    def found(span: Span, _step: Step) -> list[HistorySeries]:
        history = history_of(results.integration)
        return [
            _series(of_type, figure, "workers", getattr(days, figure))
            for of_type in (WORKER_TYPES if query.type is None else (query.type,))
            for days in (history.workers_by_day(of_type, span),)
            for figure in ("seen", "gained", "lost", "online")
        ]

    return _answer(results, view, query, ("workers",), found, query.step)


def _answer(
    results: SharedResults,
    view: PageView,
    query: Any,
    sources: Sequence[str],
    found: Callable[[Span, Step], list[HistorySeries]],
    step: Step | None,
) -> HistoryAnswer:
    status = history_of(results.integration).status()
    until = [status.coverage[source].until or 0 for source in sources if source in status.coverage]
    span, chosen = _span(query, max(until, default=0), step)
    series = found(span, chosen)
    told = {**about(view), "simulated": results.integration.is_simulated}
    if status.sentence is not None:
        told |= {"state": State.UNAVAILABLE, "unknown": (*told["unknown"], "history")}
    points = sum(len(one.points) for one in series)
    return HistoryAnswer(
        **told, total_count=points, returned_count=points, why=status.sentence, since=_time(status.since),
        generation=view.history or "", begins=_time(span.begins), ends=_time(span.ends), step=chosen,
        coverage=tuple(
            CoveredStretch(source=source, begins=_time(one.begins), ends=_time(one.ends))
            for source in sources
            if source in status.coverage
            for one in status.coverage[source].within(span)
        ),
        series=tuple(series),
    )  # fmt: skip


def _span(query: Any, until: int, step: Step | None) -> tuple[Span, Step]:
    """What is asked about: by default the 30 days up to the end of the record, by the step that suits it."""
    begins, ends = getattr(query, "from"), query.to
    last = _seconds(ends) if ends is not None else until
    first = _seconds(begins) if begins is not None else last - USUAL_DAYS * DAY
    span = Span(min(first, last), last)
    chosen = step or span.step
    return Span(max(span.begins, last - MOST_STEPS * STEP_SECONDS[chosen]), last), chosen


def _seconds(when: datetime) -> int:
    return max(0, int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))


def _series(of: str, figure: str, unit: str, series: Series) -> HistorySeries:
    return HistorySeries(of=of, figure=figure, unit=unit, points=tuple(map(_point, series.points)))


def _point(point: Point) -> HistoryPoint:
    begins, ends, value, kind = point
    return HistoryPoint(begins=_time(begins), ends=_time(ends), value=value, kind=kind)


def _unit(kind: WorkKind, figure: str) -> str:
    work = "forms" if kind == "alchemy" else WORK_UNIT[kind][0]
    if figure == "requests" and kind == "image":
        return "images"
    return {"queued": work, "per_minute": f"{work} per minute", "work": work}.get(figure, figure)


@overload
def _time(seconds: int) -> datetime: ...
@overload
def _time(seconds: int | None) -> datetime | None: ...
def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
