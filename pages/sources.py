"""Sources: where the figures come from, how old they are, what went wrong last, and what every figure means."""

import streamlit as st

from horde_core.upstream.client import CALLS_A_MINUTE
from horde_core.version import __version__
from pages.common import data, panels, words
from pages.sections import history, sources

view = data.current_view()
reports = data.source_reports()
states = [source.reading.state.value for source in reports]
panels.figures(
    "sources",
    panels.Figure("Fresh", words.count(states.count("fresh")), f"of {words.plural(len(states), 'source')}"),
    panels.Figure("Stale", words.count(states.count("stale")), "shown with their age"),
    panels.Figure("Unavailable", words.count(states.count("unavailable")), "what rests on them reads n/a"),
    panels.Figure(
        "Requests",
        words.count(data.requests_last_minute()),
        "sent in the last minute, all sources",
        f"By this server, retries counted. AI Horde allows {CALLS_A_MINUTE} a minute for each endpoint.",
    ),
)
panels.tabs(
    "sources_tab",
    {
        "State": lambda: sources.state(view, reports),
        "History": lambda: history.draw(view),
        "Not understood": lambda: sources.not_understood(view, reports),
        "Counters": lambda: sources.counters(view, reports),
        "Formulas": lambda: sources.formulas(view),
        "Glossary": lambda: sources.terms(view),
        "Thresholds": lambda: sources.limits(view),
    },
)
st.caption(f"AI Horde dashboard {__version__}")
