"""Forced refresh of DualLayerCache: one request for all callers, a minimum interval, and its outcome."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from horde_core.cache.dual_layer_cache import FORCED_REFRESH_SECONDS
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading, RefreshOutcome
from horde_core.upstream.errors import StatusError, TransportError
from tests.fixtures.processes import wait_until
from tests.fixtures.upstream import URL, WAIT, CacheBench

TTL = 60.0


@pytest.fixture
def bench() -> CacheBench:
    """Give a cache that holds ``["first"]`` for a second."""
    bench = CacheBench()
    bench.read(bench.source())
    bench.clock.advance(1)
    return bench


def results(outcomes: Sequence[RefreshOutcome]) -> list[str]:
    return [outcome.result for outcome in outcomes]


class TestOutcome:
    def test_new_data(self, bench: CacheBench) -> None:
        bench.upstream.answer(["second"])
        assert bench.cache.refresh([bench.source()], WAIT) == [RefreshOutcome("Status", "new")]
        reading = bench.cache.read(bench.source())
        assert (reading.value, reading.state, reading.age) == (["second"], State.FRESH, 0)

    def test_unchanged_data_is_younger_now(self, bench: CacheBench) -> None:
        assert bench.cache.refresh([bench.source()], WAIT) == [RefreshOutcome("Status", "unchanged")]
        assert bench.cache.read(bench.source()).age == 0
        assert bench.upstream.asked == 2

    def test_the_first_data_ever_is_new(self) -> None:
        bench = CacheBench()
        assert results(bench.cache.refresh([bench.source()], WAIT)) == ["new"]

    def test_a_failure_says_why_and_the_data_within_its_ttl_is_marked_stale(self, bench: CacheBench) -> None:
        bench.upstream.answer(StatusError(503))
        (outcome,) = bench.cache.refresh([bench.source()], WAIT)
        assert (outcome.result, outcome.error) == ("failed", "The server answered with error 503.")
        assert outcome.retry_in == 2
        reading = bench.cache.read(bench.source())
        assert (reading.value, reading.state, reading.age) == (["first"], State.STALE, 1)

    def test_one_that_takes_too_long_is_pending_and_goes_on_behind(self, bench: CacheBench) -> None:
        bench.upstream.answer(["second"])
        with bench.upstream.hanging():
            assert results(bench.cache.refresh([bench.source()], wait=0.1)) == ["pending"]
            reading = bench.cache.read(bench.source())
            assert (reading.value, reading.refreshing) == (["first"], True)
        assert bench.settled(bench.source()).value == ["second"]

    def test_each_source_has_its_own(self, bench: CacheBench) -> None:
        other, failing = bench.source("usage", urls=(f"{URL}/usage",)), bench.source("workers", urls=(f"{URL}/bad",))
        bench.upstream.answer(["new here"], f"{URL}/usage")
        bench.upstream.answer(TransportError("No answer."), f"{URL}/bad")
        outcomes = bench.cache.refresh([bench.source(), other, failing], WAIT)
        assert [(outcome.title, outcome.result) for outcome in outcomes] == [
            ("Status", "unchanged"),
            ("Usage", "new"),
            ("Workers", "failed"),
        ]

    def test_nothing_to_refresh_is_nothing_done(self, bench: CacheBench) -> None:
        assert bench.cache.refresh([], WAIT) == []


class TestRhythm:
    def test_a_source_is_asked_again_after_ten_seconds_and_not_before(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.cache.refresh([source], WAIT)
        bench.clock.advance(FORCED_REFRESH_SECONDS - 1)
        assert bench.cache.refresh([source], WAIT) == [RefreshOutcome("Status", "refused", retry_in=1)]
        assert bench.upstream.asked == 2
        bench.clock.advance(1)
        assert results(bench.cache.refresh([source], WAIT)) == ["unchanged"]
        assert bench.upstream.asked == 3

    def test_the_rhythm_is_each_sources_own(self, bench: CacheBench) -> None:
        source, other = bench.source(), bench.source("usage")
        bench.cache.refresh([source], WAIT)
        assert results(bench.cache.refresh([source, other], WAIT)) == ["refused", "new"]

    def test_a_failed_one_counts_too(self, bench: CacheBench) -> None:
        bench.upstream.answer(StatusError(500))
        bench.cache.refresh([bench.source()], WAIT)
        assert results(bench.cache.refresh([bench.source()], WAIT)) == ["refused"]
        assert bench.upstream.asked == 2

    def test_a_forced_read_that_comes_too_soon_is_served_what_there_is(self, bench: CacheBench) -> None:
        source = bench.source()
        for _ in range(5):
            assert bench.cache.read(source, WAIT, force_refresh=True).value == ["first"]
        assert bench.upstream.asked == 2

    def test_it_does_not_wait_for_the_pause_after_a_failure(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.clock.advance(TTL)
        bench.upstream.answer(StatusError(500))
        assert bench.settled(source).state is State.STALE
        bench.upstream.answer(["back"])
        assert results(bench.cache.refresh([source], WAIT)) == ["new"]


class TestOneFlight:
    def test_it_joins_a_refresh_that_is_under_way(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.clock.advance(TTL)
        bench.upstream.answer(["second"])
        with bench.upstream.hanging():
            bench.cache.read(source)
            wait_until(lambda: bench.upstream.asked == 2, "the refresh behind has begun")
            assert results(bench.cache.refresh([source], wait=0.1)) == ["pending"]
        assert bench.settled(source).value == ["second"]
        assert bench.upstream.asked == 2

    def test_a_reader_with_nothing_joins_it_too(self) -> None:
        bench = CacheBench()
        with ThreadPoolExecutor(2) as pool:
            with bench.upstream.hanging():
                outcomes = pool.submit(bench.cache.refresh, [bench.source()], WAIT)
                wait_until(lambda: bench.upstream.asked, "the forced fetch has begun")
                reading = pool.submit(bench.read, bench.source())
            assert (results(outcomes.result()), reading.result().value) == (["new"], ["first"])
        assert bench.upstream.asked == 1

    def test_forced_reads_join_it_and_all_get_the_new_value(self, bench: CacheBench) -> None:
        bench.upstream.answer(["second"])

        def read() -> Reading[Any]:
            return bench.cache.read(bench.source(), WAIT, force_refresh=True)

        with ThreadPoolExecutor(21) as pool:
            with bench.upstream.hanging():
                first = pool.submit(read)
                wait_until(lambda: bench.upstream.asked == 2, "the forced fetch has begun")
                others = [pool.submit(read) for _ in range(20)]
                wait_until(lambda: all(reader.running() for reader in others), "the others have begun")
            assert [reader.result().value for reader in (first, *others)] == [["second"]] * 21
        assert bench.upstream.asked == 2

    def test_twenty_at_once_make_one_request(self, bench: CacheBench) -> None:
        start = threading.Barrier(20)

        def refresh(_: int) -> str:
            start.wait()
            return bench.cache.refresh([bench.source()], WAIT)[0].result

        with ThreadPoolExecutor(20) as pool:
            done = list(pool.map(refresh, range(20)))
        assert bench.upstream.asked == 2
        assert "unchanged" in done
        assert set(done) <= {"unchanged", "refused", "pending"}

    def test_readers_are_served_the_old_value_meanwhile(self, bench: CacheBench) -> None:
        with ThreadPoolExecutor(1) as pool:
            with bench.upstream.hanging():
                outcomes = pool.submit(bench.cache.refresh, [bench.source()], WAIT)
                wait_until(lambda: bench.upstream.asked == 2, "the forced fetch has begun")
                began = time.monotonic()
                reading = bench.read(bench.source())
                assert time.monotonic() - began < WAIT / 2
                assert (reading.value, reading.state, reading.refreshing) == (["first"], State.FRESH, True)
            assert results(outcomes.result()) == ["unchanged"]


class TestInvalidation:
    def test_the_next_read_refreshes_and_shows_the_last_good_copy_meanwhile(self, bench: CacheBench) -> None:
        bench.upstream.answer(["second"])
        bench.cache.invalidate(bench.source())
        with bench.upstream.hanging():
            reading = bench.cache.read(bench.source(), WAIT)
            assert (reading.value, reading.state) == (["first"], State.STALE)
        assert bench.settled(bench.source()).value == ["second"]
        assert bench.settled(bench.source()).state is State.FRESH

    def test_the_last_good_copy_outlives_a_failed_refresh(self, bench: CacheBench) -> None:
        bench.cache.invalidate(bench.source())
        bench.upstream.answer(StatusError(500))
        assert bench.settled(bench.source()).value == ["first"]
        assert bench.settled(bench.source()).state is State.STALE

    def test_what_is_not_held_cannot_be_invalidated(self) -> None:
        bench = CacheBench()
        bench.cache.invalidate(bench.source())
        assert bench.read(bench.source()).value == ["first"]
