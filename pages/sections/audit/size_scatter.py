"""The scatter of usage against size, deletion candidates marked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from pages.common import words
from pages.common.chart_frame import FULL_NAME, PALETTE, UNLISTED_COLOUR, framed, label

CANDIDATE_COLOUR = PALETTE[9]
NO_USE = 0.5
"""Where a model without requests stands on a log axis."""


def usage_against_size(frame: pd.DataFrame, what: str, unit: str, noun: str, kinds: Sequence[str]) -> go.Figure:
    """Requests of the month against size, both on log axes; ``frame`` has name, size, usage_month and candidate.

    ``kinds`` are what ``candidate`` may say: none, not known, candidate.
    """
    traces = []
    looks = ((PALETTE[0], "circle"), (UNLISTED_COLOUR, "circle-open"), (CANDIDATE_COLOUR, "x"))
    for title, (colour, symbol) in zip(kinds, looks, strict=True):
        rows = frame[frame["candidate"] == title]
        if len(rows):
            traces.append(
                go.Scatter(
                    x=[float(size) for size in rows["size"]],
                    y=[max(float(usage), NO_USE) for usage in rows["usage_month"]],
                    mode="markers",
                    name=f"{title} ({words.count(len(rows))})",
                    marker={"color": colour, "symbol": symbol, "size": 8, "opacity": 0.75, "line": {"width": 0}},
                    hoverinfo="text",
                    hovertext=[label(name, FULL_NAME) for name in rows["name"]],
                    text=[words.amount(size) for size in rows["size"]],
                    customdata=[words.count(usage) for usage in rows["usage_month"]],
                    hovertemplate=f"%{{hovertext}}<br>%{{text}} {unit}<br>%{{customdata}} {noun} in 30 days"
                    "<extra></extra>",
                )
            )
    least, most = float(frame["size"].min()), float(frame["size"].max())
    ticks = nice_ticks(least, most)
    first = max((tick for tick in ticks if tick <= least), default=least)
    last = min((tick for tick in ticks if tick >= most), default=most)
    x = {
        "type": "log",
        "title": f"{what} ({unit})",
        # From tick to tick: sizes that are nearly the same would else lie between two of them, with none in sight.
        "range": [math.log10(end) + space for end, space in ((first, -0.03), (last, 0.03))],
        "tickvals": ticks,
        "ticktext": [words.exact(tick) for tick in ticks],
    }
    largest = math.ceil(math.log10(max([*frame["usage_month"], 10])))
    decades = list(range(largest + 1))
    y = {
        "type": "log",
        "title": f"{noun.capitalize()} in 30 days",
        "range": [math.log10(NO_USE) - 0.2, largest + 0.1],
        "tickvals": [NO_USE, *(10**decade for decade in decades)],
        "ticktext": ["none", *(words.count(10**decade) for decade in decades)],
    }
    return framed(traces, 380, x, y, has_legend=True)


def nice_ticks(least: float, most: float) -> list[float]:
    """1, 2, 5, 10, 20, ... as far as a log axis reaches, its ends included; more of them where that is not far."""
    digits = (1, 2, 5) if most > 20 * least else (1, 2, 3, 4, 5, 7)
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    steps = [float(f"{digit}e{decade}") for decade in range(first, last + 1) for digit in digits]
    return [step for step in steps if least / 2 <= step <= most * 2]
