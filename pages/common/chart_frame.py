"""What all charts share: colours, labels, axes. No streamlit here, no settings, no arithmetic but layout.

Names are text: every label is escaped, put on one line and shortened; the hover has it in full.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
GRID = "rgba(128,136,150,0.22)"

LONGEST_NAME = 30
FULL_NAME = 80
"""Characters of a name down the left, and in a hover."""


def label(name: str, longest: int = LONGEST_NAME) -> str:
    """A name as a chart may show it: one line, shortened, escaped."""
    return html.escape(words.one_line(name, longest), quote=False)


def momentum_hovers(rows: pd.DataFrame, noun: str) -> list[str]:
    """What the hover says of each row's last day and month."""
    return [
        f"{label(name, FULL_NAME)}<br>{words.count(month)} {noun} in 30 days<br>"
        f"{words.count(day)} on the last day, momentum {words.ratio(momentum)}"
        for name, month, day, momentum in zip(
            rows["name"], rows["usage_month"], rows["usage_day"], rows["momentum"], strict=True
        )
    ]


def framed(
    traces: Iterable[Any],
    height: int,
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    has_legend: bool = False,
    **layout: Any,
) -> go.Figure:
    """Return a figure of traces on two axes, with margins, legend and grid; axes do not zoom.

    All of it at once: a figure whose parts are updated one after the other takes 8 ms, this one 1 ms.
    """
    axis = {"gridcolor": GRID, "zeroline": False, "fixedrange": True, "automargin": True}
    frame = {
        "height": height,
        "margin": {"l": 0, "r": 12, "t": 34 if has_legend else 12, "b": 40},
        "showlegend": has_legend,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "dragmode": False,
        "hoverlabel": {"align": "left"},
        "xaxis": axis | dict(x),
        "yaxis": axis | dict(y),
    }
    return go.Figure(list(traces), frame | layout)


def linear_ticks(end: float) -> dict[str, Any]:
    """Return at most six ticks from 0 on, written in the visitor's locale: Plotly itself would write 10k."""
    decade = 10.0 ** math.floor(math.log10(end / 5))
    step = next(step for digit in (1, 2, 5, 10) if end <= 5 * (step := decade * digit))
    return _written([step * place for place in range(math.floor(end / step) + 1)])


def linear_axis(end: float) -> dict[str, Any]:
    """Return an axis from 0, with ticks."""
    return {"range": [0, end]} | linear_ticks(end)


def log_axis(least: float, most: float) -> dict[str, Any]:
    """Return a logarithmic axis with a tick at each power of ten from ``least`` to the first that reaches ``most``."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    return {"type": "log"} | _written([10.0**power for power in powers])


def _written(ticks: Sequence[float]) -> dict[str, Any]:
    return {"tickvals": list(ticks), "ticktext": [words.exact(tick) for tick in ticks]}


def name_rows(names: Sequence[str], longest: int = LONGEST_NAME) -> dict[str, Any]:
    """Return an axis with the names of rows 0, 1, 2, ..., the first on top."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [label(name, longest) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
    }


def dashed_line(**ends: Any) -> dict[str, Any]:
    """Return a line across a chart, from its ``x0`` and ``y0`` to its ``x1`` and ``y1``."""
    return {"type": "line", "line": {"color": GRID, "dash": "dash"}, **ends}
