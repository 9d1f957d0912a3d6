"""What is kept of the live sources: figures, names with work, what serves them, workers, the reference."""

from __future__ import annotations

import contextlib
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.history import tables
from horde_core.history.recording.sample import Sample
from horde_core.history.recording.slot import FutureCoverageError
from horde_core.history.store import Store, generations
from horde_core.upstream.api_records import HordePerformance, HordeTotal, HordeTotals
from horde_core.upstream.model_reference import ModelRecord
from tests.fixtures.history import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    everything,
    named,
    queue,
    record,
    reference,
    rows,
    status,
    worker,
    workers,
)

NAMES = count()
STEP = 5 * MINUTE


@pytest.fixture
def store() -> Store:
    return Store.in_memory(f"live-{next(NAMES)}")


def performance(at: int, **said: Any) -> Sample:
    return Sample("performance", at, HordePerformance(**said), STEP)


def figures(store: Store, table: tables.Table, *columns: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    names = {number: (kind, figure) for number, kind, figure in rows(store, tables.network_figure)}
    return {names[number]: tuple(found) for number, *found in rows(store, table, "figure_id", *columns)}


def serving(store: Store) -> list[tuple[Any, ...]]:
    return named(store, tables.serving, "began", "ended", "threads", "workers")


class TestNetwork:
    def test_a_sample_is_kept_and_summed_up_in_its_hour(self, store: Store) -> None:
        for number, jobs in enumerate((5, 9, 2)):
            record(store, performance(NOON + number * STEP, queued_requests=jobs))
        assert rows(store, tables.network_sample, "at", "value") == [
            (NOON, 5.0),
            (NOON + STEP, 9.0),
            (NOON + 2 * STEP, 2.0),
        ]
        hours = figures(store, tables.network_hour, "hour", "samples", "sum", "least", "most", "last")
        assert hours == {("image", "jobs"): (NOON, 3, 16.0, 2.0, 9.0, 2.0)}
        assert rows(store, tables.source_hour) == [("performance", NOON, 3)]

    def test_what_is_unknown_has_no_row(self, store: Store) -> None:
        record(store, performance(NOON, queued_text_requests=0))
        assert figures(store, tables.network_sample, "value") == {("text", "jobs"): (0.0,)}

    def test_workers_are_counted_from_their_list_where_it_is_there(self, store: Store) -> None:
        told = performance(NOON, worker_count=9, thread_count=18, queued_requests=1)
        record(store, told, workers(NOON, worker("a", threads=2)))
        found = figures(store, tables.network_sample, "value")
        assert (found["image", "workers"], found["image", "threads"]) == ((1.0,), (2.0,))
        record(store, told._replace(at=NOON + STEP))
        assert figures(store, tables.network_hour, "last")["image", "workers"] == (9.0,)

    def test_totals_are_kept_as_the_counters_that_they_are(self, store: Store) -> None:
        totals = HordeTotals(total=HordeTotal(images=100, ps=5 * 10**15))
        record(store, Sample("totals:image", NOON, totals, STEP))
        assert figures(store, tables.network_sample, "value") == {
            ("image", "requests"): (100.0,),
            ("image", "work"): (5e9,),
        }


class TestNamesWithWork:
    def test_an_hour_and_a_day_sum_up_the_samples_in_which_work_waited(self, store: Store) -> None:
        for number, jobs in enumerate((4, 0, 6)):
            record(store, queue(NOON + number * STEP, a=jobs, idle=0))
        columns = ("samples", "jobs_sum", "jobs_most", "queued_sum", "queued_most", "speed")
        assert named(store, tables.name_hour, "hour", *columns) == [("a", NOON, 2, 10, 6, 1_000, 600, 2.5)]
        assert named(store, tables.name_day, "day", *columns) == [("a", NOON - 12 * HOUR, 2, 10, 6, 1_000, 600, 2.5)]

    def test_a_sum_with_an_unknown_part_is_unknown_and_the_most_is_what_is_known(self, store: Store) -> None:
        record(store, queue(NOON, a=4))
        record(store, queue(NOON + STEP, a=None))
        record(store, queue(NOON + 2 * STEP, a=3))
        assert named(store, tables.name_hour, "samples", "jobs_sum", "jobs_most") == [("a", 3, None, 4)]


class TestServing:
    def test_a_stretch_lasts_as_long_as_threads_and_workers_stay_the_same(self, store: Store) -> None:
        for number, threads in enumerate((1, 1, 2, 0)):
            at = NOON + number * STEP
            record(store, status(at, a=threads), workers(at, worker("w", "a")) if threads else workers(at))
        assert serving(store) == [("a", NOON, NOON + 2 * STEP, 1, 1), ("a", NOON + 2 * STEP, NOON + 3 * STEP, 2, 1)]

    def test_a_gap_ends_a_stretch_where_coverage_ended(self, store: Store) -> None:
        record(store, status(NOON, a=1))
        record(store, status(NOON + STEP, a=1))
        record(store, status(NOON + HOUR, a=1))
        assert serving(store) == [("a", NOON, NOON + STEP, 1, None), ("a", NOON + HOUR, None, 1, None)]
        assert rows(store, tables.coverage) == [
            ("status:image", NOON, NOON + STEP),
            ("status:image", NOON + HOUR, NOON + HOUR),
        ]

    def test_threads_are_those_of_the_workers_where_no_row_has_the_name(self, store: Store) -> None:
        resting = worker("resting", "a", maintenance_mode=True)
        record(store, status(NOON), workers(NOON, worker("w", "a", threads=3), resting))
        assert serving(store) == [("a", NOON, None, 3, 1)]

    def test_a_worker_in_an_unknown_state_makes_the_number_of_workers_unknown(self, store: Store) -> None:
        record(store, status(NOON, a=2), workers(NOON, worker("w", "a", maintenance_mode=None)))
        assert serving(store) == [("a", NOON, None, 2, None)]

    def test_a_list_of_workers_that_is_late_changes_nothing_until_it_is_missing(self, store: Store) -> None:
        record(store, status(NOON, a=1), workers(NOON, worker("w", "a")))
        for number in range(1, 6):
            record(store, status(NOON + number * STEP, a=1))
        assert serving(store) == [("a", NOON, NOON + 4 * STEP, 1, 1), ("a", NOON + 4 * STEP, None, 1, None)]


class TestWorkers:
    def test_a_run_lasts_as_long_as_its_worker_runs_the_same_way(self, store: Store) -> None:
        record(store, workers(NOON, worker("w", "a", "b"), worker("alchemist", type="interrogation", models=None)))
        record(store, workers(NOON + STEP, worker("w", "b", "a")))
        record(store, workers(NOON + 2 * STEP, worker("w", "a")))
        both, one = rows(store, tables.model_set, "id")
        w, alchemist = rows(store, tables.worker, "id")
        columns = ("worker_id", "began", "ended", "threads", "maintenance", "bridge_id", "set_id")
        assert rows(store, tables.worker_run, *columns) == [
            (*w, NOON, NOON + 2 * STEP, 1, False, 1, *both),
            (*w, NOON + 2 * STEP, None, 1, False, 1, *one),
            (*alchemist, NOON, NOON + STEP, 1, False, 1, None),
        ]
        assert named(store, tables.model_set_name, "set_id") == [("a", *both), ("b", *both), ("a", *one)]
        assert rows(store, tables.worker, "identity", "first_seen", "last_seen") == [
            ("id-w", NOON, NOON + 2 * STEP),
            ("id-alchemist", NOON, NOON),
        ]
        assert rows(store, tables.bridge, "agent") == [("b:1:u",)]

    def test_a_day_that_is_over_is_counted(self, store: Store) -> None:
        for day, names in enumerate(("ab", "bc", "c", "")):
            record(store, workers(NOON + day * DAY, *map(worker, names)))
        midnight = NOON - 12 * HOUR
        assert rows(store, tables.worker_day, "day", "type", "seen", "gained", "lost") == [
            (midnight, "image", 2, None, None),
            (midnight + DAY, "image", 2, 1, 1),
            (midnight + 2 * DAY, "image", 1, 0, 1),
        ]

    def test_online_seconds_are_those_of_the_stretches(self, store: Store) -> None:
        for number in range(4):
            record(store, workers(NOON + number * STEP, worker("a"), worker("b")))
        record(store, workers(NOON + DAY, worker("a")))
        assert rows(store, tables.worker_day) == [(NOON - 12 * HOUR, "image", 2, None, None, 2 * 3 * STEP)]


class TestReference:
    def test_events_are_told_from_the_second_body_on(self, store: Store) -> None:
        a, b = ModelRecord(name="a", nsfw=True), ModelRecord(name="b")
        record(store, reference(NOON, a, b))
        record(store, reference(NOON + HOUR, a.model_copy(update={"nsfw": False, "style": "x"}), ModelRecord(name="c")))
        at, after = NOON + HOUR, NOON
        assert rows(store, tables.reference_event) == [
            ("image", "a", at, "changed", "nsfw,style", after, "seen"),
            ("image", "b", at, "removed", None, after, "seen"),
            ("image", "c", at, "added", None, after, "seen"),
        ]

    def test_a_body_of_another_format_makes_no_events(self, store: Store) -> None:
        a, b = ModelRecord(name="a"), ModelRecord(name="b")
        record(store, reference(NOON, a, is_first_choice=False))
        record(store, reference(NOON + HOUR, b))
        record(store, reference(NOON + 2 * HOUR, a, is_first_choice=False))
        record(store, reference(NOON + 3 * HOUR, a, b))
        assert rows(store, tables.reference_event, "name", "event", "after") == [("a", "added", NOON + HOUR)]
        assert rows(store, tables.coverage) == [("reference:image", NOON, NOON + 3 * HOUR)]


class TestSlots:
    def test_a_part_that_was_written_has_a_new_generation(self, store: Store) -> None:
        assert record(store, status(NOON, a=1), reference(NOON)) == {"names:image", "reference"}
        record(store, status(NOON + STEP, a=1))
        with store.reading() as connection:
            assert generations(connection) == {"names:image": 2, "reference": 1}

    def test_a_sample_that_is_no_newer_changes_nothing(self, store: Store) -> None:
        record(store, status(NOON, a=1))
        before = everything(store)
        for at in (NOON, NOON - 1, NOON - DAY):
            assert record(store, status(at, a=5), now=NOON) == set()
        assert everything(store) == before

    def test_a_sample_from_the_future_is_left_out(self, store: Store) -> None:
        assert record(store, status(NOON + HOUR, a=1), now=NOON) == set()

    def test_a_history_that_lies_in_the_future_stops_the_recorder_which_says_so(self, store: Store) -> None:
        record(store, status(NOON, a=1))
        before = everything(store)
        with pytest.raises(FutureCoverageError, match="it reaches to 2025-12-12 12:00 UTC, later than the clock says"):
            record(store, status(NOON - DAY, b=1))
        assert everything(store) == before


SECONDS = st.sampled_from([-DAY, -HOUR, 0, 60, STEP, 2 * STEP, HOUR, DAY])
STATES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))


