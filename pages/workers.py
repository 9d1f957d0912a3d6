"""Workers: who serves what, with which bridge, and what depends on few workers."""

import streamlit as st

from horde_core.analytics import formulas
from horde_core.analytics.network import KINDS
from horde_core.frames.workers import staff_summary
from pages.common import data, freshness_header, panels, unavailable, words
from pages.sections import workers

view = data.current_view()
is_known = view.reading("workers").value is not None
staff = data.kept(("staff", view.id), lambda: staff_summary(data.worker_frame(view)))
bridges = staff.bridges
network = view.network
assert network is not None, "main.py opens this page with the network"
counted = [network.health(kind) for kind in KINDS]
is_listed = counted[0].counted_from == "workers"

summaries = {kind: staff.by_type[kind] if is_known else None for kind in KINDS}
panels.figures(
    "workers",
    *(
        panels.Figure(
            f"{one.kind.capitalize()} workers",
            words.count(one.workers),
            f"{words.count(one.threads)} threads, "
            f"{words.count(staff.by_type[one.kind].in_maintenance if is_listed else None)} in maintenance",
            "Seen in the last 5 minutes, those in maintenance included.",
            one.workers,
        )
        for one in counted
    ),
    panels.Figure(
        "Bridges behind",
        words.share(bridges.share if is_known else None),
        f"{words.count(bridges.behind)} of {words.plural(bridges.compared, 'worker')}" if is_known else "",
        formulas.BEHIND.help,
    ),
    *(
        panels.Figure(
            f"Half of {kind} threads",
            words.plural(one.for_half, "worker") if one and one.for_half else words.UNKNOWN,
            "have half of the threads",
            formulas.HALF_OF_THREADS.help,
        )
        for kind, one in summaries.items()
        if kind != "alchemy"
    ),
)
st.caption(freshness_header.workforce_source(view))

if is_known:
    panels.tabs(
        "workers_tab",
        {
            "Workers": lambda: workers.everyone(view, staff),
            "Over time": lambda: workers.over_time(view),
            "Bridges": lambda: workers.bridges(view),
            "Concentration": lambda: workers.concentration(view),
        },
    )
else:
    st.info(unavailable.sentence(view, ("workers",), "it is unknown who serves what"))

panels.explanation(
    "**Workers** are those that AI Horde saw in the last 5 minutes, those in maintenance included. A worker runs one "
    "or more threads, each of which does one job at a time. Both are counted from the list of workers; where that is "
    "missing or older than 5 min, they are AI Horde's own counts, which lag by up to 5 min.",
    "**Speed** is AI Horde's mean over a worker's last jobs: megapixelsteps or tokens per second; for alchemy seconds "
    "per form, where lower is faster. It is unknown until a worker has finished a request.",
    "**Uptime** is a worker's whole time at work, not since its last start.",
    "**Bridge** is the program between a worker and AI Horde. *Behind* compares with the newest stable version of the "
    "same bridge that at least two owners, or a tenth of its workers, run now, not with the newest that was published. "
    "A worker whose owner is not public counts as an owner; pre-releases are named, and are no yardstick.",
    formulas.HALF_OF_THREADS.paragraph,
)
