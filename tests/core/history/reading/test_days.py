"""Days of usage: which stretch of time a figure is of, what is a sum of several days, and what is unknown."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.history.reading.days import LONGEST_DAY, MONTH, TOLERANCE, Compile, Days, Stretch
from horde_core.history.reading.series import DAY, HOUR, Kind, Point, Span

T0 = 1_765_598_400
"""When the first compile of these tests ended."""

Told = list[tuple[float, float, float | None, str]]


def days_of(points: tuple[Point, ...]) -> Told:
    """Return points by days since the first compile."""
    return [((b - T0) / DAY, (e - T0) / DAY, value, str(kind)) for b, e, value, kind in points]


def compiles(*ended: float) -> list[Compile]:
    return [Compile(number, T0 + int(day * DAY), None, None, None, 0) for number, day in enumerate(ended, 1)]


def told(
    days: Days,
    rows: list[tuple[int, int | None, int | None, int | None, bool]],
    past: tuple[tuple[int, int | None], ...] = (),
    span: Span | None = None,
) -> Told:
    """Return what is told of a name with these rows (compile, day, month, requests, fell) and past days."""
    total = days.nothing()
    for row in rows:
        days.add(total, *row)
    for stretch, requests in past:
        days.add_past(total, stretch, requests)
    span = span or Span(days.slots[0].begins, days.slots[-1].ends)
    return days_of(days.points(total, days.within(span), span))


def test_the_first_compile_knows_its_day_and_the_29_days_before_as_one_sum() -> None:
    assert told(Days(compiles(0), []), [(1, 10, 310, None, False)]) == [
        (-30, -1, 300, "block"),
        (-1, 0, 10, "known"),
    ]


def test_a_day_is_what_was_added_to_the_total_and_a_name_without_a_row_had_no_request() -> None:
    assert told(Days(compiles(0, 1, 2), []), [(1, 0, 0, None, False), (2, 7, 7, 8, False)]) == [
        (-30, -1, 0, "block"),
        (-1, 0, 0, "known"),
        (0, 1, 8, "known"),
        (1, 2, 0, "known"),
    ]


def test_between_compiles_of_several_days_lies_one_sum_and_the_last_day_by_itself() -> None:
    rows = [(1, 0, 0, None, False), (2, 5, 40, 40, False)]
    assert told(Days(compiles(0, 4), []), rows)[2:] == [(0, 3, 35, "block"), (3, 4, 5, "known")]


def test_a_day_never_is_more_than_all_that_was_since_the_compile_before() -> None:
    rows = [(1, 0, 0, None, False), (2, 5, 5, 4, False)]
    assert told(Days(compiles(0, 4), []), rows)[2:] == [(0, 3, 0, "block"), (3, 4, 4, "known")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((2, 9, 9, 9, True), [(0, 1, 9, "fall")]),
        ((2, 9, 9, None, True), [(0, 1, None, "fall")]),
        ((2, None, None, None, True), [(0, 1, None, "fall")]),
    ],
)
def test_a_counter_that_fell_is_flagged_and_never_counted_whole(
    row: tuple[int, int | None, int | None, int | None, bool], expected: Told
) -> None:
    assert told(Days(compiles(0, 1), []), [(1, 0, 0, None, False), row])[2:] == expected


def test_a_fall_over_several_days_leaves_only_the_last_day_known() -> None:
    rows = [(1, 0, 0, None, False), (2, 5, 40, None, True)]
    assert told(Days(compiles(0, 4), []), rows)[2:] == [(0, 3, None, "fall"), (3, 4, 5, "fall")]


def test_days_that_become_known_later_are_taken_out_of_their_block() -> None:
    revealed = [
        Stretch(7, T0 - 30 * DAY, T0 - 29 * DAY, "revealed"),
        Stretch(8, T0 - 29 * DAY, T0 - 28 * DAY, "revealed"),
    ]
    days = Days(compiles(0), revealed)
    assert told(days, [(1, 10, 310, None, False)], ((7, 100), (8, 20))) == [
        (-30, -29, 100, "known"),
        (-29, -28, 20, "known"),
        (-28, -1, 180, "block"),
        (-1, 0, 10, "known"),
    ]


def test_once_every_day_of_a_block_is_known_nothing_is_lost_of_its_sum() -> None:
    revealed = [Stretch(n, T0 - (30 - n) * DAY, T0 - (29 - n) * DAY, "revealed") for n in range(29)]
    found = told(Days(compiles(0), revealed), [(1, 10, 310, None, False)], tuple((n, 10) for n in range(29)))
    assert {kind for *_, kind in found} == {"known"}
    assert sum(value or 0 for _, _, value, _ in found) == 310


def test_a_day_in_the_middle_of_a_block_stays_in_its_sum() -> None:
    days = Days(compiles(0), [Stretch(7, T0 - 20 * DAY, T0 - 19 * DAY, "revealed")])
    assert told(days, [(1, 10, 310, None, False)])[0] == (-30, -1, 300, "block")


def test_a_day_whose_counts_contradict_one_another_is_unknown() -> None:
    days = Days(compiles(0), [Stretch(7, T0 - 30 * DAY, T0 - 29 * DAY, "revealed")])
    assert told(days, [(1, 0, 0, None, False)], ((7, None),))[0] == (-30, -29, None, "fall")


def test_imported_days_stand_before_what_was_seen_with_a_gap_where_none_is() -> None:
    imported = [Stretch(1, T0 - 50 * DAY, T0 - 49 * DAY, "file"), Stretch(2, T0 - 49 * DAY, T0 - 48 * DAY, "file")]
    found = told(Days(compiles(0), imported), [(1, 0, 0, None, False)], ((1, 4), (2, 5)))
    assert found[:4] == [(-50, -49, 4, "known"), (-49, -48, 5, "known"), (-48, -30, None, "gap"), (-30, -1, 0, "block")]


def test_imported_days_that_were_seen_too_change_nothing() -> None:
    imported = [Stretch(1, T0 + HOUR, T0 + DAY + HOUR, "file")]
    days = Days(compiles(0, 1), imported)
    assert 1 not in days.stretches
    assert told(days, [(1, 0, 0, None, False)])[-1] == (0, 1, 0, "known")


def test_before_the_first_and_after_an_overdue_compile_nothing_is_known() -> None:
    days = Days(compiles(0), [])
    found = told(days, [(1, 0, 0, None, False)], span=Span(T0 - 40 * DAY, T0 + 3 * DAY))
    assert found[0] == (-40, -30, None, "gap")
    assert found[-1] == (0, 3, None, "gap")
    assert told(days, [(1, 0, 0, None, False)], span=Span(T0 - DAY, T0 + DAY))[-1][3] == "known"


def test_without_a_compile_the_whole_span_is_a_gap() -> None:
    assert told(Days([], []), [], span=Span(T0, T0 + DAY)) == [(0, 1, None, "gap")]


class Recording(NamedTuple):
    days: Days
    requests: list[list[int]]
    """Requests of a name in each day of each interval."""


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    intervals = draw(st.lists(st.integers(1, 6), max_size=12))
    ended, at = [0.0], 0.0
    for length in intervals:
        at += length + draw(st.floats(-0.05, 0.05))
        ended.append(at)
    requests = [draw(st.lists(st.integers(0, 50), min_size=length, max_size=length)) for length in intervals]
    return Recording(Days(compiles(*ended), []), requests)


@given(recordings(), st.integers(-400, 400), st.integers(1, 400))
def test_points_follow_one_another_and_add_up_to_what_was_added_to_the_total(
    recording: Recording, begins: int, length: int
) -> None:
    days, requests = recording
    rows: list[tuple[int, int | None, int | None, int | None, bool]] = [(1, 0, 0, None, False)]
    rows += [(number, one[-1], sum(one), sum(one), False) for number, one in enumerate(requests, 2) if sum(one)]
    found = told(days, rows)
    assert sum(value or 0 for _, _, value, _ in found) == sum(map(sum, requests))
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))
    assert all(value is not None and value >= 0 for _, _, value, _ in found)
    span = Span(T0 + begins * HOUR, T0 + (begins + length) * HOUR)
    part = days.points(days.nothing(), days.within(span), span)
    assert all(earlier.ends == later.begins for earlier, later in pairwise(part))
    assert part[0].begins - span.begins <= TOLERANCE
    assert span.ends - part[-1].ends <= LONGEST_DAY
    assert all((point.value is None) == (point.kind is Kind.GAP) for point in part)
    assert days.first == T0 - MONTH
