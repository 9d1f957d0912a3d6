"""The empty answers that the API sends when its own caches or tables are gone: believed where nothing says otherwise.

A fault matrix of its own: every combination of endpoints, on a cold cache and on a warm one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from horde_core import HordeAPIIntegration, Settings
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.upstream.client import HordeClient
from tests.fixtures import horde_bodies
from tests.fixtures.processes import wait_until
from tests.fixtures.upstream import TurnedClock

PATH_OF = {
    "status:text": "/v2/status/models?type=text",
    "workers": "/v2/workers",
    "performance": "/v2/status/performance",
    "totals:text": "/v2/stats/text/totals",
    "usage:text": "/v2/stats/text/models",
}
"""The sources of the text category that may answer that they hold nothing, by key."""

SIGNS_OF_WORK = {"status:text", "workers", "performance", "totals:text"}
COMBINATIONS = [chosen for size in range(1, 6) for chosen in itertools.combinations(PATH_OF, size)]


class EmptyHorde:
    """A Horde on a clock to turn, of which chosen sources answer that they hold nothing."""

    def __init__(self, clock: TurnedClock) -> None:
        self.clock = clock
        self.bodies = dict(horde_bodies.DEFAULT_BODIES)
        settings = Settings(api_url="http://horde.example/api", reference_url="http://horde.example/api", cold_wait=20)
        client = HordeClient(settings, httpx.MockTransport(self.answer))
        self.integration = HordeAPIIntegration(settings, client, clock=clock.both)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        if path == "/v2/status/models":
            path += f"?type={request.url.params['type']}"
        return httpx.Response(200, json=self.bodies[path])

    def empty(self, keys: Iterable[str]) -> None:
        self.bodies |= {PATH_OF[key]: horde_bodies.EMPTY_BODIES[PATH_OF[key]] for key in keys}

    def read(self) -> dict[str, Reading[Any]]:
        """Read all that the overview shows, and read again once no refresh runs behind."""
        horde = self.integration
        sources = horde.all_sources()
        wait_until(lambda: not any(reading.refreshing for reading in horde.read(sources)), "all refreshes are over")
        return {reading.key: reading for reading in horde.read(sources)}


@pytest.fixture
def empty_horde(clock: TurnedClock) -> Iterator[EmptyHorde]:
    horde = EmptyHorde(clock)
    yield horde
    horde.integration.client.close()


@pytest.mark.parametrize("chosen", COMBINATIONS, ids="+".join)
def test_empty_answers_are_not_believed_in_place_of_data(chosen: tuple[str, ...], empty_horde: EmptyHorde) -> None:
    before = empty_horde.read()
    empty_horde.empty(chosen)
    for repeated in range(1, 4):
        empty_horde.clock.advance(60)
        after = empty_horde.read()
        assert {key for key, reading in after.items() if reading.is_suspicious} == set(chosen)
        for key in chosen:
            assert (after[key].value, after[key].state) == (before[key].value, State.STALE)
            assert after[key].age == 60 * repeated
    empty_horde.bodies = dict(horde_bodies.DEFAULT_BODIES)
    empty_horde.clock.advance(60)
    assert {reading.state for reading in empty_horde.read().values() if reading.key in PATH_OF} == {State.FRESH}


@pytest.mark.parametrize("chosen", COMBINATIONS, ids="+".join)
def test_empty_answers_from_a_cold_start_are_unknown_while_anything_says_otherwise(
    chosen: tuple[str, ...], empty_horde: EmptyHorde
) -> None:
    empty_horde.empty(chosen)
    is_at_work = bool(SIGNS_OF_WORK - set(chosen))
    is_ever_asked = is_at_work or "usage:text" not in chosen
    for _ in range(3):
        after = empty_horde.read()
        for key in chosen:
            is_contradicted = is_ever_asked if key in ("usage:text", "totals:text") else is_at_work
            # The lists of workers and the network's figures are of both types, and images are made.
            is_contradicted |= key in ("workers", "performance")
            assert after[key].is_suspicious == is_contradicted
            assert after[key].state is (State.UNAVAILABLE if is_contradicted else State.FRESH)
            assert (after[key].value is None) == is_contradicted
        empty_horde.clock.advance(60)


PART_OF_IT: dict[str, list[object]] = {
    "workers": [horde_bodies.IMAGE_WORKERS, horde_bodies.TEXT_WORKERS],
    "status:text": [horde_bodies.IMAGE_STATUS],
    "performance": [
        {name: 0 if name.startswith("queued_") else figure for name, figure in horde_bodies.PERFORMANCE.items()}
    ],
    "usage:text": [
        {period: horde_bodies.TEXT_USAGE[period] for period in periods} | dict.fromkeys(others, nothing)
        for periods in (("day",), ("month",), ("total",), ("day", "month"), ("day", "total"), ("month", "total"))
        for others in [{"day", "month", "total"} - set(periods)]
        for nothing in ({}, None)
    ],
}
PARTS = [(key, body) for key, bodies in PART_OF_IT.items() for body in bodies]


@pytest.mark.parametrize(("key", "body"), PARTS)
@pytest.mark.parametrize("is_cold", [True, False])
def test_part_of_an_answer_is_not_believed_either(
    key: str, body: object, is_cold: bool, empty_horde: EmptyHorde
) -> None:
    before = {} if is_cold else empty_horde.read()
    empty_horde.bodies[PATH_OF[key]] = body
    for _ in range(3):
        empty_horde.clock.advance(60)
        reading = empty_horde.read()[key]
        assert reading.is_suspicious
        assert reading.state is (State.UNAVAILABLE if is_cold else State.STALE)
        assert reading.value == (None if is_cold else before[key].value)


def test_a_page_of_one_category_asks_who_can_confirm_that_there_is_nothing(empty_horde: EmptyHorde) -> None:
    empty_horde.empty([key for key in PATH_OF if key not in ("workers", "performance")])
    empty_horde.bodies["/v2/workers"] = horde_bodies.IMAGE_WORKERS
    empty_horde.bodies["/v2/status/performance"] = {
        **horde_bodies.PERFORMANCE, "text_worker_count": 0, "text_thread_count": 0
    }  # fmt: skip
    readings = empty_horde.integration.read_category("text")
    assert [reading.state for reading in readings] == [State.FRESH] * 4
    assert [len(reading.value) for reading in readings[:3]] == [0, 0, 2]


def test_past_the_stale_limit_nothing_is_what_all_others_agree_on(empty_horde: EmptyHorde) -> None:
    empty_horde.read()
    empty_horde.bodies |= horde_bodies.EMPTY_BODIES
    empty_horde.clock.advance(3_600)
    assert {reading.state for key, reading in empty_horde.read().items() if key in PATH_OF} == {State.STALE}
    empty_horde.clock.advance(61)
    after = empty_horde.read()
    assert {reading.state for key, reading in after.items() if key in PATH_OF} == {State.FRESH}
    assert len(after["workers"].value) == 0
