"""Overview: is the network healthy, what is on the move, and what would a new worker best serve?"""

from functools import partial

import pandas as pd
import streamlit as st

from horde_core.frames.rankings import MOVER_SHARE_FROM, movers, serve_next
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import WORK_UNIT
from pages.common import bar_charts, data, freshness_header, other_charts, panels, tables, words
from pages.sections import network_health

view = data.current_view()
network = view.network
assert network is not None, "main.py opens this page with the network"

network_health.notice(network)
network_health.cards(network)
st.caption(network_health.thresholds())


def serve_next_chart(snapshot: Snapshot) -> panels.Chart:
    """The models where one more thread helps most."""
    unit = WORK_UNIT[snapshot.model_type][0]
    rows = serve_next(data.category_frame(snapshot), 8)
    title = f"Queued work for each thread, by {snapshot.model_type} model"
    scope = f"Those that nobody serves first, with their whole queue · {unit}"
    if not len(rows):
        return panels.Chart(
            title, scope, None, "Nothing is waiting." if snapshot.status.available else "The queue is unavailable."
        )
    is_unserved = rows["unserved"].fillna(False).astype(bool)
    figures = words.known(rows["queued"].where(is_unserved, rows["queue_per_thread"]))
    told = [words.queue_for(row, unit) for row in rows.to_dict("records")]
    return panels.Chart(
        title,
        scope,
        bar_charts.ranked_bars(
            list(rows["name"]),
            [figure or 0.0 for figure in figures],
            [
                f"{words.amount(figure)}, unserved" if flag else words.amount(figure)
                for figure, flag in zip(figures, is_unserved, strict=True)
            ],
            [f"{words.one_line(name, 80)}\n{said}" for name, said in zip(rows["name"], told, strict=True)],
            [bar_charts.UNSERVED_COLOUR if flag else bar_charts.DEMAND_COLOUR for flag in is_unserved],
            unit,
            headroom=1.5,
        ),
        words.ranking(list(rows["name"]), told, title),
        rows,
        {
            "name": tables.name_column(),
            "queued": tables.amount_column(f"Queued ({unit})"),
            "threads": tables.count_column("Threads"),
            "queue_per_thread": tables.amount_column("Queue for each thread"),
            "drain_time": tables.duration_column("Drain time"),
        },
    )


def movers_chart(snapshot: Snapshot) -> panels.Chart:
    """What was used most and least on the last day, against its month."""
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    rising, falling = movers(data.category_frame(snapshot), 5)
    rows = pd.concat([rising, falling])
    title = f"Last day x 30 against 30 days, by {snapshot.model_type} model"
    scope = f"Names with {words.share(MOVER_SHARE_FROM)} or more of all {noun}"
    if not len(rows):
        return panels.Chart(
            title, scope, None, "No name moves." if snapshot.usage.available else "Usage is unavailable."
        )
    return panels.Chart(
        title,
        scope,
        other_charts.movers(rising, falling, noun),
        words.ranking(list(rows["name"]), [words.ratio(value) for value in rows["momentum"]], title, 10),
        rows,
        {
            "name": tables.name_column(),
            "momentum": tables.ratio_column("Momentum"),
            **tables.usage_columns(snapshot.model_type),
        },
    )


st.subheader("What to serve next", anchor=False)
with st.grid(2, gap="small", min_column_width=330):
    for snapshot in view.categories.values():
        with st.container():
            kind = snapshot.model_type
            panels.chart(f"serve_next_{kind}", (), partial(serve_next_chart, snapshot))

st.subheader("Made by the network", anchor=False)
tables.show(
    data.kept(("activity", network.id), partial(network_health.activity_frame, network)),
    network_health.ACTIVITY_COLUMNS,
    alt="Images and text requests made in the last minute, hour, day and month",
    key="activity_table",
)

st.subheader("Top movers", anchor=False)
with st.grid(2, gap="small", min_column_width=330):
    for snapshot in view.categories.values():
        with st.container():
            kind = snapshot.model_type
            panels.chart(f"movers_{kind}", (), partial(movers_chart, snapshot), freshness_header.usage_age(view, kind))

panels.explanation(
    f"**Drain time** is what is queued, divided by what was done in the last minute. {network_health.thresholds()} "
    "AI Horde does not say how many alchemy forms were done, so their drain time is unknown.",
    "**Workers, threads and jobs** are the network's own totals, in which each request counts once and workers in "
    "maintenance are included. Queues by model add up to more, as a request that names several models counts in each.",
    "**What to serve next** ranks models by queued work for each thread that serves them; those that nobody serves "
    "come first.",
    f"**Momentum** is the last counted day x 30 / 30 days: above 1 a name rises. Only names with "
    f"{words.share(MOVER_SHARE_FROM)} or more of the category's 30-day requests are ranked, as a handful of requests "
    "makes a small one leap.",
    "**Images and requests** are AI Horde's totals of sliding windows. Megapixelsteps are width x height x steps; "
    "tokens are those asked for, not those written.",
)
