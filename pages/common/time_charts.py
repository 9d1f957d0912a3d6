"""Charts over time: bars of days, steps and lines, parts stacked. What nobody recorded is a grey band that says so.

The horizontal axis counts UTC seconds, its ticks are written: days in UTC, as the API counts them, hours in the
visitor's zone.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from horde_core.history.reading.series import DAY, HOUR, Kind, Point, Series, Span
from pages.common import words
from pages.common.chart_frame import PALETTE, framed, label, linear_axis

KIND_WORDS = {
    Kind.KNOWN: "known",
    Kind.PART: "recorded in part",
    Kind.BLOCK: "known as one sum",
    Kind.FALL: "the API's counter fell",
    Kind.GAP: "not recorded",
}
"""What is known of a stretch of time, in words."""

GAP_COLOUR = "rgba(128,136,150,0.16)"
EVENT_COLOUR = PALETTE[2]
HEIGHT = 300
NAMED_GAP = 0.09
"""The part of the axis from which a gap has its reason written in it."""

MOST_TICKS = 7
_STEPS = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, *(days * DAY for days in (1, 2, 7, 14, 30, 61, 91, 182, 365)))


_SHAPE: dict[str, Any] = {"yref": "y domain", "y0": 0, "y1": 1}
_BAND: dict[str, Any] = {"type": "rect", "layer": "below", "fillcolor": GAP_COLOUR, "line": {"width": 0}}
_MOMENT: dict[str, Any] = {
    "type": "line",
    "line": {"color": EVENT_COLOUR, "width": 1, "dash": "dot"},
    "opacity": 0.5,
}


class Drawn(NamedTuple):
    """A series as a chart shows it: its title in the legend, its colour, and the period before as a faint line."""

    series: Series
    title: str
    colour: str
    before: Series | None = None


class Event(NamedTuple):
    """Something that happened at a moment (UTC seconds), in one plain sentence."""

    at: int
    sentence: str


def bars(
    drawn: Sequence[Drawn], span: Span, unit: str, events: Sequence[Event] = (), step: int | None = DAY
) -> go.Figure:
    """Draw what was counted in each step (seconds), or without one shares, several series stacked.

    A block, which is longer than a step, is a wide, striped bar: of counts at its mean a step, of shares at its own.
    """
    traces: list[go.Bar | go.Scatter] = []
    for one in drawn:
        points = [point for point in one.series.points if point.value is not None]
        pattern = {"shape": ["" if point.kind is Kind.KNOWN else "/" for point in points], "size": 6}
        traces.append(
            go.Bar(
                x=[(point.begins + point.ends) / 2 for point in points],
                y=[_in_step(point, step) for point in points],
                width=[(point.ends - point.begins) * 0.92 for point in points],
                name=html.escape(one.title, quote=False),
                marker={"color": one.colour, "line": {"width": 0}, "pattern": pattern},
                hovertext=[_hover(point, one.title, unit, step) for point in points],
                hoverinfo="text",
            )
        )
        if one.before is not None:
            before = f"{one.title}, the period before"
            traces.append(_line(one.before, before, one.colour, unit, span.seconds, step))
    tallest = _tallest([one.series for one in drawn], step)
    before_tallest = _tallest([one.before for one in drawn if one.before is not None], step)
    return _on_axes(traces, drawn, span, max(tallest, before_tallest), events, barmode="stack")


def lines(
    drawn: Sequence[Drawn], span: Span, unit: str, events: Sequence[Event] = (), step: int | None = None
) -> go.Figure:
    """Draw levels as steps, each value from when to when it held; the period before, where given, as a faint line.

    With ``step`` (seconds) they are counts in each step: a block, which is longer, stands at its mean.

    Where less than half of the span is known, as in the first days of a history, the axis begins shortly before that.
    """
    traces = []
    for one in drawn:
        if one.before is not None:
            before = f"{one.title}, the period before"
            traces.append(_line(one.before, before, one.colour, unit, span.seconds, step))
        traces.append(_line(one.series, one.title, one.colour, unit, step=step))
    return _on_axes(traces, drawn, _since_known(span, drawn), _highest(drawn, step), events)


def figure_columns(drawn: Sequence[Drawn]) -> dict[str, str]:
    """The columns of figures in :func:`rows_of`, each with its title: by place, as a title may be any name."""
    return {f"figure {place}": one.title for place, one in enumerate(drawn, 1)}


def rows_of(drawn: Sequence[Drawn]) -> pd.DataFrame:
    """Return the points behind a chart: one row a stretch of time, one column a series: see :func:`figure_columns`.

    ``when`` is the stretch in words, ``known`` what is known of it: the least of what is known of any series.
    """
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    figures = dict.fromkeys(figure_columns(drawn), "Float64")
    for column, one in zip(figures, drawn, strict=True):
        for point in one.series.points:
            row = rows.setdefault((point.begins, point.ends), {"when": words.stretch(point.begins, point.ends)})
            row[column] = point.value
            if row.get("known", Kind.KNOWN) is Kind.KNOWN:
                row["known"] = point.kind
    table = [{**rows[stretch], "known": KIND_WORDS[rows[stretch]["known"]]} for stretch in sorted(rows, reverse=True)]
    return pd.DataFrame(table, columns=["when", *figures, "known"]).astype({"when": "str", "known": "str"} | figures)


def _since_known(span: Span, drawn: Sequence[Drawn]) -> Span:
    """The part of a span that is drawn: all of it, unless its first half and more is unknown."""
    known = [point.begins for one in drawn for point in one.series.points if point.value is not None]
    first = max(min(known, default=span.begins), span.begins)
    if first - span.begins <= span.seconds / 2:
        return span
    return Span(max(span.begins, min(first - (span.ends - first) // 4, span.ends - HOUR)), span.ends)


def _line(series: Series, title: str, colour: str, unit: str, shift: int = 0, step: int | None = None) -> go.Scatter:
    """A line of steps, broken where nothing is known; ``shift`` moves the period before under this one.

    ``step`` is that of counts, None for levels.
    """
    x: list[int] = []
    y: list[float | None] = []
    hovers: list[str] = []
    for point in series.points:
        x += [point.begins + shift, point.ends + shift]
        y += [_in_step(point, step)] * 2
        hovers += [_hover(point, title, unit, step)] * 2
        if point.value is None:
            x[-2:], y[-2:], hovers[-2:] = [point.begins + shift], [None], [""]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        name=html.escape(title, quote=False),
        line={"color": colour, "width": 1 if shift else 2, "dash": "dot" if shift else "solid"},
        opacity=0.55 if shift else 1,
        hovertext=hovers,
        hoverinfo="text",
        connectgaps=False,
        showlegend=not shift,
    )


def _on_axes(
    traces: Sequence[go.Bar | go.Scatter],
    drawn: Sequence[Drawn],
    span: Span,
    tallest: float,
    events: Sequence[Event],
    **layout: Any,
) -> go.Figure:
    has_legend = len(drawn) > 1
    end = (tallest or 1) * (1.14 if events else 1.06)
    x = {"range": [span.begins, span.ends], "showgrid": False} | _time_ticks(span)
    bands, reasons = _bands(_gaps([one.series for one in drawn]), span)
    moments = [_SHAPE | {"x0": at, "x1": at} | _MOMENT for at in dict.fromkeys(event.at for event in events)]
    return framed(
        [*traces, *([_marks(events, end * 0.97)] if events else ())],
        HEIGHT + (14 * len(drawn) if has_legend else 0),
        x,
        linear_axis(end),
        has_legend,
        shapes=[*bands, *moments],
        annotations=reasons,
        **layout,
    )


def _marks(events: Sequence[Event], height: float) -> go.Scatter:
    return go.Scatter(
        x=[event.at for event in events],
        y=[height] * len(events),
        mode="markers",
        marker={"symbol": "triangle-down", "size": 9, "color": EVENT_COLOUR},
        hovertext=[f"{words.moment(event.at)}<br>{label(event.sentence, 120)}" for event in events],
        hoverinfo="text",
        showlegend=False,
    )


def _bands(gaps: Sequence[Point], span: Span) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Gaps as grey bands, and the reasons that stand in the wider ones."""
    seen = [(max(gap.begins, span.begins), min(gap.ends, span.ends), KIND_WORDS[gap.kind]) for gap in gaps]
    narrow = NAMED_GAP * span.seconds
    note = {"yref": "paper", "y": 0.5, "showarrow": False, "font": {"size": 11}, "opacity": 0.7}
    reasons = [
        {**note, "x": (begins + ends) / 2, "text": why, "textangle": 0 if ends - begins >= 2 * narrow else -90}
        for begins, ends, why in seen
        if ends - begins >= narrow
    ]
    return [_SHAPE | {"x0": begins, "x1": ends} | _BAND for begins, ends, _ in seen], reasons


