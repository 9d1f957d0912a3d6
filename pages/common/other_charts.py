"""Pure builders of the figures that are no bars: scatter, curve, heat map. The same rules as in ``charts``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from pages.common import words
from pages.common.bar_charts import GRID, PALETTE, UNLISTED_COLOUR, label, name_rows

RISING_COLOUR, FALLING_COLOUR = PALETTE[0], PALETTE[3]
LEAST_MOMENTUM = 0.01
"""Where a momentum of nothing stands on a log axis."""

CANDIDATE_COLOUR = PALETTE[9]
NO_USE = 0.5
"""Where a model without requests stands on a log axis."""

SMALLEST_TEXT = 11
"""Pixels; a figure that does not fit into its bar at this size is left to the hover and the table."""

OUTLIERS_NAMED = 8
LABEL_WIDTH, LABEL_HEIGHT = 1.2, 0.35
"""What a label covers, in powers of ten on the axes."""

_SCALE = ((0.0, "rgba(47,111,222,0.04)"), (1.0, "#2F6FDE"))


def momentum_scatter(frame: pd.DataFrame, noun: str, named: Sequence[str]) -> go.Figure:
    """Requests of the month against the last day x 30, both on log axes: above the line is rising.

    ``frame`` is :func:`horde_core.frames.category_frame`; ``named`` are the outliers that are labelled.
    """
    known = frame[(frame["usage_month"].fillna(0) > 0) & (frame["usage_day"].fillna(0) > 0)]
    figure = go.Figure()
    ends = [1, float(max(known["usage_month"].max(), known["usage_day"].max() * 30))] if len(known) else [1, 10]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": GRID, "dash": "dash"}, hoverinfo="skip", showlegend=False
    )
    is_listed = known["listed"].astype("boolean").fillna(True).astype(bool)
    for title, colour, rows in (
        ("In the reference", PALETTE[0], known[is_listed]),
        ("Not in the reference", UNLISTED_COLOUR, known[~is_listed]),
    ):
        if len(rows):
            figure.add_trace(_points(rows, noun, title, colour))
    _name_outliers(figure, known, named)
    _framed(figure, height=420, legend=True)
    figure.update_xaxes(type="log", title=f"{noun.capitalize()} in 30 days", dtick=1, fixedrange=False)
    figure.update_yaxes(type="log", title=f"{noun.capitalize()} of the last day x 30", dtick=1, fixedrange=False)
    figure.update_layout(dragmode="zoom", uirevision="momentum")
    return figure


def _name_outliers(figure: go.Figure, known: pd.DataFrame, named: Sequence[str]) -> None:
    """Write the names beside their points, the first ones first, as far as they do not cover each other."""
    placed: list[tuple[float, float]] = []
    points = {row["name"]: row for row in known[known["name"].isin(named)].to_dict("records")}
    for name in filter(points.__contains__, named):
        x, y = math.log10(points[name]["usage_month"]), math.log10(points[name]["usage_day"] * 30)
        if all(abs(x - other_x) > LABEL_WIDTH or abs(y - other_y) > LABEL_HEIGHT for other_x, other_y in placed):
            placed.append((x, y))
            text = label(name, 24)
            figure.add_annotation(x=x, y=y, text=text, showarrow=False, xanchor="left", xshift=7, font={"size": 11})


def _points(rows: pd.DataFrame, noun: str, title: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[int(value) for value in rows["usage_month"]],
        y=[int(value) * 30 for value in rows["usage_day"]],
        mode="markers",
        name=title,
        marker={"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
        hovertext=[
            f"{label(name, 80)}<br>{words.count(month)} {noun} in 30 days<br>{words.count(day)} on the last day, "
            f"momentum {words.ratio(momentum)}"
            for name, month, day, momentum in zip(
                rows["name"], rows["usage_month"], rows["usage_day"], rows["momentum"], strict=True
            )
        ],
        hoverinfo="text",
    )


def pareto(curve: pd.DataFrame, noun: str) -> go.Figure:
    """How many percent of all requests the most used names carry together; ``curve`` is ``rankings.pareto_curve``."""
    figure = go.Figure()
    figure.add_scatter(
        x=curve["names"],
        y=curve["share"],
        mode="lines",
        line={"color": PALETTE[0], "width": 2.5, "shape": "hv"},
        fill="tozeroy",
        fillcolor="rgba(47,111,222,0.10)",
        hovertext=[
            f"{words.plural(int(names), 'most used name carries', 'most used names carry')}<br>"
            f"{words.share(share)} of all {noun}"
            for names, share in zip(curve["names"], curve["share"], strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    figure.add_hline(y=50, line={"color": GRID, "dash": "dash"}, annotation_text="half", annotation_position="top left")
    _framed(figure, height=380)
    figure.update_xaxes(type="log", title="Number of names, most used first", dtick=1)
    figure.update_yaxes(title=f"% of all {noun}", range=[0, 102])
    return figure


def movers(rising: pd.DataFrame, falling: pd.DataFrame, noun: str) -> go.Figure:
    """Momentum of what rises and falls most, on a log axis around 1; a mark and a figure for each name."""
    rows = pd.concat([rising, falling.iloc[::-1]])
    places = list(range(len(rows)))
    figure = go.Figure()
    for title, symbol, colour, is_shown in (
        ("Rising", "triangle-right", RISING_COLOUR, rows["momentum"] > 1),
        ("Falling", "triangle-left", FALLING_COLOUR, rows["momentum"] < 1),
    ):
        chosen = rows[is_shown]
        own_places = [place for place, shown in zip(places, is_shown, strict=True) if shown]
        values = [max(float(value), LEAST_MOMENTUM) for value in chosen["momentum"]]
        figure.add_scatter(
            x=values,
            y=own_places,
            mode="markers+text",
            name=title,
            marker={"symbol": symbol, "size": 12, "color": colour},
            text=[words.ratio(value) for value in chosen["momentum"]],
            textposition="middle right",
            cliponaxis=False,
            hovertext=[
                f"{label(name, 80)}<br>{words.count(day)} {noun} on the last day, {words.count(month)} in 30 days"
                f"<br>momentum {words.ratio(momentum)}"
                for name, day, month, momentum in zip(
                    chosen["name"], chosen["usage_day"], chosen["usage_month"], chosen["momentum"], strict=True
                )
            ],
            hoverinfo="text",
        )
    figure.add_vline(x=1, line={"color": GRID, "dash": "dash"})
    _framed(figure, height=74 + 26 * max(len(rows), 1), legend=True)
    figure.update_xaxes(type="log", title="Momentum: last day x 30 / 30 days", range=[-2.2, 2], dtick=1)
    name_rows(figure, list(rows["name"]))
    return figure


def heat_map(matrix: pd.DataFrame, noun: str) -> go.Figure:
    """Share of each model's figure by backend; ``matrix`` is ``backend_frames.share_matrix``, in percent."""
    shares = [[float(value) for value in row] for row in matrix.to_numpy()]
    names, backends = [str(name) for name in matrix.index], [str(backend) for backend in matrix.columns]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=[label(backend) for backend in backends],
            y=list(range(len(names))),
            zmin=0,
            zmax=100,
            colorscale=[list(step) for step in _SCALE],
            text=[[words.share(share) if share else "" for share in row] for row in shares],
            texttemplate="%{text}",
            hovertext=[
                [
                    f"{label(name, 80)}<br>{label(backend)}: {words.share(share)} of its {noun}"
                    for backend, share in zip(backends, row, strict=True)
                ]
                for name, row in zip(names, shares, strict=True)
            ],
            hoverinfo="text",
            xgap=2,
            ygap=2,
            colorbar={"title": {"text": f"% of the<br>model's<br>{noun}"}, "thickness": 12, "len": 0.9},
        )
    )
    _framed(figure, height=76 + 26 * max(len(names), 1))
    figure.update_xaxes(side="top", showgrid=False)
    name_rows(figure, names)
    return figure


