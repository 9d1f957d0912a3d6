"""How few names have how much of the usage, in words and as a curve."""

from __future__ import annotations

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from horde_core.analytics.category_statistics import Concentration
from horde_core.frames.usage import pareto_curve
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import Period
from pages.common import data, freshness_header, panels, tables, unavailable, words
from pages.common.chart_frame import PALETTE, dashed_line, framed, linear_axis, log_axis


def draw(view: PageView, period: Period) -> None:
    """Draw both for one period."""
    concentration = data.statistics(view.snapshot).concentration[period]
    if concentration is not None:
        st.markdown(sentence(concentration, tables.REQUEST_WORDS[view.snapshot.model_type]))
    chart = partial(_chart, view, period, concentration)
    panels.chart("pareto", (period,), chart, freshness_header.usage_age(view))


def sentence(found: Concentration, noun: str) -> str:
    """Say how few names have how much."""
    tops = ", ".join(f"the top {one.top} {words.share(one.percentage)}" for one in found.pareto)
    return (
        f"{words.plural(found.for_half, 'name has', 'names have')} half of the {noun}; {tops}. "
        f"{words.plural(found.used, 'name was', 'names were')} used."
    )


def _chart(view: PageView, period: Period, concentration: Concentration | None) -> panels.Chart:
    snapshot = view.snapshot
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    curve = pareto_curve(data.category_frame(snapshot), period)
    title = f"Share of all {noun} that the most used names have together"
    scope = f"{tables.PERIOD_WORDS[period]} · models of the reference, and unlisted names one by one"
    if concentration is None or not len(curve):
        is_known = snapshot.merged.reconciliation.total_usage(period) is not None
        why = "No model was used in this period." if is_known else "Usage of this period is unknown."
        why = unavailable.sentence(view, ("usage", "reference"), "this is unknown", why)
        return panels.Chart(title, scope, None, why)
    return panels.Chart(
        title,
        scope,
        pareto(curve, noun),
        sentence(concentration, noun),
        curve,
        {"names": tables.count_column("Most used names"), "share": tables.percent_column(f"% of all {noun}")},
    )


def pareto(curve: pd.DataFrame, noun: str) -> go.Figure:
    """Draw :func:`horde_core.frames.usage.pareto_curve`, the number of names on a log axis."""
    line = go.Scatter(
        x=curve["names"],
        y=curve["share"],
        mode="lines",
        line={"color": PALETTE[0], "width": 2.5, "shape": "hv"},
        fill="tozeroy",
        fillcolor="rgba(47,111,222,0.10)",
        hovertext=[
            f"{words.plural(int(names), 'most used name has', 'most used names have')}<br>"
            f"{words.share(share)} of all {noun}"
            for names, share in zip(curve["names"], curve["share"], strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    half = dashed_line(x0=0, x1=1, xref="x domain", y0=50, y1=50, yref="y")
    said = {"text": "half", "x": 0, "xref": "x domain", "xanchor": "left", "y": 50, "yref": "y", "yanchor": "bottom"}
    return framed(
        [line],
        380,
        {"title": "Number of names, most used first"} | log_axis(1, curve["names"].max()),
        {"title": f"% of all {noun}"} | linear_axis(102),
        shapes=[half],
        annotations=[{**said, "showarrow": False}],
    )
