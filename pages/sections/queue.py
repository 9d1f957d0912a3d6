"""Demand against supply: the busiest models as a chart, and every name in a table."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from horde_core.frames.queue import QueueSummary, unknown_drain_rows, waiting_rows
from horde_core.history.reading.network import Figure as Past
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.vocabulary import WORK_UNIT, ModelType
from pages.common import bars, columns, data, filters, headlines, panels, tables, words

ORDERS = {"queued": "Longest queue", "demand_ratio": "Most demand for its supply"}
ROWS = {
    "waiting": "With a queue",
    "served": "Served",
    "unserved": "Queue, no threads",
    "unknown": "Drain time unknown",
}
NOT_LISTED = "AI Horde lists no text model that nobody serves"


def last_day(model_type: ModelType) -> None:
    """Draw the last day of the network's own queue of a category, each figure of it once, where it was recorded."""
    unit = WORK_UNIT[model_type][0]
    figures: dict[Past, str] = {
        "jobs": "Jobs of the network",
        "queued": words.bounded("Work queued in the network", model_type, 1) + f" ({unit})",
        "per_minute": f"Work done in a minute ({unit})",
    }
    with st.grid(len(figures), gap="small", min_column_width=220):
        for figure, what in figures.items():
            with st.container(gap=None):
                headlines.line(model_type, figure, f"{what}, last day", has_label=True)


def draw(view: PageView, summary: QueueSummary) -> None:
    """Draw both, in the order that is chosen above them."""
    snapshot, model_type = view.snapshot, view.snapshot.model_type
    order = filters.choice("Order", tuple(ORDERS), "queued", "order", ORDERS.__getitem__)
    panels.chart("queue_chart", (order,), partial(_chart, snapshot, order))
    rows = filters.choice("Rows", tuple(ROWS), "waiting", "queue_rows", ROWS.__getitem__)
    has_marks = bool(summary.unserved) or bool(summary.unknown_drain)
    tables.Table(
        key="queue",
        title=f"Queue of {model_type} models",
        load=partial(_rows, snapshot, rows, order),
        columns=columns.queue(
            WORK_UNIT[model_type][0], summary.largest_queue_share, summary.largest_thread_share, has_marks
        ),
        alt=f"Queue by {model_type} model",
        rows_are=("name", "names"),
        of=summary.names,
        ranges=("queued", "threads", "demand_ratio"),
        chosen=[ROWS[rows].lower()],
        clear=("queue_rows",),
        loosen="*Rows*",
        note="A request that names several models counts in each.",
        incomplete=NOT_LISTED if model_type == "text" and rows in ("waiting", "unserved") else "",
        links_to=model_type,
        given=(rows, order),
    ).explore(view)


def _chart(snapshot: Snapshot, order: str) -> panels.Chart:
    waiting = waiting_rows(data.category_frame(snapshot))
    busiest = waiting[waiting[order].notna()].sort_values(order, ascending=False, kind="stable").head(15)
    title = f"Share of queued work and share of threads, by {snapshot.model_type} model"
    scope = (
        f"{ORDERS[order]} first, {words.plural(len(busiest), 'model')} · a bar of demand longer than its bar of supply "
        "waits longer than average"
    )
    if not len(busiest):
        return panels.Chart(title, scope, None, f"AI Horde lists no {snapshot.model_type} model with work waiting.")
    return panels.Chart(
        title,
        scope,
        bars.grouped_bars(
            list(busiest["name"]),
            {
                "Share of queued work": words.known(busiest["queue_share"]),
                "Share of threads": words.known(busiest["thread_share"]),
            },
            "% of the category",
        ),
        words.ranking(list(busiest["name"]), [words.share(v) for v in busiest["queue_share"]], "Share of queued work"),
        busiest,
        {
            "name": tables.name_column(),
            "queue_share": tables.percent_column("% of queued work"),
            "thread_share": tables.percent_column("% of threads"),
        },
    )


def _rows(snapshot: Snapshot, rows: str, order: str) -> pd.DataFrame:
    """The rows that were chosen, each with what is remarkable about it."""
    everything = data.category_frame(snapshot)
    if rows == "served":
        found = everything[everything["threads"].fillna(0) > 0].sort_values("threads", ascending=False, kind="stable")
    elif rows == "unknown":
        found = unknown_drain_rows(everything)
    else:
        found = waiting_rows(everything).sort_values(order, ascending=False, kind="stable", na_position="last")
        if rows == "unserved":
            found = found[found["unserved"].fillna(False).astype(bool)]
    return found.assign(state=[words.queue_state(row) for row in found.to_dict("records")])
