"""Queue: what waits, what serves it, and where the two do not meet."""

import streamlit as st

from horde_core.frames import WORK_UNIT
from horde_core.summaries import largest, queue_summary, unknown_drain_rows, waiting_rows
from pages.common import charts, data, filters, panels, tables, words

view = data.current_view()
snapshot = view.snapshot
unit, divisor = WORK_UNIT[snapshot.model_type]
frame = data.category_frame(snapshot)
summary = queue_summary(frame, snapshot.merged.reconciliation, divisor)
waiting = waiting_rows(frame)

panels.headline("Queue", f"Which {snapshot.model_type} models have work waiting, and is there enough to serve it?")
panels.figures(
    [
        panels.Figure(
            "Work queued",
            words.amount(summary.queued),
            unit,
            "Added up over models: a request that names several models counts in each.",
        ),
        panels.Figure("Jobs", words.count(summary.jobs), "waiting or in progress"),
        panels.Figure(
            "Threads", words.count(summary.threads), "serve now", "Threads, not workers: a worker has one or more."
        ),
        panels.Figure("Models with a queue", words.count(summary.waiting), f"of {words.plural(len(frame), 'name')}"),
        panels.Figure(
            "Without threads",
            words.count(summary.unserved),
            "models with a queue that nobody serves",
        ),
        panels.Figure(
            "Drain time unknown",
            words.count(summary.unknown_drain),
            "served, but no speed is known",
            "AI Horde knows a speed only for models that finished a job in the last hour.",
        ),
    ]
)

if not snapshot.status.available:
    st.info("The queue is unavailable, so there is nothing to draw.")
    st.stop()

busiest = waiting.head(15)
if len(busiest):
    panels.chart(
        f"Share of queued work and share of threads, by {snapshot.model_type} model",
        f"The {len(busiest)} longest queues · a bar of demand longer than its bar of supply waits longer than average",
        charts.paired_bars(
            list(busiest["name"]),
            words.known(busiest["queue_share"]),
            words.known(busiest["thread_share"]),
            ("Share of queued work", "Share of threads"),
            "% of the category",
        ),
        alt=words.ranking(
            list(busiest["name"]), [words.share(v) for v in busiest["queue_share"]], "Share of queued work"
        ),
        key="queue_chart",
    )
else:
    st.success("Nothing is waiting.", icon=":material/check_circle:")

rows_by_choice = {
    "waiting": "With a queue",
    "served": "Served",
    "unserved": "Queue, no threads",
    "unknown": "Drain time unknown",
}
chosen_by = {
    "waiting": waiting,
    "served": frame[frame["threads"].fillna(0) > 0].sort_values("threads", ascending=False, kind="stable"),
    "unserved": waiting[waiting["unserved"].fillna(False)],
    "unknown": unknown_drain_rows(frame),
}
with st.container(horizontal=True, vertical_alignment="center"):
    rows = filters.choice("Rows", tuple(rows_by_choice), "waiting", "queue_rows", rows_by_choice.__getitem__)
    text = filters.search("queue_name")
chosen = filters.matching(chosen_by[rows], text)
st.caption(
    f"{len(chosen):,} of {words.plural(len(frame), 'name')}. A request that names several models counts in each."
)
if len(chosen):
    marked = chosen.assign(state=[words.queue_state(row) for row in chosen.to_dict("records")])
    tables.show(
        marked,
        {
            "name": tables.name_column(),
            "queued": tables.amount_column(f"Queued ({unit})"),
            "queue_share": tables.share_column("Share of queue", largest=largest(frame["queue_share"])),
            "jobs": tables.count_column("Jobs", "Waiting or in progress."),
            "threads": tables.count_column("Threads"),
            "thread_share": tables.share_column("Share of threads", largest=largest(frame["thread_share"])),
            "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
            "performance": tables.amount_column(
                f"Speed ({unit}/s)", "Mean of the last hour for one job; n/a when no job finished."
            ),
            "drain_time": tables.duration_column(
                "Drain time", "How long the queue takes at the speed of now; n/a when no speed is known."
            ),
            **({"state": st.column_config.TextColumn("State")} if marked["state"].any() else {}),
            "listed": st.column_config.CheckboxColumn("In reference"),
        },
        alt=f"Queue by {snapshot.model_type} model",
        key="queue_table",
    )
    tables.download(marked, f"queue-{snapshot.model_type}", "queue_download")
elif text:
    filters.nothing_matches(["queue_name", "queue_rows"], "*Search names*")
else:
    st.info(f"No model is in “{rows_by_choice[rows]}” now.", icon=":material/check_circle:")

panels.explanation(
    f"**Work queued** is in {unit}, as AI Horde gives it by model. A request that names several models is in each of "
    "their queues, and one that names none in no queue, so the sum over models is not the network's own total.",
    "**Drain time** is AI Horde's estimate: queued work / (threads x speed). Where a model is served under several "
    "names it is computed over all of them. Where no speed is known it is unknown, never a number of seconds.",
    "**Queue, no threads** is work that waits for a model which nobody serves now.",
)