def _framed(figure: go.Figure, height: int, legend: bool = False) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 12, "t": 34 if legend else 12, "b": 40},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        dragmode=False,
        hoverlabel={"align": "left"},
        separators=words.separators(),
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, fixedrange=True, automargin=True)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, fixedrange=True, automargin=True)


def usage_against_size(frame: pd.DataFrame, what: str, unit: str, noun: str, kinds: Sequence[str]) -> go.Figure:
    """Requests of the month against size, both on log axes; ``frame`` has name, size, usage_month and candidate.

    ``kinds`` are what ``candidate`` may say: none, not known, candidate.
    """
    figure = go.Figure()
    looks = ((PALETTE[0], "circle"), (UNLISTED_COLOUR, "circle-open"), (CANDIDATE_COLOUR, "x"))
    for title, (colour, symbol) in zip(kinds, looks, strict=True):
        rows = frame[frame["candidate"] == title]
        if len(rows):
            figure.add_scatter(
                x=[float(size) for size in rows["size"]],
                y=[max(float(usage), NO_USE) for usage in rows["usage_month"]],
                mode="markers",
                name=f"{title} ({words.count(len(rows))})",
                marker={"color": colour, "symbol": symbol, "size": 8, "opacity": 0.75, "line": {"width": 0}},
                hovertext=[
                    f"{label(name, 80)}<br>{words.amount(size)} {unit}<br>{words.count(usage)} {noun} in 30 days"
                    for name, size, usage in zip(rows["name"], rows["size"], rows["usage_month"], strict=True)
                ],
                hoverinfo="text",
            )
    _framed(figure, height=380, legend=True)
    least, most = float(frame["size"].min()), float(frame["size"].max())
    ticks = nice_ticks(least, most)
    first = max((tick for tick in ticks if tick <= least), default=least)
    last = min((tick for tick in ticks if tick >= most), default=most)
    figure.update_xaxes(
        type="log",
        title=f"{what} ({unit})",
        # From tick to tick: sizes that are nearly the same would else lie between two of them, with none in sight.
        range=[math.log10(end) + space for end, space in ((first, -0.03), (last, 0.03))],
        tickvals=ticks,
        ticktext=[words.exact(tick) for tick in ticks],
    )
    largest = math.ceil(math.log10(max([*frame["usage_month"], 10])))
    decades = list(range(largest + 1))
    figure.update_yaxes(
        type="log",
        title=f"{noun.capitalize()} in 30 days",
        range=[math.log10(NO_USE) - 0.2, largest + 0.1],
        tickvals=[NO_USE, *(10**decade for decade in decades)],
        ticktext=["none", *(words.count(10**decade) for decade in decades)],
    )
    return figure


