"""Requests of a category, from its frame: headline figures, parts, rankings and curves. Pure; None is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from horde_core.analytics.category_statistics import Part
from horde_core.analytics.records import Reconciliation
from horde_core.frames.models import largest
from horde_core.frames.schema import AMOUNT, COUNT, TEXT, Schema, frame_of
from horde_core.unknowns import percent
from horde_core.vocabulary import PERIODS, Period

RowChoice = Literal["active", "listed", "unlisted", "unlisted_active", "all"]

NOT_STATED = "not stated"
"""The label of the models whose record does not state what the reference is split by."""

MOVER_SHARE_FROM = 0.05
"""Percent of the category's 30-day requests from which momentum is told: a few requests more double a smaller name."""

POINTS_OF_A_CURVE = 300

PARTS: Schema = {
    "label": TEXT,
    "models": COUNT,
    "model_share": AMOUNT,
    "usage": COUNT,
    "usage_share": AMOUNT,
    "threads": COUNT,
    "thread_share": AMOUNT,
}


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
    """Summarise :func:`~horde_core.frames.models.category_frame` for one period.

    All time trails by up to 1,000 requests, so a model with requests in a day or a month is used in all time.
    """
    part = reconciliation.usage[period]
    usage = frame[f"usage_{period}"]
    counted = frame[[f"usage_{one}" for one in (PERIODS if period == "total" else (period,))]]
    is_used = counted.gt(0).fillna(False).any(axis=1)
    listed, unlisted = (part.attributed, part.unlisted) if reference_available else (None, None)
    is_known = part.total is not None
    return UsageSummary(
        total=part.total,
        listed=listed,
        unlisted=unlisted,
        listed_share=percent(listed, part.total),
        unlisted_share=percent(unlisted, part.total),
        models=int(frame["listed"].sum()) if reference_available else None,
        models_used=int((frame["listed"] & is_used).sum()) if reference_available and is_known else None,
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
    return frame_of(rows, PARTS)


def leading_parts(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The most used parts of :func:`part_frame`, and what is not stated in any case, where there are too many of them.

    Otherwise all of them, in their own order.
    """
    if len(frame) <= number:
        return frame
    is_stated = frame["label"] != NOT_STATED
    leaders = frame[is_stated].sort_values("usage", ascending=False, kind="stable", na_position="last")
    return pd.concat([leaders.head(number - int((~is_stated).sum())), frame[~is_stated]], ignore_index=True)


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


class Movers(NamedTuple):
    """The names whose last day differs most from their month, by momentum (day x 30 / 30 days)."""

    rising: pd.DataFrame
    falling: pd.DataFrame


def movers(frame: pd.DataFrame, number: int) -> Movers:
    """Rank :func:`~horde_core.frames.models.category_frame` by momentum, above 1 and below it."""
    known = frame[(frame["share_month"].fillna(0) >= MOVER_SHARE_FROM) & frame["momentum"].notna()]
    return Movers(
        rising=known[known["momentum"] > 1].nlargest(number, "momentum"),
        falling=known[known["momentum"] < 1].nsmallest(number, "momentum"),
    )


def pareto_curve(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """How requests pile up: ``names`` most used together carry ``share`` percent of the category.

    From one name to all used ones, thinned to :data:`POINTS_OF_A_CURVE` points that are even on a log axis.
    """
    shares = frame[f"share_{period}"].dropna()
    carried = shares[shares > 0].sort_values(ascending=False).cumsum().astype(float).tolist()
    steps = range(POINTS_OF_A_CURVE) if carried else ()
    places = sorted({round(len(carried) ** (step / (POINTS_OF_A_CURVE - 1))) for step in steps})
    return pd.DataFrame({"names": places, "share": [carried[place - 1] for place in places]})
