"""The network's health: drain times in words, and unknown where a figure is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from horde_core import HordeAPIIntegration, Settings
from horde_core.analytics.network import (
    BUSY_FROM_SECONDS,
    OVERLOADED_FROM_SECONDS,
    WORKERS_CURRENT_FOR,
    Load,
    activity,
    health,
)
from horde_core.cache.freshness import State
from horde_core.live.snapshot import PageView
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.upstream.api_records import HordePerformance, HordeTotals, HordeWorker
from tests.fixtures.horde_bodies import IMAGE_TOTALS, IMAGE_WORKERS, PERFORMANCE, TEXT_WORKERS
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.upstream import TurnedClock

PER_MINUTE = 120.0


def of_image(queued: float | None, per_minute: float | None = PER_MINUTE) -> HordePerformance:
    return HordePerformance(queued_megapixelsteps=queued, past_minute_megapixelsteps=per_minute)


@pytest.mark.parametrize(
    ("seconds", "load"),
    [
        (0, Load.FINE),
        (BUSY_FROM_SECONDS - 1, Load.FINE),
        (BUSY_FROM_SECONDS, Load.BUSY),
        (OVERLOADED_FROM_SECONDS - 1, Load.BUSY),
        (OVERLOADED_FROM_SECONDS, Load.OVERLOADED),
    ],
)
def test_the_drain_time_is_queue_over_throughput_and_has_a_word(seconds: float, load: Load) -> None:
    found = health(of_image(seconds * PER_MINUTE / 60), "image")
    assert found.drain_seconds == pytest.approx(seconds)
    assert found.load is load


@pytest.mark.parametrize(("queued", "per_minute"), [(None, PER_MINUTE), (5.0, None), (5.0, 0.0), (None, None)])
def test_without_a_queue_or_a_pace_the_drain_time_is_unknown(queued: float | None, per_minute: float | None) -> None:
    found = health(of_image(queued, per_minute), "image")
    assert found.drain_seconds is None
    assert found.load is Load.UNKNOWN


def test_an_empty_queue_is_drained_whatever_the_pace() -> None:
    assert health(of_image(0.0, None), "image").drain_seconds == 0


def test_each_kind_has_its_own_figures_and_unit() -> None:
    performance = HordePerformance.model_validate(PERFORMANCE)
    image, text, alchemy = (health(performance, kind) for kind in ("image", "text", "alchemy"))
    assert (image.workers, image.threads, image.jobs, image.queued, image.unit) == (2, 3, 6, 6.1, "megapixelsteps")
    assert (text.workers, text.threads, text.jobs, text.queued, text.unit) == (2, 4, 9, 2_112, "tokens")
    assert (alchemy.workers, alchemy.threads, alchemy.jobs, alchemy.queued, alchemy.unit) == (0, 0, 0, 0, "forms")
    assert text.drain_seconds == pytest.approx(2_112 / 3_000 * 60)


def test_what_was_made_is_told_by_window_in_the_same_unit() -> None:
    made = {one.window: one for one in activity(HordeTotals.model_validate(IMAGE_TOTALS), "image")}
    assert (made["minute"].requests, made["minute"].work) == (5, 110.0)
    assert (made["month"].requests, made["month"].work) == (4_300, 94_600.0)
    assert {(one.requests, one.work) for one in activity(HordeTotals(), "text")} == {(None, None)}


@pytest.fixture
def reader(horde_server: HordeServer, clock: TurnedClock) -> Iterator[SnapshotReader]:
    settings = Settings(
        **horde_server.addresses,
    )
    integration = HordeAPIIntegration(settings, clock=clock.both)
    yield SnapshotReader(integration)
    integration.client.close()


def test_a_page_of_both_categories_and_the_network_is_read_in_one_go(
    reader: SnapshotReader, horde_server: HordeServer
) -> None:
    view = reader.page_view(("image", "text"), has_network=True)
    assert len(view.sources) == 11
    assert set(horde_server.requests.values()) == {1}
    assert view.network is not None
    assert view.network.health("image").threads == 3
    assert view.reading("usage:text").title == "Usage"
    assert set(view.categories) == {"image", "text"}


def test_the_id_of_a_page_changes_with_the_content_of_anything_on_it_and_only_then(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    before = reader.page_view(("image",), has_network=True)
    clock.advance(61)
    assert reader.page_view(("image",), has_network=True, patience=5).id == before.id
    horde_server.answer("/v2/status/performance", {**PERFORMANCE, "queued_requests": 7})
    clock.advance(61)
    after = reader.page_view(("image",), has_network=True, patience=5)
    assert after.id != before.id
    assert after.snapshot is before.snapshot


def test_a_part_of_the_network_that_is_unavailable_is_unknown_and_the_rest_is_told(
    reader: SnapshotReader, horde_server: HordeServer
) -> None:
    horde_server.answer("/v2/status/performance", "{}", status=404)
    view = reader.page_view(("image",), has_network=True)
    assert view.network is not None
    assert view.network.health("text").queued is None
    assert (view.network.health("text").threads, view.network.health("text").counted_from) == (4, "workers")
    assert view.network.activity("text")[0].requests == 10
    assert view.reading("performance").state is State.UNAVAILABLE
    assert not view.nothing_reachable


def counted(view: PageView) -> tuple[int | None, int | None, str]:
    """Image workers and threads of a page, and the source they are counted from."""
    assert view.network is not None
    image = view.network.health("image")
    return image.workers, image.threads, image.counted_from


LAGGING = {**PERFORMANCE, "worker_count": 62, "thread_count": 70}


def test_workers_and_threads_are_counted_from_the_list_of_workers_while_it_is_current(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde_server.answer("/v2/status/performance", LAGGING)
    assert counted(reader.page_view(("image",), has_network=True)) == (2, 3, "workers")
    horde_server.answer("/v2/workers", "down", status=500)
    clock.advance(WORKERS_CURRENT_FOR - 1)
    assert counted(reader.page_view(("image",), has_network=True)) == (2, 3, "workers")
    clock.advance(2)
    assert counted(reader.page_view(("image",), has_network=True, patience=5)) == (62, 70, "performance")


def test_without_the_list_they_are_the_networks_own_counts(reader: SnapshotReader, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/status/performance", LAGGING)
    horde_server.answer("/v2/workers", "down", status=500)
    assert counted(reader.page_view(("image",), has_network=True)) == (62, 70, "performance")


def test_a_change_of_workers_changes_the_network(
    reader: SnapshotReader, horde_server: HordeServer, clock: TurnedClock
) -> None:
    before = reader.page_view(("image",), has_network=True).network
    horde_server.answer("/v2/workers", [*IMAGE_WORKERS[:1], *TEXT_WORKERS])
    clock.advance(61)
    after = reader.page_view(("image",), has_network=True, patience=5).network
    assert before is not None
    assert after is not None
    assert before.id != after.id


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ([], (0, 0, "workers")),
        ([HordeWorker(name="a", type="image", threads=3, maintenance_mode=True)], (1, 3, "workers")),
        ([HordeWorker(name="a", type="image", threads=3), HordeWorker(name="b", type="image")], (2, None, "workers")),
        ([HordeWorker(name="a", type="text", threads=3)], (0, 0, "workers")),
        ([HordeWorker(name="a", type="image", threads=3), HordeWorker(name="masked")], (62, 70, "performance")),
        (None, (62, 70, "performance")),
    ],
)
def test_workers_in_maintenance_count_and_a_masked_type_makes_the_list_no_count(
    workers: list[HordeWorker] | None, expected: tuple[int | None, int | None, str]
) -> None:
    found = health(HordePerformance.model_validate(LAGGING), "image", workers)
    assert (found.workers, found.threads, found.counted_from) == expected
