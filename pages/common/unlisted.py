"""What is used or served, but not in the reference: candidates to add."""

from __future__ import annotations

import streamlit as st

from horde_core.frames.usage import chosen_rows
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import Period
from pages.common import columns, data, filters, tables, unavailable, words

CHOICES = {False: "With requests this month or threads", True: "Everything ever used"}


def unlisted(view: PageView, period: Period) -> None:
    """Show the names outside the reference, most used in a period first."""
    snapshot = view.snapshot
    if not snapshot.reference.available:
        st.info(unavailable.sentence(view, ("reference",), "it is unknown what it does not list"))
        return
    if not (snapshot.usage.available or snapshot.status.available or snapshot.workers.available):
        st.info(
            unavailable.sentence(view, ("usage", "status", "workers"), "it is unknown what the reference does not list")
        )
        return
    model_type, noun = snapshot.model_type, tables.REQUEST_WORDS[snapshot.model_type]
    summary = data.usage_summary(snapshot, period)
    is_all = filters.choice("Unlisted", (False, True), False, "unlisted", CHOICES.__getitem__)
    tables.Table(
        key="unlisted",
        title=f"Unlisted {model_type} models",
        load=lambda: columns.by_usage(
            chosen_rows(data.category_frame(snapshot), "unlisted" if is_all else "unlisted_active"), period
        ),
        columns=columns.usage(model_type, summary.largest_share, is_listed_told=False),
        alt=f"Unlisted {model_type} models by {noun}",
        rows_are=("unlisted name", "unlisted names"),
        of=data.kept(
            ("unlisted names", snapshot.id), lambda: len(chosen_rows(data.category_frame(snapshot), "unlisted"))
        ),
        ranges=("usage_month", "threads"),
        chosen=[] if is_all else ["requests this month or threads now"],
        clear=("unlisted",),
        loosen="*Everything ever used*",
        note=f"They have {words.share(summary.unlisted_share)} of all {noun} in this period."
        if snapshot.usage.available
        else "Without usage, only names with threads, work or workers now are known.",
        incomplete=unavailable.clause(view, "usage", "status"),
        links_to=model_type,
        given=(is_all, period),
        height=560,
    ).explore(view)
