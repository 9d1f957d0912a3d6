"""Horizontal bars: one a name, several side by side, or stacked. Frames and lists in, Plotly figures out."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.common import words
from pages.common.chart_frame import (
    DEMAND_COLOUR,
    FULL_NAME,
    LONGEST_NAME,
    SUPPLY_COLOUR,
    framed,
    label,
    linear_axis,
    name_rows,
)

LONGEST_TICK = 44
_ROW_HEIGHT, _FRAME_HEIGHT, _LEGEND_HEIGHT = 26, 56, 28


def ranked_bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    hovers: Sequence[str],
    colours: Sequence[str] | str,
    unit: str,
    headroom: float = 1.3,
) -> go.Figure:
    """Draw bars, the largest on top, the figure in words at each bar's end, with ``headroom`` for it."""
    hovers = [html.escape(hover, quote=False).replace("\n", "<br>") for hover in hovers]
    traces = [_bars(values, texts, hovers, colours, textposition="outside", cliponaxis=False)]
    return _on_axes(traces, names, max(values, default=0), unit, headroom=headroom)


def grouped_bars(
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    unit: str,
    colours: Sequence[str] = (DEMAND_COLOUR, SUPPLY_COLOUR),
    ticks: Sequence[str] | None = None,
) -> go.Figure:
    """Draw a few bars a name: shares of several things, by what they are of, in percent.

    ``ticks`` stand down the left instead of the names, which the hover has in full.
    """
    traces = []
    for (title, values), colour in zip(series.items(), colours, strict=False):
        texts = [words.share(value) for value in values]
        hovers = [f"{label(name, FULL_NAME)}<br>{title}: {text}" for name, text in zip(names, texts, strict=True)]
        traces.append(_bars(values, texts, hovers, colour, name=title, textposition="outside", cliponaxis=False))
    largest = max((value for values in series.values() for value in values if value is not None), default=0)
    grouped: dict[str, Any] = {"barmode": "group", "bargap": 0.3, "bargroupgap": 0.05}
    row_height = 8 + 16 * len(series)
    return _on_axes(traces, names, largest, unit, row_height=row_height, has_legend=True, ticks=ticks, **grouped)


def stacked_counts(
    names: Sequence[str], series: Mapping[str, Sequence[int]], unit: str, colours: Sequence[str]
) -> go.Figure:
    """Draw one bar a name, made of counts that add up."""
    traces = []
    for (title, values), colour in zip(series.items(), colours, strict=False):
        hovers = [
            f"{label(name, FULL_NAME)}<br>{title}: {words.count(value)} {unit}"
            for name, value in zip(names, values, strict=True)
        ]
        texts = [words.count(value) if value else "" for value in values]
        traces.append(stacked(values, texts, hovers, colour, title))
    largest = max((sum(parts) for parts in zip(*series.values(), strict=True)), default=0)
    return _on_axes(traces, names, largest, unit, has_legend=True, headroom=1.05, barmode="stack", bargap=0.3)


def stacked(values: Sequence[float], texts: Sequence[str], hovers: Sequence[str], colour: str, title: str) -> go.Bar:
    """One part of stacked bars, its figures inside."""
    inside = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0}
    return _bars(values, texts, hovers, colour, name=title, **inside)


def _bars(
    values: Sequence[float | None],
    texts: Sequence[str],
    hovers: Sequence[str],
    colours: Sequence[str] | str,
    **more: Any,
) -> go.Bar:
    return go.Bar(
        x=list(values),
        y=list(range(len(values))),
        orientation="h",
        marker={"color": colours, "line": {"width": 0}},
        text=list(texts),
        hovertext=list(hovers),
        hoverinfo="text",
        **more,
    )


def _on_axes(
    traces: Sequence[go.Bar],
    names: Sequence[str],
    largest: float,
    unit: str,
    row_height: int = _ROW_HEIGHT,
    has_legend: bool = False,
    headroom: float = 1.3,
    ticks: Sequence[str] | None = None,
    **layout: Any,
) -> go.Figure:
    """Put names down the left and a zero-based axis below, with room for the figures at the bars' ends."""
    height = _FRAME_HEIGHT + row_height * max(len(names), 1) + (_LEGEND_HEIGHT if has_legend else 0)
    x = {"title": {"text": unit, "standoff": 6}} | linear_axis((largest or 1) * headroom)
    y = name_rows(ticks or names, LONGEST_NAME if ticks is None else LONGEST_TICK)
    return framed(traces, height, x, y, has_legend, **layout)