def nice_ticks(least: float, most: float) -> list[float]:
    """1, 2, 5, 10, 20, ... as far as a log axis reaches, its ends included; more of them where that is not far."""
    digits = (1, 2, 5) if most > 20 * least else (1, 2, 3, 4, 5, 7)
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    steps = [float(f"{digit}e{decade}") for decade in range(first, last + 1) for digit in digits]
    return [step for step in steps if least / 2 <= step <= most * 2]


def kept_bars(frame: pd.DataFrame) -> go.Figure:
    """One bar a measure, of what is kept and what goes, in percent; ``frame`` has kept, removed, unit, kept_share."""
    shares = [float(share) for share in frame["kept_share"]]
    figure = go.Figure()
    for title, colour, values, column in (
        ("Kept", PALETTE[0], shares, "kept"),
        ("Removed", CANDIDATE_COLOUR, [100 - share for share in shares], "removed"),
    ):
        amounts = [f"{words.amount(value)} {unit}" for value, unit in zip(frame[column], frame["unit"], strict=True)]
        figure.add_bar(
            x=values,
            y=list(range(len(frame))),
            orientation="h",
            name=title,
            marker={"color": colour, "line": {"width": 0}},
            text=[f"{amount} ({words.share(value)})" for amount, value in zip(amounts, values, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertext=[
                f"{measure}: {amount} {title.lower()}, {words.share(value)}"
                for measure, amount, value in zip(frame["measure"], amounts, values, strict=True)
            ],
            hoverinfo="text",
        )
    _framed(figure, height=74 + 34 * len(frame), legend=True)
    figure.update_layout(
        barmode="stack",
        bargap=0.3,
        legend={"traceorder": "normal"},
        uniformtext={"minsize": SMALLEST_TEXT, "mode": "hide"},
    )
    figure.update_xaxes(title="% of the reference as it is", range=[0, 100])
    name_rows(figure, list(frame["measure"]))
    return figure
