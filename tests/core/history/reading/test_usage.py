"""Requests by day, read from recorded bodies: of models, of what the reference does not list, and of all."""

from __future__ import annotations

from itertools import count, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_core.analytics.names.matching import NameIndex
from horde_core.history.reading.series import Kind, Series, Span
from horde_core.history.store import Store
from tests.fixtures.history import DAY, HOUR, NOON, Usage, reader_at, record, usage

NAMES = count()
MISTRAL, CYDONIA = "mistralai/Mistral-7B", "TheDrummer/Cydonia-24B"
TEXT = NameIndex([MISTRAL, CYDONIA])
SPELLINGS = {
    "koboldcpp/Mistral-7B": MISTRAL,
    "aphrodite/mistralai/Mistral-7B": MISTRAL,
    "Cydonia-24B-Q4_K_M": CYDONIA,
    "koboldcpp/Unheard-13B": None,
    "UNHEARD-13B": None,
}


@pytest.fixture
def store() -> Store:
    return new_store()


def new_store() -> Store:
    return Store.in_memory(f"reading usage {next(NAMES)}")


def played(store: Store, *bodies: Usage, first: int = NOON, apart: int = DAY) -> int:
    """Record bodies, each as soon as it was compiled and again until the next, and return when the last was."""
    for number, body in enumerate(bodies):
        at = first + number * apart
        record(store, usage(at, body))
        record(store, usage(at + apart - HOUR, body))
    return first + (len(bodies) - 1) * apart


def told(series: Series | None) -> list[tuple[float, float | None, str]]:
    """Return points by their length in days, value and kind."""
    assert series is not None
    return [(round(point.days, 2), point.value, str(point.kind)) for point in series.points]


BODIES: tuple[Usage, ...] = (
    {
        "koboldcpp/Mistral-7B": (5, 35, 100),
        "aphrodite/mistralai/Mistral-7B": (1, 1, 1),
        "koboldcpp/Unheard-13B": (2, 2, 9),
    },
    {
        "koboldcpp/Mistral-7B": (7, 40, 107),
        "aphrodite/mistralai/Mistral-7B": (0, 1, 1),
        "koboldcpp/Unheard-13B": (3, 5, 12),
    },
)


def test_the_names_of_a_model_count_together_and_the_rest_is_its_own_band(store: Store) -> None:
    now = played(store, *BODIES) + 3 * HOUR
    found = reader_at(store, now).most_used(TEXT, "all", 1)
    assert [one.name for one in found.series] == [MISTRAL]
    # Two requests of thirty days ago left the month of the one name.
    assert told(found.series[0])[-4:] == [(1.0, 2, "known"), (28.0, 28, "block"), (1.0, 6, "known"), (1.0, 7, "known")]
    assert told(found.unlisted)[-3:] == [(28.0, 0, "block"), (1.0, 2, "known"), (1.0, 3, "known")]
    assert [value for _, value, _ in told(found.rest)][-3:] == [0, 0, 0]
    assert told(found.total)[-2:] == [(1.0, 8, "known"), (1.0, 10, "known")]
    assert found.compiled == NOON + DAY


def test_a_day_is_labelled_by_the_utc_day_that_it_began_in(store: Store) -> None:
    now = played(store, *BODIES)
    (series,) = reader_at(store, now).usage(TEXT, [MISTRAL], "7d").series
    assert [str(point.day) for point in series.points[-2:]] == ["2025-12-11", "2025-12-12"]


def test_a_mended_reference_mends_the_past(store: Store) -> None:
    now = played(store, *BODIES)
    reader = reader_at(store, now)
    assert reader.usage(TEXT, ["koboldcpp/Unheard-13B"], "7d").series[0].points[-1].value == 3
    mended = NameIndex([MISTRAL, "someone/Unheard-13B"])
    assert reader.usage(mended, ["someone/Unheard-13B"], "7d").series[0].points[-1].value == 3
    assert {point.value for point in reader.most_used(mended, "7d").unlisted.points} <= {0, None}  # type: ignore[union-attr]


def test_a_model_without_a_recorded_name_had_no_request_and_an_unheard_name_is_unknown(store: Store) -> None:
    now = played(store, *BODIES)
    listed, unheard = reader_at(store, now).usage(TEXT, [CYDONIA, "Cydoniaa"], Span(NOON, now)).series
    assert told(listed) == [(1.0, 0, "known")]
    assert told(unheard) == [(1.0, None, "gap")]


def test_one_name_of_a_model_may_be_asked_for_by_itself(store: Store) -> None:
    now = played(store, *BODIES)
    one, all_ = reader_at(store, now).usage(TEXT, ["koboldcpp/Mistral-7B", MISTRAL], "7d").series
    assert [point.value for point in one.points[-2:]] == [5, 7]
    assert [point.value for point in all_.points[-2:]] == [6, 7]


def test_backends_add_up_to_the_category(store: Store) -> None:
    now = played(store, *BODIES)
    found = reader_at(store, now).backends(TEXT, "7d")
    assert [(one.name, one.points[-1].value) for one in found.series] == [("koboldcpp", 10), ("aphrodite", 0)]
    assert found.total.points[-1].value == 10


