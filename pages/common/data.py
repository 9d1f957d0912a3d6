"""How pages read the core: one view a run, and results shared by all sessions, keyed by the snapshot's id.

A snapshot's id changes with its content, so a result is never older than what the core serves. The TTL of the results,
``HORDE_API_CACHE_TTL``, only bounds memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import streamlit as st
from cachetools import TTLCache, cached

from horde_core import CategoryStatistics, HordeAPIIntegration, ModelAuditInfo, Settings
from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.indexes import IndexedHordeWorkers
from horde_core.analytics.names.matching import NameIndex
from horde_core.audit import AuditThresholds, CategoryAuditResponse, Recorded
from horde_core.cache.source import Reading, RefreshOutcome
from horde_core.frames import backends, workers
from horde_core.frames import models as core_frames
from horde_core.frames import usage as core_usage
from horde_core.frames.usage import UsageSummary
from horde_core.history import history_of, last_seen_of
from horde_core.live.results import SharedResults, today
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.live.source_report import RedisReport, SourceReport, redis_report, report
from horde_core.upstream.model_ages import ModelAges
from horde_core.vocabulary import MODEL_TYPES, ModelType, Period

if TYPE_CHECKING:
    from horde_core.history.reader import HistoryReader
    from horde_core.history.tables import Part

T = TypeVar("T")

SETTINGS = Settings.load()
THRESHOLDS: Mapping[ModelType, AuditThresholds] = {
    model_type: AuditThresholds.from_settings(SETTINGS, model_type) for model_type in MODEL_TYPES
}
FRAME_TTL = max(SETTINGS.api_cache_ttl, 1.0)
"""Seconds that a derived frame is kept; a TTL of 0 turns off caching of the sources, not of arithmetic."""

OPENING_SECONDS = 1.0
"""Seconds kept for drawing, so that with a dead API the page says so within ``HORDE_COLD_WAIT``."""

PATIENCE_SECONDS = 2.0
"""Seconds that a tick of the header waits for a refresh under way before it shows stale data."""

RESULTS_KEPT = 1000
"""Results held for all visitors: about ten a page, for two categories and a few snapshots, periods and locales."""

PAUSED = "paused"
_VIEW, _SIMULATED = "_view", "_simulated"


def _results() -> SharedResults:
    """Return the results of the Horde that this visitor looks at: the app's, or the simulated one."""
    chosen = HordeAPIIntegration.simulated if st.session_state.get(_SIMULATED) else HordeAPIIntegration.shared
    return SharedResults.of(chosen())


def reader() -> SnapshotReader:
    """Return the snapshot reader of the Horde that this visitor looks at."""
    return _results().reader


def open_simulation() -> None:
    """Show this visitor the simulated Horde from now on."""
    st.session_state[_SIMULATED] = True


def close_simulation() -> None:
    """Bring this visitor back to the live Horde."""
    st.session_state[_SIMULATED] = False


def is_visitors_choice() -> bool:
    """Whether this visitor opened the simulated Horde (rather than ``HORDE_SOURCE``)."""
    return bool(st.session_state.get(_SIMULATED))


def look(drawn: PageView) -> PageView:
    """Read the sources of a drawn page again; waits up to :data:`PATIENCE_SECONDS` for a refresh under way."""
    parts = (drawn.network is not None, drawn.ages is not None)
    return reader().page_view(list(drawn.categories), parts[0], patience=PATIENCE_SECONDS, has_ages=parts[1])


def open_view(kinds: Sequence[ModelType], has_network: bool = False, has_ages: bool = False) -> PageView:
    """Read what this run's page draws; waits only when nothing is cached. While paused, what was drawn stays."""
    held = st.session_state.get(_VIEW)
    if is_paused() and held is not None and _is_of(held, kinds, has_network, has_ages):
        return current_view()
    chosen = reader()
    wait = max(0.0, chosen.integration.settings.cold_wait - OPENING_SECONDS)
    view = st.session_state[_VIEW] = chosen.page_view(kinds, has_network, wait, has_ages=has_ages)
    return view


def _is_of(view: PageView, kinds: Sequence[ModelType], has_network: bool, has_ages: bool) -> bool:
    is_same_horde = view.is_simulated == reader().integration.is_simulated
    has_same_parts = has_network == (view.network is not None) and has_ages == (view.ages is not None)
    return is_same_horde and set(kinds) == set(view.categories) and has_same_parts


def is_paused() -> bool:
    """Whether this visitor wants the page to stay as it is."""
    return bool(st.session_state.get(PAUSED))


def current_view() -> PageView:
    """Return what this run draws: the same snapshot for every part of a page."""
    view: PageView = st.session_state[_VIEW]
    return view


def refresh(view: PageView) -> list[RefreshOutcome]:
    """Force a reload of a page's sources and say what came of each."""
    integration = reader().integration
    drawn = {source.key for source in view.sources}
    return integration.refresh_sources([source for source in integration.all_sources() if source.key in drawn])


def recompute() -> None:
    """Derive what pages need from the app's current snapshots, so that no visitor waits for it."""
    results = SharedResults.of(HordeAPIIntegration.shared())
    for model_type in MODEL_TYPES:
        view = results.reader.page_view((model_type,), wait=0.0, has_ages=model_type == "image")
        snapshot = view.snapshot
        category_frame(snapshot)
        results.statistics.get(snapshot)
        _audited(results, snapshot, view.ages)
        if model_type == "text":
            backend_frame(snapshot)
            backend_totals_frame(snapshot)
            balance_frame(snapshot, results)


