"""The last day against the month: what rises and what falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from horde_core.frames.usage import outliers
from horde_core.live.snapshot import PageView
from pages.common import data, freshness_header, panels, tables, unavailable, words
from pages.common.chart_frame import GRID, PALETTE, UNLISTED_COLOUR, framed, label, log_axis, momentum_hovers

OUTLIERS_NAMED = 8
LABEL_WIDTH, LABEL_HEIGHT = 1.2, 0.35
"""What a label covers, in powers of ten on the axes."""


def draw(view: PageView) -> None:
    """Draw the chart of the page's category."""
    panels.chart("momentum", (), partial(_chart, view), freshness_header.usage_age(view))


def _chart(view: PageView) -> panels.Chart:
    snapshot = view.snapshot
    frame, noun = data.category_frame(snapshot), tables.REQUEST_WORDS[snapshot.model_type]
    named = outliers(frame, OUTLIERS_NAMED)
    title = f"{noun.capitalize()} of the last day x 30 against those of 30 days, by name"
    scope = "Both axes logarithmic; above the line rises, below it falls"
    if not snapshot.usage.available:
        return panels.Chart(title, scope, None, unavailable.sentence(view, ("usage",), "this is unknown"))
    return panels.Chart(
        title,
        scope,
        momentum_scatter(frame, noun, list(named["name"])),
        words.ranking(list(named["name"]), [words.ratio(v) for v in named["momentum"]], "Strongest movers", 8),
        named,
        {"name": tables.name_column(), "momentum": tables.amount_column("Momentum", least_decimals=2)}
        | tables.usage_columns(snapshot.model_type),
    )


def momentum_scatter(frame: pd.DataFrame, noun: str, named: Sequence[str]) -> go.Figure:
    """Draw requests of the month against the last day x 30, both on log axes: above the line is rising.

    ``frame`` is :func:`horde_core.frames.models.category_frame`; ``named`` are the outliers that are labelled.
    """
    known = frame[(frame["usage_month"].fillna(0) > 0) & (frame["usage_day"].fillna(0) > 0)]
    ends = [1, float(max(known["usage_month"].max(), known["usage_day"].max() * 30))] if len(known) else [1, 10]
    dashed = {"color": GRID, "dash": "dash"}
    traces = [go.Scatter(x=ends, y=ends, mode="lines", line=dashed, hoverinfo="skip", showlegend=False)]
    is_listed = known["listed"].astype("boolean").fillna(True).astype(bool)
    for title, colour, rows in (
        ("In the reference", PALETTE[0], known[is_listed]),
        ("Not in the reference", UNLISTED_COLOUR, known[~is_listed]),
    ):
        if len(rows):
            traces.append(_points(rows, noun, title, colour))
    axis = {"fixedrange": False} | log_axis(*ends)
    return framed(
        traces,
        420,
        {"title": f"{noun.capitalize()} in 30 days"} | axis,
        {"title": f"{noun.capitalize()} of the last day x 30"} | axis,
        has_legend=True,
        annotations=_outliers(known, named),
        dragmode="zoom",
        uirevision="momentum",
    )


def _outliers(known: pd.DataFrame, named: Sequence[str]) -> list[dict[str, Any]]:
    """The names beside their points, the first ones first, as far as they do not cover each other."""
    notes: list[dict[str, Any]] = []
    placed: list[tuple[float, float]] = []
    points = {row["name"]: row for row in known[known["name"].isin(named)].to_dict("records")}
    for name in filter(points.__contains__, named):
        x, y = math.log10(points[name]["usage_month"]), math.log10(points[name]["usage_day"] * 30)
        if all(abs(x - other_x) > LABEL_WIDTH or abs(y - other_y) > LABEL_HEIGHT for other_x, other_y in placed):
            placed.append((x, y))
            note = {"showarrow": False, "xanchor": "left", "xshift": 7, "font": {"size": 11}}
            notes.append({**note, "x": x, "y": y, "text": label(name, 24)})
    return notes


def _points(rows: pd.DataFrame, noun: str, title: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[int(value) for value in rows["usage_month"]],
        y=[int(value) * 30 for value in rows["usage_day"]],
        mode="markers",
        name=title,
        marker={"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
        hovertext=momentum_hovers(rows, noun),
        hoverinfo="text",
    )
