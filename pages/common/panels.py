"""The pieces that pages are laid out from: headlines, figures, charts with their title, folded explanations."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.common import changes, data, tables, words

_PLOTLY_CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}


class Figure(NamedTuple):
    """One headline figure: what, how much with its unit, what to compare it with, and what it means.

    ``number`` is what the figure is of; with it, the difference to the figure seen before is told.
    """

    label: str
    value: str
    comparison: str = ""
    help: str = ""
    number: float | None = None


class Chart(NamedTuple):
    """One chart: what it compares, over what and when, the figure, the same in words, and the rows behind it.

    ``given`` is what the figure depends on besides the snapshot and the visitor's locale; ``draw`` is called once for
    all who are given the same.
    """

    key: str
    title: str
    scope: str
    draw: Callable[[], go.Figure]
    alt: str
    given: tuple[Hashable, ...] = ()
    rows: pd.DataFrame | None = None
    columns: dict[str, Any] | None = None


def headline(title: str, question: str) -> None:
    """The page's name and the question that it answers."""
    st.header(title, anchor=False)
    st.caption(question)


def figures(page: str, items: Sequence[Figure]) -> None:
    """Three to six headline figures of a page in a row that wraps on narrow screens."""
    view = data.current_view()
    place = " ".join([page, *view.categories])
    with st.grid(len(items), gap="small", min_column_width=170):
        for item in items:
            with st.container(border=True, height="stretch", gap=None):
                difference = changes.since_seen(f"{place} {item.label}", view.id, item.number)
                st.metric(
                    item.label,
                    item.value,
                    delta=words.change(difference) if difference else None,
                    delta_color="off",
                    delta_description="since you looked before" if difference else None,
                    help=item.help or None,
                )
                st.caption(item.comparison or "\u00a0")


def chart(item: Chart) -> None:
    """A chart with the comparison as its title, its scope below, the same in words, and as a table for who wants it."""
    with st.container(border=True):
        st.markdown(f"**{item.title}**")
        st.caption(item.scope)
        figure = data.figure((item.key, data.current_view().id, words.locale(), *item.given), item.draw)
        st.plotly_chart(figure, key=item.key, alt=item.alt, config=_PLOTLY_CONFIG)
        if item.rows is not None and item.columns is not None:
            folded = st.expander(
                "As a table", icon=":material/table:", type="compact", key=f"{item.key}_rows", on_change="rerun"
            )
            if folded.open:
                with folded:
                    tables.show(item.rows, item.columns, item.alt, f"{item.key}_rows_table", height=300)


def tabs(parts: Mapping[str, Callable[[], None]]) -> None:
    """Tabs of which only the open one is drawn; which one that is stands in the address."""
    containers = st.tabs(list(parts), key="tab", on_change="rerun", bind="query-params")
    for container, draw in zip(containers, parts.values(), strict=True):
        if container.open:
            with container:
                draw()


def empty(title: str, sentence: str) -> None:
    """What stands where a chart would be that has nothing to draw."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.info(sentence)


def explanation(*paragraphs: str) -> None:
    """The folded "How this is computed" at the bottom of a page."""
    with st.expander("How this is computed", icon=":material/function:"):
        for paragraph in paragraphs:
            st.markdown(paragraph)
