"""The most used models as a chart, and every name in a table."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from horde_core.analytics.groups import GroupLevel
from horde_core.frames.usage import RowChoice, UsageSummary, chosen_rows, leading_rows, rows_summary
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import ModelType, Period
from pages.common import (
    bars,
    columns,
    data,
    filters,
    freshness_header,
    month_lines,
    panels,
    past,
    tables,
    unavailable,
    words,
)
from pages.common.chart_frame import FULL_NAME, PALETTE, UNLISTED_COLOUR

ROWS: dict[RowChoice, str] = {"active": "In use", "listed": "Listed", "all": "All names"}


def draw(view: PageView, period: Period, level: GroupLevel, top: int) -> None:
    """Draw the chart and the table of one period, by model or by group of them."""
    snapshot, noun = view.snapshot, tables.REQUEST_WORDS[view.snapshot.model_type]
    summary = data.usage_summary(snapshot, period)
    chart = partial(_chart, view, period, level, top, summary)
    panels.chart("usage_chart", (period, top, level), chart, freshness_header.usage_age(view))
    rows = filters.choice("Rows", tuple(ROWS), "active", "usage_rows", ROWS.__getitem__)
    chosen = data.kept(
        ("usage of rows", snapshot.id, level, rows, period),
        lambda: rows_summary(data.category_frame(snapshot, level), rows, period),
    )
    has_lines = level == "model" and data.history().status().since is not None

    def load() -> pd.DataFrame:
        found = columns.by_usage(chosen_rows(data.category_frame(snapshot, level), rows), period)
        return month_lines.with_lines(found, snapshot) if has_lines else found

    tables.Table(
        key="usage",
        title=f"Usage of {snapshot.model_type} models",
        load=load,
        columns=_columns(snapshot.model_type, summary.largest_share, has_lines),
        alt=f"{noun.capitalize()} by {snapshot.model_type} model",
        rows_are=("name", "names"),
        of=chosen.names,
        ranges=("usage_month", "threads", "workers"),
        chosen=[ROWS[rows].lower()] if rows != "all" else [],
        clear=("usage_rows",),
        loosen="*Rows*",
        note=f"These rows have {words.count(chosen.requests)} of {words.count(summary.total)} {noun} before any "
        "search.",
        incomplete=unavailable.clause(view, *(("reference",) if rows == "listed" else ("usage", "status"))),
        links_to=snapshot.model_type if level == "model" else None,
        given=(level, rows, period, data.recorded(past.USAGE[snapshot.model_type]) if has_lines else ""),
    ).explore(view)
    if level == "family":
        st.caption("A family is the group that the reference gives a model; a model without one stands alone.")


def _columns(model_type: ModelType, largest_share: float, has_lines: bool) -> dict[str, Any]:
    """The columns of the table; the past stands behind the share."""
    shown = columns.usage(model_type, largest_share)
    if not has_lines:
        return shown
    place = list(shown).index("share") + 1
    lines = month_lines.columns(tables.REQUEST_WORDS[model_type])
    return dict([*list(shown.items())[:place], *lines.items(), *list(shown.items())[place:]])


def _chart(view: PageView, period: Period, level: GroupLevel, top: int, summary: UsageSummary) -> panels.Chart:
    snapshot = view.snapshot
    model_type, noun = snapshot.model_type, tables.REQUEST_WORDS[snapshot.model_type]
    leaders = leading_rows(data.category_frame(snapshot, level), f"usage_{period}", top)
    title = f"The {len(leaders) or top} most used {model_type} models by share of all {noun}"
    scope = f"{tables.PERIOD_WORDS[period]} · grey bars are not in the reference"
    if not len(leaders):
        why = "Usage of this period is unknown." if summary.total is None else "No model was used in this period."
        return panels.Chart(title, scope, None, unavailable.sentence(view, ("usage",), "this is unknown", why))
    shares_in_words = [words.share(value) for value in leaders[f"share_{period}"]]
    return panels.Chart(
        title,
        scope,
        usage_bars(leaders, period, noun),
        words.ranking(list(leaders["name"]), shares_in_words, f"Share of all {noun}"),
        leaders,
        {
            "name": tables.name_column(),
            f"share_{period}": tables.share_column("Share", largest=summary.largest_share),
            f"usage_{period}": tables.count_column(noun.capitalize()),
            "listed": tables.flag_column("In reference"),
        },
    )


def usage_bars(frame: pd.DataFrame, period: Period, noun: str) -> go.Figure:
    """Draw the share of the most used models; those that are not in the reference in grey."""
    shares = [float(value) for value in frame[f"share_{period}"]]
    unlisted = ~frame["listed"].astype("boolean").fillna(True)
    return bars.ranked_bars(
        list(frame["name"]),
        shares,
        [words.share(value) for value in shares],
        [
            f"{words.one_line(name, FULL_NAME)}\n{words.count(usage)} {noun}, {words.share(part)} of all"
            + ("\nnot in the reference" if is_unlisted else "")
            for name, usage, part, is_unlisted in zip(
                frame["name"], frame[f"usage_{period}"], shares, unlisted, strict=True
            )
        ],
        [UNLISTED_COLOUR if is_unlisted else PALETTE[0] for is_unlisted in unlisted],
        f"% of all {noun}",
    )
