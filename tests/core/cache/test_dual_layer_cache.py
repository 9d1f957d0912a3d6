"""DualLayerCache in memory: one flight a source, correct ages, and pauses after failures."""

from __future__ import annotations

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading, Source
from horde_core.upstream.errors import StatusError, TransportError
from horde_core.upstream.parsed import Parsed
from tests.fixtures.processes import wait_until
from tests.fixtures.upstream import FALLBACK_URL, URL, WAIT, CacheBench, Upstream

TTL, LIMIT = 60.0, 3_660.0


@pytest.fixture
def bench() -> CacheBench:
    return CacheBench()


def read_at_once(cache: DualLayerCache, source: Source[Any], readers: int, wait: float = WAIT) -> list[Reading[Any]]:
    """Read from many threads that start together."""
    start = threading.Barrier(readers)

    def read(_: int) -> Reading[Any]:
        start.wait()
        return cache.read(source, wait)

    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(read, range(readers)))


class TestSingleFlight:
    def test_a_hundred_cold_readers_make_one_request_and_get_one_object(self, bench: CacheBench) -> None:
        source = bench.source()
        with ThreadPoolExecutor(1) as pool:
            with bench.upstream.hanging():
                readings = pool.submit(read_at_once, bench.cache, source, 100)
                wait_until(lambda: bench.upstream.asked, "the upstream is asked")
            values = [reading.value for reading in readings.result()]
        assert bench.upstream.asked == 1
        assert values == [["first"]] * 100
        assert len({id(value) for value in values}) == 1

    def test_fresh_data_is_served_without_asking_again(self, bench: CacheBench) -> None:
        source = bench.source()
        first = bench.read(source)
        bench.clock.advance(TTL - 1)
        again = bench.read(source)
        assert (again.state, again.age, again.value is first.value) == (State.FRESH, TTL - 1, True)
        assert bench.upstream.asked == 1

    def test_past_the_ttl_all_readers_get_the_old_value_at_once_and_one_refresh_runs_behind(
        self, bench: CacheBench
    ) -> None:
        source = bench.source()
        bench.read(source)
        bench.clock.advance(TTL)
        bench.upstream.answer(["second"])
        with bench.upstream.hanging():
            readings = read_at_once(bench.cache, source, 20)
            assert {(tuple(r.value or ()), r.state, r.age, r.refreshing) for r in readings} == {
                (("first",), State.STALE, TTL, True)
            }
            wait_until(lambda: bench.upstream.asked == 2, "the refresh has begun")
        renewed = bench.settled(source)
        assert (renewed.value, renewed.state, renewed.age) == (["second"], State.FRESH, 0)
        assert bench.upstream.asked == 2

    def test_sources_are_asked_in_parallel_and_each_once(self, bench: CacheBench) -> None:
        urls = [f"{URL}/{number}" for number in range(4)]
        sources = [bench.source(f"source {url}", urls=(url,)) for url in urls]
        for url in urls:
            bench.upstream.answer([url], url)
        with ThreadPoolExecutor(1) as pool:
            with bench.upstream.hanging():
                reading = pool.submit(bench.cache.read_all, sources, WAIT)
                wait_until(lambda: bench.upstream.asked == 4, "all four are asked before any has answered")
            assert [reading.value for reading in reading.result()] == [[url] for url in urls]
        assert set(bench.upstream.requests.values()) == {1}

    def test_without_a_ttl_every_read_asks_and_waits_for_the_answer(self, bench: CacheBench) -> None:
        source = bench.source(ttl=0)
        for number in range(3):
            bench.upstream.answer([number])
            bench.clock.advance(1)
            reading = bench.read(source)
            assert (reading.value, reading.state, reading.age) == ([number], State.FRESH, 0)
        assert bench.upstream.asked == 3


