"""Filters that live in the URL, so that a link reproduces the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st

T = TypeVar("T")


def search(key: str, what: str = "Search names") -> str:
    """A search box, answered as you type; the text in lower case, '' for none."""
    text = st.text_input(
        what,
        key=key,
        type="search",
        live="300ms",
        placeholder=what,
        label_visibility="collapsed",
        bind="query-params",
        width=260,
    )
    return (text or "").strip().casefold()


def choice(label: str, options: Sequence[T], default: T, key: str, words: Callable[[T], str] = str) -> T:
    """One of a few options, all visible."""
    chosen: T = st.segmented_control(
        label,
        list(options),
        default=default,
        required=True,
        key=key,
        format_func=words,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in options else default


def matching(frame: pd.DataFrame, text: str, columns: Sequence[str] = ("name",)) -> pd.DataFrame:
    """The rows that hold the text, as it is and without case, in any of the columns."""
    if not text:
        return frame
    hits = pd.Series(False, index=frame.index)
    for column in columns:
        hits |= frame[column].astype(str).str.casefold().str.contains(text, regex=False)
    return frame[hits]


def clear(keys: Sequence[str]) -> None:
    """Forget what was chosen in these filters; to be called from a button's callback."""
    for key in keys:
        if key in st.session_state:
            del st.session_state[key]


def nothing_matches(keys: Sequence[str], filters: str) -> None:
    """Say which filters to loosen, and offer to clear them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"No model matches. Loosen {filters}, or clear all filters.", icon=":material/filter_alt_off:")
        st.button("Clear all filters", key=f"clear_{keys[0]}", on_click=clear, args=(list(keys),))
