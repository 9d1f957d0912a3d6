"""Headline figures of a category, from its frames. Pure functions; None is unknown."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pandas as pd

from horde_core.audit import CRITICAL_RESTS_ON, PRESETS, ModelAuditInfo, Severity
from horde_core.combined import Reconciliation
from horde_core.indexes import percent
from horde_core.models import Period

RowChoice = Literal["active", "listed", "unlisted", "all"]


class UsageSummary(NamedTuple):
    """Requests of one period: the API's own sum, its two parts, and how concentrated they are. Shares in percent."""

    total: int | None
    listed: int | None
    unlisted: int | None
    listed_share: float | None
    unlisted_share: float | None
    models: int | None
    models_used: int | None
    top_ten_share: float | None
    largest_share: float


def usage_summary(
    frame: pd.DataFrame, reconciliation: Reconciliation, period: Period, reference_available: bool
) -> UsageSummary:
    """Summarise :func:`horde_core.frames.category_frame` for one period."""
    part = reconciliation.usage[period]
    usage = frame[f"usage_{period}"]
    listed, unlisted = (part.attributed, part.unlisted) if reference_available else (None, None)
    is_known = part.total is not None
    return UsageSummary(
        total=_whole(part.total),
        listed=_whole(listed),
        unlisted=_whole(unlisted),
        listed_share=percent(listed, part.total),
        unlisted_share=percent(unlisted, part.total),
        models=int(frame["listed"].sum()) if reference_available else None,
        models_used=int((frame["listed"] & usage.gt(0)).sum()) if reference_available and is_known else None,
        top_ten_share=percent(float(usage.nlargest(10).sum()), part.total) if is_known else None,
        largest_share=largest(frame[f"share_{period}"]),
    )


class QueueSummary(NamedTuple):
    """The live queue of a category. ``queued`` is in the unit of :data:`horde_core.frames.WORK_UNIT`."""

    queued: float | None
    jobs: int | None
    threads: int | None
    waiting: int | None
    unserved: int | None
    unknown_drain: int | None


def queue_summary(frame: pd.DataFrame, reconciliation: Reconciliation, unit: float) -> QueueSummary:
    """Summarise the queue: ``unit`` is how many of the API's units make one on screen."""
    queued = reconciliation.queued.total
    is_known = queued is not None
    return QueueSummary(
        queued=None if queued is None else queued / unit,
        jobs=_whole(reconciliation.queued_jobs.total),
        threads=_whole(reconciliation.thread_count.total),
        waiting=len(waiting_rows(frame)) if is_known else None,
        unserved=int(frame["unserved"].sum()) if is_known and frame["unserved"].notna().all() else None,
        unknown_drain=len(unknown_drain_rows(frame)) if is_known and frame["threads"].notna().all() else None,
    )


def waiting_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with queued work, most first."""
    return frame[frame["queued"].fillna(0) > 0].sort_values("queued", ascending=False, kind="stable")


def unknown_drain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are served and have queued work, but no known speed to drain it with."""
    waiting = waiting_rows(frame)
    return waiting[waiting["eta"].isna() & (waiting["threads"].fillna(0) > 0)]


class BackendSummary(NamedTuple):
    """How text models spread over backends this month. Shares in percent."""

    backends: int | None
    largest: str | None
    largest_share: float | None
    single_backend: int | None
    several_backends: int | None
    uneven: int | None


def backend_summary(totals: pd.DataFrame, audits: dict[str, ModelAuditInfo]) -> BackendSummary:
    """Summarise :func:`horde_core.frames.backend_totals_frame` and the audits of the text models."""
    active = totals[(totals["usage_month"].fillna(0) > 0) | (totals["threads"].fillna(0) > 0)]
    balances = [info.balance for info in audits.values()]
    is_known = bool(balances) and all(balance is not None for balance in balances)
    counts = [len(balance.backends) for balance in balances if balance is not None]
    leader = active.iloc[0] if len(active) and active["share_month"].notna().any() else None
    return BackendSummary(
        backends=len(active) if totals[["usage_month", "threads"]].notna().all(axis=None) and len(totals) else None,
        largest=None if leader is None else str(leader["backend"]),
        largest_share=None if leader is None else float(leader["share_month"]),
        single_backend=counts.count(1) if is_known else None,
        several_backends=sum(count > 1 for count in counts) if is_known else None,
        uneven=sum(info.flags.uneven_backends is True for info in audits.values()) if is_known else None,
    )


class AuditSummary(NamedTuple):
    """How many models each severity and preset selects; None where that is unknown for some model."""

    models: int
    by_severity: dict[Severity, int | None]
    by_preset: dict[str, int | None]


def audit_summary(audits: dict[str, ModelAuditInfo]) -> AuditSummary:
    """Count the audits by severity and preset.

    While it is unknown of one model whether it is critical, no severity has a count; while it is unknown of one whether
    there is nothing to find, neither has that.
    """
    infos = audits.values()
    by_severity: dict[Severity, int | None] = {
        severity: sum(info.severity is severity for info in infos) for severity in Severity
    }
    if not all(getattr(info.flags, flag) is not None for info in infos for flag in CRITICAL_RESTS_ON):
        by_severity |= dict.fromkeys((Severity.CRITICAL, Severity.WARNING, Severity.NOTICE, Severity.NONE))
    elif by_severity[Severity.UNKNOWN]:
        by_severity[Severity.NONE] = None
    by_preset = {
        preset.key: sum(map(preset.selects, infos)) if all(map(preset.is_known, infos)) else None for preset in PRESETS
    }
    return AuditSummary(len(audits), by_severity, by_preset)


def chosen_rows(frame: pd.DataFrame, choice: RowChoice) -> pd.DataFrame:
    """The rows in use (requests this month or today, threads or queued work), of the reference, not of it, or all."""
    if choice == "active":
        figures = frame[["usage_day", "usage_month", "threads", "queued"]]
        return frame[figures.fillna(0).gt(0).any(axis=1)]
    if choice == "all":
        return frame
    is_listed = frame["listed"].fillna(False)
    return frame[is_listed if choice == "listed" else ~is_listed]


def leading_rows(frame: pd.DataFrame, column: str, number: int) -> pd.DataFrame:
    """The rows with the largest figures above zero, largest first."""
    return frame[frame[column].fillna(0) > 0].nlargest(number, column)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def largest(values: pd.Series[Any]) -> float:
    """The largest figure; 0 where none is known."""
    found = values.max()
    return 0.0 if pd.isna(found) else float(found)