def source_reports() -> list[SourceReport]:
    """How each source of this visitor's Horde does now."""
    return report(reader().integration)


def requests_last_minute() -> int:
    """How many requests this server sent in the last minute."""
    return reader().integration.client.calls.total_last_minute()


def redis_layer() -> RedisReport:
    """How the second layer of the cache does now."""
    return redis_report(reader().integration)


def kept(given: tuple[Hashable, ...], compute: Callable[[], T]) -> T:
    """Return a result that is computed once for all sessions with the same ``given``: a frame, a summary.

    What ``compute`` draws is kept with it, as messages to the browser that are sent again each time. It may be anything
    but an input.

    ``given`` holds all that the result depends on, told apart by its ``repr``: what it is, the id of what it is
    computed from, what was chosen, and the locale where it holds words. The result is shared and must not be changed.
    """
    result: T = _kept(given, compute)
    return result


def category_frame(snapshot: Snapshot, level: GroupLevel = "model") -> pd.DataFrame:
    """One row a model (or group of them) or unlisted name; see :func:`horde_core.frames.models.category_frame`."""
    return kept(("category", snapshot.id, level), lambda: core_frames.category_frame(snapshot, level))


def worker_frame(view: PageView) -> pd.DataFrame:
    """One row a worker of any type; see :func:`horde_core.frames.workers.worker_frame`."""
    source = view.reading("workers")
    listed: IndexedHordeWorkers = source.value_or(IndexedHordeWorkers.unavailable())
    return kept(("workers", view.is_simulated, source.content), lambda: workers.worker_frame(listed))


def backend_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a model and backend; see :func:`horde_core.frames.backends.backend_frame`."""
    return kept(("backends of models", snapshot.id), lambda: backends.backend_frame(snapshot))


def backend_totals_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a backend; see :func:`horde_core.frames.backends.backend_totals_frame`."""
    return kept(("backends", snapshot.id), lambda: backends.backend_totals_frame(snapshot))


def unknown_prefix_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row an unknown prefix; see :func:`horde_core.frames.backends.unknown_prefix_frame`."""
    return kept(("prefixes", snapshot.id), lambda: backends.unknown_prefix_frame(snapshot))


def balance_frame(snapshot: Snapshot, results: SharedResults | None = None) -> pd.DataFrame:
    """One row a text model of the reference; see :func:`horde_core.frames.backends.balance_frame`."""
    chosen = results or _results()
    return kept(("balance", snapshot.id, today()), lambda: backends.balance_frame(_audited(chosen, snapshot).models))


def history() -> HistoryReader:
    """What was recorded of the Horde that this visitor looks at."""
    return history_of(reader().integration)


def recorded(*parts: Part) -> str:
    """What changes as these parts of the history are written, up to a second late."""
    return _recorded(history(), parts)


@cached(TTLCache(64, 1.0), lock=threading.Lock())
def _recorded(history: HistoryReader, parts: tuple[Part, ...]) -> str:
    """Ask a store once for all visitors and all views of a page: each question takes 0.3 ms."""
    return history.generation(*parts)


def statistics(snapshot: Snapshot) -> CategoryStatistics:
    """The category as a whole; see :func:`horde_core.analytics.category_statistics.category_statistics`."""
    return _results().statistics.get(snapshot)


def usage_summary(snapshot: Snapshot, period: Period) -> UsageSummary:
    """Requests of one period: the API's own sum and its two parts."""
    return kept(
        ("usage summary", snapshot.id, period),
        lambda: core_usage.usage_summary(
            category_frame(snapshot), snapshot.merged.reconciliation, period, snapshot.reference.available
        ),
    )


def audit(
    view: PageView, snapshot: Snapshot, thresholds: AuditThresholds | None = None, level: GroupLevel = "model"
) -> CategoryAuditResponse:
    """The audit of a category, by the thresholds in force where none are tried; immutable, shared by all visitors."""
    return _audited(_results(), snapshot, view.ages, thresholds, level)


def audits(snapshot: Snapshot) -> Mapping[str, ModelAuditInfo]:
    """The audit of every model of the reference by name, without ages, for pages that show none."""
    response = _audited(_results(), snapshot)
    given = ("audits", snapshot.id, response.as_of, response.recorded)
    return kept(given, lambda: {info.name: info for info in response.models})


def _audited(
    results: SharedResults,
    snapshot: Snapshot,
    ages: Reading[ModelAges] | None = None,
    thresholds: AuditThresholds | None = None,
    level: GroupLevel = "model",
) -> CategoryAuditResponse:
    recorded = _last_seen(results.integration, snapshot.name_index, level)
    return results.audits.get(snapshot, today(), ages, thresholds, level, recorded)


@cached(TTLCache(16, 1.0), lock=threading.Lock())
def _last_seen(integration: HordeAPIIntegration, index: NameIndex, level: GroupLevel) -> Recorded:
    """Ask a history once a second for all visitors."""
    return last_seen_of(integration, index, level)


# By default Streamlit hashes a tuple part by part, at 90 us a look-up.
@st.cache_resource(ttl=FRAME_TTL, max_entries=RESULTS_KEPT, show_spinner=False, hash_funcs={tuple: repr})
def _kept(given: tuple[Hashable, ...], _compute: Callable[[], Any]) -> Any:
    return _compute()
