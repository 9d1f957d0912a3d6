"""``GET /metrics``: every documented figure after known events; a scrape fetches nothing; off by default."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import prometheus_client
import pytest
import redis
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from horde_core import HordeAPIIntegration, Settings
from horde_core.analytics.network import Kind, health
from horde_core.cache.fetch_log import BOUNDS_SECONDS, FetchLog
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.upstream.api_records import HordePerformance
from horde_core.upstream.client import HordeClient
from horde_core.version import __version__
from horde_core.web import metrics_route
from horde_core.web.metrics import MetricsCollector
from tests.fixtures.horde_bodies import IMAGE_WORKERS, PERFORMANCE, TEXT_WORKERS
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import TurnedClock

TTL = 60.0
SESSIONS = 7
README = (Path(__file__).parents[3] / "README.md").read_text()

PROMISED = {
    "horde_dashboard_info": "gauge",
    "horde_dashboard_sessions": "gauge",
    "horde_dashboard_fetches": "counter",
    "horde_dashboard_fetch_seconds": "histogram",
    "horde_dashboard_snapshot_changes": "counter",
    "horde_dashboard_cache_hits": "counter",
    "horde_dashboard_cache_misses": "counter",
    "horde_dashboard_stale_served": "counter",
    "horde_dashboard_refresh_failures": "counter",
    "horde_dashboard_lock_waits": "counter",
    "horde_dashboard_source_state": "gauge",
    "horde_dashboard_source_age_seconds": "gauge",
    "horde_dashboard_source_rows_kept": "gauge",
    "horde_dashboard_source_rows_dropped": "gauge",
    "horde_network_workers": "gauge",
    "horde_network_threads": "gauge",
    "horde_network_queued_jobs": "gauge",
}
"""By name, without the ``_total`` of counters, the type."""


class Scrape:
    """What a Prometheus server reads from an answer."""

    def __init__(self, text: str) -> None:
        self.families: dict[str, Metric] = {family.name: family for family in text_string_to_metric_families(text)}

    def all(self, name: str, **labels: str) -> dict[tuple[str, ...], float]:
        """Return the samples of a name with these labels, by the values of their other labels."""
        return {
            tuple(value for label, value in sample.labels.items() if label not in labels): sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    def one(self, name: str, **labels: str) -> float | None:
        """Return the sample of exactly these labels; None when there is none."""
        return self.all(name, **labels).get(())

    def fetches(self, source: str) -> dict[str, float]:
        """Return how many fetches of a source there were by outcome, but for outcomes that never were."""
        found = self.all("horde_dashboard_fetches_total", source=source)
        return {outcome: number for (_, outcome), number in found.items() if number}


def scrape(integration: HordeAPIIntegration) -> Scrape:
    registry = CollectorRegistry()
    registry.register(MetricsCollector(integration, lambda: SESSIONS))
    return Scrape(generate_latest(registry).decode())


def settings_for(horde_server: HordeServer, **more: object) -> Settings:
    return Settings(**{**horde_server.addresses, "cold_wait": 20, "metrics_enabled": True, **more})


@pytest.fixture
def horde(horde_server: HordeServer, clock: TurnedClock) -> Iterator[HordeAPIIntegration]:
    integration = HordeAPIIntegration(settings_for(horde_server), clock=clock.both)
    yield integration
    integration.client.close()


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> HordeAPIIntegration:
    """Return the app's integration: on the simulated Horde, with metrics."""
    integration = HordeAPIIntegration(Settings(source="demo", metrics_enabled=True))
    monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
    return integration


def refreshed(horde: HordeAPIIntegration, clock: TurnedClock) -> None:
    """Have the workers fetched anew, behind one read of stale data."""
    clock.advance(TTL)
    horde.get_workers()
    wait_until(lambda: not horde.cache.peek(horde.workers_source).refreshing, "the refresh is over")


def answer() -> httpx.Response:
    """Ask the route without a server."""
    transport = httpx.ASGITransport(Starlette(routes=[Route("/metrics", metrics_route(lambda: SESSIONS))]))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.get("/metrics")

    return asyncio.run(ask())


