"""Snapshots of a category: one id and one object until content changes; ages do not matter."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from horde_core.cache.freshness import State
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import PageView
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.upstream import TurnedClock

TTL = 60.0
PATHS = (
    "/v2/status/models?type=text",
    "/v2/stats/text/models",
    "/v2/workers",
    "/model_references/v2/text_generation",
)


def changed_bodies() -> dict[str, Any]:
    """Return for each source of the text category a body that differs in one value."""
    bodies = copy.deepcopy({path: horde_bodies.DEFAULT_BODIES[path] for path in PATHS})
    status, usage, workers, reference = (bodies[path] for path in PATHS)
    status[0]["queued"] += 1  # type: ignore[index]
    usage["day"][horde_bodies.KOBOLD_MISTRAL] += 1  # type: ignore[index]
    workers[-1]["threads"] += 1  # type: ignore[index]
    next(iter(reference.values()))["nsfw"] = True  # type: ignore[attr-defined]
    return bodies


@pytest.fixture
def reader(horde_server: HordeServer, clock: TurnedClock) -> Iterator[SnapshotReader]:
    settings = Settings(
        **horde_server.addresses,
        reference_cache_ttl=TTL,
        cold_wait=20,
    )
    client = HordeClient(settings)
    yield SnapshotReader(HordeAPIIntegration(settings, client, clock=clock.both))
    client.close()


def refreshed(reader: SnapshotReader, clock: TurnedClock) -> PageView:
    """Return the view a TTL later, when every source has been asked again."""
    clock.advance(TTL)

    def is_settled() -> bool:
        return not any(source.refreshing for source in reader.view("text").sources)

    wait_until(is_settled, "all refreshes are over")
    return reader.view("text")


def test_a_view_has_the_four_sources_and_their_content(reader: SnapshotReader) -> None:
    view = reader.view("text")
    assert [source.title for source in view.sources] == ["Queue", "Usage", "Workers", "Reference"]
    assert {source.state for source in view.sources} == {State.FRESH}
    assert not view.nothing_reachable
    assert view.reading("usage:text").value is view.snapshot.usage
    snapshot = view.snapshot
    assert (snapshot.model_type, snapshot.is_simulated) == ("text", False)
    assert [row.name for row in snapshot.status] == [row["name"] for row in horde_bodies.TEXT_STATUS]
    assert {worker.type for worker in snapshot.workers} == {"text"}
    assert list(snapshot.reference) == list(horde_bodies.TEXT_REFERENCE)
    with pytest.raises(KeyError):
        view.reading("weather")


def test_ages_move_and_the_snapshot_stays_the_same_object(reader: SnapshotReader, clock: TurnedClock) -> None:
    first = reader.view("text")
    clock.advance(10)
    later = reader.view("text")
    assert later.snapshot is first.snapshot
    assert [source.age for source in later.sources] == [10] * 4


def test_a_refresh_that_brings_nothing_new_keeps_the_object(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    first = reader.view("text")
    merged = first.snapshot.merged
    view = refreshed(reader, clock)
    assert [source.age for source in view.sources] == [0] * 4
    assert view.snapshot is first.snapshot
    assert view.snapshot.merged is merged
    assert [horde_server.requests[path] for path in PATHS] == [2] * 4


@pytest.mark.parametrize("path", PATHS)
def test_new_content_of_any_source_is_a_new_snapshot(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock, path: str
) -> None:
    first = reader.view("text").snapshot
    horde_server.answer(path, changed_bodies()[path])
    second = refreshed(reader, clock).snapshot
    assert second.id != first.id
    assert second is not first
    kept = [
        mine is theirs
        for mine, theirs in (
            (first.status, second.status),
            (first.usage, second.usage),
            (first.workers, second.workers),
            (first.reference, second.reference),
        )
    ]
    assert kept == [path != other for other in PATHS], "only what has changed is another object"
    assert refreshed(reader, clock).snapshot is second


def test_an_outage_keeps_the_snapshot_and_marks_its_sources_stale(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    first = reader.view("text")
    horde_server.stop()
    view = refreshed(reader, clock)
    assert view.snapshot is first.snapshot
    assert {source.state for source in view.sources} == {State.STALE}
    assert not view.nothing_reachable


def test_a_source_that_is_missing_is_unavailable_and_the_rest_is_shown(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde_server.answer("/v2/stats/text/models", status=500)
    view = reader.view("text")
    assert view.reading("usage:text").state is State.UNAVAILABLE
    assert not view.nothing_reachable
    assert not view.snapshot.usage.available
    assert len(view.snapshot.status) == 5
    horde_server.reset()
    assert refreshed(reader, clock).snapshot.id != view.snapshot.id


def test_when_no_source_answers_nothing_is_reachable_and_nothing_is_made_up(
    reader: SnapshotReader, horde_server: HordeServer
) -> None:
    horde_server.stop()
    view = reader.view("text")
    assert view.nothing_reachable
    snapshot = view.snapshot
    parts = (snapshot.status, snapshot.usage, snapshot.workers, snapshot.reference)
    assert [part.available for part in parts] == [False] * 4
    assert reader.view("text").snapshot is snapshot


def test_the_categories_have_snapshots_of_their_own(reader: SnapshotReader) -> None:
    text, image = reader.view("text").snapshot, reader.view("image").snapshot
    assert text.id != image.id
    assert reader.view("text").snapshot is text
    assert reader.view("image").snapshot is image
    assert {worker.type for worker in image.workers} == {"image"}


def test_two_readers_of_equal_content_agree_on_its_id(reader: SnapshotReader) -> None:
    settings = reader.integration.settings
    client = HordeClient(settings)
    other = SnapshotReader(HordeAPIIntegration(settings, client))
    assert other.view("text").snapshot.id == reader.view("text").snapshot.id
    client.close()


def test_the_simulated_horde_says_that_it_is_simulated() -> None:
    view = SnapshotReader(HordeAPIIntegration(Settings(source="demo"))).view("image")
    assert view.snapshot.is_simulated
    assert len(view.snapshot.merged.models) == len(view.snapshot.reference) > 100
