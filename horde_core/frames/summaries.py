"""Headline figures of a category, from its frames. Pure functions; None is unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

from horde_core.analytics.category_statistics import Part
from horde_core.analytics.records import CombinedModelStatistics, Reconciliation
from horde_core.audit import ModelAuditInfo
from horde_core.frames.rankings import MOVER_SHARE_FROM
from horde_core.frames.workers import BridgeSummary, bridge_summary, fewest_for_half
from horde_core.unknowns import count_or_unknown, percent
from horde_core.vocabulary import Period

RowChoice = Literal["active", "listed", "unlisted", "unlisted_active", "all"]


NOT_STATED = "not stated"
"""What a part of the reference is called whose models say nothing of what it is split by."""


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


def part_frame(parts: Sequence[Part], period: Period, reconciliation: Reconciliation) -> pd.DataFrame:
    """One row a part of the reference, with its share of the category's requests and threads and of the models listed.

    Shares are percent; ``model_share`` of the models of the reference.
    """
    requests, threads = reconciliation.total_usage(period), reconciliation.thread_count.total
    models = sum(part.models for part in parts)
    rows = [
        {
            "label": part.label or NOT_STATED,
            "models": part.models,
            "model_share": percent(part.models, models),
            "usage": (usage := part.usage_stats.period(period) if part.usage_stats else None),
            "usage_share": percent(usage, requests),
            "threads": part.thread_count,
            "thread_share": percent(part.thread_count, threads),
        }
        for part in parts
    ]
    columns = ["label", "models", "model_share", "usage", "usage_share", "threads", "thread_share"]
    return pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("models", "usage", "threads"), "Int64")
        | dict.fromkeys(("model_share", "usage_share", "thread_share"), "Float64")
    )


def leading_parts(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The most used parts of :func:`part_frame`, and what is not stated in any case, where there are too many of them.

    Otherwise all of them, in their own order.
    """
    if len(frame) <= number:
        return frame
    is_stated = frame["label"] != NOT_STATED
    leaders = frame[is_stated].sort_values("usage", ascending=False, kind="stable", na_position="last")
    return pd.concat([leaders.head(number - int((~is_stated).sum())), frame[~is_stated]], ignore_index=True)


class QueueSummary(NamedTuple):
    """The live queue of a category: ``queued`` in units of :data:`horde_core.frames.WORK_UNIT`, shares in percent."""

    queued: float | None
    jobs: int | None
    threads: int | None
    waiting: int | None
    unserved: int | None
    unknown_drain: int | None
    names: int
    largest_queue_share: float
    largest_thread_share: float


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
        names=len(frame),
        largest_queue_share=largest(frame["queue_share"]),
        largest_thread_share=largest(frame["thread_share"]),
    )


def waiting_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with queued work, most first."""
    return frame[frame["queued"].fillna(0) > 0].sort_values("queued", ascending=False, kind="stable")


def unknown_drain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are served and have queued work, but no known speed to drain it with."""
    waiting = waiting_rows(frame)
    return waiting[waiting["eta"].isna() & (waiting["threads"].fillna(0) > 0)]


class WorkforceSummary(NamedTuple):
    """The workers of one type, those in maintenance included; ``for_half`` are the fewest with half of the threads."""

    workers: int
    threads: int | None
    in_maintenance: int | None
    for_half: int | None


def workforce_summary(frame: pd.DataFrame, kind: str) -> WorkforceSummary:
    """Summarise the workers of one type; ``frame`` is :func:`horde_core.workforce.worker_frame`."""
    of_kind = frame[frame["type"] == kind]
    is_away = of_kind["maintenance"]
    at_work = of_kind[~is_away.fillna(False).astype(bool)]
    return WorkforceSummary(
        workers=len(of_kind),
        threads=count_or_unknown(_counts(of_kind["threads"])),
        in_maintenance=int(is_away.sum()) if is_away.notna().all() else None,
        for_half=fewest_for_half(_counts(at_work["threads"])) if is_away.notna().all() else None,
    )


