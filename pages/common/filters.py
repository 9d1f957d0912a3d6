"""Filters that live in the URL, so that a link reproduces the view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from horde_core.analytics.groups import LEVEL_WORDS, GroupLevel
from horde_core.selection import Filter, Kind, Selection
from horde_core.vocabulary import ModelType
from pages.common import address, words

T = TypeVar("T")

_UNSET = "_unset_filters"


def cells(*columns: str) -> Callable[[pd.DataFrame], list[Any]]:
    """What a filter reads of a frame: one column's cells, or the texts of several; None is unknown."""

    def of_one(frame: pd.DataFrame, column: str) -> list[Any]:
        values = frame[column]
        return list(values.astype(object).where(values.notna(), None))

    def texts(row: tuple[Any, ...]) -> list[str]:
        return [str(text) for cell in row if cell is not None for text in (cell if isinstance(cell, list) else [cell])]

    def read(frame: pd.DataFrame) -> list[Any]:
        read_columns = [of_one(frame, column) for column in columns]
        return read_columns[0] if len(columns) == 1 else [texts(row) for row in zip(*read_columns, strict=True)]

    return read


def search(key: str, what: str = "Search names") -> str:
    """A search box, answered as you type; the text in lower case, '' for none."""
    _unset(key, "")
    address.note_text(key)
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


def choice(label: str, options: Sequence[T], default: T, key: str, word: Callable[[T], str] = str) -> T:
    """One of a few options, all visible."""
    _unset(key, default)
    address.note_options(key, [word(option) for option in options])
    chosen: T = st.segmented_control(
        label,
        list(options),
        default=default,
        required=True,
        key=key,
        format_func=word,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in options else default


def group(model_type: ModelType) -> GroupLevel:
    """By what rows are grouped; images are shown by model only."""
    if model_type == "image":
        return "model"
    return choice("Group", tuple(LEVEL_WORDS), "model", "group", LEVEL_WORDS.__getitem__)


def several(label: str, options: Sequence[T], key: str, word: Callable[[T], str] = str, width: int = 240) -> list[T]:
    """Any of some options; an empty choice means all."""
    _unset(key, [])
    address.note_options(key, [word(option) for option in options], may_be_none=True)
    return st.multiselect(
        label,
        list(options),
        key=key,
        format_func=word,
        bind="query-params",
        placeholder=label,
        label_visibility="collapsed",
        width=width,
    )


def draw(one: Filter, options: Sequence[str] = (), width: int = 240) -> Any:
    """A filter as a box to type in or to choose from; what was chosen."""
    if one.kind is Kind.TEXT:
        return search(one.key, one.label)
    if one.kind is Kind.BOUND:
        return number(one.label, one.key)
    return several(one.label, options, one.key, one.word, width)


@contextmanager
def folded(label: str, icon: str, key: str, keys: Iterable[str], help_text: str | None = None) -> Iterator[bool]:
    """Fold boxes with these keys away, and say whether they are wanted: while open, or where one has a value.

    A box that nobody looks at takes as long to draw as any other.
    """
    popover = st.popover(label, icon=icon, help=help_text, key=key, on_change="rerun")
    with popover:
        yield bool(popover.open) or any(one in st.query_params or st.session_state.get(one) for one in keys)


def ranges(bounds: Sequence[Filter], key: str) -> dict[str, Any]:
    """The least and the most of some figures, folded away until they are wanted; what was chosen, by key."""
    chosen: dict[str, Any] = {}
    with folded("Ranges", ":material/straighten:", key, [one.key for one in bounds]) as are_wanted:
        for pair in zip(bounds[::2], bounds[1::2], strict=True) if are_wanted else ():
            with st.container(horizontal=True, vertical_alignment="bottom"):
                chosen |= {one.key: draw(one) for one in pair}
    return chosen


def sentences(selection: Selection) -> list[str]:
    """What was chosen, in words; both ends of a range in one sentence."""
    said = selection.sentences(None, words.numbers())
    for key in list(said):
        start = f"{key.removesuffix('_to')}_from"
        if key.endswith("_to") and start in said:
            said[start] += f" to {words.exact(selection.chosen[key])}"
            del said[key]
    return list(said.values())


def number(
    label: str,
    key: str,
    most: float | None = None,
    step: float | None = None,
    placeholder: str = "any",
    width: int = 150,
) -> float | None:
    """A number of at least 0, or None; a whole number where the step is whole."""
    _unset(key, None)
    kind = int if isinstance(step, int) else float
    address.note_figure(key, most, kind is int)
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


def _unset(key: str, value: Any) -> None:
    """Keep the value that clears a filter: a deleted one would come back from the address."""
    st.session_state.setdefault(_UNSET, {})[key] = value


def clear(keys: Sequence[str]) -> None:
    """Forget what was chosen in these filters; to be called from a button's callback."""
    unset = st.session_state.get(_UNSET, {})
    for key in keys:
        if key in st.session_state and key in unset:
            st.session_state[key] = unset[key]


def nothing_matches(
    key: str, none: str, loosen: str, keys: Sequence[str], clearing: Callable[[Sequence[str]], None] = clear
) -> None:
    """Say that there is nothing to show, which filters to loosen, and offer to clear those with these keys."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"{none} Loosen {loosen}, or clear all filters.", icon=":material/filter_alt_off:")
        st.button("Clear all filters", key=f"clear_{key}", on_click=clearing, args=(list(keys),))
