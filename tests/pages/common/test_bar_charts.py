"""Figures: every name escaped and on one line, every row its own bar, unknown without a bar."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.frames.models import category_frame
from horde_core.frames.summaries import leading_rows
from pages.common import bar_charts
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot

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
MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def texts(figure: go.Figure) -> Iterator[str]:
    """Every string of the figure that a name may be in."""
    yield from figure.layout.yaxis.ticktext
    for bar in figure.data:
        yield from bar.hovertext or ()
        yield from bar.text or ()
        yield bar.name or ""


def is_tame(text: str) -> bool:
    """Whether text is one line and holds no mark-up but the line breaks between figures."""
    return not set(text.replace("<br>", "")) & set("<>\n\r\t")


def ranked(names: list[str], values: list[float]) -> go.Figure:
    return bar_charts.ranked_bars(names, values, [str(v) for v in values], names, bar_charts.PALETTE[0], "models")


class TestLabels:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names_are_escaped_and_on_one_line(self, name: str) -> None:
        assert is_tame(bar_charts.label(name))

    def test_escaping_comes_after_shortening_so_that_no_entity_is_cut(self) -> None:
        assert bar_charts.label("<" * 50, 10) == "&lt;" * 9 + "…"
        assert bar_charts.label("a & b") == "a &amp; b"

    def test_a_nameless_row_has_a_label(self) -> None:
        assert bar_charts.label("") == "(no name)"

    @given(st.text(st.sampled_from("<>&\"'\n\r\t b") | st.characters(codec="utf-8")))
    def test_any_name_is_tame(self, name: str) -> None:
        assert is_tame(bar_charts.label(name))


class TestRankedBars:
    def test_identical_shortened_names_stay_separate_bars(self) -> None:
        names = [f"{'x' * 40}-{end}" for end in "abc"]
        figure = ranked(names, [3.0, 2.0, 1.0])
        (bars,) = figure.data
        assert len(set(figure.layout.yaxis.ticktext)) == 1
        assert list(bars.y) == list(figure.layout.yaxis.tickvals) == [0, 1, 2]
        assert list(bars.x) == [3.0, 2.0, 1.0]

    def test_identical_names_stay_separate_bars(self) -> None:
        (bars,) = ranked(["same", "same"], [2.0, 1.0]).data
        assert list(bars.y) == [0, 1]

    def test_the_first_is_on_top_and_the_axis_begins_at_zero(self) -> None:
        figure = ranked(["a", "b"], [2.0, 1.0])
        assert figure.layout.yaxis.range == (1.5, -0.5)
        assert figure.layout.xaxis.range[0] == 0
        assert figure.layout.xaxis.range[1] > 2.0
        assert figure.layout.xaxis.title.text == "models"

    def test_hostile_hovers_are_escaped_and_their_lines_kept(self) -> None:
        figure = bar_charts.ranked_bars(["a"], [1.0], ["1"], ["<b>a</b>\nsecond line"], "#000000", "models")
        assert list(figure.data[0].hovertext) == ["&lt;b&gt;a&lt;/b&gt;<br>second line"]

    def test_without_rows_there_is_a_figure(self) -> None:
        assert ranked([], []).layout.xaxis.range[0] == 0


class TestUsageBars:
    def test_bars_are_shares_with_figures_in_words(self) -> None:
        leaders = leading_rows(category_frame(snapshot("text")), "usage_month", 3)
        figure = bar_charts.usage_bars(leaders, "month", "requests")
        (bars,) = figure.data
        assert list(bars.x) == pytest.approx([100 * 6_500 / 7_010, 100 * 400 / 7_010, 100 * 100 / 7_010])
        assert list(bars.text) == ["92.7 %", "5.7 %", "1.4 %"]
        assert bars.hovertext[0] == f"{MISTRAL}<br>6,500 requests, 92.7 % of all"
        assert bars.hovertext[2].endswith("<br>not in the reference")
        assert list(bars.marker.color) == [bar_charts.PALETTE[0], bar_charts.PALETTE[0], bar_charts.UNLISTED_COLOUR]

    def test_hostile_names_are_tame_everywhere(self) -> None:
        leaders = leading_rows(category_frame(snapshot("text")), "usage_total", 10)
        assert {HTML_NAME, ""} <= set(leaders["name"])
        figure = bar_charts.usage_bars(leaders, "total", "requests")
        assert [text for text in texts(figure) if not is_tame(text)] == []


class TestGroupedBars:
    def test_two_bars_a_name_in_two_named_traces(self) -> None:
        figure = bar_charts.grouped_bars(["a", "a"], {"Demand": [60.0, 40.0], "Supply": [50.0, 50.0]}, "%")
        assert [bars.name for bars in figure.data] == ["Demand", "Supply"]
        assert [list(bars.y) for bars in figure.data] == [[0, 1], [0, 1]]
        assert figure.layout.showlegend

    def test_what_is_unknown_has_no_bar_and_reads_na(self) -> None:
        figure = bar_charts.grouped_bars(["a", "b"], {"Demand": [60.0, None], "Supply": [None, None]}, "%")
        assert [list(bars.x) for bars in figure.data] == [[60.0, None], [None, None]]
        assert [list(bars.text) for bars in figure.data] == [["60.0 %", "n/a"], ["n/a", "n/a"]]

    def test_hostile_names_are_tame_everywhere(self) -> None:
        figure = bar_charts.grouped_bars(list(HOSTILE), {"a": [1.0] * len(HOSTILE), "b": [2.0] * len(HOSTILE)}, "%")
        assert [text for text in texts(figure) if not is_tame(text)] == []
