"""DualLayerCache and what bodies hold: unchanged content stays the same object, and an empty list is suspicious."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading, Source
from horde_core.upstream.errors import StatusError
from horde_core.upstream.parsed import Parsed
from tests.fixtures.upstream import FALLBACK_URL, CacheBench, doubted_while

TTL, LIMIT = 60.0, 3_660.0


@pytest.fixture
def bench() -> CacheBench:
    return CacheBench()


class TestContent:
    def renewed(self, bench: CacheBench, source: Source[Any], bodies: Sequence[object]) -> list[Reading[Any]]:
        """Return the reading after each body, a TTL apart."""
        readings = []
        for body in bodies:
            bench.upstream.answer(body)
            bench.clock.advance(TTL)
            readings.append(bench.settled(source))
        return readings

    def test_equal_bytes_are_not_parsed_again_and_only_their_age_is_new(self, bench: CacheBench) -> None:
        first, second = self.renewed(bench, bench.source(), [["same"], ["same"]])
        assert bench.parser.bodies == 1
        assert second.value is first.value
        assert second.content == first.content
        assert (second.age, second.fetched_at) == (0, bench.clock.wall)
        assert (second.unchanged_since, second.changed_at) == (first.fetched_at, None)

    def test_equal_content_in_another_order_keeps_its_id_and_its_object(self, bench: CacheBench) -> None:
        first, second = self.renewed(bench, bench.source(), [b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}'])
        assert bench.parser.bodies == 2
        assert second.value is first.value
        assert second.content == first.content

    def test_other_content_has_another_id_and_says_since_when(self, bench: CacheBench) -> None:
        first, second, third = self.renewed(bench, bench.source(), [["a"], ["b"], ["b"]])
        assert first.changed_at is None, "nobody has seen a change yet"
        assert second.content != first.content
        assert (second.changed_at, second.unchanged_since) == (second.fetched_at, second.fetched_at)
        assert (third.content, third.changed_at) == (second.content, second.fetched_at)
        assert third.unchanged_since == second.fetched_at

    def test_dropped_rows_are_counted_also_when_equal_bytes_come_again(self, bench: CacheBench) -> None:
        source = bench.source(parse=lambda body: Parsed(json.loads(body), dropped=2))
        assert [reading.dropped for reading in self.renewed(bench, source, [["a"], ["a"]])] == [2, 2]


class TestSuspicion:
    @pytest.fixture
    def source(self, bench: CacheBench) -> Source[Any]:
        source = bench.source()
        bench.read(source)
        bench.upstream.answer([])
        bench.clock.advance(TTL)
        bench.cache.read(source)
        return source

    def test_an_empty_list_in_place_of_data_is_not_believed_at_once(
        self, bench: CacheBench, source: Source[Any]
    ) -> None:
        reading = bench.settled(source)
        assert (reading.value, reading.state, reading.age) == (["first"], State.STALE, TTL)
        assert "empty" in (reading.error or "")

    def test_it_is_not_believed_however_often_it_is_repeated(self, bench: CacheBench, source: Source[Any]) -> None:
        for repeated in range(1, 60):
            reading = bench.settled(source)
            assert (reading.value, reading.state, reading.is_suspicious) == (["first"], State.STALE, True)
            assert (reading.age, reading.retry_in) == (repeated * TTL, TTL)
            bench.clock.advance(TTL)

    def test_data_after_it_is_believed_at_once_and_the_next_empty_list_is_not(
        self, bench: CacheBench, source: Source[Any]
    ) -> None:
        bench.settled(source)
        for body in (["more"], [], []):
            bench.upstream.answer(body)
            bench.clock.advance(TTL)
            reading = bench.settled(source)
            assert (reading.value, reading.is_suspicious) == (["more"], not body)

    def test_the_same_data_after_it_is_the_same_object_and_is_not_parsed_again(
        self, bench: CacheBench, source: Source[Any]
    ) -> None:
        before, parsed = bench.settled(source), bench.parser.bodies
        bench.upstream.answer(["first"])
        bench.clock.advance(TTL)
        after = bench.settled(source)
        assert after.value is before.value
        assert (after.content, after.state, bench.parser.bodies) == (before.content, State.FRESH, parsed)

    def test_an_invalidation_asks_again_within_the_ttl(self, bench: CacheBench, source: Source[Any]) -> None:
        bench.settled(source)
        bench.upstream.answer(["more"])
        bench.cache.invalidate(source)
        assert bench.settled(source).value == ["more"]

    def test_after_a_failure_it_is_not_believed_either(self, bench: CacheBench) -> None:
        source = bench.source()
        bench.read(source)
        answers: tuple[object, ...] = (StatusError(500), [])
        for answer in answers:
            bench.upstream.answer(answer)
            bench.clock.advance(TTL)
            assert bench.settled(source).value == ["first"]

    def test_past_the_stale_limit_it_is_believed_at_once(self, bench: CacheBench, source: Source[Any]) -> None:
        bench.settled(source)
        bench.upstream.answer(StatusError(500))
        bench.clock.advance(LIMIT)
        bench.settled(source)
        bench.upstream.answer([])
        bench.clock.advance(TTL)
        assert bench.settled(source).value == []

    def test_with_nothing_held_anywhere_an_empty_list_is_an_answer(self, bench: CacheBench) -> None:
        bench.upstream.answer([])
        reading = bench.read(bench.source())
        assert (reading.value, reading.state, reading.is_suspicious) == ([], State.FRESH, False)
        assert reading.value_or(["other"]) == []

    @pytest.mark.parametrize("is_first", [True, False])
    def test_another_source_that_says_otherwise_is_heard_whenever_it_arrives(
        self, bench: CacheBench, is_first: bool
    ) -> None:
        doubted = bench.source(emptiness=doubted_while("status", "workers"))
        witness = bench.source("workers", urls=(FALLBACK_URL,))
        bench.upstream.answer([])
        bench.upstream.answer(["busy"], FALLBACK_URL)
        for source in (witness, doubted) if is_first else (doubted, witness):
            bench.read(source)
        reading = bench.cache.peek(doubted)
        assert (reading.value, reading.state, reading.is_suspicious) == (None, State.UNAVAILABLE, True)
        assert "workers" in (reading.error or "")

    def test_what_spoke_against_it_speaks_no_longer_once_it_is_past_its_own_limit(self, bench: CacheBench) -> None:
        doubted = bench.source(emptiness=doubted_while("status", "workers"))
        witness = bench.source("workers", urls=(FALLBACK_URL,), stale_ttl=TTL)
        bench.upstream.answer([])
        bench.upstream.answer(["busy"], FALLBACK_URL)
        bench.read(witness)
        bench.read(doubted)
        bench.clock.advance(2 * TTL + 1)
        assert bench.cache.peek(doubted).value == []
