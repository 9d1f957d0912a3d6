"""The last day of a headline figure: a small line, and its change since yesterday and last week."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from horde_core.analytics.network import Kind
from horde_core.history.reading.network import Figure, Headline
from pages.common import data, sparkline, words


def line(kind: Kind, figure: Figure, what: str, has_label: bool = False) -> None:
    """Draw the last day of a figure of the network below the figure itself; nothing where no past is kept.

    ``what`` says it to those who cannot see the line; with ``has_label`` it stands above it, too.
    """
    draw = partial(_draw, lambda: data.history().headlines(kind)[figure], what, has_label)
    data.kept(("headline", data.recorded("network"), kind, figure, words.visitor(), what, has_label), draw)


def _draw(read: Callable[[], Headline], what: str, has_label: bool) -> None:
    headline = read()
    picture = sparkline.svg(headline.points)
    if picture is None:
        return
    if has_label:
        st.caption(what)
    st.image(picture, width="stretch", alt=sparkline.alt(what, headline.points))
    st.caption(change_words(headline))


def change_words(headline: Headline) -> str:
    """Say the change since yesterday and last week, as far as these were recorded, else since when anything is."""
    changes = {"yesterday": headline.yesterday.difference, "last week": headline.last_week.difference}
    known = {when: change for when, change in changes.items() if change is not None}
    if known and not any(known.values()):
        return f"as {words.listing(list(known))}"
    if known:
        return ", ".join(
            f"{words.change(change) if change else 'no change'} since {when}" for when, change in known.items()
        )
    if headline.since is None:
        return "not recorded yet"
    return f"recorded since {words.hour(headline.since)}"
