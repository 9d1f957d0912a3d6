"""The network over time: workers and threads, what waits, what is done; the period before as faint lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from horde_core.analytics.network import KINDS, Kind
from horde_core.history.reading.network import Figure
from horde_core.history.reading.series import STEP_SECONDS, Range
from horde_core.live.snapshot import PageView
from pages.common import data, headlines, panels, past, time_charts, words
from pages.common.chart_frame import PALETTE, SUPPLY_COLOUR
from pages.common.time_charts import Drawn

STEP_WORDS = {"5min": "5 minutes", "hour": "hour", "day": "day"}
WORK: Mapping[Kind, str] = {"image": "megapixelsteps", "text": "tokens", "alchemy": "forms"}
COLOURS: Mapping[Kind, str] = dict(zip(KINDS, PALETTE, strict=False))
"""A kind of work keeps its colour."""
MADE: Mapping[Kind, str] = {"image": "images", "text": "text requests"}


class Trend(NamedTuple):
    """One chart: its key, its title, its figures with their names, their unit; ``is_sum`` adds up over each step."""

    key: str
    title: str
    figures: Mapping[Figure, str]
    unit: str
    is_sum: bool = False


def draw(view: PageView, kind: Kind, chosen: Range) -> None:
    """Draw the figures of one kind of work as they are now, and its charts, two side by side."""
    assert view.network is not None, "main.py opens this page with the network"
    health, past_of = view.network.health(kind), data.history().headlines(kind)
    figures: Mapping[Figure, tuple[str, str, float | None]] = {
        "workers": ("Workers", words.count(health.workers), health.workers),
        "threads": ("Threads", words.count(health.threads), health.threads),
        "jobs": ("Jobs", words.count(health.jobs), health.jobs),
        "queued": (words.bounded("Work queued", kind, health.queued), words.amount(health.queued), health.queued),
        "per_minute": ("Work done a minute", words.amount(health.per_minute), health.per_minute),
    }
    panels.figures(
        f"trends {kind}",
        *(
            panels.Figure(label, said, headlines.change_words(past_of[figure]), number=number)
            for figure, (label, said, number) in figures.items()
        ),
    )
    with st.grid(2, gap="small", min_column_width=330):
        for trend in _trends(kind):
            with st.container():
                past.chart(f"trend_{trend.key}", ["network"], (kind, chosen), partial(_chart, kind, chosen, trend))


def _trends(kind: Kind) -> Sequence[Trend]:
    work, made = WORK[kind], MADE.get(kind)
    least = ", at least" if kind == "image" else ""
    trends = [
        Trend("staff", "Workers and threads", {"workers": "Workers", "threads": "Threads"}, "workers, threads"),
        Trend("jobs", "Jobs waiting or in progress", {"jobs": "Jobs"}, "jobs"),
    ]
    if made is None:  # the API does not say how much alchemists did
        return trends
    return [
        *trends,
        Trend("queued", f"Work queued{least}", {"queued": "Work queued"}, work),
        Trend("pace", "Work done in a minute", {"per_minute": "Work done"}, f"{work} a minute"),
        Trend("made", f"{words.sentence_case(made)} made", {"requests": words.sentence_case(made)}, made, is_sum=True),
    ]


def _chart(kind: Kind, chosen: Range, trend: Trend) -> panels.Chart:
    history = data.history()
    now, before = history.network(kind, chosen), history.network(kind, chosen, before=True)
    has_before = chosen != "all"
    drawn = [
        Drawn(now.series[figure], title, colour, before.series[figure] if has_before else None)
        for (figure, title), colour in zip(trend.figures.items(), (COLOURS[kind], SUPPLY_COLOUR), strict=False)
    ]
    step = STEP_WORDS[now.step]
    unit = f"{trend.unit} in {step}" if trend.is_sum else trend.unit
    scope = f"{past.RANGE_WORDS[chosen]} · {unit} · " + (
        f"added up over each {step}" if trend.is_sum else "each look" if now.step == "5min" else f"mean of each {step}"
    )
    if not past.is_known([one.series for one in drawn]):
        return panels.Chart(trend.title, scope, None, "Nothing was recorded in this time.")
    if trend.is_sum:
        figure = time_charts.bars(drawn, now.span, unit, step=STEP_SECONDS[now.step])
    else:
        figure = time_charts.lines(drawn, now.span, unit)
    last = [
        words.amount(next((p.value for p in reversed(one.series.points) if p.value is not None), None)) for one in drawn
    ]
    alt = words.ranking([one.title for one in drawn], last, f"{trend.title}, as last known", 4)
    return panels.Chart(trend.title, scope, figure, alt, time_charts.rows_of(drawn), past.table_columns(drawn, unit))
