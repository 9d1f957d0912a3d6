"""The state of each source: its age, its last error, its requests and its counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from horde_core.cache.source import Reading, Source
from horde_core.cache.source_state import Counters
from horde_core.live.integration import HordeAPIIntegration

RedisState = Literal["not used", "in use", "in trouble"]


class RedisReport(NamedTuple):
    """How the second layer of the cache does; ``trouble`` is a plain sentence that says what is wrong."""

    state: RedisState
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source now. ``calls`` are this process's requests of the last minute to its endpoints, retries counted.

    The queues of image and text models are one endpoint with one budget upstream: both tell the calls of both.
    ``due_in`` is in seconds: when data is past its TTL, or when a failing source is asked again; 0 with the next read.
    """

    key: str
    reading: Reading[Any]
    url: str
    calls: int
    due_in: float
    counters: Counters


def report(integration: HordeAPIIntegration) -> list[SourceReport]:
    """Return a report on every source; fetches nothing."""
    return [_report(integration, source) for source in integration.all_sources()]


def redis_report(integration: HordeAPIIntegration) -> RedisReport:
    """Report on the second layer, from the last thing asked of it."""
    if integration.redis is None:
        return RedisReport("not used")
    trouble = integration.redis.trouble
    return RedisReport("in trouble" if trouble else "in use", trouble)


def _report(integration: HordeAPIIntegration, source: Source[Any]) -> SourceReport:
    reading = integration.cache.peek(source)
    url = reading.origin or source.urls[0]
    ttl_left = 0.0 if reading.age is None else max(0.0, source.policy.ttl - reading.age)
    return SourceReport(
        key=source.key,
        reading=reading,
        url=integration.shown_url(url),
        calls=sum(integration.client.calls.last_minute(address) for address in source.urls),
        due_in=ttl_left if reading.retry_in is None else reading.retry_in,
        counters=integration.cache.counters(source.key),
    )
