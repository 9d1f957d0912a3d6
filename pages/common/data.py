"""The pages' way to the core: one view a run, and ``st.cache_data`` wrappers keyed by the snapshot's id.

Freshness is the core's business. The wrappers' TTL is ``HORDE_API_CACHE_TTL``, which bounds memory; a snapshot's id
changes with its content, so what they hold is never older than what the core serves.
"""

from __future__ import annotations

from functools import cache

import pandas as pd
import streamlit as st

from horde_core import CategoryStatistics, HordeAPIIntegration, ModelAuditInfo, Settings, StatisticsCache
from horde_core import frames as core_frames
from horde_core.audit import AuditThresholds
from horde_core.integration import USAGE_PATHS
from horde_core.models import ModelType
from horde_core.readings import RefreshOutcome
from horde_core.reports import RedisState, SourceReport, redis_state, report
from horde_core.snapshot import CategoryView, Snapshot, SnapshotReader

SETTINGS = Settings.load()
THRESHOLDS = AuditThresholds.from_settings(SETTINGS)
FRAME_TTL = max(SETTINGS.api_cache_ttl, 1.0)
"""Seconds that a derived frame is kept; a TTL of 0 turns off caching of the sources, not of arithmetic."""

FRAMES_KEPT = 8
OPENING_SECONDS = 1.0
"""What opening a page takes besides, so that with a dead API its sentence is there within ``HORDE_COLD_WAIT``."""

PATIENCE_SECONDS = 2.0
"""How long a tick of the header, which nobody waits for, lets a refresh take before it shows stale data."""

_VIEW, _SIMULATED = "_view", "_simulated"


@cache
def _reader(integration: HordeAPIIntegration) -> SnapshotReader:
    return SnapshotReader(integration)


@cache
def _statistics(integration: HordeAPIIntegration) -> StatisticsCache:
    return StatisticsCache.of(integration)


def reader() -> SnapshotReader:
    """Return the reader that this visitor looks through: the app's, or the simulated Horde once they chose it."""
    chosen = HordeAPIIntegration.simulated if st.session_state.get(_SIMULATED) else HordeAPIIntegration.shared
    return _reader(chosen())


def open_simulation() -> None:
    """Show this visitor the simulated Horde from now on."""
    st.session_state[_SIMULATED] = True


def close_simulation() -> None:
    """Bring this visitor back to the live Horde."""
    st.session_state[_SIMULATED] = False


def is_visitors_choice() -> bool:
    """Whether this visitor opened the simulated Horde (rather than ``HORDE_SOURCE``)."""
    return bool(st.session_state.get(_SIMULATED))


def look(model_type: ModelType) -> CategoryView:
    """Read a category as it is now, giving a refresh under way a moment to land."""
    return reader().view(model_type, patience=PATIENCE_SECONDS)


def open_view(model_type: ModelType) -> CategoryView:
    """Read a category and make it what this run's page draws; waits only when nothing is cached."""
    chosen = reader()
    view = chosen.view(model_type, wait=max(0.0, chosen.integration.settings.cold_wait - OPENING_SECONDS))
    st.session_state[_VIEW] = view
    return view


def current_view() -> CategoryView:
    """Return what this run draws: the same snapshot for every part of a page."""
    view: CategoryView = st.session_state[_VIEW]
    return view


def refresh(model_type: ModelType) -> list[RefreshOutcome]:
    """Force a reload of a category's sources and say what came of each."""
    return reader().integration.refresh(model_type)


def recompute() -> None:
    """Derive what pages need from the app's current snapshots, so that no visitor waits for it."""
    integration = HordeAPIIntegration.shared()
    for model_type in USAGE_PATHS:
        snapshot = _reader(integration).view(model_type, wait=0.0).snapshot
        _category_frame(snapshot.id, snapshot)
        _category_statistics(snapshot.id, snapshot, integration)
        _audit_frame(snapshot.id, snapshot)
        if model_type == "text":
            _backend_frame(snapshot.id, snapshot)
            _backend_totals_frame(snapshot.id, snapshot)
            _balance_frame(snapshot.id, snapshot)


def source_reports() -> list[SourceReport]:
    """How each source of this visitor's Horde does now."""
    return report(reader().integration)


def redis_layer() -> RedisState:
    """How the second layer of the cache does now."""
    return redis_state(reader().integration)


def category_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a model or unlisted name; see :func:`horde_core.frames.category_frame`."""
    return _category_frame(snapshot.id, snapshot)


def backend_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a model and backend; see :func:`horde_core.frames.backend_frame`."""
    return _backend_frame(snapshot.id, snapshot)


def backend_totals_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a backend; see :func:`horde_core.frames.backend_totals_frame`."""
    return _backend_totals_frame(snapshot.id, snapshot)


def balance_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a text model of the reference; see :func:`horde_core.frames.balance_frame`."""
    return _balance_frame(snapshot.id, snapshot)


def statistics(snapshot: Snapshot) -> CategoryStatistics:
    """What is told of the category as a whole; see :func:`horde_core.statistics.category_statistics`."""
    return _category_statistics(snapshot.id, snapshot, reader().integration)


def audits(snapshot: Snapshot) -> dict[str, ModelAuditInfo]:
    """The audit of every model of the reference."""
    return _audits(snapshot.id, snapshot)


def audit_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row a model of the reference, worst first; see :func:`horde_core.frames.audit_frame`."""
    return _audit_frame(snapshot.id, snapshot)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _category_frame(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return core_frames.category_frame(_snapshot)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _backend_frame(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return core_frames.backend_frame(_snapshot)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _backend_totals_frame(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return core_frames.backend_totals_frame(_snapshot)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _balance_frame(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return core_frames.balance_frame(_audits(snapshot_id, _snapshot))


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _category_statistics(
    snapshot_id: str, _snapshot: Snapshot, _integration: HordeAPIIntegration
) -> CategoryStatistics:
    return _statistics(_integration).get(_snapshot)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _audits(snapshot_id: str, _snapshot: Snapshot) -> dict[str, ModelAuditInfo]:
    return _snapshot.audit(THRESHOLDS)


@st.cache_data(ttl=FRAME_TTL, max_entries=FRAMES_KEPT, show_spinner=False)
def _audit_frame(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return core_frames.audit_frame(_audits(snapshot_id, _snapshot))
