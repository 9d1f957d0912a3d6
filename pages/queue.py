"""Queue: what waits, what serves it, and where the two do not meet."""

import pandas as pd
import streamlit as st

from horde_core.frames.summaries import queue_summary, unknown_drain_rows, waiting_rows
from horde_core.vocabulary import WORK_UNIT
from pages.common import bar_charts, columns, data, filters, panels, tables, words

view = data.current_view()
snapshot = view.snapshot
model_type = snapshot.model_type
unit, divisor = WORK_UNIT[model_type]
summary = data.kept(
    ("queue summary", snapshot.id),
    lambda: queue_summary(data.category_frame(snapshot), snapshot.merged.reconciliation, divisor),
)

panels.figures(
    "queue",
    [
        panels.Figure(
            "Work queued",
            words.amount(summary.queued),
            unit,
            "Added up over models: a request that names several models counts in each.",
            summary.queued,
        ),
        panels.Figure("Jobs", words.count(summary.jobs), "waiting or in progress", number=summary.jobs),
        panels.Figure(
            "Threads offered",
            words.count(summary.threads),
            "added up over models",
            "A worker that serves several models offers its threads to each of them, so this is more than the network "
            "has. Threads, not workers: a worker has one or more.",
            summary.threads,
        ),
        panels.Figure(
            "Models with a queue",
            words.count(summary.waiting),
            f"of {words.plural(summary.names, 'name')}",
            number=summary.waiting,
        ),
        panels.Figure("Without threads", words.count(summary.unserved), "models with a queue that nobody serves"),
        panels.Figure(
            "Drain time unknown",
            words.count(summary.unknown_drain),
            "served, but no speed is known",
            "AI Horde knows a speed only for models that finished a job in the last hour.",
        ),
    ],
)

if not snapshot.status.available:
    st.info("The queue is unavailable, so there is nothing to draw.")
    st.stop()

orders = {"queued": "Longest queue", "demand_ratio": "Most demand for its supply"}
order = filters.choice("Order", tuple(orders), "queued", "order", orders.__getitem__)


def busiest_chart() -> panels.Chart:
    """Demand against supply, for the models with most to do."""
    waiting = waiting_rows(data.category_frame(snapshot))
    busiest = waiting[waiting[order].notna()].sort_values(order, ascending=False, kind="stable").head(15)
    title = f"Share of queued work and share of threads, by {model_type} model"
    scope = (
        f"{orders[order]} first, {words.plural(len(busiest), 'model')} · a bar of demand longer than its bar of supply "
        "waits longer than average"
    )
    if not len(busiest):
        return panels.Chart(title, scope, None, "Nothing is waiting.")
    return panels.Chart(
        title,
        scope,
        bar_charts.grouped_bars(
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
            "queue_share": tables.part_column("% of queued work"),
            "thread_share": tables.part_column("% of threads"),
        },
    )


panels.chart("queue_chart", (order,), busiest_chart)

rows_by_choice = {
    "waiting": "With a queue",
    "served": "Served",
    "unserved": "Queue, no threads",
    "unknown": "Drain time unknown",
}
rows = filters.choice("Rows", tuple(rows_by_choice), "waiting", "queue_rows", rows_by_choice.__getitem__)


def chosen() -> pd.DataFrame:
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


has_marks = bool(summary.unserved) or bool(summary.unknown_drain)
tables.explore(
    tables.Table(
        key="queue",
        title=f"Queue of {model_type} models",
        load=chosen,
        columns=columns.queue(unit, summary.largest_queue_share, summary.largest_thread_share, has_marks),
        alt=f"Queue by {model_type} model",
        rows_are=("name", "names"),
        of=summary.names,
        ranges=("queued", "threads", "demand_ratio"),
        chosen=[rows_by_choice[rows].lower()],
        clear=("queue_rows",),
        loosen="*Rows*",
        note="A request that names several models counts in each.",
        links_to=model_type,
        given=(rows, order),
    ),
    view,
)

panels.explanation(
    f"**Work queued** is in {unit}, as AI Horde gives it by model. A request that names several models is in each of "
    "their queues, and one that names none in no queue, so the sum over models is not the network's own total.",
    "**Threads** by model are those of all workers that serve it. A worker that serves several models counts in each, "
    "so the sum over models is more than the threads of the network (see *Overview*).",
    "**Demand / supply** is a model's share of the queued work over its share of the threads: at 2 its queue is twice "
    "as long for each thread as the category's.",
    "**Drain time** is AI Horde's estimate: queued work / (threads x speed). Where a model is served under several "
    "names it is computed over all of them. Where no speed is known it is unknown, never a number of seconds.",
    "**Queue, no threads** is work that waits for a model which nobody serves now.",
)
