"""``GET /metrics``: the sources, the sessions and the network, for Prometheus.

A scrape reads what the integration holds and has counted. It asks neither AI Horde nor Redis, and counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.responses import Response

from horde_core.analytics.network import KINDS, health
from horde_core.cache.fetch_log import OURS
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.cache.source_state import Event
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import current_workers
from horde_core.live.source_report import SourceReport, report
from horde_core.upstream.api_records import HordePerformance
from horde_core.version import __version__

NETWORK = "horde_network"
"""The first part of the names of the network's figures."""

LAYERS = {"memory": Event.MEMORY_HIT, "redis": Event.REDIS_HIT}

EVENTS = {
    "cache_misses": (Event.MISS, "Reads that had to wait for a fetch, or found nothing to show."),
    "stale_served": (Event.STALE_SERVED, "Reads answered with data that was due for a refresh."),
    "refresh_failures": (Event.FAILURE, "Refreshes that gave nothing, the fallback tried too."),
    "lock_waits": (Event.LOCK_WAIT, "Refreshes that waited because another replica was fetching."),
}
"""Other counts of the cache by source: the event and the help text by name."""

_Family = TypeVar("_Family", CounterMetricFamily, GaugeMetricFamily)


class MetricsCollector(Collector):
    """Collects the metrics of an integration. A figure that is unknown has no sample; it is never 0."""

    def __init__(self, integration: HordeAPIIntegration, sessions: Callable[[], int]) -> None:
        self._integration = integration
        self._sessions = sessions

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, as of now."""
        reports = report(self._integration)
        about = {"version": __version__, "simulated": str(self._integration.is_simulated).lower()}
        yield InfoMetricFamily(OURS, "The version that runs, and whether its figures are made up.", about)
        yield GaugeMetricFamily(f"{OURS}_sessions", "Visitors who have a page open.", self._sessions())
        yield from self._logged()
        yield from _counted(reports)
        yield from _held(reports)
        yield from _network({source.key: source.reading for source in reports})

    def _logged(self) -> Iterator[Metric]:
        """What the fetch log has counted, without the times at which each count began."""
        log = self._integration.fetch_log
        for family in log.registry.collect() if log else ():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


def scrape(integration: HordeAPIIntegration, sessions: Callable[[], int]) -> Response:
    """Answer ``GET /metrics``; ``sessions`` tells how many visitors have a page open."""
    registry = CollectorRegistry()
    registry.register(MetricsCollector(integration, sessions))
    headers = {"Cache-Control": "no-store"}
    return Response(generate_latest(registry), headers=headers, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _filled(family: _Family, samples: Iterable[tuple[Sequence[str], float | None]]) -> _Family:
    """Add samples by the values of their labels; what is None is left out."""
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family


def _counted(reports: list[SourceReport]) -> Iterator[Metric]:
    """The cache's counters, by source."""
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
    """The data that the cache holds, by source."""
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


def _network(readings: Mapping[str, Reading[Any]]) -> Iterator[Metric]:
    """The network's figures by type of work, as AI Horde last reported them."""
    performance, workers = readings["performance"].value or HordePerformance(), current_workers(readings["workers"])
    kinds = [health(performance, kind, None if workers is None else workers.get_all()) for kind in KINDS]
    figures = (
        (
            "workers",
            "Workers, those in maintenance included: of the list of workers, else as the network counts them.",
            [one.workers for one in kinds],
        ),
        ("threads", "Threads of these workers.", [one.threads for one in kinds]),
        ("queued_jobs", "Jobs that wait or are in progress.", [one.jobs for one in kinds]),
    )
    for name, text, values in figures:
        family = GaugeMetricFamily(f"{NETWORK}_{name}", text, labels=["type"])
        yield _filled(family, (([kind], value) for kind, value in zip(KINDS, values, strict=True)))
