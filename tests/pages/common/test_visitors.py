"""Visitors: how often a page checks for new data, and that redraws take turns."""

from __future__ import annotations

import pytest

from pages.common.visitors import (
    COUNTED_EVERY_SECONDS,
    GONE_AFTER_SECONDS,
    LONGEST_TICK_SECONDS,
    REDRAWS_A_SECOND,
    TICK_SECONDS,
    TICKS_A_SECOND,
    Visitors,
)


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visitors(clock: Clock) -> Visitors:
    return Visitors(clock)


def crowd(visitors: Visitors, number: int) -> None:
    for visitor in range(number):
        visitors.seen(visitor)


@pytest.mark.parametrize("number", [0, 1, 50, 200])
def test_few_visitors_look_as_often_as_is_allowed(visitors: Visitors, number: int) -> None:
    crowd(visitors, number)
    assert visitors.tick_seconds() == TICK_SECONDS


@pytest.mark.parametrize("number", [400, 1_000])
def test_many_together_look_as_often_as_the_process_bears(visitors: Visitors, number: int) -> None:
    crowd(visitors, number)
    ticks = [number / visitors.tick_seconds(spread) for spread in (0.0, 0.5, 1.0)]
    assert ticks == pytest.approx([TICKS_A_SECOND / 0.8, TICKS_A_SECOND, TICKS_A_SECOND / 1.2])


def test_nobody_waits_longer_than_a_minute_for_a_look(visitors: Visitors) -> None:
    crowd(visitors, 100_000)
    assert visitors.tick_seconds(1.0) == LONGEST_TICK_SECONDS


def test_a_visitor_counts_once_and_until_long_gone(visitors: Visitors, clock: Clock) -> None:
    visitors.seen("one")
    visitors.seen("one")
    visitors.seen("two")
    assert visitors.count() == 2
    clock.now += GONE_AFTER_SECONDS - COUNTED_EVERY_SECONDS
    visitors.seen("two")
    clock.now += COUNTED_EVERY_SECONDS
    assert visitors.count() == 1


def test_news_are_drawn_for_so_many_a_second_and_for_everybody_in_the_end(visitors: Visitors, clock: Clock) -> None:
    assert [visitors.may_redraw() for _ in range(REDRAWS_A_SECOND + 3)] == [True] * REDRAWS_A_SECOND + [False] * 3
    clock.now += 1.0
    assert visitors.may_redraw()
