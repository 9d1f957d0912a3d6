"""Charts over time: what is known is drawn where it happened, what is not is a grey band that says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from horde_core.history.reading.series import DAY, HOUR, Kind, Point, Series, Span
from pages.common import time_charts, words
from pages.common.time_charts import Drawn, Event

NOON = 1_764_072_000  # 25 November 2025, 12:00 UTC
SPAN = Span(NOON - 10 * DAY, NOON)


@pytest.fixture(autouse=True)
def english_in_berlin() -> Iterator[None]:
    words.speak("en", "Europe/Berlin")
    yield
    words.speak(None, None)


def drawn(*points: Point, title: str = "Requests") -> Drawn:
    return Drawn(Series(title, points), title, "#123456")


def bands(figure: Any) -> list[tuple[float, float]]:
    return [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]


def test_a_day_is_a_bar_of_its_requests_over_its_own_24_hours() -> None:
    figure = time_charts.bars([drawn(Point(NOON - DAY, NOON, 1234))], SPAN, "requests")
    bar = figure.data[0]
    assert (bar.x, bar.y) == ((NOON - DAY / 2,), (1234,))
    assert 0.8 * DAY < bar.width[0] < DAY
    assert bar.hovertext == ("Requests<br>24 Nov 2025 (UTC)<br>1,234 requests",)


def test_a_block_of_days_is_one_striped_bar_of_its_mean_and_says_its_sum() -> None:
    figure = time_charts.bars([drawn(Point(NOON - 7 * DAY, NOON, 700, Kind.BLOCK))], SPAN, "requests")
    bar = figure.data[0]
    assert bar.y == (100,)
    assert bar.marker.pattern.shape == ("/",)
    assert "18 Nov to 24 Nov 2025 (UTC), 7 days<br>700 requests<br>known as one sum" in bar.hovertext[0]


@pytest.mark.parametrize("kind", [Kind.GAP, Kind.FALL])
@pytest.mark.parametrize("draw", [time_charts.bars, time_charts.lines])
def test_what_is_unknown_is_a_grey_band_with_its_reason_and_no_zero(draw: Any, kind: Kind) -> None:
    points = (Point(NOON - 9 * DAY, NOON - 5 * DAY, 5), Point(NOON - 5 * DAY, NOON - 2 * DAY, None, kind))
    figure = draw([drawn(*points, Point(NOON - 2 * DAY, NOON, 6))], SPAN, "requests")
    assert bands(figure) == [(NOON - 5 * DAY, NOON - 2 * DAY)]
    assert [note.text for note in figure.layout.annotations] == [time_charts.KIND_WORDS[kind]]
    assert 0 not in figure.data[0].y


def test_only_what_no_series_knows_is_a_band() -> None:
    one = drawn(Point(NOON - 6 * DAY, NOON - 2 * DAY, None, Kind.GAP), Point(NOON - 2 * DAY, NOON, 1))
    two = drawn(Point(NOON - 6 * DAY, NOON - 4 * DAY, 1), Point(NOON - 4 * DAY, NOON, None, Kind.GAP))
    assert bands(time_charts.lines([one, two], SPAN, "workers")) == [(NOON - 4 * DAY, NOON - 2 * DAY)]


def test_hours_without_a_record_that_follow_each_other_are_one_band() -> None:
    hours = [Point(hour * HOUR, (hour + 1) * HOUR, None, Kind.GAP) for hour in range(48)]
    later = Point(49 * HOUR, 50 * HOUR, None, Kind.GAP)
    figure = time_charts.lines([drawn(*hours, later)], Span(0, 50 * HOUR), "workers")
    assert bands(figure) == [(0, 48 * HOUR), (49 * HOUR, 50 * HOUR)]
    assert [note.text for note in figure.layout.annotations] == [time_charts.KIND_WORDS[Kind.GAP]]


def test_a_level_holds_from_its_begin_to_its_end_and_the_line_breaks_in_a_gap() -> None:
    points = (Point(0, 60, 3), Point(60, 120, None, Kind.GAP), Point(120, 180, 4))
    line = time_charts.lines([drawn(*points)], Span(0, 180), "workers").data[0]
    assert line.x == (0, 60, 60, 120, 180)
    assert line.y == (3, 3, None, 4, 4)


def test_the_period_before_is_a_faint_line_under_this_one() -> None:
    now, before = Series("workers", (Point(100, 200, 3),)), Series("workers", (Point(0, 100, 9),))
    figure = time_charts.lines([Drawn(now, "Workers", "#123456", before)], Span(100, 200), "workers")
    assert figure.data[0].x == (100, 200)
    assert figure.data[0].line.dash == "dot"
    assert figure.layout.yaxis.range[1] > 9


def test_events_stand_at_their_moment_and_hostile_names_mean_nothing() -> None:
    figure = time_charts.bars([drawn(Point(NOON - DAY, NOON, 1))], SPAN, "requests", [Event(NOON, "<b>x</b> added")])
    assert figure.data[-1].x == (NOON,)
    assert figure.data[-1].hovertext == ("25 Nov 2025, 13:00:00 +0100<br>&lt;b&gt;x&lt;/b&gt; added",)


@pytest.mark.parametrize("seconds", [HOUR, DAY, 3 * DAY, 30 * DAY, 365 * DAY, 4000 * DAY])
def test_ticks_are_few_and_at_whole_days_or_hours(seconds: int) -> None:
    axis = time_charts.lines([drawn()], Span(NOON - seconds, NOON), "workers").layout.xaxis
    assert len(axis.tickvals) <= time_charts.MOST_TICKS + 1
    assert all(tick % HOUR == 0 for tick in axis.tickvals)


def test_rows_behind_a_chart_say_when_how_much_and_what_is_known() -> None:
    one = drawn(Point(NOON - 2 * DAY, NOON - DAY, None, Kind.GAP), Point(NOON - DAY, NOON, 5), title="Requests")
    rows = time_charts.rows_of([one])
    assert list(rows["when"]) == ["24 Nov 2025 (UTC)", "23 Nov 2025 (UTC)"]
    assert list(rows["known"]) == ["known", "not recorded"]
    assert rows["figure 1"].isna().tolist() == [False, True]


@pytest.mark.parametrize("title", ["when", "known", "figure 2", "Requests", "", "<b>"])
def test_rows_hold_each_figure_whatever_a_series_is_called(title: str) -> None:
    rows = time_charts.rows_of([drawn(Point(0, DAY, 3), title=title), drawn(Point(0, DAY, 4), title=title)])
    assert list(rows.columns) == ["when", "figure 1", "figure 2", "known"]
    assert (rows["figure 1"][0], rows["figure 2"][0]) == (3, 4)


@pytest.mark.parametrize(
    ("known_for", "axis_is"),
    [(6 * DAY, 10 * DAY), (DAY, DAY * 5 // 4), (2 * HOUR, HOUR * 5 // 2), (300, HOUR), (0, 10 * DAY)],
)
def test_in_the_first_days_of_a_history_the_axis_begins_shortly_before_it(known_for: int, axis_is: int) -> None:
    points = (Point(SPAN.begins, NOON - known_for, None, Kind.GAP), Point(NOON - known_for, NOON, 4))
    figure = time_charts.lines([drawn(*points[: 2 if known_for else 1])], SPAN, "workers")
    assert figure.layout.xaxis.range == (NOON - axis_is, NOON)


@pytest.mark.parametrize("draw", [time_charts.bars, time_charts.lines])
@pytest.mark.parametrize(("step", "stands_at"), [(DAY, 10), (None, 70)])
def test_a_block_of_counts_stands_at_its_mean_and_one_of_shares_at_its_own(
    draw: Any, step: int | None, stands_at: float
) -> None:
    figure = draw([drawn(Point(NOON - 7 * DAY, NOON, 70, Kind.BLOCK))], SPAN, "requests", step=step)
    assert set(figure.data[0].y) == {stands_at}
    assert stands_at <= figure.layout.yaxis.range[1] < 2 * stands_at
