"""What the page's address says: a value that is not understood is dropped, and told in a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import streamlit as st

from pages.common import words

LARGEST_FIGURE = 1e18
"""No figure of the network is larger, and no locale writes it out."""

LONGEST_TEXT = 1_000
"""Characters of a search, or of a name."""

MOST_VALUES = 100
"""Values of one parameter."""

_LEFT_OUT = "_address_left_out"
_TOLD_CHARACTERS = 40


def note(key: str, is_understood: Callable[[str], bool]) -> bool:
    """Remember a parameter's first value that is not understood, to be told, and say whether there was one.

    Streamlit drops such a value itself, without a word, as its widget is drawn for the first time.
    """
    if key in st.session_state:
        return False
    given = st.query_params.get_all(key)
    wrong = [value for value in given[:MOST_VALUES] if not is_understood(value)] or given[MOST_VALUES:]
    if wrong:
        st.session_state.setdefault(_LEFT_OUT, {})[key] = wrong[0]
    return bool(wrong)


def note_options(key: str, options: Sequence[str], may_be_none: bool = False) -> bool:
    """Note values that are not among these words, and say whether there were any.

    Nothing at all says that none was chosen, where that may be.
    """
    known = {*options, ""} if may_be_none else set(options)
    return note(key, known.__contains__)


def note_figure(key: str, most: float | None, is_whole: bool) -> None:
    """Note what is no figure from 0 to ``most``, and draw the page anew without it: Streamlit would fail on some."""
    largest = LARGEST_FIGURE if most is None else most

    def is_figure(text: str) -> bool:
        try:
            figure = float(text or "0")  # nothing says that there is no bound
        except ValueError:
            return False
        return math.isfinite(figure) and 0 <= figure <= largest and (not is_whole or figure.is_integer())

    if note(key, is_figure):
        del st.query_params[key]
        st.rerun()


def note_text(key: str) -> None:
    """Note a text that is longer than anybody types."""
    note(key, lambda text: len(text) <= LONGEST_TEXT)


def tell() -> None:
    """Say once, in one sentence, what was left out since the last time."""
    left_out: dict[str, str] = st.session_state.pop(_LEFT_OUT, {})
    if left_out:
        said = words.listing([f"{key}={words.one_line(value, _TOLD_CHARACTERS)}" for key, value in left_out.items()])
        st.info("What the address says of this is not understood and was left out:", icon=":material/link_off:")
        st.text(said)
