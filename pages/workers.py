"""Workers: who serves what, with which bridge, and what depends on few workers."""

import streamlit as st

from horde_core.analytics import formulas
from horde_core.frames.workers import staff_summary
from pages.common import data, panels, unavailable, words
from pages.sections import workers

view = data.current_view()
is_known = view.reading("workers").value is not None
staff = data.kept(("staff", view.id), lambda: staff_summary(data.worker_frame(view)))
bridges = staff.bridges

summaries = {kind: staff.by_type[kind] if is_known else None for kind in workers.TYPES}
panels.figures(
    "workers",
    [
        *(
            panels.Figure(
                f"{kind.capitalize()} workers",
                words.count(one.workers if one else None),
                f"{words.count(one.threads if one else None)} threads, "
                f"{words.count(one.in_maintenance if one else None)} in maintenance",
                "Seen in the last 5 minutes, those in maintenance included.",
                one.workers if one else None,
            )
            for kind, one in summaries.items()
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
    ],
)


if is_known:
    panels.tabs(
        "workers_tab",
        {
            "Workers": lambda: workers.everyone(view, staff),
            "Bridges": lambda: workers.bridges(view),
            "Concentration": lambda: workers.concentration(view),
        },
    )
else:
    st.info(unavailable.sentence(view, ("workers",), "it is unknown who serves what"))

panels.explanation(
    "**Workers** are those that AI Horde saw in the last 5 minutes, those in maintenance included. A worker runs one "
    "or more threads, each of which does one job at a time.",
    "**Speed** is AI Horde's mean over a worker's last jobs: megapixelsteps or tokens per second; for alchemy seconds "
    "per form, where lower is faster. It is unknown until a worker has finished a request.",
    "**Uptime** is a worker's whole time at work, not since its last start.",
    "**Bridge** is the program between a worker and AI Horde. *Behind* compares with the newest stable version of the "
    "same bridge that at least two owners, or a tenth of its workers, run now, not with the newest that was published. "
    "A worker whose owner is not public counts as an owner; pre-releases are named, and are no yardstick.",
    formulas.HALF_OF_THREADS.paragraph,
)
