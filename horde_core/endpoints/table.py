"""The table of endpoints: address, parameters, sources, answer and forms of each.

Routes, OpenAPI, index page and command line are made from it. To add an endpoint, add an entry here with its query
(:mod:`~horde_core.endpoints.parameters`) and its answer (:mod:`~horde_core.endpoints.answers`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from horde_core.endpoints import answers, history, records, rows
from horde_core.endpoints.parameters import CATEGORIES, ModelsQuery, Query, ResolveQuery, UnlistedQuery, audit_query
from horde_core.live.results import SharedResults
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import ModelType

if TYPE_CHECKING:
    import pandas as pd

KINDS = tuple(CATEGORIES.values())


def _read_categories(results: SharedResults, kinds: Sequence[ModelType], _query: Query, wait: float) -> PageView:
    return results.reader.page_view(kinds, wait=wait)


def _read_for_audit(results: SharedResults, kinds: Sequence[ModelType], _query: Query, wait: float) -> PageView:
    view = results.reader.page_view(kinds, wait=wait, has_ages="image" in kinds)
    if view.nothing_reachable or results.integration.settings.history == "off":
        return view
    return history.with_history(results, view, *(f"{part}:{kind}" for part in ("usage", "names") for kind in kinds))


def _read_references(results: SharedResults, kinds: Sequence[ModelType], query: ResolveQuery, wait: float) -> PageView:
    asked = kinds if query.category is None else (CATEGORIES[query.category],)
    return results.reader.references_view(asked, wait)


def _read_every_source(results: SharedResults, _kinds: Sequence[ModelType], _query: Query, wait: float) -> PageView:
    """Without a wait nothing is asked for: the state is as it is."""
    integration = results.integration
    sources = integration.all_sources()
    readings = integration.read(sources, wait) if wait else [integration.cache.peek(source) for source in sources]
    return PageView({}, None, tuple(readings))


def _read_history_of_names(results: SharedResults, kinds: Sequence[ModelType], _query: Query, wait: float) -> PageView:
    return history.with_history(results, results.reader.references_view(kinds, wait), f"usage:{kinds[0]}")


def _read_history_of(
    part: str, results: SharedResults, _kinds: Sequence[ModelType], _query: Query, _wait: float
) -> PageView:
    return history.with_history(results, PageView({}, None, ()), part)


class Endpoint(NamedTuple):
    """One endpoint: a route below ``/api/v1`` and a command of ``python -m horde_core``.

    ``query`` is the record of its parameters, by category. ``read`` reads the sources that the answer rests on, of
    these categories, and waits at most so many seconds for what was never fetched. ``rows`` are the lines of the CSV
    file, None where there is no such form; ``lines`` are what a terminal shows. An answer that is not ``is_cached``
    changes with every second: it is made for each request, from what is held.
    """

    name: str
    path: str
    summary: str
    example: str
    query: Callable[[ModelType], type[Query]]
    answer: Callable[[SharedResults, PageView, Any], BaseModel]
    record: type[BaseModel]
    rows: Callable[[Any], pd.DataFrame] | None
    lines: Callable[[Any], Sequence[rows.Row]]
    read: Callable[[SharedResults, Sequence[ModelType], Any, float], PageView] = _read_categories
    is_cached: bool = True

    @property
    def formats(self) -> tuple[str, ...]:
        """The forms that an answer is written in."""
        return ("json",) if self.rows is None else ("json", "csv")

    @property
    def has_category(self) -> bool:
        """Whether its path names one category."""
        return "{category}" in self.path

    @property
    def differs(self) -> bool:
        """Whether each category has parameters of its own."""
        return len({self.query(kind) for kind in KINDS}) > 1


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        name="statistics",
        path="/statistics/{category}",
        summary="The category as a whole: what the reference holds, what of it is used and served, how concentrated "
        "that is.",
        example="/statistics/image_generation",
        query=lambda _kind: Query,
        answer=lambda results, view, _query: answers.statistics_answer(results, view),
        record=records.StatisticsAnswer,
        rows=None,
        lines=rows.statistics_lines,
    ),
    Endpoint(
        name="with-stats",
        path="/statistics/{category}/with-stats",
        summary="Every model of the reference with what the API knows of it: requests, threads, workers, queue, "
        "backends.",
        example="/statistics/text_generation/with-stats?sort_by=usage_month&sort_desc=true&limit=10",
        query=lambda _kind: ModelsQuery,
        answer=lambda _results, view, query: answers.models_answer(view, query),
        record=records.ModelsAnswer,
        rows=rows.model_rows,
        lines=rows.model_lines,
    ),
    Endpoint(
        name="audit",
        path="/audit/{category}",
        summary="What a maintainer of the reference should look at, and why; filters and thresholds as on the page "
        "Audit.",
        example="/audit/image_generation?preset=deletion_candidates&size_from=4",
        query=audit_query,
        answer=answers.audit_answer,
        record=records.AuditAnswer,
        rows=rows.audit_rows,
        lines=rows.audit_lines,
        read=_read_for_audit,
    ),
    Endpoint(
        name="unlisted",
        path="/unlisted/{category}",
        summary="Names that belong to no model of the reference, most used this month first.",
        example="/unlisted/text_generation?limit=10",
        query=lambda _kind: UnlistedQuery,
        answer=lambda _results, view, query: answers.unlisted_answer(view, query),
        record=records.UnlistedAnswer,
        rows=rows.unlisted_rows,
        lines=rows.unlisted_lines,
    ),
    Endpoint(
        name="resolve",
        path="/resolve",
        summary="Which model of the reference a name that workers send belongs to, and by which rule.",
        example="/resolve?name=koboldcpp/L3-8B-Stheno-v3.2-Q4_K_M",
        query=lambda _kind: ResolveQuery,
        answer=lambda _results, view, query: answers.resolve_answer(view, query),
        record=records.ResolveAnswer,
        rows=rows.resolution_rows,
        lines=rows.resolution_lines,
        read=_read_references,
    ),
    Endpoint(
        name="history-usage",
        path="/history/{category}/usage",
        summary="Requests by day, as far back as is known: of models or names, or of the most used models and all "
        "others.",
        example="/history/text_generation/usage?most=3",
        query=lambda _kind: history.UsageHistoryQuery,
        answer=history.usage_history_answer,
        record=history.HistoryAnswer,
        rows=rows.history_rows,
        lines=rows.history_lines,
        read=_read_history_of_names,
    ),
    Endpoint(
        name="history-network",
        path="/history/network",
        summary="Workers, threads, queue, throughput and requests of the network over time.",
        example="/history/network?kind=image",
        query=lambda _kind: history.NetworkHistoryQuery,
        answer=history.network_history_answer,
        record=history.HistoryAnswer,
        rows=rows.history_rows,
        lines=rows.history_lines,
        read=partial(_read_history_of, "network"),
    ),
    Endpoint(
        name="history-workers",
        path="/history/workers",
        summary="Workers that were seen, gained and lost each day, as numbers.",
        example="/history/workers?type=text",
        query=lambda _kind: history.WorkersHistoryQuery,
        answer=history.workers_history_answer,
        record=history.HistoryAnswer,
        rows=rows.history_rows,
        lines=rows.history_lines,
        read=partial(_read_history_of, "workers"),
    ),
    Endpoint(
        name="sources",
        path="/sources",
        summary="State and age of every source as held; nothing is fetched for it.",
        example="/sources",
        query=lambda _kind: Query,
        answer=lambda results, _view, _query: answers.sources_answer(results),
        record=records.SourcesAnswer,
        rows=rows.source_rows,
        lines=rows.source_lines,
        read=_read_every_source,
        is_cached=False,
    ),
)
"""Every endpoint, in the order in which they are described."""
