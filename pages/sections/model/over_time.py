"""The past of a model, or of up to four over one another: requests a day, what served them, what waited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from horde_core.history.reading.series import DAY, Range, Series, Span, shares
from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import WORK_UNIT
from pages.common import panels, past, tables, time_charts, words
from pages.common.chart_frame import PALETTE
from pages.common.data import history
from pages.common.time_charts import Drawn

NO_REQUESTS = "Nothing is known of its requests in this time."


def draw(view: PageView, models: Sequence[Found]) -> None:
    """Draw the past of one model or several."""
    st.subheader("Over time", anchor=False)
    with st.container(horizontal=True):
        chosen = past.choose_range()
        is_share = past.choose_share()
    kinds = [model.model_type for model in models]
    usage, names = ([part[kind] for kind in dict.fromkeys(kinds)] for part in (past.USAGE, past.NAMES))
    given = (*zip(kinds, [model.name for model in models], strict=True), chosen)
    requests = partial(_requests, view, models, chosen, is_share)
    past.chart("past_requests", [*usage, "reference"], (*given, is_share), requests)
    left, right = st.columns(2)
    with left:
        past.chart("past_serving", names, given, partial(_serving, view, models, chosen))
    with right:
        past.chart("past_queue", names, given, partial(_queue, view, models, chosen))
    past.note("Names of the past count for the model that they belong to by today's reference.")


def _drawn(series: Sequence[Series], titles: Sequence[str] = ()) -> list[Drawn]:
    return [
        Drawn(one, title, colour)
        for one, title, colour in zip(series, titles or [one.name for one in series], PALETTE, strict=False)
    ]


def _requests(view: PageView, models: Sequence[Found], chosen: Range, is_share: bool) -> panels.Chart:
    reader, found = history(), []
    for model in models:
        usage = reader.usage(view.categories[model.model_type].name_index, [model.name], chosen)
        found.append((usage.span, shares(usage.series[0], usage.total) if is_share else usage.series[0]))
    span, drawn = found[0][0], _drawn([series for _, series in found])
    nouns = dict.fromkeys(tables.REQUEST_WORDS[model.model_type] for model in models)
    unit = "% of the category" if is_share else " or ".join(nouns)
    title = f"{'Share of requests' if is_share else words.sentence_case(unit)} a day"
    scope = f"{past.RANGE_WORDS[chosen]} · {unit} · {past.DAYS_NOTE}"
    if not past.is_known([series for _, series in found]):
        return panels.Chart(title, scope, None, NO_REQUESTS)
    happened = [
        event
        for kind in view.categories
        for event in past.events(
            reader.events(kind, span), [model.name for model in models if model.model_type == kind]
        )
    ]
    # Several models are compared as lines, as a stack would add them up.
    draw_chart = time_charts.bars if len(drawn) == 1 else time_charts.lines
    figure = draw_chart(drawn, span, unit, happened, None if is_share else DAY)
    sums = [words.amount(one.series.known_sum) for one in drawn]
    alt = words.ranking([one.title for one in drawn], sums, f"{title}, what is known in all", 4)
    return panels.Chart(title, scope, figure, alt, time_charts.rows_of(drawn), past.table_columns(drawn, unit))


def _serving(view: PageView, models: Sequence[Found], chosen: Range) -> panels.Chart:
    reader = history()
    found = [reader.serving(view.categories[one.model_type].name_index, one.name, chosen) for one in models]
    title = "Threads and workers" if len(models) == 1 else "Threads"
    scope = "Threads that serve it; workers online and not in maintenance"
    if any(one.is_at_most for one in found):
        scope += ", each counted once a name"
    if len(models) == 1:
        drawn = _drawn([found[0].threads, found[0].workers], ["Threads", "Workers"])
    else:
        drawn = _drawn([one.threads for one in found], [model.name for model in models])
    return _levels(title, scope, drawn, found[0].span, "threads" if len(models) > 1 else "threads, workers")


def _queue(view: PageView, models: Sequence[Found], chosen: Range) -> panels.Chart:
    reader = history()
    found = [reader.serving(view.categories[one.model_type].name_index, one.name, chosen) for one in models]
    units = dict.fromkeys(WORK_UNIT[model.model_type] for model in models)
    if len(units) == 1:
        unit, divisor = next(iter(units))
        series = [_in_units(one.queued, divisor) for one in found]
        is_least = models[0].model_type == "image"
        title = "Work queued, at least" if is_least else "Work queued"
    else:
        unit, series, title = "jobs", [one.jobs for one in found], "Jobs waiting or in progress"
    drawn = _drawn(series, [model.name for model in models])
    return _levels(title, f"{unit} · mean of each hour or day", drawn, found[0].span, unit)


def _in_units(series: Series, divisor: float) -> Series:
    return Series(
        series.name,
        tuple(p if p.value is None else p._replace(value=p.value / divisor) for p in series.points),
    )


def _levels(title: str, scope: str, drawn: Sequence[Drawn], span: Span, unit: str) -> panels.Chart:
    if not past.is_known([one.series for one in drawn]):
        return panels.Chart(title, scope, None, "Nothing was recorded in this time.")
    figure = time_charts.lines(drawn, span, unit)
    now = [words.amount(one.series.last_known) for one in drawn]
    alt = words.ranking([one.title for one in drawn], now, f"{title}, as last known", 4)
    return panels.Chart(title, scope, figure, alt, time_charts.rows_of(drawn), past.table_columns(drawn, unit))
