"""Rankings that pages ask for: what rises and falls, what to serve next, how requests pile up on few names. Pure."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from horde_core.vocabulary import Period

MOVER_SHARE_FROM = 0.05
"""Percent of the category's 30-day requests from which a name's momentum is told: below it a handful makes it leap."""

POINTS_OF_A_CURVE = 300


class Movers(NamedTuple):
    """The names whose last day differs most from their month, by momentum (day x 30 / 30 days)."""

    rising: pd.DataFrame
    falling: pd.DataFrame


def movers(frame: pd.DataFrame, number: int) -> Movers:
    """Rank :func:`horde_core.frames.category_frame` by momentum, above 1 and below it."""
    known = frame[(frame["share_month"].fillna(0) >= MOVER_SHARE_FROM) & frame["momentum"].notna()]
    return Movers(
        rising=known[known["momentum"] > 1].nlargest(number, "momentum"),
        falling=known[known["momentum"] < 1].nsmallest(number, "momentum"),
    )


def serve_next(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """The names where one more thread helps most: those that nobody serves, then those with most queue a thread.

    ``frame`` is :func:`horde_core.frames.category_frame`; empty where the queue is unknown.
    """
    waiting = frame[frame["queued"].fillna(0) > 0]
    is_unserved = waiting["unserved"].fillna(False).astype(bool)
    unserved = waiting[is_unserved].sort_values("queued", ascending=False, kind="stable")
    served = waiting[~is_unserved & waiting["queue_per_thread"].notna()]
    served = served.sort_values("queue_per_thread", ascending=False, kind="stable")
    return pd.concat([unserved, served]).head(number)


def pareto_curve(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """How requests pile up: ``names`` most used together carry ``share`` percent of the category.

    From one name to all used ones, thinned to :data:`POINTS_OF_A_CURVE` points that are even on a log axis.
    """
    shares = frame[f"share_{period}"].dropna()
    carried = shares[shares > 0].sort_values(ascending=False).cumsum().astype(float).tolist()
    steps = range(POINTS_OF_A_CURVE) if carried else ()
    places = sorted({round(len(carried) ** (step / (POINTS_OF_A_CURVE - 1))) for step in steps})
    return pd.DataFrame({"names": places, "share": [carried[place - 1] for place in places]})
