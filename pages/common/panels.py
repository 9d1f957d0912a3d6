"""The pieces that pages are laid out from: figures, charts with their title, folded explanations."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.common import address, data, since_last_look, tables, words

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
    """One chart: what it compares, over what, the figure, the same in words, and the rows behind it.

    Without a figure ``alt`` is the sentence that says why there is none.
    """

    title: str
    scope: str
    figure: go.Figure | None
    alt: str
    rows: pd.DataFrame | None = None
    columns: Mapping[str, Any] | None = None


def figures(page: str, *items: Figure) -> None:
    """Draw three to six headline figures in a row that wraps on narrow screens."""
    view = data.current_view()
    place = " ".join([page, *view.categories])
    with st.grid(len(items), gap="small", min_column_width=170):
        for item in items:
            with st.container(border=True, height="stretch", gap=None):
                metric(item, place, view.id, "since you looked before")
                st.caption(item.comparison or "\u00a0")


def metric(item: Figure, place: str, snapshot_id: str, change_is: str = "") -> None:
    """Draw one figure with its difference to the one seen before at this place, and what that difference is."""
    difference = since_last_look.since_seen(f"{place} {item.label}", snapshot_id, item.number)
    st.metric(
        item.label,
        item.value,
        delta=words.change(difference) if difference else None,
        delta_color="off",
        delta_description=change_is if difference and change_is else None,
        help=item.help or None,
    )


def chart(
    key: str,
    given: tuple[Hashable, ...] | None,
    build: Callable[[], Chart],
    as_of: str = "",
    is_of_view: bool = True,
) -> None:
    """Draw a chart with its title and scope above, and its rows as a folded table below.

    ``build`` is called once for all sessions with the same view, locale and ``given``, and each time where ``given`` is
    None, because it depends on what somebody typed or ticked. ``as_of`` says how old it is. A chart that does not
    depend on the view has all that it depends on in ``given``.
    """

    def draw() -> Chart:
        return _drawn(build(), key, as_of)

    with st.container(border=True):
        if given is None:
            item = draw()
        else:
            content = data.current_view().id if is_of_view else ""
            item = data.kept((key, content, words.numbers(), as_of, *given), draw)
        if item.rows is not None and item.columns is not None:
            folded = st.expander(
                "As a table", icon=":material/table:", type="compact", key=f"{key}_rows", on_change="rerun"
            )
            if folded.open:
                with folded:
                    tables.show(item.rows, item.columns, item.alt, f"{key}_rows_table", height=300)


def _drawn(item: Chart, key: str, as_of: str) -> Chart:
    """Draw title, scope and figure; return the rest."""
    st.markdown(f"**{item.title}**")
    st.caption(" · ".join(filter(None, [item.scope, as_of])))
    if item.figure is None:
        st.info(item.alt)
        return item._replace(rows=None)
    st.text(item.alt)  # until the chart is drawn: see browser_files
    st.plotly_chart(item.figure, key=key, alt=item.alt, config=_PLOTLY_CONFIG)
    return item._replace(figure=None)


def tabs(key: str, parts: Mapping[str, Callable[[], None]]) -> None:
    """Draw tabs, and the content of the open one only. Which one is open stands in the address under ``key``.

    A key belongs to one page: the address keeps it when the visitor goes to another.
    """
    address.note_options(key, list(parts))
    containers = st.tabs(list(parts), key=key, on_change="rerun", bind="query-params")
    for container, draw in zip(containers, parts.values(), strict=True):
        if container.open:
            with container:
                draw()


def explanation(*paragraphs: str) -> None:
    """Draw the folded "How this is computed" at the bottom of a page."""
    with st.expander("How this is computed", icon=":material/function:"):
        st.markdown("\n\n".join(paragraphs))