class TestColdWait:
    def test_it_bounds_all_sources_together(self) -> None:
        bench, upstream = CacheBench(), Upstream()
        cache = DualLayerCache(upstream.fetch)  # on the real clock
        upstream.answer([])
        sources = [bench.source(f"source {number}") for number in range(8)]
        with upstream.hanging():
            began = time.monotonic()
            readings = cache.read_all(sources, wait=0.5)
            assert 0.5 <= time.monotonic() - began < 8 * 0.5 - 0.5
            assert {(reading.state, reading.refreshing) for reading in readings} == {(State.UNAVAILABLE, True)}
        wait_until(
            lambda: all(reading.state is State.FRESH for reading in cache.read_all(sources)),
            "the fetches that went on behind have arrived",
        )
        assert upstream.asked == 8

    def test_a_later_reader_does_not_wait_again_for_the_same_hung_flight(self, bench: CacheBench) -> None:
        source = bench.source()
        with bench.upstream.hanging():
            bench.cache.read(source)
            bench.clock.advance(30)
            began = time.monotonic()
            assert bench.cache.read(source, wait=30).state is State.UNAVAILABLE
            assert time.monotonic() - began < 15
        assert bench.upstream.asked == 1

    def test_while_a_source_is_known_to_fail_nobody_waits_for_its_next_try(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.upstream.answer(TransportError("The server could not be reached."))
        assert bench.read(source).state is State.UNAVAILABLE
        bench.clock.advance(TTL)
        with bench.upstream.hanging():
            began = time.monotonic()
            reading = bench.read(source)
            assert (reading.state, reading.refreshing) == (State.UNAVAILABLE, True)
            assert time.monotonic() - began < WAIT / 2
            bench.upstream.answer(["back"])
        assert bench.settled(source).value == ["back"]


class TestPatience:
    def test_a_patient_reader_gets_what_a_refresh_under_way_brings(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.read(source)
        bench.clock.advance(TTL)
        bench.upstream.answer(["second"])
        (reading,) = bench.cache.read_all([source], patience=WAIT)
        assert (reading.value, reading.state, reading.age) == (["second"], State.FRESH, 0)

    def test_its_patience_ends(self) -> None:
        bench, upstream = CacheBench(), Upstream()
        cache = DualLayerCache(upstream.fetch)  # on the real clock
        upstream.answer(["first"])
        sources = [bench.source(f"source {number}", ttl=0.001) for number in range(8)]
        cache.read_all(sources, wait=WAIT)
        with upstream.hanging():
            wait_until(lambda: all(r.refreshing for r in cache.read_all(sources)), "refreshes run behind")
            began = time.monotonic()
            readings = cache.read_all(sources, patience=0.3)
            assert time.monotonic() - began < 8 * 0.3 - 0.3
            assert {reading.state for reading in readings} == {State.STALE}
        wait_until(lambda: upstream.asked == 16, "each refresh has been made")

    def test_with_fresh_data_there_is_nothing_to_wait_for(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.read(source)
        with bench.upstream.hanging():
            assert bench.cache.read_all([source], patience=WAIT)[0].state is State.FRESH
        assert bench.upstream.asked == 1


class TestFailure:
    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            (TransportError("The server could not be reached."), "The server could not be reached."),
            (StatusError(503), "The server answered with error 503."),
            (StatusError(404), "The server answered with error 404."),
            (b"null", "The server sent something else than its contract says: a list was expected."),
        ],
    )
    def test_it_keeps_the_last_good_data_and_says_why_it_is_stale(
        self, bench: CacheBench, answer: object, sentence: str
    ) -> None:
        source = bench.source()
        fetched_at = bench.read(source).fetched_at
        bench.clock.advance(TTL)
        bench.upstream.answer(answer)
        bench.cache.read(source)
        failed = bench.settled(source)
        assert (failed.value, failed.state, failed.error) == (["first"], State.STALE, sentence)
        assert (failed.age, failed.fetched_at) == (TTL, fetched_at)
        assert failed.retry_in is not None
        assert 0 < failed.retry_in < TTL

    def test_success_ends_it(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.upstream.answer(StatusError(500))
        assert bench.read(source).error == "The server answered with error 500."
        bench.upstream.answer(["back"])
        bench.clock.advance(TTL)
        reading = bench.settled(source)
        assert (reading.value, reading.state, reading.error, reading.retry_in) == (["back"], State.FRESH, None, None)

    def test_pauses_grow_but_a_source_is_tried_at_least_once_a_ttl(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.upstream.answer(StatusError(502))
        tries: list[float] = []
        for _ in range(400):
            asked = bench.upstream.asked
            bench.settled(source)
            if bench.upstream.asked > asked:
                tries.append(bench.clock.monotonic)
            bench.clock.advance(1)
        gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
        assert gaps[:5] == [2, 4, 8, 16, 30]
        assert set(gaps[5:]) == {30}

    def test_after_a_success_pauses_begin_anew(self, bench: CacheBench) -> None:
        source = bench.source()
        pauses: list[float | None] = []
        for answer in (StatusError(502), StatusError(502), ["back"], StatusError(502)):
            bench.upstream.answer(answer)
            bench.clock.advance(TTL)
            pauses.append(bench.settled(source).retry_in)
        assert pauses == [2, 4, None, 2]

    def test_a_retry_after_longer_than_a_ttl_is_obeyed(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.upstream.answer(StatusError(429, retry_after=300))
        assert bench.read(source).retry_in == 300
        bench.upstream.answer(["back"])
        bench.clock.advance(299)
        assert bench.read(source).state is State.UNAVAILABLE
        assert bench.upstream.asked == 1
        bench.clock.advance(1)
        assert bench.settled(source).value == ["back"]

    def test_a_retry_after_shorter_than_the_pause_shortens_nothing(self, bench: CacheBench) -> None:
        bench.upstream.answer(StatusError(503, retry_after=1))
        assert bench.read(bench.source()).retry_in == 2

    def test_past_the_stale_limit_data_is_unavailable_and_not_ancient(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.read(source)
        bench.upstream.answer(StatusError(500))
        bench.clock.advance(LIMIT)
        assert bench.settled(source).state is State.STALE
        bench.clock.advance(1)
        gone = bench.settled(source)
        assert (gone.value, gone.state, gone.age, gone.fetched_at) == (None, State.UNAVAILABLE, None, None)
        assert gone.value_or(["nothing"]) == ["nothing"]
        bench.upstream.answer(["back"])
        bench.clock.advance(TTL)
        assert bench.settled(source).value == ["back"]

    def test_a_bug_in_a_parser_strands_neither_readers_nor_good_data(self, bench: CacheBench) -> None:
        def parse(body: bytes) -> Parsed[Any]:
            document = json.loads(body)
            return Parsed(1 / document[0])

        source = bench.source(parse=parse)
        bench.upstream.answer([0])
        for reading in read_at_once(bench.cache, source, 10):
            assert reading.state is State.UNAVAILABLE
            assert reading.error == "Reading the answer failed (ZeroDivisionError)."
        bench.upstream.answer([2])
        bench.clock.advance(TTL)
        assert bench.settled(source).value == 0.5
        bench.upstream.answer([0])
        bench.clock.advance(TTL)
        assert (bench.settled(source).value, bench.settled(source).state) == (0.5, State.STALE)


class TestFallback:
    @pytest.fixture
    def source(self, bench: CacheBench) -> Source[Any]:
        bench.upstream.answer(["fallback"], FALLBACK_URL)
        return bench.source(urls=(URL, FALLBACK_URL))

    def test_it_is_not_asked_while_the_first_address_answers(self, bench: CacheBench, source: Source[Any]) -> None:
        reading = bench.read(source)
        assert (reading.value, reading.origin) == (["first"], URL)
        assert bench.upstream.requests == {URL: 1}

    @pytest.mark.parametrize("answer", [StatusError(404), TransportError("No."), b"null"])
    def test_with_nothing_held_it_answers_for_the_first(
        self, bench: CacheBench, source: Source[Any], answer: object
    ) -> None:
        bench.upstream.answer(answer)
        reading = bench.read(source)
        assert (reading.value, reading.origin, reading.error) == (["fallback"], FALLBACK_URL, None)

    def test_it_does_not_replace_what_is_held(self, bench: CacheBench, source: Source[Any]) -> None:
        bench.read(source)
        bench.upstream.answer(StatusError(500))
        bench.clock.advance(TTL)
        assert (bench.settled(source).value, bench.settled(source).state) == (["first"], State.STALE)
        assert FALLBACK_URL not in bench.upstream.requests

    def test_what_it_gave_is_replaced_by_the_first_address_when_that_is_back(
        self, bench: CacheBench, source: Source[Any]
    ) -> None:
        bench.upstream.answer(StatusError(500))
        bench.read(source)
        bench.upstream.answer(["first again"])
        bench.clock.advance(TTL)
        reading = bench.settled(source)
        assert (reading.value, reading.origin) == (["first again"], URL)

    def test_when_no_address_answers_the_first_error_is_reported(self, bench: CacheBench, source: Source[Any]) -> None:
        bench.upstream.answer(StatusError(503))
        bench.upstream.answer(StatusError(404), FALLBACK_URL)
        assert bench.read(source).error == "The server answered with error 503."


class TestClocks:
    @pytest.mark.parametrize("step", [-7_200, -30, 30, 86_400])
    def test_a_stepped_wall_clock_makes_no_old_data_fresh_and_drops_none(self, bench: CacheBench, step: float) -> None:
        source = bench.source()
        bench.read(source)
        bench.clock.advance(TTL)
        bench.clock.step_wall(step)
        bench.upstream.answer(StatusError(500))
        bench.cache.read(source)
        reading = bench.settled(source)
        assert (reading.value, reading.state, reading.age) == (["first"], State.STALE, TTL)

    @pytest.mark.parametrize("step", [-7_200, 86_400])
    def test_a_stepped_wall_clock_makes_no_fresh_data_old(self, bench: CacheBench, step: float) -> None:
        source = bench.source()
        bench.read(source)
        bench.clock.step_wall(step)
        assert (bench.cache.read(source).state, bench.cache.read(source).age) == (State.FRESH, 0)

    def test_after_a_step_back_new_data_is_fresh_for_a_ttl_and_no_longer(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.read(source)
        bench.clock.advance(TTL)
        bench.clock.step_wall(-7_200)
        bench.cache.read(source)
        assert (bench.settled(source).state, bench.settled(source).age) == (State.FRESH, 0)
        bench.clock.advance(TTL)
        bench.upstream.answer(StatusError(500))
        assert bench.settled(source).state is State.STALE