@given(st.lists(st.tuples(SECONDS, STATES, st.booleans()), min_size=1, max_size=12))
def test_nothing_is_known_inside_a_gap_and_the_open_stretches_are_the_last_sample(
    steps: list[tuple[int, dict[str, int], bool]],
) -> None:
    stores = [Store.in_memory(f"live-{next(NAMES)}")] * 2
    at, last, latest = NOON, {}, 0
    for seconds, threads, is_other in steps:
        at += seconds
        with contextlib.suppress(FutureCoverageError):
            record(stores[is_other], status(at, **threads), now=at)
            if at > latest:
                last, latest = threads, at
    covered = [(began, ended) for _, began, ended in rows(stores[0], tables.coverage)]
    found = serving(stores[0])
    for _, began, ended, _, _ in found:
        assert any(start <= began and (ended or latest) <= end for start, end in covered)
    assert {name: threads for name, _, ended, threads, _ in found if ended is None} == {
        name: threads for name, threads in last.items() if threads
    }
    stretches = sorted(covered)
    assert all(before[1] < after[0] for before, after in pairwise(stretches))
    for name in "abc":
        own = [(began, ended) for found_name, began, ended, *_ in found if found_name == name]
        assert all(before[1] is not None and before[1] <= after[0] for before, after in pairwise(own))
