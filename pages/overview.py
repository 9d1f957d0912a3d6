"""Overview: is the network healthy, what is on the move, and what would a new worker best serve?"""

from functools import partial

import streamlit as st

from horde_core.analytics import formulas
from horde_core.frames.usage import MOVER_SHARE_FROM
from pages.common import data, freshness_header, panels, words
from pages.sections.overview import movers, network_health, serve_next

view = data.current_view()
network = view.network
assert network is not None, "main.py opens this page with the network"

network_health.notice(network)
network_health.cards(network)
st.caption(f"{network_health.thresholds()} {freshness_header.workforce_source(view)}")

st.subheader("What to serve next", anchor=False)
with st.grid(2, gap="small", min_column_width=330):
    for snapshot in view.categories.values():
        with st.container():
            kind = snapshot.model_type
            panels.chart(f"serve_next_{kind}", (), partial(serve_next.chart, view, snapshot))

st.subheader("Made by the network", anchor=False)
data.kept(("activity", network.id), partial(network_health.activity, network))
st.caption(
    "Windows that AI Horde closed a minute or two ago; the last minute of the cards above is newer. Tokens are those "
    "that requests asked for, in the cards those that were written."
)

st.subheader("Top movers", anchor=False)
with st.grid(2, gap="small", min_column_width=330):
    for snapshot in view.categories.values():
        with st.container():
            kind = snapshot.model_type
            panels.chart(
                f"movers_{kind}", (), partial(movers.chart, view, snapshot), freshness_header.usage_age(view, kind)
            )

panels.explanation(
    f"{formulas.NETWORK_DRAIN.paragraph} {network_health.thresholds()} AI Horde does not say how many alchemy forms "
    "were done, so their drain time is unknown.",
    "**Workers and threads** are counted from the list of workers, those in maintenance included; where that is "
    "missing or older than 5 min, they are AI Horde's own counts, which lag by up to 5 min. **Jobs** are the network's "
    "own total. Queues by model add up to more, as a request that names several models counts in each.",
    "**What to serve next** ranks models by queued work for each thread that serves them; those that nobody serves "
    "come first.",
    f"{formulas.MOMENTUM.paragraph} Only names with {words.share(MOVER_SHARE_FROM)} or more of the category's 30-day "
    "requests are ranked: below that, a few requests change the momentum a lot.",
    "**Images and requests** are AI Horde's totals of sliding windows. Megapixelsteps are width x height x steps; "
    "tokens are those asked for, not those written.",
)
