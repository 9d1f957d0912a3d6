"""The tables of the Sources page: state, what was not understood, counters, formulas, glossary, thresholds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from horde_core.analytics.formulas import FORMULAS
from horde_core.cache.freshness import State
from horde_core.cache.source_state import Event
from horde_core.live.snapshot import PageView
from horde_core.live.source_report import SourceReport
from horde_core.upstream.client import CALLS_A_MINUTE
from pages.common import data, tables, unavailable, words
from pages.sections import glossary

REDIS_WORDS = {
    "not used": "Redis is not used: this app keeps what it fetched in memory alone.",
    "in use": "Redis is in use: replicas share what one of them fetched.",
    "in trouble": "This app serves from memory meanwhile, and shares nothing.",
}


def _name_of(source: SourceReport) -> str:
    """The source's title with its category, where it has one."""
    category = source.reading.source.model_type
    return f"{source.reading.title}, {category}" if category else source.reading.title


def _next_refresh(source: SourceReport) -> str:
    """When it is asked for again, in words."""
    if source.reading.refreshing:
        return "under way"
    return f"in {words.age(source.due_in)}" if source.due_in >= 1 else "with the next visitor"


def _state_row(source: SourceReport) -> dict[str, object]:
    """One source as a row of the first table."""
    reading = source.reading
    return {
        "name": _name_of(source),
        "state": reading.state.value,
        "age": None if reading.age is None else words.age(reading.age),
        "next": _next_refresh(source),
        "calls": source.calls,
        "kept": reading.kept,
        "dropped": None if reading.fetched_at is None else reading.dropped,
        "error": reading.error or ("none" if reading.fetched_at else "not asked yet"),
        "url": source.url,
    }


def state(view: PageView, reports: Sequence[SourceReport]) -> None:
    """Each source now."""
    st.caption(f"As of {words.moment(time.time())}. A source is asked for again when somebody looks at what needs it.")
    rows = [_state_row(source) for source in reports]
    tables.Table(
        key="states",
        title="State of the sources",
        load=lambda: pd.DataFrame(rows).astype({"kept": "Int64", "dropped": "Int64"}),
        columns={
            "name": tables.name_column("Source"),
            "state": tables.text_column("State"),
            "age": tables.text_column("Age", "Since the answer arrived."),
            "next": tables.text_column("Next refresh"),
            "calls": tables.count_column(
                f"Requests/min (of {CALLS_A_MINUTE})",
                "Sent in the last minute by this server to this address. Sources at one address share its limit.",
            ),
            "kept": tables.count_column("Rows", "Names or rows that could be used."),
            "dropped": tables.count_column("Rows dropped", "Rows that did not keep to the API's contract."),
            "error": tables.text_column("Last refresh: trouble", width="large"),
            "url": tables.text_column("Address", width="large"),
        },
        alt="State, age and last trouble of each source",
        given=tuple(tuple(row.values()) for row in rows),
        rows_are=("source", "sources"),
        search_label="Search sources",
    ).explore(view)
    state, trouble = data.redis_layer()
    st.caption(" ".join([*([words.escaped(trouble)] if trouble else []), REDIS_WORDS[state]]))


def not_understood(view: PageView, reports: Sequence[SourceReport]) -> None:
    """What the sources sent that this app does not know."""
    rows = [
        {"name": _name_of(one), **told._asdict(), "kind": told.kind.capitalize(), "field": told.field or None}
        for one in reports
        for told in one.reading.not_understood
    ]
    if not rows:
        away = [one.reading for one in reports if one.reading.state is State.UNAVAILABLE]
        said = ["Everything in the last answers was understood."] if len(away) < len(reports) else []
        said += [f"Unavailable: {unavailable.named(away)}."] if away else []
        st.info(" ".join(said), icon=":material/cloud_off:" if away else ":material/check_circle:")
        return
    st.caption("What the last answers hold that this app does not know. It is left out and changes no figure.")
    tables.Table(
        key="not_understood",
        title="What was not understood",
        load=lambda: pd.DataFrame(rows),
        columns={
            "name": tables.name_column("Source"),
            "kind": tables.text_column("Kind"),
            "field": tables.text_column("Field"),
            "times": tables.count_column("Times"),
            "example": tables.text_column("First example", width="large"),
        },
        alt="What the sources sent that was not understood, with an example each",
        given=None,
        rows_are=("kind", "kinds"),
        search=("name", "field", "example"),
        search_label="Search what was not understood",
    ).explore(view)


def counters(view: PageView, reports: Sequence[SourceReport]) -> None:
    """What it took since the start."""
    st.caption("Reads, fetches and failures of each source in this process, since the app started.")
    tables.Table(
        key="counters",
        title="Counters of the cache",
        load=lambda: pd.DataFrame(
            [{"name": _name_of(one)} | {event.name: one.counters[event] for event in Event} for one in reports]
        ),
        columns={"name": tables.name_column("Source")}
        | {event.name: tables.count_column(event.value[0].upper() + event.value[1:]) for event in Event},
        alt="How often each source was read, fetched and failed",
        given=None,
        rows_are=("source", "sources"),
        search_label="Search sources",
    ).explore(view)


def formulas(view: PageView) -> None:
    """What each figure is computed from."""
    columns = {
        "figure": tables.name_column("Figure"),
        "formula": tables.text_column("Is", width="large"),
        "unit": tables.text_column("Unit", width="medium"),
        "source": tables.text_column("Rests on"),
    }
    rows = [(one.figure, one.help, one.unit, one.source) for one in FORMULAS]
    _explained(view, "formulas", "Every figure with its formula, its unit and its source", columns, rows, "figure")


def terms(view: PageView) -> None:
    """The words that the pages use."""
    columns = {"term": tables.name_column("Word"), "meaning": tables.text_column("Means", width="large")}
    _explained(view, "terms", "The words that the pages use", columns, glossary.TERMS, "word")


def limits(view: PageView) -> None:
    """The thresholds in force."""
    columns = {
        "what": tables.name_column("Called"),
        "rule": tables.text_column("Is", width="large"),
        "setting": tables.text_column("Setting", width="large"),
    }
    rows = glossary.thresholds(data.SETTINGS, data.THRESHOLDS)
    _explained(view, "thresholds", "Thresholds in force and the settings that change them", columns, rows, "threshold")


def _explained(
    view: PageView,
    key: str,
    title: str,
    columns: Mapping[str, Any],
    rows: Sequence[tuple[str, ...]],
    row_is: str,
) -> None:
    """A table of words, all of which can be searched."""
    tables.Table(
        key=key,
        title=title,
        load=lambda: pd.DataFrame(rows, columns=list(columns)),
        columns=columns,
        alt=title,
        rows_are=(row_is, f"{row_is}s"),
        search=tuple(columns),
        search_label=f"Search {row_is}s",
        height=900,
    ).explore(view)
