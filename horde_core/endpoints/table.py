"""The table of routes: each with its path, what it may be asked, what answers it, and an example. All else reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from horde_core.endpoints import answers
from horde_core.endpoints.parameters import (
    CATEGORIES,
    ModelsQuery,
    Query,
    ResolveQuery,
    SourcesQuery,
    StatisticsQuery,
    UnlistedQuery,
    audit_query,
)
from horde_core.live.results import SharedResults
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import ModelType


class Question(NamedTuple):
    """One route. ``query`` is what it may be asked, of a category; ``answer`` answers it from one view."""

    name: str
    path: str
    summary: str
    query: Callable[[ModelType], type[Query]]
    answer: Callable[[SharedResults, PageView, Any], BaseModel]
    record: type[BaseModel]
    example: str
    formats: tuple[str, ...] = ("json", "csv")
    has_ages: bool = False

    def look(self, results: SharedResults, kinds: Sequence[ModelType], query: Query, wait: float) -> PageView:
        """Read what an answer rests on; waits at most so many seconds for what is not there yet."""
        if isinstance(query, ResolveQuery):
            asked = kinds if query.category is None else (CATEGORIES[query.category],)
            return results.reader.references_view(asked, wait)
        return results.reader.page_view(kinds, wait=wait, has_ages=self.has_ages and tuple(kinds) == ("image",))

    @property
    def has_category(self) -> bool:
        """Whether it is asked of one category, named in its path."""
        return "{category}" in self.path


QUESTIONS: tuple[Question, ...] = (
    Question(
        "statistics",
        "/statistics/{category}",
        "The category as a whole: what the reference holds, what of it is used and served, how concentrated that is.",
        lambda _kind: StatisticsQuery,
        lambda results, view, _query: answers.statistics_answer(results, view),
        answers.StatisticsAnswer,
        "/statistics/image_generation",
        formats=("json",),
    ),
    Question(
        "with-stats",
        "/statistics/{category}/with-stats",
        "Every model of the reference with what the API knows of it: requests, threads, workers, queue, backends.",
        lambda _kind: ModelsQuery,
        lambda _results, view, query: answers.models_answer(view, query),
        answers.ModelsAnswer,
        "/statistics/text_generation/with-stats?sort_by=usage_month&sort_desc=true&limit=10",
    ),
    Question(
        "audit",
        "/audit/{category}",
        "What a maintainer of the reference should look at, and why; filters and thresholds as on the page Audit.",
        audit_query,
        answers.audit_answer,
        answers.AuditAnswer,
        "/audit/image_generation?preset=deletion_candidates&size_from=4",
        has_ages=True,
    ),
    Question(
        "unlisted",
        "/unlisted/{category}",
        "Names that belong to no model of the reference, most used this month first.",
        lambda _kind: UnlistedQuery,
        lambda _results, view, query: answers.unlisted_answer(view, query),
        answers.UnlistedAnswer,
        "/unlisted/text_generation?limit=10",
    ),
    Question(
        "resolve",
        "/resolve",
        "Which model of the reference a name that workers send belongs to, and by which rule.",
        lambda _kind: ResolveQuery,
        lambda _results, view, query: answers.resolve_answer(view, query),
        answers.ResolveAnswer,
        "/resolve?name=koboldcpp/L3-8B-Stheno-v3.2-Q4_K_M",
    ),
    Question(
        "sources",
        "/sources",
        "State and age of every source; asks for none.",
        lambda _kind: SourcesQuery,
        lambda results, _view, _query: answers.sources_answer(results),
        answers.SourcesAnswer,
        "/sources",
    ),
)
"""Every route with data."""