def test_the_change_of_a_month_is_between_the_apis_own_months(store: Store) -> None:
    body = {"koboldcpp/Mistral-7B": (1, 30, 100)}
    bodies: list[Usage] = [{"koboldcpp/Mistral-7B": (1, 30 + n, 100 + n)} for n in range(31)]
    now = played(store, body, *bodies[1:])
    line = reader_at(store, now).month_lines(TEXT, [MISTRAL, "Cydoniaa"])
    assert list(line) == [MISTRAL]
    assert (line[MISTRAL].change.now, line[MISTRAL].change.before, line[MISTRAL].change.percent) == (60, 30, 100)
    assert [point.value for point in line[MISTRAL].points] == [1] * 30
    assert reader_at(store, now).month_lines(TEXT, [CYDONIA])[CYDONIA].change == (0, 0)


def test_changes_are_between_a_week_and_the_one_before_and_unknown_where_a_sum_reaches_beyond(store: Store) -> None:
    total, bodies = 100, []
    for day in range(15):
        requests = 2 if day > 7 else 1
        total += requests
        bodies.append({"koboldcpp/Mistral-7B": (requests, 30, total), "koboldcpp/Unheard-13B": (0, 0, 5)})
    now = played(store, *bodies)
    assert reader_at(store, now).changes(TEXT, 7) == {MISTRAL: (14, 7)}
    assert reader_at(store, now).changes(TEXT, 20)[MISTRAL] == (None, None)


def test_before_a_month_was_recorded_its_change_is_unknown(store: Store) -> None:
    now = played(store, *BODIES)
    assert reader_at(store, now).month_lines(TEXT, [MISTRAL])[MISTRAL].change == (41, None)


def test_a_result_is_shared_until_something_is_written(store: Store) -> None:
    now = played(store, *BODIES)
    reader = reader_at(store, now)
    before = reader.usage(TEXT, [MISTRAL], "7d")
    assert reader.usage(TEXT, [MISTRAL], "7d") is before
    record(store, usage(now + DAY, {"koboldcpp/Mistral-7B": (50, 90, 157)}))
    assert reader.usage(TEXT, [MISTRAL], "7d") is not before


def test_what_became_known_later_is_taken_out_of_the_first_block(store: Store) -> None:
    first = {"koboldcpp/Mistral-7B": (1, 30, 100)}
    # A day of 4 requests left the month as one of 2 came in.
    now = played(store, first, {"koboldcpp/Mistral-7B": (2, 28, 102)})
    (series,) = reader_at(store, now).usage(TEXT, [MISTRAL], "all").series
    assert told(series) == [(1.0, 4, "known"), (28.0, 25, "block"), (1.0, 1, "known"), (1.0, 2, "known")]


class Recorded(NamedTuple):
    """Requests by name on each day; on which days a body was seen; and after which of them the total of a name fell."""

    days: list[dict[str, int]]
    seen: set[int]
    fall: tuple[int, str] | None

    def body(self, day: int) -> Usage:
        """The API's counts at the end of a day."""

        def total(name: str, first: int) -> int:
            return sum(one.get(name, 0) for one in self.days[max(first, 0) : day + 1])

        fallen = {} if self.fall is None or self.fall[0] > day else {self.fall[1]: 500}
        return {
            name: (total(name, day), total(name, day - 29), 1_000 - fallen.get(name, 0) + total(name, 0))
            for name in SPELLINGS
        }


@st.composite
def recordings(draw: st.DrawFn) -> Recorded:
    day = st.dictionaries(st.sampled_from(sorted(SPELLINGS)), st.integers(0, 40), max_size=3)
    days = draw(st.lists(day, min_size=2, max_size=45))
    seen = draw(st.sets(st.integers(1, len(days) - 1), max_size=12))
    fall = (
        draw(st.none() | st.tuples(st.sampled_from(sorted(seen)), st.sampled_from(sorted(SPELLINGS)))) if seen else None
    )
    return Recorded(days, {0, *seen}, fall)


@given(recordings())
@settings(max_examples=60)
def test_models_and_the_unlisted_add_up_to_all_and_all_to_the_differences_of_totals(recorded: Recorded) -> None:
    store = new_store()
    last = max(recorded.seen)
    for day in range(last + 1):
        if day in recorded.seen:
            record(store, usage(NOON + day * DAY, recorded.body(day)))
        elif day - 1 in recorded.seen:  # the body before is seen until shortly before the next one
            record(store, usage(NOON + day * DAY - HOUR, recorded.body(day - 1)))
    reader = reader_at(store, NOON + last * DAY)
    span = Span(NOON, NOON + last * DAY)
    found = reader.most_used(TEXT, "all", 1)
    parts = [*found.series, found.rest, found.unlisted]
    for points in zip(*(one.points for one in parts if one), found.total.points, strict=True):
        assert len({(point.begins, point.ends) for point in points}) == 1
        *of_parts, of_all = points
        assert sum(point.value or 0 for point in of_parts) == (of_all.value or 0)
        assert all(point.value is None or point.value >= 0 for point in points)
    assert all(earlier.ends == later.begins for earlier, later in pairwise(found.total.points))
    groups: dict[str, list[str]] = {}
    for name, model in SPELLINGS.items():
        groups.setdefault(model or name, []).append(name)
    for series in reader.usage(TEXT, list(groups), "all").series:
        names = groups[series.name]
        points = [point for point in series.points if point.begins >= span.begins]
        is_flagged = recorded.fall is not None and recorded.fall[1] in names
        if not is_flagged:
            truth = sum(recorded.days[day].get(one, 0) for one in names for day in range(1, last + 1))
            assert sum(point.value or 0 for point in points) == truth
        assert any(point.kind is Kind.FALL for point in points) == is_flagged
