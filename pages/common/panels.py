"""The pieces that pages are laid out from: headlines, figures, charts with their title, folded explanations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

_PLOTLY_CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}


class Figure(NamedTuple):
    """One headline figure: what, how much with its unit, what to compare it with, and what it means."""

    label: str
    value: str
    comparison: str = ""
    help: str = ""


def headline(title: str, question: str) -> None:
    """The page's name and the question that it answers."""
    st.header(title, anchor=False)
    st.caption(question)


def figures(items: Sequence[Figure]) -> None:
    """Three to six headline figures in a row that wraps on narrow screens."""
    with st.grid(len(items), gap="small", min_column_width=170):
        for item in items:
            with st.container(border=True, height="stretch", gap=None):
                st.metric(item.label, item.value, help=item.help or None)
                st.caption(item.comparison or "\u00a0")


def chart(title: str, scope: str, figure: go.Figure, alt: str, key: str) -> None:
    """A chart with the comparison as its title, its scope below, and the same in words for who cannot see it."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.caption(scope)
        st.plotly_chart(figure, key=key, alt=alt, config=_PLOTLY_CONFIG)


def explanation(*paragraphs: str) -> None:
    """The folded "How this is computed" at the bottom of a page."""
    with st.expander("How this is computed", icon=":material/function:"):
        for paragraph in paragraphs:
            st.markdown(paragraph)
