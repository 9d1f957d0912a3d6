"""``GET /metrics``: what is known of the sources, the sessions and the network, for Prometheus.

A scrape reads what the integration holds and has counted: it asks neither AI Horde nor Redis, and counts nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from horde_core.analytics.network import KINDS, health
from horde_core.cache.fetch_log import BOUNDS_SECONDS, Outcome
from horde_core.cache.freshness import State
from horde_core.cache.held import Event
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.source_report import SourceReport, report, shown_url
from horde_core.live.sources import USAGE_PATHS
from horde_core.upstream.api_records import HordePerformance
from horde_core.version import __version__

OURS = "horde_dashboard"
NETWORK = "horde_network"
"""What our own figures, and those of the network, begin with."""

LAYERS = {"memory": Event.MEMORY_HIT, "redis": Event.REDIS_HIT}

EVENTS = {
    "cache_misses": (Event.MISS, "Reads that had to wait for a fetch, or found nothing to show."),
    "stale_served": (Event.STALE_SERVED, "Reads answered with data that was due for a refresh."),
    "refresh_failures": (Event.FAILURE, "Refreshes that gave nothing, the fallback tried too."),
    "lock_waits": (Event.LOCK_WAIT, "Refreshes that waited because another replica was fetching."),
}
"""What else the cache counts by source: by name the event and the help text."""

_Family = TypeVar("_Family", CounterMetricFamily, GaugeMetricFamily)


class MetricsCollector(Collector):
    """Reads an integration whenever it is asked. What is unknown has no sample; it is never 0."""

    def __init__(self, integration: HordeAPIIntegration, sessions: Callable[[], int]) -> None:
        self._integration = integration
        self._sessions = sessions

    def collect(self) -> Iterator[Metric]:
        """Give every figure, as of now."""
        reports = report(self._integration)
        about = {"version": __version__, "simulated": str(self._integration.is_simulated).lower()}
        yield InfoMetricFamily(OURS, "The version that runs, and whether its figures are made up.", about)
        yield GaugeMetricFamily(f"{OURS}_sessions", "Visitors who have a page open.", self._sessions())
        yield from self._observed()
        yield from _counted(reports)
        yield from _held(reports)
        yield from _network(next(source.reading.value for source in reports if source.key == "performance"))

    def _observed(self) -> Iterator[Metric]:
        observations = self._integration.observations
        yield _filled(
            CounterMetricFamily(
                f"{OURS}_fetches",
                "Fetches from AI Horde or the model reference, retries not counted, by what came of them.",
                labels=["source", "endpoint", "outcome"],
            ),
            self._fetches().items(),
        )
        seconds = HistogramMetricFamily(
            f"{OURS}_fetch_seconds", "How long those fetches took, with retries and parsing.", labels=["source"]
        )
        bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
        for key, durations in observations.durations().items():
            buckets = list(zip(bounds, accumulate(durations.counts), strict=True))
            seconds.add_metric([key], buckets, durations.sum_seconds)
        yield seconds
        changes = observations.snapshot_changes()
        yield _filled(
            CounterMetricFamily(
                f"{OURS}_snapshot_changes",
                "Changes of the id that names all content of a category; the first one counts.",
                labels=["category"],
            ),
            (([kind], changes[kind]) for kind in USAGE_PATHS),
        )

    def _fetches(self) -> Counter[tuple[str, str, str]]:
        """Count fetches by source, endpoint and outcome; those that have not happened yet are 0."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for source in self._integration.all_sources():
            for endpoint in {shown_url(self._integration, url) for url in source.urls}:
                counted.update(dict.fromkeys(((source.key, endpoint, outcome) for outcome in get_args(Outcome)), 0))
        for fetch, number in self._integration.observations.fetches().items():
            counted[fetch.source, shown_url(self._integration, fetch.url), fetch.outcome] += number
        return counted


def route(sessions: Callable[[], int]) -> Route:
    """Return the route ``GET /metrics``; ``sessions`` tells how many visitors have a page open."""

    def metrics(_request: Request) -> Response:
        integration = HordeAPIIntegration.shared()
        if not integration.settings.metrics_enabled:
            problem = {"type": "about:blank", "title": "Metrics are off.", "status": 404}
            return JSONResponse(problem, 404, media_type="application/problem+json")
        registry = CollectorRegistry()
        registry.register(MetricsCollector(integration, sessions))
        headers = {"Cache-Control": "no-store"}
        return Response(generate_latest(registry), headers=headers, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Route("/metrics", metrics)


def _filled(family: _Family, samples: Iterable[tuple[Sequence[str], float | None]]) -> _Family:
    """Add samples by the values of their labels; what is None is left out."""
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family


def _counted(reports: list[SourceReport]) -> Iterator[Metric]:
    """What the cache counts, by source."""
    yield _filled(
        CounterMetricFamily(
            f"{OURS}_cache_hits",
            "memory: reads that found fresh data; redis: refreshes that took what another process had fetched.",
            labels=["source", "layer"],
        ),
        (([source.key, layer], source.counters[event]) for source in reports for layer, event in LAYERS.items()),
    )
    for name, (event, text) in EVENTS.items():
        yield _filled(
            CounterMetricFamily(f"{OURS}_{name}", text, labels=["source"]),
            [([source.key], source.counters[event]) for source in reports],
        )


def _held(reports: list[SourceReport]) -> Iterator[Metric]:
    """What the cache holds, by source."""
    readings = [source.reading for source in reports]
    yield _filled(
        GaugeMetricFamily(f"{OURS}_source_state", "1 for the state that a source is in.", labels=["source", "state"]),
        (([reading.key, state.value], reading.state is state) for reading in readings for state in State),
    )
    yield _filled(
        GaugeMetricFamily(
            f"{OURS}_source_age_seconds", "Seconds since what is shown was fetched, by any replica.", labels=["source"]
        ),
        (([reading.key], reading.age) for reading in readings),
    )
    yield _filled(
        GaugeMetricFamily(f"{OURS}_source_rows_kept", "Rows of what is shown that could be read.", labels=["source"]),
        (([reading.key], reading.kept) for reading in readings),
    )
    yield _filled(
        GaugeMetricFamily(
            f"{OURS}_source_rows_dropped", "Rows of what is shown that could not be read.", labels=["source"]
        ),
        (([reading.key], reading.dropped) for reading in readings if reading.kept is not None),
    )


def _network(performance: HordePerformance | None) -> Iterator[Metric]:
    """The network's own figures by type of work, as AI Horde last told them."""
    kinds = [health(performance or HordePerformance(), kind) for kind in KINDS]
    figures = (
        ("workers", "Workers, those in maintenance included.", [one.workers for one in kinds]),
        ("threads", "Threads of these workers.", [one.threads for one in kinds]),
        ("queued_jobs", "Jobs that wait or are in progress.", [one.jobs for one in kinds]),
    )
    for name, text, values in figures:
        family = GaugeMetricFamily(f"{NETWORK}_{name}", text, labels=["type"])
        yield _filled(family, (([kind], value) for kind, value in zip(KINDS, values, strict=True)))