def _gaps(series: Sequence[Series]) -> list[Point]:
    """The stretches in which no series knows anything."""
    unknown = [_joined(point for point in one.points if point.value is None) for one in series]
    found = unknown[0] if unknown else []
    for others in unknown[1:]:
        found = [
            one._replace(begins=max(one.begins, other.begins), ends=min(one.ends, other.ends))
            for one in found
            for other in others
            if one.begins < other.ends and other.begins < one.ends
        ]
    return found


def _joined(points: Iterable[Point]) -> list[Point]:
    """Stretches that follow each other, of which nothing is known for the same reason, as one."""
    joined: list[Point] = []
    for point in points:
        if joined and joined[-1].ends == point.begins and joined[-1].kind is point.kind:
            joined[-1] = joined[-1]._replace(ends=point.ends)
        else:
            joined.append(point)
    return joined


def _in_step(point: Point, step: int | None) -> float:
    """What is drawn of a point: of a block of counts its mean a step, of all else its value."""
    value = point.value or 0
    if step is None or point.kind is not Kind.BLOCK:
        return value
    return value * min(1, step / (point.ends - point.begins))


def _hover(point: Point, title: str, unit: str, step: int | None = None) -> str:
    lines = [label(title, 80), words.stretch(point.begins, point.ends)]
    if point.value is None:
        return "<br>".join([*lines, KIND_WORDS[point.kind]])
    lines.append(f"{words.amount(point.value)} {unit}")
    if point.kind is Kind.BLOCK and step is not None:
        lines.append(f"{KIND_WORDS[point.kind]}, drawn as its mean: {words.amount(_in_step(point, step))}")
    elif point.kind is not Kind.KNOWN:
        lines.append(KIND_WORDS[point.kind])
    return "<br>".join(lines)


def _highest(drawn: Iterable[Drawn], step: int | None) -> float:
    """The largest value of any line, those of the period before included."""
    every = [series for one in drawn for series in (one.series, one.before) if series is not None]
    return max((_in_step(point, step) for series in every for point in series.points), default=0)


def _tallest(series: Iterable[Series], step: int | None) -> float:
    """The largest sum over all series at one time."""
    sums: dict[int, float] = {}
    for one in series:
        for point in one.points:
            sums[point.begins] = sums.get(point.begins, 0) + _in_step(point, step)
    return max(sums.values(), default=0)


def _time_ticks(span: Span) -> dict[str, Any]:
    """At most :data:`MOST_TICKS` ticks at whole days (UTC) or hours (the visitor's), in the visitor's language."""
    wanted = span.seconds / MOST_TICKS
    step = next((step for step in _STEPS if step >= wanted), math.ceil(wanted / DAY) * DAY)
    offset = 0 if step >= DAY else words.zone_offset(span.ends)
    first = span.begins + offset
    first += -first % step
    ticks = [at - offset for at in range(first, span.ends + offset + 1, step)]
    return {"tickvals": ticks, "ticktext": [words.day(at) if step >= DAY else words.hour(at) for at in ticks]}
