"""The last day of a headline figure: a small line, and its change since yesterday and last week."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from horde_core.analytics.network import Kind
from horde_core.history.reading.network import Figure, Headline
from horde_core.history.reading.series import Change
from pages.common import data, sparkline, words


def line(kind: Kind, figure: Figure, what: str) -> None:
    """Draw the last day of a figure of the network below the figure itself; nothing where no past is kept."""
    history = data.history()
    draw = partial(_draw, lambda: history.headlines(kind)[figure], what)
    data.kept(("headline", history.generation("network"), kind, figure, words.visitor(), what), draw)


def _draw(read: Callable[[], Headline], what: str) -> None:
    headline = read()
    picture = sparkline.svg(headline.points)
    if picture is None:
        return
    st.image(picture, width="stretch", alt=sparkline.alt(what, headline.points))
    st.caption(change_words(headline))


def change_words(headline: Headline) -> str:
    """Say the change since yesterday and last week, as far as these were recorded, else since when anything is."""
    told = [
        _difference(change, when)
        for change, when in ((headline.yesterday, "since yesterday"), (headline.last_week, "since last week"))
        if change.difference is not None
    ]
    if told:
        return ", ".join(told)
    if headline.since is None:
        return "Not recorded yet"
    return f"Recorded since {words.hour(headline.since)}"


def _difference(change: Change, when: str) -> str:
    return f"{words.change(change.difference) if change.difference else 'no change'} {when}"
