"""What served and what waited, figures of the network, and workers, read from recorded samples."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from horde_core.analytics.names.matching import NameIndex
from horde_core.audit import NOTHING_RECORDED, LastSeen
from horde_core.history.reading.network import Figure
from horde_core.history.reading.series import Point, Series, Span
from horde_core.history.recording.sample import Sample
from horde_core.history.store import Store
from horde_core.upstream.api_records import HordeTotal, HordeTotals
from tests.fixtures.history import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    performance,
    queue,
    reader_at,
    record,
    reference,
    status,
    usage,
    worker,
    workers,
)

NAMES = count()
SLOT = 5 * MINUTE
IMAGE = NameIndex(["Flux", "Deliberate"], model_type="image")

Told = list[tuple[float, float, float | None, str]]


@pytest.fixture
def store() -> Store:
    return Store.in_memory(f"reading live {next(NAMES)}")


def told(series: Series | tuple[Point, ...], unit: int = SLOT) -> Told:
    """Return points by slots since noon."""
    points = series.points if isinstance(series, Series) else series
    return [((one.begins - NOON) / unit, (one.ends - NOON) / unit, one.value, str(one.kind)) for one in points]


def totals(at: int, images: int) -> Sample:
    return Sample("totals:image", at, HordeTotals(total=HordeTotal(images=images, ps=images * 10**6)), SLOT)


class TestServing:
    def test_threads_are_steps_zero_where_nobody_served_and_unknown_where_nobody_looked(self, store: Store) -> None:
        for slot, threads in enumerate([2, 2, 3, 0]):
            record(store, status(NOON + slot * SLOT, Flux=threads))
        record(store, status(NOON + 20 * SLOT, Flux=5))
        found = reader_at(store, NOON + 21 * SLOT).serving(IMAGE, "Flux", Span(NOON - SLOT, NOON + 21 * SLOT))
        assert told(found.threads) == [
            (-1, 0, None, "gap"),
            (0, 2, 2, "known"),
            (2, 3, 3, "known"),
            (3, 20, None, "gap"),
            (20, 21, 5, "known"),
        ]
        assert not found.workers.is_known, "without a list of workers"

    def test_workers_are_those_that_list_a_name_and_names_served_at_a_time_are_at_most(self, store: Store) -> None:
        listed = workers(NOON, worker("one", "Flux"), worker("two", "Flux", "flux"))
        record(store, listed, status(NOON, Flux=2, flux=1))
        reader = reader_at(store, NOON + SLOT)
        found = reader.serving(IMAGE, "Flux", Span(NOON, NOON + SLOT))
        assert told(found.workers) == [(0, 1, 3, "known")]
        assert found.is_at_most
        assert not reader.serving(IMAGE, "Deliberate", Span(NOON, NOON + SLOT)).is_at_most

    def test_over_long_spans_threads_are_means_by_day(self, store: Store) -> None:
        for hour in range(73):
            for slot in range(0, 12, 2):
                record(store, status(NOON + hour * HOUR + slot * SLOT, Flux=4 if hour < 36 else 2))
        found = reader_at(store, NOON + 3 * DAY).serving(IMAGE, "Flux", Span(NOON - 97 * DAY, NOON + 3 * DAY))
        known = [(point.value, str(point.kind)) for point in found.threads.points if point.value is not None]
        assert known == [(4, "part"), (4, "known"), (2, "known"), (2, "part")]

    def test_what_waited_is_the_mean_over_all_samples_of_an_hour(self, store: Store) -> None:
        for slot in range(13):
            record(store, queue(NOON + slot * SLOT, Flux=6) if slot < 4 else status(NOON + slot * SLOT, Flux=1))
        found = reader_at(store, NOON + HOUR).serving(IMAGE, "Flux", Span(NOON - HOUR, NOON + HOUR))
        assert told(found.jobs, HOUR) == [(-1, 0, None, "gap"), (0, 1, 2, "known")]
        assert told(found.queued, HOUR)[1] == (0, 1, 200, "known")

    def test_a_queue_of_which_a_part_is_unknown_is_unknown(self, store: Store) -> None:
        record(store, queue(NOON, Flux=6))
        record(store, queue(NOON + SLOT, Flux=None))
        found = reader_at(store, NOON + HOUR).serving(IMAGE, "Flux", Span(NOON, NOON + HOUR))
        assert told(found.jobs, HOUR) == [(0, 1, None, "gap")]

    def test_a_name_that_nobody_knows_is_unknown_and_a_listed_one_is_served_by_nobody(self, store: Store) -> None:
        record(store, status(NOON, Flux=1))
        record(store, status(NOON + SLOT, Flux=1))
        reader, span = reader_at(store, NOON + SLOT), Span(NOON, NOON + SLOT)
        assert told(reader.serving(IMAGE, "Deliberate", span).threads) == [(0, 1, 0, "known")]
        assert told(reader.serving(IMAGE, "Deliberatee", span).threads) == [(0, 1, None, "gap")]


class TestNetwork:
    def test_levels_hold_from_sample_to_sample_and_a_gap_is_a_gap(self, store: Store) -> None:
        for slot, jobs in ((0, 5), (1, 7), (20, 1)):
            record(store, performance(NOON + slot * SLOT, jobs=jobs))
        found = reader_at(store, NOON + 21 * SLOT).network("image", Span(NOON - SLOT, NOON + 21 * SLOT))
        assert found.step == "5min"
        assert told(found.series["jobs"]) == [
            (-1, 0, None, "gap"),
            (0, 1, 5, "known"),
            (1, 4, 7, "known"),
            (4, 20, None, "gap"),
            (20, 21, 1, "known"),
        ]

    def test_counters_tell_what_was_added_over_a_gap_as_one_sum_and_a_fall_as_unknown(self, store: Store) -> None:
        for slot, images in ((0, 100), (1, 110), (20, 150), (21, 90), (22, 95)):
            record(store, totals(NOON + slot * SLOT, images))
        found = reader_at(store, NOON + 22 * SLOT).network("image", Span(NOON, NOON + 22 * SLOT))
        assert told(found.series["requests"]) == [
            (0, 1, 10, "known"),
            (1, 20, 40, "block"),
            (20, 21, None, "fall"),
            (21, 22, 5, "known"),
        ]
        assert [point.value for point in found.series["work"].points] == [10, 40, None, 5]

    def test_hours_are_means_and_one_that_was_hardly_seen_says_so(self, store: Store) -> None:
        for slot in (*range(13), 22, 23, 24):
            record(store, performance(NOON + slot * SLOT, jobs=4 if slot % 2 else 2), totals(NOON + slot * SLOT, slot))
        span = Span(NOON - 4 * DAY, NOON + 2 * HOUR)
        found = reader_at(store, NOON + 2 * HOUR).network("image", span)
        assert found.step == "hour"
        assert told(found.series["jobs"], HOUR) == [
            (-96, 0, None, "gap"),
            (0, 1, 3, "known"),
            (1, 2, 8 / 3, "part"),
        ]
        assert told(found.series["requests"], HOUR) == [
            (-96, 1, None, "gap"),
            (1, 2, 12, "known"),
            (2, 3, 1, "known"),
        ]

    def test_the_period_before_ends_where_this_one_begins(self, store: Store) -> None:
        record(store, performance(NOON, jobs=5))
        span = Span(NOON + SLOT, NOON + 3 * SLOT)
        found = reader_at(store, NOON + 3 * SLOT).network("image", span, before=True)
        assert found.span == Span(NOON - SLOT, NOON + SLOT)
        assert told(found.series["jobs"]) == [(-1, 0, None, "gap"), (0, 1, 5, "known")]

    def test_of_alchemy_only_is_told_what_the_api_tells(self, store: Store) -> None:
        figures: set[Figure] = {"workers", "threads", "jobs", "queued"}
        assert set(reader_at(store, NOON).network("alchemy", "7d").series) == figures

    def test_a_headline_is_against_this_time_yesterday_and_a_week_ago(self, store: Store) -> None:
        for days, jobs, images in ((8, 1, 10), (7, 20, 60), (2, 1, 800), (1, 8, 900), (0, 10, 1_050)):
            at = NOON - days * DAY
            record(store, performance(at, jobs=jobs), totals(at, images))
        found = reader_at(store, NOON).headlines("image")
        assert (found["jobs"].yesterday, found["jobs"].last_week) == ((10, 8), (10, 20))
        assert (found["requests"].yesterday, found["requests"].last_week) == ((150, 100), (150, 50))
        assert found["jobs"].since == NOON - 8 * DAY
        assert found["jobs"].yesterday.percent == 25

    def test_a_headline_without_a_past_says_unknown(self, store: Store) -> None:
        record(store, performance(NOON, jobs=3))
        found = reader_at(store, NOON + MINUTE).headlines("image")
        assert (found["jobs"].yesterday, found["jobs"].last_week) == ((3, None), (3, None))
        assert found["jobs"].yesterday.difference is None


class TestWorkers:
    def test_days_that_are_over_are_counted_and_the_others_are_unknown(self, store: Store) -> None:
        for hour in range(0, 72):
            present = [worker("stays", "Flux"), worker("leaves" if hour < 24 else "comes", "Flux")]
            for slot in range(0, 12, 3):
                record(store, workers(NOON + hour * HOUR + slot * SLOT, *present))
        midnight = NOON + 12 * HOUR
        found = reader_at(store, NOON + 3 * DAY).workers_by_day("image", Span(midnight - 2 * DAY, midnight + 2 * DAY))
        assert [(p.value, str(p.kind)) for p in found.seen.points] == [
            (None, "gap"),
            (2, "part"),
            (3, "known"),
            (2, "known"),
        ]
        assert [p.value for p in found.gained.points] == [None, None, 1, 0]
        assert [p.value for p in found.lost.points] == [None, None, 0, 1]
        assert found.online.points[-1].value == pytest.approx(2, abs=0.05)

    def test_presence_is_zero_while_a_worker_is_away_and_unknown_where_nobody_looked(self, store: Store) -> None:
        for slot in (0, 1, 2, 20):
            there = [worker("one", "Flux", threads=2)] if slot in (0, 1) else []
            record(store, workers(NOON + slot * SLOT, *there))
        found = reader_at(store, NOON + 21 * SLOT).presence("id-one", Span(NOON, NOON + 21 * SLOT))
        assert told(found.threads) == [(0, 2, 2, "known"), (2, 20, None, "gap"), (20, 21, 0, "known")]

    def test_no_presence_is_told_that_is_older_than_workers_are_kept(self, store: Store) -> None:
        record(store, workers(NOON, worker("one", "Flux")))
        now = NOON + 100 * DAY
        record(store, workers(now, worker("one", "Flux")))
        found = reader_at(store, now).presence("id-one", "1y")
        assert found.span.begins == now - 90 * DAY


class TestLastSeen:
    def test_last_use_and_service_are_told_as_far_as_is_known(self, store: Store) -> None:
        for slot in range(4 * 96):
            day, of_day = divmod(slot, 96)
            at = NOON + slot * 3 * SLOT
            live = status(at, Flux=int(slot < 96), Deliberate=0)
            flux = (int(day == 1), 5 + min(day, 1), 50 + min(day, 1))
            counts = {"Flux": flux, "Deliberate": (0, 0, 0), "other": (1, 30, day)}
            record(store, live, *([usage(at, counts, "image")] if of_day in (0, 92) else []))
        found = reader_at(store, NOON + 4 * DAY - SLOT).last_seen(IMAGE).seen
        flux, deliberate = found["Flux"], found["Deliberate"]
        assert (flux.last_used, flux.unused_days, flux.unused_at_least) == (date(2025, 12, 12), 2, False)
        assert (deliberate.last_used, deliberate.unused_days, deliberate.unused_at_least) == (None, 33, True)
        assert (flux.last_served, flux.unserved_days, flux.unserved_at_least) == (date(2025, 12, 13), 2, False)
        assert (deliberate.last_served, deliberate.unserved_days, deliberate.unserved_at_least) == (None, 3, True)

    def test_a_gap_since_makes_it_at_least(self, store: Store) -> None:
        record(store, status(NOON, Flux=1))
        record(store, status(NOON + SLOT, Flux=0))
        record(store, status(NOON + DAY, Flux=0))
        found = reader_at(store, NOON + DAY).last_seen(IMAGE).seen["Flux"]
        assert (found.last_served, found.unserved_days, found.unserved_at_least) == (date(2025, 12, 12), 0, True)

    def test_use_in_the_month_before_the_first_look_is_at_least_since_then(self, store: Store) -> None:
        record(store, usage(NOON, {"Flux": (0, 7, 70), "Deliberate": (3, 3, 3)}, "image"))
        found = reader_at(store, NOON).last_seen(IMAGE).seen
        assert (found["Flux"].last_used, found["Flux"].unused_days, found["Flux"].unused_at_least) == (None, 1, True)
        assert (found["Deliberate"].last_used, found["Deliberate"].unused_days) == (date(2025, 12, 11), 0)

    def test_without_a_record_everything_is_unknown(self, store: Store) -> None:
        recorded = reader_at(store, NOON).last_seen(IMAGE)
        assert recorded.seen["Flux"] == LastSeen()
        assert recorded.digest == NOTHING_RECORDED.digest

    def test_use_before_the_last_day_of_a_block_is_of_no_known_day(self, store: Store) -> None:
        for day, flux in ((0, (1, 1, 1)), (5, (0, 9, 9))):
            record(store, usage(NOON + day * DAY, {"Flux": flux, "other": (1, 30, day)}, "image"))
        found = reader_at(store, NOON + 6 * DAY).last_seen(IMAGE).seen["Flux"]
        assert found[:3] == (date(2025, 12, 11), 0, True)
        record(store, usage(NOON + 6 * DAY, {"Flux": (0, 8, 9), "other": (1, 30, 6)}, "image"))
        found = reader_at(store, NOON + 6 * DAY).last_seen(IMAGE).seen["Flux"]
        assert found[:3] == (date(2025, 12, 11), 1, True)

    def test_a_record_that_ended_says_nothing_of_now(self, store: Store) -> None:
        record(store, usage(NOON, {"Flux": (3, 3, 3)}, "image"), status(NOON, Flux=1))
        record(store, status(NOON + SLOT, Flux=0))
        found = reader_at(store, NOON + 3 * DAY).last_seen(IMAGE).seen["Flux"]
        assert found == LastSeen(date(2025, 12, 11), None, None, date(2025, 12, 12), None, None)

    def test_by_exact_name_each_api_name_has_its_own(self, store: Store) -> None:
        text = NameIndex(["Stheno", "Other"], model_type="text")
        record(store, usage(NOON, {"koboldcpp/Stheno": (0, 0, 0), "aphrodite/Stheno": (1, 1, 1)}, "text"))
        found = reader_at(store, NOON).last_seen(text, "exact")
        assert found.of("aphrodite/Stheno", ("Stheno",)).unused_days == 0
        assert found.of("koboldcpp/Stheno", ("Stheno",))[:3] == (None, 30, True)
        assert found.of("Other", ("Other",))[:3] == (None, 30, True)
        assert reader_at(store, NOON).last_seen(text).of("Stheno", ("Stheno",)).unused_days == 0


def test_events_of_the_reference_in_a_range(store: Store) -> None:
    from horde_core.upstream.model_reference import ModelRecord

    def listed(*names: str) -> list[ModelRecord]:
        return [ModelRecord(name=name) for name in names]

    record(store, reference(NOON, *listed("Flux")))
    record(store, reference(NOON + HOUR, *listed("Flux", "Deliberate")))
    reader = reader_at(store, NOON + DAY)
    (event,) = reader.events("image", "7d")
    assert (event.at, event.model, event.event, event.after, event.origin) == (
        NOON + HOUR, "Deliberate", "added", NOON, "seen",
    )  # fmt: skip
    assert reader.events("image", Span(NOON + HOUR, NOON + DAY)) == ()
