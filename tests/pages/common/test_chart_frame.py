"""Labels of charts: whatever a name holds, it is one line of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.common import chart_frame, words
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME

HOSTILE = (
    HTML_NAME,
    FORMULA_NAME,
    "<b>bold</b>",
    "a & b",
    'quote"d',
    "two\nlines\r\nand\tmore",
    "&lt;img src=x&gt;",
    "",
)


def is_tame(text: str) -> bool:
    """Whether text is one line and holds no mark-up but the line breaks between figures."""
    return not set(text.replace("<br>", "")) & set("<>\n\r\t")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_escaped_and_on_one_line(name: str) -> None:
    assert is_tame(chart_frame.label(name))


def test_escaping_comes_after_shortening_so_that_no_entity_is_cut() -> None:
    assert chart_frame.label("<" * 50, 10) == "&lt;" * 9 + "…"
    assert chart_frame.label("a & b") == "a &amp; b"


def test_a_nameless_row_has_a_label() -> None:
    assert chart_frame.label("") == "(no name)"


@given(st.text(st.sampled_from("<>&\"'\n\r\t b") | st.characters(codec="utf-8")))
def test_any_name_is_escaped_in_labels(name: str) -> None:
    assert is_tame(chart_frame.label(name))


@given(st.floats(1e-6, 1e12))
def test_a_linear_axis_has_a_few_round_ticks_that_fill_it(end: float) -> None:
    ticks = chart_frame.linear_axis(end)["tickvals"]
    assert 3 <= len(ticks) <= 6
    assert ticks[0] == 0
    assert end / 2 <= ticks[-1] <= end * (1 + 1e-9)


def test_ticks_are_written_in_the_visitors_locale() -> None:
    words.speak("de-DE", None)
    try:
        assert chart_frame.linear_axis(0.9)["ticktext"] == ["0", "0,2", "0,4", "0,6", "0,8"]
        assert chart_frame.log_axis(0.01, 50_000)["ticktext"] == [
            "0,01", "0,1", "1", "10", "100", "1.000", "10.000", "100.000",
        ]  # fmt: skip
    finally:
        words.speak(None, None)
