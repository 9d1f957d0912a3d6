"""Filters that live in the URL, so that a link reproduces the view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import pandas as pd
import streamlit as st

from pages.common import words

T = TypeVar("T")

_UNSET = "_unset_filters"


class Range(NamedTuple):
    """The figures that a column may have; None for no bound. Unknown figures are in no bounded range."""

    column: str
    label: str
    least: float | None
    most: float | None

    @property
    def sentence(self) -> str:
        """The range as a person reads it; '' without a bound."""
        if self.least is None and self.most is None:
            return ""
        if self.most is None:
            return f"{self.label} from {words.amount(self.least)}"
        if self.least is None:
            return f"{self.label} up to {words.amount(self.most)}"
        return f"{self.label} from {words.amount(self.least)} to {words.amount(self.most)}"


def search(key: str, what: str = "Search names") -> str:
    """A search box, answered as you type; the text in lower case, '' for none."""
    _unset(key, "")
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
    _unset(key, default)
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


def several(label: str, options: Sequence[T], key: str, words: Callable[[T], str] = str, width: int = 240) -> list[T]:
    """Any of some options; none chosen is all."""
    _unset(key, [])
    return st.multiselect(
        label,
        list(options),
        key=key,
        format_func=words,
        bind="query-params",
        placeholder=label,
        label_visibility="collapsed",
        width=width,
    )


def ranges(table: str, labels: Mapping[str, str]) -> list[Range]:
    """The least and the most for each of some columns, folded away until they are wanted."""
    chosen = []
    with st.popover("Ranges", icon=":material/tune:"):
        for column, label in labels.items():
            with st.container(horizontal=True, vertical_alignment="bottom"):
                chosen.append(Range(column, label, *(_bound(table, column, label, end) for end in ("from", "to"))))
    return chosen


def number(
    label: str,
    key: str,
    most: float | None = None,
    step: float | None = None,
    placeholder: str = "any",
    width: int = 150,
) -> float | None:
    """A figure of at least 0, or none; a whole one where it goes by whole steps."""
    _unset(key, None)
    kind = int if isinstance(step, int) else float
    return st.number_input(
        label,
        value=None,
        min_value=kind(0),
        max_value=None if most is None else kind(most),
        step=None if step is None else kind(step),
        key=key,
        bind="query-params",
        format="%d" if kind is int else "%g",
        placeholder=placeholder,
        width=width,
    )


def _bound(table: str, column: str, label: str, end: str) -> float | None:
    return number(f"{label} {end}", f"{table}_{column}_{end}")


def within(frame: pd.DataFrame, chosen: Sequence[Range]) -> pd.DataFrame:
    """The rows whose figures lie in all of the ranges, their ends included."""
    for limits in chosen:
        figures = frame[limits.column]
        if limits.least is not None:
            frame = frame[figures.ge(limits.least).fillna(False).astype(bool)]
            figures = frame[limits.column]
        if limits.most is not None:
            frame = frame[figures.le(limits.most).fillna(False).astype(bool)]
    return frame


def matching(frame: pd.DataFrame, text: str, columns: Sequence[str] = ("name",)) -> pd.DataFrame:
    """The rows that hold the text, as it is and without case, in any of the columns; lists by any of their words."""
    if not text:
        return frame
    hits = pd.Series(False, index=frame.index)
    for column in columns:
        hits |= frame[column].map(_as_text).str.casefold().str.contains(text, regex=False)
    return frame[hits]


def _as_text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _unset(key: str, value: Any) -> None:
    """Note what a filter is when nothing is chosen: a deleted one would come back from the address."""
    st.session_state.setdefault(_UNSET, {})[key] = value


def clear(keys: Sequence[str]) -> None:
    """Forget what was chosen in these filters; to be called from a button's callback."""
    unset = st.session_state.get(_UNSET, {})
    for key in keys:
        if key in st.session_state and key in unset:
            st.session_state[key] = unset[key]


def nothing_matches(what: str, keys: Sequence[str], filters: str) -> None:
    """Say which filters to loosen, and offer to clear them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"No {what} matches. Loosen {filters}, or clear all filters.", icon=":material/filter_alt_off:")
        st.button("Clear all filters", key=f"clear_{keys[0]}", on_click=clear, args=(list(keys),))
