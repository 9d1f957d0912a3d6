"""A small line of a figure's last day: steps, gaps, and few bytes."""

from __future__ import annotations

from horde_core.history.reading.series import Kind, Point
from pages.common import sparkline


def path(*points: Point) -> str:
    drawn = sparkline.svg(points)
    assert drawn is not None
    return drawn.split('d="')[1].split('"')[0]


def test_levels_are_steps_from_the_least_to_the_largest() -> None:
    assert path(Point(0, 50, 1), Point(50, 100, 3)) == "M0 110H300V10H600"


def test_a_level_that_stays_is_one_line() -> None:
    assert path(Point(0, 50, 2), Point(50, 100, 2)) == "M0 60H600"


def test_the_line_breaks_where_nothing_is_known() -> None:
    points = (Point(0, 25, 1), Point(25, 50, None, Kind.GAP), Point(50, 100, 2))
    assert path(*points) == "M0 110H150M300 10H600"


def test_nothing_known_is_no_picture() -> None:
    assert sparkline.svg([Point(0, 50, None, Kind.GAP)]) is None
    assert "nothing is known" in sparkline.alt("Jobs", [Point(0, 50, None, Kind.GAP)])
