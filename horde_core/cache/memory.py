"""The memory layer of the cache: each source's value, its last failure and its counters."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from horde_core.cache.freshness import Clock, Decision, State, decide
from horde_core.cache.held import Counters, Entry, Event, Failure
from horde_core.cache.redis_storage import StoredBody
from horde_core.cache.source import Reading, Source
from horde_core.upstream.parsing import Parsed

log = logging.getLogger(__name__)

LONGEST_RETRY_AFTER_SECONDS = 86_400.0
"""A day: the longest ``Retry-After`` that is honoured."""

T = TypeVar("T")


class Memory:
    """Entries, failures and counters by source. Thread-safe."""

    def __init__(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.RLock()
        self._entries: dict[str, Entry[Any]] = {}
        self._failures: dict[str, Failure] = {}
        self._counters: dict[str, Counters] = {}

    def entry(self, key: str) -> Entry[Any] | None:
        """Return the entry of a source, whatever its age."""
        return self._entries.get(key)

    def failure(self, key: str) -> Failure | None:
        """Return the failure of the last refresh; None when it did not fail."""
        return self._failures.get(key)

    def is_paused(self, key: str) -> bool:
        """Whether the source failed and is not to be asked for now."""
        failure = self._failures.get(key)
        return failure is not None and self._clock.monotonic() < failure.retry_at

    def expire(self, key: str) -> None:
        """Mark the entry expired: the next read refreshes it, and it is shown as stale until then."""
        with self._lock:
            held = self._entries.get(key)
            if held is not None:
                self._entries[key] = replace(held, is_expired=True)

    def age(self, key: str) -> float | None:
        """Return the seconds since the body arrived, by the monotonic clock; None without an entry."""
        entry = self._entries.get(key)
        return None if entry is None else max(self._clock.monotonic() - entry.born, 0.0)

    def held_within_limit(self, source: Source[T]) -> Entry[T] | None:
        """Return the entry of a source; None when it is older than the policy's limit."""
        age = self.age(source.key)
        return self._entries.get(source.key) if age is not None and age <= source.policy.limit else None

    def decide(self, source: Source[Any], refreshing: bool) -> Decision:
        """Decide on a read of a source now; a refresh under way can be joined even while the source is paused."""
        held = self._entries.get(source.key)
        return decide(
            self.age(source.key),
            source.policy,
            is_expired=held is not None and held.is_expired,
            is_failing=source.key in self._failures,
            is_paused=not refreshing and self.is_paused(source.key),
        )

    def parse(self, source: Source[Any], body: bytes) -> Parsed[Any]:
        """Parse a body, unless it equals the one held: large bodies change once a day and are fetched each minute."""
        held = self._entries.get(source.key)
        if held is not None and held.digest == _digest_of(body):
            return Parsed(held.value, held.dropped)
        return source.parse(body)

    def agrees(self, source: Source[Any], value: Any) -> bool:
        """Return whether the last answer was suspicious in the same way."""
        failure = self._failures.get(source.key)
        if failure is None or failure.suspect is None:
            return False
        return not source.suspicious(failure.suspect, value) and not source.suspicious(value, failure.suspect)

    def install(
        self,
        source: Source[Any],
        stored: StoredBody,
        born: float,
        sequence: int,
        parsed: Parsed[Any] | None = None,
    ) -> Entry[Any]:
        """Hold a body's value, unless that of a later fetch is held already, and return the entry in force."""
        parsed = parsed or self.parse(source, stored.body)
        with self._lock:
            held = self._entries.get(source.key)
            if held is not None and held.sequence > sequence:
                return held
            digest = _digest_of(stored.body)
            if held is not None and (held.value is parsed.data or held.value == parsed.data):
                content, value = held.content, held.value
                unchanged_since, changed_at = min(held.unchanged_since, stored.unchanged_since), held.changed_at
            else:
                content, value, unchanged_since = digest, parsed.data, stored.unchanged_since
                changed_at = stored.changed_at if held is None else stored.unchanged_since
            entry = Entry(
                value=value,
                digest=digest,
                content=content,
                origin=stored.origin,
                dropped=parsed.dropped,
                fetched_at=stored.fetched_at,
                unchanged_since=unchanged_since,
                changed_at=changed_at,
                born=born,
                sequence=sequence,
            )
            self._entries[source.key] = entry
            self._failures.pop(source.key, None)
        return entry

    def record_failure(
        self, source: Source[Any], message: str, retry_after: float | None = None, suspect: Any = None
    ) -> None:
        """Record a failed refresh, and until when the source is not to be asked."""
        with self._lock:
            previous, now = self._failures.get(source.key), self._clock.monotonic()
            count = previous.count + 1 if previous else 1
            self.count(source.key, Event.FAILURE)
            pause = source.policy.pause(count, self._jitter())
            asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS)
            if suspect is not None:
                pause = source.policy.ttl  # the server's own cache would give the same answer before
            pause = max(pause, asked)
            self._failures[source.key] = Failure(message, count, now + pause, now + asked, suspect)
        log.warning("refresh failed source=%s failures=%d pause=%.1f error=%s", source.key, count, pause, message)

    def reading(self, source: Source[T], refreshing: bool) -> Reading[T]:
        """Return the source as its readers see it: its value, or why there is none."""
        with self._lock:
            entry, failure = self.held_within_limit(source), self._failures.get(source.key)
            age = self.age(source.key)
        error = failure.message if failure else None
        retry_in = max(0.0, failure.retry_at - self._clock.monotonic()) if failure else None
        if entry is None or age is None:
            return Reading(source, None, State.UNAVAILABLE, refreshing=refreshing, error=error, retry_in=retry_in)
        is_within_ttl = age < source.policy.ttl or (source.policy.ttl == 0 and not refreshing)
        is_fresh = is_within_ttl and failure is None and not entry.is_expired
        return Reading(
            source=source,
            value=entry.value,
            state=State.FRESH if is_fresh else State.STALE,
            content=entry.content,
            origin=entry.origin,
            kept=entry.kept,
            dropped=entry.dropped,
            age=age,
            fetched_at=entry.fetched_at,
            unchanged_since=entry.unchanged_since,
            changed_at=entry.changed_at,
            refreshing=refreshing,
            error=error,
            retry_in=retry_in,
            fresh_for=max(0.0, source.policy.ttl - age) if is_fresh else None,
        )

    def counters(self, key: str) -> Counters:
        """Return how often each event happened to a source since the start of this process."""
        with self._lock:
            return Counters(self._counters.get(key, Counters()))

    def count(self, key: str, event: Event) -> None:
        """Count one event of a source."""
        with self._lock:
            self._counters.setdefault(key, Counters())[event] += 1

    def count_reads(self, readings: Sequence[Reading[Any]], served_at_once: Sequence[bool]) -> None:
        """Count the outcome of reads; ``served_at_once`` where no refresh was due."""
        for reading, is_hit in zip(readings, served_at_once, strict=True):
            if reading.state is State.STALE:
                self.count(reading.key, Event.STALE_SERVED)
            else:
                is_hit = is_hit and reading.state is State.FRESH
                self.count(reading.key, Event.MEMORY_HIT if is_hit else Event.MISS)


def _digest_of(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()
