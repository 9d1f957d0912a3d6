"""Sources: where the figures come from, how old they are, what went wrong last."""

import time

import pandas as pd
import streamlit as st

from horde_core.client import CALLS_A_MINUTE
from horde_core.entries import Event
from horde_core.reports import SourceReport
from horde_core.version import __version__
from pages.common import data, panels, tables, words

REDIS_WORDS = {
    "not used": "Redis is not used: this app keeps what it fetched in memory alone.",
    "in use": "Redis is in use: replicas share what one of them fetched.",
    "in trouble": "Redis does not answer or does not take what is written: this app serves from memory meanwhile.",
}


def name_of(source: SourceReport) -> str:
    """The source's title with its category, where it has one."""
    _, _, category = source.key.partition(":")
    return f"{source.reading.title}, {category}" if category else source.reading.title


def next_refresh(source: SourceReport) -> str:
    """When it is asked for again, in words."""
    if source.reading.refreshing:
        return "under way"
    return f"in {words.age(source.due_in)}" if source.due_in >= 1 else "with the next visitor"


def state_row(source: SourceReport) -> dict[str, object]:
    """One source as a row of the first table."""
    reading = source.reading
    return {
        "name": name_of(source),
        "state": reading.state.value,
        "age": None if reading.age is None else words.age(reading.age),
        "next": next_refresh(source),
        "calls": source.calls,
        "kept": reading.kept,
        "dropped": None if reading.fetched_at is None else reading.dropped,
        "error": reading.error or "none",
        "url": source.url,
    }


reports = data.source_reports()
panels.headline("Sources", "Where do the figures come from, how old are they, and what went wrong last?")
states = [source.reading.state.value for source in reports]
panels.figures(
    [
        panels.Figure("Fresh", words.count(states.count("fresh")), f"of {words.plural(len(states), 'source')}"),
        panels.Figure("Stale", words.count(states.count("stale")), "shown with their age"),
        panels.Figure("Unavailable", words.count(states.count("unavailable")), "what rests on them reads n/a"),
        panels.Figure(
            "Requests",
            words.count(sum(source.calls for source in reports)),
            "sent in the last minute, all sources",
            f"By this server, retries counted. AI Horde allows {CALLS_A_MINUTE} a minute for each endpoint.",
        ),
    ]
)

st.subheader("State", anchor=False)
st.caption(f"As of {words.moment(time.time())}. A source is asked for again when somebody looks at what needs it.")
tables.show(
    pd.DataFrame([state_row(source) for source in reports]),
    {
        "name": tables.name_column("Source"),
        "state": st.column_config.TextColumn("State"),
        "age": st.column_config.TextColumn("Age", help="Since the answer arrived."),
        "next": st.column_config.TextColumn("Next refresh"),
        "calls": tables.count_column(f"Requests/min (of {CALLS_A_MINUTE})", "Sent in the last minute by this server."),
        "kept": tables.count_column("Rows", "Names or rows that could be used."),
        "dropped": tables.count_column("Rows dropped", "Rows that did not keep to the API's contract."),
        "error": st.column_config.TextColumn("Last refresh: trouble", width="large"),
        "url": st.column_config.TextColumn("Address", width="large"),
    },
    alt="State, age and last trouble of each source",
    key="sources_state",
)

st.subheader("Since the app started", anchor=False)
st.caption("How readers were served and what it took, in this process. Each page run reads the sources it shows.")
tables.show(
    pd.DataFrame(
        [{"name": name_of(source)} | {event.name: source.counters[event] for event in Event} for source in reports]
    ),
    {"name": tables.name_column("Source")}
    | {event.name: tables.count_column(event.value[0].upper() + event.value[1:]) for event in Event},
    alt="How often each source was read, fetched and failed",
    key="sources_counters",
)
st.caption(REDIS_WORDS[data.redis_layer()])
st.caption(f"AI Horde dashboard {__version__}")
