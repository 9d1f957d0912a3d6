"""What rises and falls most: the last day against its month."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from horde_core.analytics import formulas
from horde_core.frames.usage import MOVER_SHARE_FROM, movers
from horde_core.live.snapshot import PageView, Snapshot
from pages.common import data, panels, tables, unavailable, words
from pages.common.chart_frame import PALETTE, dashed_line, framed, log_axis, momentum_hovers, name_rows

RISING_COLOUR, FALLING_COLOUR = PALETTE[0], PALETTE[3]
LEAST_MOMENTUM = 0.01
"""Where a momentum of nothing stands on a log axis."""


def chart(view: PageView, snapshot: Snapshot) -> panels.Chart:
    """What was used most and least on the last day, against its month."""
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    rising, falling = movers(data.category_frame(snapshot), 5)
    rows = pd.concat([rising, falling])
    title = f"Last day x 30 against 30 days, by {snapshot.model_type} model"
    scope = f"Names with {words.share(MOVER_SHARE_FROM)} or more of all {noun}"
    if not len(rows):
        is_known = all(snapshot.merged.reconciliation.total_usage(period) is not None for period in ("day", "month"))
        why = "The last day of each is like its month." if is_known else "The requests of the last day are unknown."
        return panels.Chart(
            title,
            scope,
            None,
            unavailable.sentence(view, ("usage",), "it is unknown what moves", why, snapshot.model_type),
        )
    return panels.Chart(
        title,
        scope,
        figure_of(rising, falling, noun),
        words.ranking(list(rows["name"]), [words.ratio(value) for value in rows["momentum"]], title, 10),
        rows,
        {
            "name": tables.name_column(),
            "momentum": tables.amount_column("Momentum", least_decimals=2),
            **tables.usage_columns(snapshot.model_type),
        },
    )


def figure_of(rising: pd.DataFrame, falling: pd.DataFrame, noun: str) -> go.Figure:
    """Momentum of what rises and falls most, on a log axis around 1; a mark and a figure for each name."""
    rows = pd.concat([rising, falling.iloc[::-1]])
    places = list(range(len(rows)))
    traces = []
    for title, symbol, colour, is_shown in (
        ("Rising", "triangle-right", RISING_COLOUR, rows["momentum"] > 1),
        ("Falling", "triangle-left", FALLING_COLOUR, rows["momentum"] < 1),
    ):
        chosen = rows[is_shown]
        own_places = [place for place, shown in zip(places, is_shown, strict=True) if shown]
        values = [max(float(value), LEAST_MOMENTUM) for value in chosen["momentum"]]
        traces.append(
            go.Scatter(
                x=values,
                y=own_places,
                mode="markers+text",
                name=title,
                marker={"symbol": symbol, "size": 12, "color": colour},
                text=[words.ratio(value) for value in chosen["momentum"]],
                textposition="middle right",
                cliponaxis=False,
                hovertext=momentum_hovers(chosen, noun),
                hoverinfo="text",
            )
        )
    x = {"title": f"Momentum: {formulas.MOMENTUM.formula}", "range": [-2.2, 2]} | log_axis(LEAST_MOMENTUM, 100)
    even = dashed_line(x0=1, x1=1, xref="x", y0=0, y1=1, yref="y domain")
    height = 74 + 26 * max(len(rows), 1)
    return framed(traces, height, x, name_rows(list(rows["name"])), has_legend=True, shapes=[even])
