"""What is kept of usage, compile by compile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.history import tables
from horde_core.history.recording.compiles import DAY, HOUR, MONTH, TIGHT
from horde_core.history.recording.slot import FutureCoverageError
from horde_core.history.store import Store
from tests.fixtures.history import NOON, Usage, everything, named, record, rows, usage

NAMES = count()
ONE_AM = NOON + 13 * HOUR


@pytest.fixture
def store() -> Store:
    return Store.in_memory(f"usage-{next(NAMES)}")


def kept(store: Store) -> list[tuple[Any, ...]]:
    return named(store, tables.usage, "compile_id", "day", "month", "total", "requests", "fell_from")


def played(store: Store, *bodies: Usage, first: int = ONE_AM, apart: int = DAY) -> None:
    """Record bodies so many seconds apart, each seen an hour before the next as well."""
    for number, body in enumerate(bodies):
        at = first + number * apart
        record(store, usage(at, body))
        record(store, usage(at + apart - HOUR, body))


def test_the_first_compile_keeps_every_name_with_requests_unknown(store: Store) -> None:
    record(store, usage(NOON, {"a": (1, 10, 100), "b": (0, 0, 7)}))
    assert kept(store) == [("a", 1, 1, 10, 100, None, None), ("b", 1, 0, 0, 7, None, None)]
    columns = ("category", "first_seen", "after", "ended", "names", "day", "month", "total", "falls")
    assert rows(store, tables.usage_compile, *columns) == [("text", NOON, None, NOON, 2, 1, 10, 107, 0)]


def test_of_a_later_compile_only_what_changed_is_kept_with_the_difference_of_the_totals(store: Store) -> None:
    played(store, {"a": (1, 10, 100), "b": (0, 0, 7)}, {"a": (3, 12, 103), "b": (0, 0, 7), "new": (2, 2, 2)})
    assert kept(store)[1:] == [
        ("a", 2, 3, 12, 103, 3, None),
        ("b", 1, 0, 0, 7, None, None),
        ("new", 2, 2, 2, 2, 2, None),
    ]


def test_a_total_that_falls_is_flagged_and_the_days_own_count_stands_in(store: Store) -> None:
    played(store, {"a": (5, 50, 100)}, {"a": (6, 51, 90)}, {"a": (7, 52, 97)})
    assert kept(store)[1:] == [("a", 2, 6, 51, 90, 6, 100), ("a", 3, 7, 52, 97, 7, None)]
    assert rows(store, tables.usage_compile, "falls") == [(0,), (1,), (0,)]


def test_a_total_that_falls_over_several_days_leaves_the_requests_unknown(store: Store) -> None:
    played(store, {"a": (5, 50, 100)}, {"a": (6, 51, 90)}, apart=3 * DAY)
    assert kept(store)[1:] == [("a", 2, 6, 51, 90, None, 100)]


def test_a_dip_is_not_added_again_when_the_total_comes_back(store: Store) -> None:
    played(store, {"a": (5, 50, 1_000)}, {"a": (6, 51, 0)}, {"a": (7, 52, 1_013)}, {"a": (8, 53, 1_021)})
    assert kept(store)[1:] == [
        ("a", 2, 6, 51, 0, 6, 1_000),
        ("a", 3, 7, 52, 1_013, 7, 1_000),
        ("a", 4, 8, 53, 1_021, 8, None),
    ]


def test_a_name_that_is_no_longer_listed_and_comes_back_is_flagged_twice(store: Store) -> None:
    played(store, {"a": (5, 50, 100), "b": (1, 1, 1)}, {"b": (1, 1, 2)}, {"a": (5, 50, 110), "b": (1, 1, 3)})
    assert [row for row in kept(store) if row[0] == "a"][1:] == [
        ("a", 2, None, None, None, None, 100),
        ("a", 3, 5, 50, 110, 5, 100),
    ]


def test_an_unknown_count_makes_requests_unknown_and_not_zero(store: Store) -> None:
    played(store, {"a": (5, 50, 100)}, {"a": (5, 50, None)}, {"a": (5, 50, 110)})
    assert [row[5] for row in kept(store)] == [None, None, 5]
    assert rows(store, tables.usage_compile, "total") == [(100,), (None,), (110,)]


def test_the_same_body_again_changes_nothing_but_when_it_was_seen(store: Store) -> None:
    record(store, usage(NOON, {"a": (1, 10, 100), "b": (1, 1, 1)}))
    before = everything(store, without=("coverage", "usage_compile"))
    assert record(store, usage(NOON + HOUR, {"b": (1, 1, 1), "a": (1, 10, 100)})) == set()
    assert everything(store, without=("coverage", "usage_compile")) == before
    assert rows(store, tables.usage_compile, "first_seen", "last_seen") == [(NOON, NOON + HOUR)]
    assert rows(store, tables.coverage) == [("usage:text", NOON, NOON + HOUR)]


def test_an_older_body_from_a_server_that_is_behind_is_no_compile(store: Store) -> None:
    first, second = {"a": (1, 10, 100)}, {"a": (2, 11, 102)}
    for minutes, body in enumerate((first, second, first, second)):
        record(store, usage(NOON + 60 * minutes, body))
    assert [row[5] for row in kept(store)] == [None, 2]
    record(store, usage(NOON + 60 + TIGHT + DAY, first))
    assert [row[6] for row in kept(store)] == [None, None, 102]


def test_a_body_without_one_of_its_maps_is_not_recorded(store: Store) -> None:
    sample = usage(NOON, {"a": (1, 10, 100)})
    partial = sample.value.response.model_copy(update={"month": None})
    record(store, sample._replace(value=type(sample.value)(partial)))
    assert everything(store) == everything(Store.in_memory("empty"))


def test_when_a_compile_ended_is_told_by_the_nearest_one_that_was_seen_at_once(store: Store) -> None:
    record(store, usage(ONE_AM - 4 * HOUR, {"a": (1, 1, 1)}))
    assert rows(store, tables.usage_compile, "ended") == [(ONE_AM - 4 * HOUR,)]
    record(store, usage(ONE_AM - HOUR, {"a": (1, 1, 1)}), usage(ONE_AM - HOUR, {"i": (1, 1, 1)}, "image"))
    record(store, usage(ONE_AM, {"a": (2, 2, 2)}))
    record(store, usage(ONE_AM + 3 * DAY + 9 * HOUR, {"a": (3, 3, 3)}))
    ended = [row[1] for row in rows(store, tables.usage_compile, "category", "ended") if row[0] == "text"]
    assert ended == [ONE_AM - DAY, ONE_AM, ONE_AM + 3 * DAY]
    assert [row[5] for row in kept(store) if row[0] == "a"] == [None, 1, 1]


def test_a_compile_reveals_the_day_that_left_its_month(store: Store) -> None:
    played(
        store,
        {"a": (5, 50, 100), "b": (0, 4, 4), "c": (0, 9, 9)},
        {"a": (6, 49, 106), "b": (0, 4, 4), "c": (0, 10, 10)},
    )
    stretches = rows(store, tables.usage_past_stretch, "category", "began", "ended", "origin")
    assert stretches == [("text", ONE_AM - MONTH, ONE_AM + DAY - MONTH, "revealed")]
    assert named(store, tables.usage_past, "requests") == [("a", 7), ("c", None)]


def test_days_that_were_recorded_are_not_revealed_and_days_of_a_block_are(store: Store) -> None:
    for day in range(40):
        if day not in (4, 5):
            body = {"a": (1, 30, 100 + day)}
            record(store, usage(ONE_AM + day * DAY, body))
            record(store, usage(ONE_AM + (day + 1) * DAY - HOUR, body))
    stretches = rows(store, tables.usage_past_stretch, "began", "ended")
    days = [((began - ONE_AM) // DAY, (ended - began) // DAY) for began, ended in stretches]
    month_before = [(-30, 1), (-29, 1), (-28, 1), (-27, 3), *((day, 1) for day in range(-24, 0))]
    within_the_block = [(3, 1), (4, 1), (5, 1)]
    assert days == month_before + within_the_block


class Step(NamedTuple):
    """What happens next: time passes by the wall clock, and a body is seen, or nobody looks."""

    seconds: int
    body: dict[str, tuple[int | None, int | None, int | None]] | None


counts = st.integers(0, 50)
bodies = st.dictionaries(st.sampled_from("abcd"), st.tuples(counts, counts, st.none() | counts), min_size=1)
seconds = st.sampled_from([-DAY, -HOUR, 0, 60, HOUR, 2 * HOUR, 4 * HOUR, DAY - HOUR, DAY, 3 * DAY])
steps = st.lists(st.builds(Step, seconds, st.none() | bodies), min_size=1, max_size=12)


def seen(steps: list[Step]) -> Iterator[tuple[int, dict[str, Any]]]:
    at = NOON
    for step in steps:
        at += step.seconds
        if step.body is not None:
            yield at, step.body


@given(steps)
def test_whatever_is_seen_requests_are_the_differences_of_the_totals_outside_of_flagged_falls(
    steps: list[Step],
) -> None:
    store = Store.in_memory(f"usage-{next(NAMES)}")
    totals: dict[str, int | None] = {}
    last: dict[str, Any] | None = None
    for at, body in seen(steps):
        before = len(rows(store, tables.usage_compile))
        with contextlib.suppress(FutureCoverageError):  # the clock was set back by much
            record(store, usage(at, body), now=at)
        compiled = len(rows(store, tables.usage_compile)) > before
        if compiled:
            number = rows(store, tables.usage_compile, "id")[-1][0]
            now = {row[0]: row for row in kept(store) if row[1] == number}
            for name in {*body, *totals}:
                total, earlier = body.get(name, (None,) * 3)[2], totals.get(name, 0)
                if name not in now and last is not None:
                    assert body.get(name) == last.get(name)
                    continue
                *_, requests, fell_from = now[name]
                if last is None or total is None or earlier is None:
                    assert requests is None or fell_from is not None
                elif fell_from is None:
                    assert requests == total - earlier
                else:
                    assert requests in (None, body[name][0])
            totals = {name: body.get(name, (None,) * 3)[2] for name in {*body, *totals}}
            last = body
    states = {row[0]: row[2:5] for row in kept(store)}
    assert {name: state for name, state in states.items() if state != (None,) * 3} == (last or {})
    assert all(row[5] is None or row[5] >= 0 for row in kept(store))
    assert all(row[1] is None or row[1] >= 0 for row in named(store, tables.usage_past, "requests"))


@given(steps, st.integers(0, 11))
def test_whatever_is_seen_once_more_changes_no_row(steps: list[Step], again: int) -> None:
    store = Store.in_memory(f"usage-{next(NAMES)}")
    found = list(seen(steps))
    for at, body in found:
        with contextlib.suppress(FutureCoverageError):
            record(store, usage(at, body), now=at)
    before = everything(store)
    latest = max((at for at, _ in found), default=NOON)
    for at, body in found[again:] + found:
        record(store, usage(at, body), now=latest)
    assert everything(store) == before