def test_a_prometheus_parser_reads_every_promised_figure_and_no_other(demo: HordeAPIIntegration) -> None:
    demo.read(demo.all_sources())
    text = answer().text
    read = Scrape(text)
    assert {name: family.type for name, family in read.families.items()} == PROMISED
    assert all(family.documentation.endswith(".") for family in read.families.values())
    assert {name for name, family in read.families.items() if not family.samples} == set()
    samples = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(samples) == len(set(samples)), "no sample is there twice"


def test_the_route_answers_in_the_text_format_and_counts_sessions(demo: HordeAPIIntegration) -> None:
    told = answer()
    assert told.status_code == 200
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told.headers["cache-control"] == "no-store"
    read = Scrape(told.text)
    assert read.one("horde_dashboard_sessions") == SESSIONS
    assert read.all("horde_dashboard_info", simulated="true") == {(__version__,): 1}


def test_metrics_are_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings().metrics_enabled
    monkeypatch.setattr(HordeAPIIntegration, "_shared", HordeAPIIntegration(Settings(source="demo")))
    told = answer()
    assert told.status_code == 404
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["status"] == 404


def test_a_fetch_and_what_the_cache_answers(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde.get_workers()
    horde.get_workers()
    clock.advance(20)
    read = scrape(horde)
    endpoint = f"{horde_server.url}/v2/workers"
    assert read.all("horde_dashboard_fetches_total", source="workers", endpoint=endpoint) == {
        ("new",): 1, ("unchanged",): 0, ("suspicious",): 0, ("failed",): 0,
    }  # fmt: skip
    assert read.fetches("modes") == {}
    assert read.all("horde_dashboard_cache_hits_total", source="workers") == {("memory",): 1, ("redis",): 0}
    assert read.one("horde_dashboard_cache_misses_total", source="workers") == 1
    assert read.one("horde_dashboard_stale_served_total", source="workers") == 0
    assert read.one("horde_dashboard_source_age_seconds", source="workers") == 20
    assert read.all("horde_dashboard_source_state", source="workers") == {
        ("fresh",): 1, ("stale",): 0, ("unavailable",): 0,
    }  # fmt: skip


def test_an_unchanged_answer_then_a_failure_and_what_is_served_stale(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde.get_workers()
    refreshed(horde, clock)
    assert scrape(horde).fetches("workers") == {"new": 1, "unchanged": 1}
    horde_server.answer("/v2/workers", status=404)
    refreshed(horde, clock)
    read = scrape(horde)
    assert read.fetches("workers") == {"new": 1, "unchanged": 1, "failed": 1}
    assert read.one("horde_dashboard_refresh_failures_total", source="workers") == 1
    assert read.one("horde_dashboard_stale_served_total", source="workers") == 2
    assert read.one("horde_dashboard_source_age_seconds", source="workers") == TTL
    assert read.one("horde_dashboard_source_state", source="workers", state="stale") == 1


def test_an_answer_that_is_not_believed(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    horde.get_workers()
    horde_server.answer("/v2/workers", [])
    refreshed(horde, clock)
    read = scrape(horde)
    assert read.fetches("workers") == {"new": 1, "suspicious": 1}
    assert read.one("horde_dashboard_refresh_failures_total", source="workers") == 1


def test_a_fallback_is_an_endpoint_of_its_own_and_no_secret_is_told(
    horde_server: HordeServer, clock: TurnedClock
) -> None:
    host = horde_server.url.partition("//")[2]
    fallback = f"http://user:secret@{host}/model_references/v2/text_generation?key=secret"
    settings = settings_for(horde_server, reference_text_fallback_url=fallback)
    horde_server.answer("/model_references/v2/text_generation", "not JSON")
    integration = HordeAPIIntegration(settings, clock=clock.both)
    integration.reference.get("text", wait=20)
    found = scrape(integration).all("horde_dashboard_fetches_total", source="reference:text")
    endpoint = f"{horde_server.url}/model_references/v2/text_generation"
    assert found[endpoint, "failed"] == 2
    assert not any("secret" in label for labels in found for label in labels)
    integration.client.close()


def test_two_endpoints_that_fail_and_answer_are_told_apart(horde_server: HordeServer, clock: TurnedClock) -> None:
    fallback = f"{horde_server.url}/model_references/v2/text_generation"
    settings = settings_for(horde_server, reference_text_fallback_url=fallback).model_copy(
        update={"reference_url": f"{horde_server.url}/nowhere"}
    )
    integration = HordeAPIIntegration(settings, clock=clock.both)
    integration.reference.get("text", wait=20)
    read = scrape(integration)
    found = read.all("horde_dashboard_fetches_total", source="reference:text")
    assert {labels for labels, number in found.items() if number} == {
        (f"{horde_server.url}/nowhere/model_references/v2/text_generation", "failed"), (fallback, "new"),
    }  # fmt: skip
    assert read.one("horde_dashboard_refresh_failures_total", source="reference:text") == 0
    integration.client.close()


def test_rows_that_were_dropped(horde: HordeAPIIntegration, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/status/models", [{"name": "a", "type": "image", "count": 1}, {"count": 2}, {"count": 3}])
    horde.get_model_status("image")
    read = scrape(horde)
    assert read.all("horde_dashboard_source_rows_kept") == {("status:image",): 1}
    assert read.all("horde_dashboard_source_rows_dropped") == {("status:image",): 2}


def test_seconds_of_fetches_by_source(horde_server: HordeServer, clock: TurnedClock) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        clock.advance(0.75)
        return httpx.Response(200, json=[*IMAGE_WORKERS, *TEXT_WORKERS])

    settings = settings_for(horde_server)
    client = HordeClient(settings, httpx.MockTransport(slow), monotonic=clock.both.monotonic)
    integration = HordeAPIIntegration(settings, client, clock=clock.both)
    integration.get_workers()
    read = scrape(integration)
    buckets = read.all("horde_dashboard_fetch_seconds_bucket", source="workers")
    assert buckets == {(str(bound),): bound >= 0.75 for bound in BOUNDS_SECONDS} | {("+Inf",): 1}
    assert read.one("horde_dashboard_fetch_seconds_count", source="workers") == 1
    assert read.one("horde_dashboard_fetch_seconds_sum", source="workers") == pytest.approx(0.75)
    assert read.all("horde_dashboard_fetch_seconds_count") == {("workers",): 1}
    client.close()


def test_a_time_on_a_bound_is_within_it_and_a_longer_one_than_the_last_counts() -> None:
    log = FetchLog()
    for seconds in (BOUNDS_SECONDS[0], BOUNDS_SECONDS[-1], BOUNDS_SECONDS[-1] + 1):
        log.fetched("workers", "http://horde.example", "new", seconds)
    counts = Scrape(generate_latest(log.registry).decode()).all(
        "horde_dashboard_fetch_seconds_bucket", source="workers"
    )
    first, *between, last, above = counts.values()
    assert (first, set(between), last, above) == (1, {1}, 2, 3)


def test_changes_of_a_snapshot_whoever_takes_it(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    readers = [SnapshotReader(horde), SnapshotReader(horde)]
    changes = "horde_dashboard_snapshot_changes_total"
    assert scrape(horde).all(changes) == {("image",): 0, ("text",): 0}
    for reader in readers:
        reader.view("text")
    assert scrape(horde).all(changes) == {("image",): 0, ("text",): 1}
    horde_server.answer("/v2/status/models?type=text", [{"name": "a", "type": "text", "count": 1}])
    clock.advance(TTL)
    for reader in readers:
        reader.view("text", patience=20)
    assert scrape(horde).all(changes) == {("image",): 0, ("text",): 2}


@pytest.mark.parametrize("kind", ["image", "text", "alchemy"])
def test_the_network_by_type_of_work(horde: HordeAPIIntegration, kind: Kind) -> None:
    horde.read(horde.network_sources)
    read = scrape(horde)
    told = health(HordePerformance.model_validate(PERFORMANCE), kind)
    assert read.one("horde_network_workers", type=kind) == told.workers is not None
    assert read.one("horde_network_threads", type=kind) == told.threads is not None
    assert read.one("horde_network_queued_jobs", type=kind) == told.jobs is not None


def test_workers_and_threads_are_counted_from_the_list_of_workers(
    horde: HordeAPIIntegration, horde_server: HordeServer
) -> None:
    horde_server.answer("/v2/status/performance", {**PERFORMANCE, "worker_count": 62, "thread_count": 70})
    horde.read([*horde.network_sources, horde.workers_source])
    read = scrape(horde)
    assert (read.one("horde_network_workers", type="image"), read.one("horde_network_threads", type="image")) == (2, 3)


def test_a_figure_that_the_network_does_not_tell_is_left_out(
    horde: HordeAPIIntegration, horde_server: HordeServer
) -> None:
    horde_server.answer("/v2/status/performance", {"worker_count": 0, "thread_count": None, "text_worker_count": "?"})
    horde.read(horde.network_sources)
    read = scrape(horde)
    assert read.all("horde_network_workers") == {("image",): 0}
    assert read.all("horde_network_threads") == read.all("horde_network_queued_jobs") == {}


def test_what_was_never_had_or_is_too_old_has_no_figures(horde: HordeAPIIntegration, clock: TurnedClock) -> None:
    def figures() -> dict[tuple[str, ...], float]:
        read = scrape(horde)
        names = ("source_age_seconds", "source_rows_kept", "source_rows_dropped")
        network = read.all("horde_network_workers") | read.all("horde_network_queued_jobs")
        return network | {labels: 1 for name in names for labels in read.all(f"horde_dashboard_{name}")}

    assert figures() == {}
    horde.read(horde.all_sources())
    assert figures()
    clock.advance(2 * 3_600 + 1)
    assert figures() == {}
    assert set(scrape(horde).all("horde_dashboard_source_state", state="unavailable").values()) == {1}


def test_a_scrape_asks_nothing_upstream_and_counts_nothing(
    horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    scrape(horde)
    assert horde_server.requests.total() == 0
    horde.read(horde.all_sources())
    clock.advance(2 * TTL)
    asked, counted = horde_server.requests.total(), [horde.cache.counters(one.key) for one in horde.all_sources()]
    for _ in range(3):
        scrape(horde)
    assert not any(horde.cache.peek(one).refreshing for one in horde.all_sources())
    assert horde_server.requests.total() == asked == 12
    assert [horde.cache.counters(one.key) for one in horde.all_sources()] == counted


def test_what_another_replica_fetched_is_a_hit_of_redis_and_a_scrape_asks_redis_nothing(
    horde_server: HordeServer, redis_server: RedisServer
) -> None:
    settings = settings_for(horde_server, redis_url=redis_server.url)
    first, second = HordeAPIIntegration(settings), HordeAPIIntegration(settings)
    first.get_workers()
    second.get_workers()
    with redis.Redis.from_url(redis_server.url) as observer:

        def commands() -> int:
            return int(observer.info("stats")["total_commands_processed"])

        before = commands()
        apart = commands() - before
        read = scrape(second)
        assert commands() - before == 2 * apart, "only the observer's own questions"
    assert read.all("horde_dashboard_cache_hits_total", source="workers") == {("memory",): 0, ("redis",): 1}
    assert read.fetches("workers") == {}
    assert read.one("horde_dashboard_lock_waits_total", source="workers") == 0
    for replica in (first, second):
        assert replica.redis is not None
        replica.redis.close()
        replica.client.close()


def test_the_registry_of_the_process_is_left_alone(demo: HordeAPIIntegration) -> None:
    answer()
    assert not [family.name for family in prometheus_client.REGISTRY.collect() if family.name.startswith("horde")]


def test_the_readme_shows_lines_as_they_are_printed(demo: HordeAPIIntegration) -> None:
    demo.read(demo.all_sources())
    printed = {line.rpartition(" ")[0] for line in answer().text.splitlines()}
    shown = [line for line in README.splitlines() if line.startswith(("horde_dashboard_", "horde_network_"))]
    assert len(shown) == 3
    assert {line.rpartition(" ")[0] for line in shown} <= printed