class StaffSummary(NamedTuple):
    """All workers: by type, how up to date their bridges are, and what there is to filter them by."""

    workers: int
    by_type: dict[str, WorkforceSummary]
    bridges: BridgeSummary
    capabilities: list[str]
    bridge_names: list[str]


def staff_summary(frame: pd.DataFrame) -> StaffSummary:
    """Summarise :func:`horde_core.workforce.worker_frame`."""
    return StaffSummary(
        workers=len(frame),
        by_type={kind: workforce_summary(frame, kind) for kind in ("image", "text", "alchemy")},
        bridges=bridge_summary(frame),
        capabilities=sorted({ability for row in frame["capabilities"] for ability in row}),
        bridge_names=sorted(set(frame["bridge"])),
    )


def _counts(values: pd.Series[Any]) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in values]


def worker_rows(statistics: CombinedModelStatistics) -> pd.DataFrame | None:
    """One row a worker that lists a model, most threads first; None where the workers are unknown."""
    if statistics.worker_summaries is None:
        return None
    rows = [
        {
            "name": worker.name,
            "threads": worker.threads,
            "performance": worker.performance,
            "trusted": worker.trusted,
            "maintenance": worker.maintenance_mode,
            "uptime": worker.uptime,
        }
        for worker in statistics.worker_summaries.values()
    ]
    columns = ["name", "threads", "performance", "trusted", "maintenance", "uptime"]
    frame = pd.DataFrame(rows, columns=columns).astype(
        {"threads": "Int64", "trusted": "boolean", "maintenance": "boolean"}
    )
    frame["uptime"] = pd.to_timedelta(frame["uptime"].astype("Float64"), unit="s")
    return frame.sort_values(["threads", "name"], ascending=[False, True], ignore_index=True)


class BackendSummary(NamedTuple):
    """How text models spread over backends this month. Shares in percent; ``models`` are those that any carries."""

    backends: int | None
    largest: str | None
    largest_share: float | None
    single_backend: int | None
    several_backends: int | None
    uneven: int | None
    models: int


def backend_summary(totals: pd.DataFrame, audits: Mapping[str, ModelAuditInfo]) -> BackendSummary:
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
        models=sum(count > 0 for count in counts),
    )


def chosen_rows(frame: pd.DataFrame, choice: RowChoice) -> pd.DataFrame:
    """The rows in use (requests this month or today, threads or queued work), of the reference, not of it, or all.

    ``unlisted_active`` are those outside the reference with requests this month or threads.
    """
    if choice == "active":
        figures = frame[["usage_day", "usage_month", "threads", "queued"]]
        return frame[figures.fillna(0).gt(0).any(axis=1)]
    if choice == "all":
        return frame
    is_listed = frame["listed"].fillna(False)
    if choice == "unlisted_active":
        return frame[~is_listed & frame[["usage_month", "threads"]].fillna(0).gt(0).any(axis=1)]
    return frame[is_listed if choice == "listed" else ~is_listed]


class RowsSummary(NamedTuple):
    """Some rows of a category: how many names there are in all, and the requests of the rows in one period."""

    names: int
    requests: int | None


def rows_summary(frame: pd.DataFrame, choice: RowChoice, period: Period) -> RowsSummary:
    """Summarise :func:`chosen_rows`."""
    usage = chosen_rows(frame, choice)[f"usage_{period}"]
    return RowsSummary(len(frame), int(usage.sum()) if usage.notna().all() else None)


def outliers(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The rows whose last day differs most from their month, in either direction, of those with a notable share."""
    known = frame[(frame["share_month"].fillna(0) >= MOVER_SHARE_FROM) & frame["momentum"].fillna(0).gt(0)]
    distance = known["momentum"].astype(float).map(lambda momentum: abs(math.log(momentum)))
    return known.loc[distance.nlargest(number).index]


def leading_rows(frame: pd.DataFrame, column: str, number: int) -> pd.DataFrame:
    """The rows with the largest figures above zero, largest first."""
    return frame[frame[column].fillna(0) > 0].nlargest(number, column)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def largest(values: pd.Series[Any]) -> float:
    """The largest figure; 0 where none is known."""
    found = values.max()
    return 0.0 if pd.isna(found) else float(found)
