"""The history on the Sources page: since when it is kept, by which process, its size, and what is missing in it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from horde_core.history.reading.status import HistoryStatus
from horde_core.live.snapshot import PageView
from pages.common import data, panels, past, tables, words

MEGABYTE = 10**6
STILL_MISSING = "still missing"


def draw(view: PageView) -> None:
    """Draw its state, what is covered by source, and the gaps."""
    status = data.history().status()
    if status.sentence or status.note:
        st.info(words.escaped(past.state_sentence()), icon=":material/history:")
    if status.since is None:
        return
    panels.figures(
        "history",
        panels.Figure("Recorded since", words.day(status.since, has_year=True), words.moment(status.since)),
        panels.Figure(
            "Size",
            words.UNKNOWN if status.size is None else f"{words.amount(status.size / MEGABYTE)} MB",
            "in memory" if status.size is None else "on disk",
        ),
        panels.Figure("Written by", status.writer or words.UNKNOWN, "host and process"),
        panels.Figure("Gaps", words.count(len(status.gaps)), "of an hour or more, all sources together"),
    )
    _covered(view, status)
    _gaps(view, status)


def _covered(view: PageView, status: HistoryStatus) -> None:
    rows = [
        {
            "name": source,
            "since": words.moment(one.since),
            "until": words.moment(one.until),
            "stretches": len(one.stretches),
        }
        for source, one in sorted(status.coverage.items())
        if one.since is not None and one.until is not None
    ]
    tables.Table(
        key="history_covered",
        title="What the history covers",
        load=lambda: pd.DataFrame(rows),
        columns={
            "name": tables.name_column("Source"),
            "since": tables.text_column("Since"),
            "until": tables.text_column("Until"),
            "stretches": tables.count_column("Stretches", "Times without a gap between them."),
        },
        alt="Since when each source is recorded, and until when",
        given=None,
        rows_are=("source", "sources"),
        search_label="Search sources",
    ).explore(view)


def _gaps(view: PageView, status: HistoryStatus) -> None:
    st.subheader("Gaps", anchor=False)
    if not status.gaps:
        st.caption("There is no gap of an hour or more.")
        return
    rows = [
        {
            "name": gap.source,
            "began": words.moment(gap.begins),
            "ended": STILL_MISSING if gap.ends is None else words.moment(gap.ends),
            "length": None if gap.ends is None else gap.ends - gap.begins,
        }
        for gap in sorted(status.gaps, key=lambda gap: -gap.begins)
    ]
    tables.Table(
        key="history_gaps",
        title="Gaps of the history",
        load=lambda: pd.DataFrame(rows).astype({"length": "Int64"}).astype({"length": "timedelta64[s]"}),
        columns={
            "name": tables.name_column("Source"),
            "began": tables.text_column("Began"),
            "ended": tables.text_column("Ended"),
            "length": tables.duration_column("Length"),
        },
        alt="Times in which a source was not recorded",
        given=None,
        rows_are=("gap", "gaps"),
        search_label="Search sources",
    ).explore(view)
