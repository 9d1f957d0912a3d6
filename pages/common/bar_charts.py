"""Pure figure builders: frames in, Plotly figures out. No streamlit here, no settings, no arithmetic but layout.

Names are text: every label is escaped, put on one line and shortened; the hover has it in full.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from pages.common import words

PALETTE = (
    "#2F6FDE", "#0CAA65", "#A86BA6", "#7E8233", "#8436FF", "#569189", "#5B6F79", "#2F7840", "#82A100", "#CC2E0E",
)  # fmt: skip
"""Ten colours that hold on light and dark ground and for colour-blind eyes; the order is part of that."""

DEMAND_COLOUR, SUPPLY_COLOUR = PALETTE[0], PALETTE[6]
MEASURE_COLOURS = (DEMAND_COLOUR, SUPPLY_COLOUR, PALETTE[5], PALETTE[3])
"""Requests, threads, and what else is told beside them."""
UNLISTED_COLOUR = PALETTE[6]
UNSERVED_COLOUR = "#C62828"

BRIDGE_COLOURS = (PALETTE[0], PALETTE[3], PALETTE[6])
"""Newest, behind, unknown."""

GRID = "rgba(128,136,150,0.22)"
LONGEST_NAME, LONGEST_TICK = 30, 44
_ROW_HEIGHT, _FRAME_HEIGHT = 26, 56


def label(name: str, longest: int = LONGEST_NAME) -> str:
    """A name as a chart may show it: one line, shortened, escaped."""
    return html.escape(words.one_line(name, longest), quote=False)


def ranked_bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    hovers: Sequence[str],
    colours: Sequence[str] | str,
    unit: str,
    headroom: float = 1.3,
) -> go.Figure:
    """Horizontal bars, the largest on top, the figure in words at each bar's end, with ``headroom`` for it."""
    places = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=places,
            orientation="h",
            marker={"color": colours, "line": {"width": 0}},
            text=list(texts),
            textposition="outside",
            cliponaxis=False,
            hovertext=[html.escape(hover, quote=False).replace("\n", "<br>") for hover in hovers],
            hoverinfo="text",
        )
    )
    return _horizontal(figure, names, max(values, default=0), unit, headroom=headroom)


def usage_bars(frame: pd.DataFrame, period: str, noun: str) -> go.Figure:
    """The share of the most used models; those that are not in the reference in grey."""
    shares = [float(value) for value in frame[f"share_{period}"]]
    unlisted = ~frame["listed"].astype("boolean").fillna(True)
    return ranked_bars(
        list(frame["name"]),
        shares,
        [words.share(value) for value in shares],
        [
            f"{words.one_line(name, 80)}\n{words.count(usage)} {noun}, {words.share(part)} of all"
            + ("\nnot in the reference" if is_unlisted else "")
            for name, usage, part, is_unlisted in zip(
                frame["name"], frame[f"usage_{period}"], shares, unlisted, strict=True
            )
        ],
        [UNLISTED_COLOUR if is_unlisted else PALETTE[0] for is_unlisted in unlisted],
        f"% of all {noun}",
    )


def grouped_bars(
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    unit: str,
    colours: Sequence[str] = (DEMAND_COLOUR, SUPPLY_COLOUR),
    ticks: Sequence[str] | None = None,
) -> go.Figure:
    """A few horizontal bars a name: shares of several things, by what they are of, in percent.

    ``ticks`` stand down the left instead of the names, which the hover has in full.
    """
    places = list(range(len(names)))
    figure = go.Figure()
    for (title, values), colour in zip(series.items(), colours, strict=False):
        texts = [words.share(value) for value in values]
        figure.add_bar(
            x=list(values),
            y=places,
            orientation="h",
            name=title,
            marker={"color": colour, "line": {"width": 0}},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hovertext=[f"{label(name, 80)}<br>{title}: {text}" for name, text in zip(names, texts, strict=True)],
            hoverinfo="text",
        )
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.05)
    largest = max((value for values in series.values() for value in values if value is not None), default=0)
    return _horizontal(figure, names, largest, unit, row_height=8 + 16 * len(series), has_legend=True, ticks=ticks)


def stacked_counts(
    names: Sequence[str], series: Mapping[str, Sequence[int]], unit: str, colours: Sequence[str]
) -> go.Figure:
    """One horizontal bar a name, made of counts that add up."""
    figure = go.Figure()
    for (title, values), colour in zip(series.items(), colours, strict=False):
        figure.add_bar(
            x=list(values),
            y=list(range(len(names))),
            orientation="h",
            name=title,
            marker={"color": colour, "line": {"width": 0}},
            text=[words.count(value) if value else "" for value in values],
            textposition="inside",
            textangle=0,
            insidetextanchor="middle",
            hovertext=[
                f"{label(name, 80)}<br>{title}: {words.count(value)} {unit}"
                for name, value in zip(names, values, strict=True)
            ],
            hoverinfo="text",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    largest = max((sum(parts) for parts in zip(*series.values(), strict=True)), default=0)
    return _horizontal(figure, names, largest, unit, has_legend=True, headroom=1.05)


def _horizontal(
    figure: go.Figure,
    names: Sequence[str],
    largest: float,
    unit: str,
    row_height: int = _ROW_HEIGHT,
    has_legend: bool = False,
    headroom: float = 1.3,
    ticks: Sequence[str] | None = None,
) -> go.Figure:
    """What all horizontal bars share: names down the left, light grid, zero-based, room for the figures."""
    figure.update_layout(
        height=_FRAME_HEIGHT + row_height * max(len(names), 1) + (28 if has_legend else 0),
        margin={"l": 0, "r": 8, "t": 34 if has_legend else 8, "b": 36},
        showlegend=has_legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        dragmode=False,
        hoverlabel={"align": "left"},
        separators=words.separators(),
    )
    figure.update_xaxes(
        title={"text": unit, "standoff": 6},
        range=[0, (largest or 1) * headroom],
        gridcolor=GRID,
        zeroline=False,
        showline=False,
        fixedrange=True,
        nticks=6,
    )
    name_rows(figure, ticks or names, LONGEST_NAME if ticks is None else LONGEST_TICK)
    return figure


def name_rows(figure: go.Figure, names: Sequence[str], longest: int = LONGEST_NAME) -> None:
    """Put the names down the left of rows 0, 1, 2, ..., the first on top."""
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[label(name, longest) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        automargin=True,
    )
