"""Figures: every name escaped and on one line, every row its own bar, unknown without a bar."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from pages.common import bars
from pages.common.chart_frame import PALETTE
from tests.pages.common.test_chart_frame import HOSTILE, is_tame


def texts(figure: go.Figure) -> Iterator[str]:
    """Every string of the figure that a name may be in."""
    yield from figure.layout.yaxis.ticktext
    for trace in figure.data:
        yield from trace.hovertext or ()
        yield from trace.text or ()
        yield trace.name or ""


def ranked(names: list[str], values: list[float]) -> go.Figure:
    return bars.ranked_bars(names, values, [str(v) for v in values], names, PALETTE[0], "models")


class TestRankedBars:
    def test_identical_shortened_names_stay_separate_bars(self) -> None:
        names = [f"{'x' * 40}-{end}" for end in "abc"]
        figure = ranked(names, [3.0, 2.0, 1.0])
        (trace,) = figure.data
        assert len(set(figure.layout.yaxis.ticktext)) == 1
        assert list(trace.y) == list(figure.layout.yaxis.tickvals) == [0, 1, 2]
        assert list(trace.x) == [3.0, 2.0, 1.0]

    def test_identical_names_stay_separate_bars(self) -> None:
        (trace,) = ranked(["same", "same"], [2.0, 1.0]).data
        assert list(trace.y) == [0, 1]

    def test_the_first_is_on_top_and_the_axis_begins_at_zero(self) -> None:
        figure = ranked(["a", "b"], [2.0, 1.0])
        assert figure.layout.yaxis.range == (1.5, -0.5)
        assert figure.layout.xaxis.range[0] == 0
        assert figure.layout.xaxis.range[1] > 2.0
        assert figure.layout.xaxis.title.text == "models"

    def test_hostile_hovers_are_escaped_and_their_lines_kept(self) -> None:
        figure = bars.ranked_bars(["a"], [1.0], ["1"], ["<b>a</b>\nsecond line"], "#000000", "models")
        assert list(figure.data[0].hovertext) == ["&lt;b&gt;a&lt;/b&gt;<br>second line"]

    def test_without_rows_there_is_a_figure(self) -> None:
        assert ranked([], []).layout.xaxis.range[0] == 0


class TestGroupedBars:
    def test_two_bars_a_name_in_two_named_traces(self) -> None:
        figure = bars.grouped_bars(["a", "a"], {"Demand": [60.0, 40.0], "Supply": [50.0, 50.0]}, "%")
        assert [trace.name for trace in figure.data] == ["Demand", "Supply"]
        assert [list(trace.y) for trace in figure.data] == [[0, 1], [0, 1]]
        assert figure.layout.showlegend

    def test_what_is_unknown_has_no_bar_and_reads_na(self) -> None:
        figure = bars.grouped_bars(["a", "b"], {"Demand": [60.0, None], "Supply": [None, None]}, "%")
        assert [list(trace.x) for trace in figure.data] == [[60.0, None], [None, None]]
        assert [list(trace.text) for trace in figure.data] == [["60.0 %", "n/a"], ["n/a", "n/a"]]

    def test_hostile_names_are_tame_everywhere(self) -> None:
        figure = bars.grouped_bars(list(HOSTILE), {"a": [1.0] * len(HOSTILE), "b": [2.0] * len(HOSTILE)}, "%")
        assert [text for text in texts(figure) if not is_tame(text)] == []
