"""The memory layer of the cache: each source's value, its last failure and its counters."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from horde_core.cache.freshness import Clock, Decision, State, decide
from horde_core.cache.source import Reading, Source
from horde_core.cache.source_state import Counters, Entry, Event, Failure, StoredBody
from horde_core.upstream.parsed import Parsed

log = logging.getLogger(__name__)

T = TypeVar("T")


class Memory:
    """Entries, failures and counters by source. Thread-safe.

    An answer that holds nothing never replaces one that holds something: it is kept beside it, and believed as long as
    nothing else that is held says otherwise.
    """

    def __init__(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.RLock()
        self._entries: dict[str, Entry[Any]] = {}
        self._empty: dict[str, Entry[Any]] = {}
        self._failures: dict[str, Failure] = {}
        self._counters: dict[str, Counters] = {}

    def latest(self, key: str) -> Entry[Any] | None:
        """Return the entry of the last answer, whatever its age, and whether it is believed or not."""
        return self._empty.get(key) or self._entries.get(key)

    def shown(self, source: Source[T]) -> tuple[Entry[T] | None, str | None]:
        """Return the entry that readers get, and why the last answer is not believed; None where there is none."""
        with self._lock:
            held, empty = (self._within_limit(entries.get(source.key)) for entries in (self._entries, self._empty))
            if empty is None or source.emptiness is None:
                return held, None
            doubt = source.emptiness.doubt(empty.value, self._look)
            return (empty, None) if doubt is None else (held, doubt)

    def is_paused(self, source: Source[Any]) -> bool:
        """Whether the source failed and is not to be asked for now.

        A doubtful answer lasts a TTL: within it the server's own cache would answer the same.
        """
        failure, empty = self._failures.get(source.key), self._empty.get(source.key)
        if failure is not None:
            return self._clock.monotonic() < failure.retry_at
        is_young = empty is not None and not empty.is_expired and self._age_of(empty) < source.policy.ttl
        return is_young and self.shown(source)[1] is not None

    def expire(self, key: str) -> None:
        """Mark what is held expired: the next read refreshes it, and it is shown as stale until then."""
        with self._lock:
            for entries in (self._entries, self._empty):
                if key in entries:
                    entries[key] = replace(entries[key], is_expired=True)

    def age(self, source: Source[Any]) -> float | None:
        """Return the seconds since what is shown arrived, by the monotonic clock; None where nothing is shown."""
        entry = self.shown(source)[0]
        return None if entry is None else self._age_of(entry)

    def decide(self, source: Source[Any], refreshing: bool) -> Decision:
        """Decide on a read of a source now; a refresh under way can be joined even while the source is paused."""
        entry, doubt = self.shown(source)
        return decide(
            None if entry is None else self._age_of(entry),
            source.policy,
            is_expired=entry is not None and entry.is_expired,
            is_failing=source.key in self._failures or doubt is not None,
            is_paused=not refreshing and self.is_paused(source),
        )

    def parse(self, source: Source[Any], body: bytes) -> Parsed[Any]:
        """Parse a body, unless it equals one that is held: large bodies change once a day and come each minute."""
        digest = _digest_of(body)
        for held in (self._empty.get(source.key), self._entries.get(source.key)):
            if held is not None and held.digest == digest:
                return Parsed(held.value, held.dropped, held.not_understood)
        return source.parse(body)

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
        is_empty = source.emptiness is not None and source.emptiness.is_empty(parsed.data)
        with self._lock:
            before = self.latest(source.key)
            if before is not None and before.sequence > sequence:
                return before
            digest = _digest_of(stored.body)
            held = (self._empty if is_empty else self._entries).get(source.key)
            if held is not None and (held.value is parsed.data or held.value == parsed.data):
                content, value = held.content, held.value
                unchanged_since, changed_at = min(held.unchanged_since, stored.unchanged_since), held.changed_at
            else:
                content, value, unchanged_since = digest, parsed.data, stored.unchanged_since
                changed_at = stored.changed_at if before is None else stored.unchanged_since
            entry = Entry(
                value=value,
                digest=digest,
                content=content,
                origin=stored.origin,
                dropped=parsed.dropped,
                not_understood=parsed.not_understood,
                fetched_at=stored.fetched_at,
                unchanged_since=unchanged_since,
                changed_at=changed_at,
                born=born,
                limit=source.policy.limit,
                sequence=sequence,
            )
            if is_empty:
                self._empty[source.key] = entry
            else:
                self._entries[source.key] = entry
                self._empty.pop(source.key, None)
            self._failures.pop(source.key, None)
        return entry

    def record_failure(self, source: Source[Any], message: str, retry_after: float | None = None) -> None:
        """Record a failed refresh, and until when the source is not to be asked."""
        with self._lock:
            previous, now = self._failures.get(source.key), self._clock.monotonic()
            count = previous.count + 1 if previous else 1
            self.count(source.key, Event.FAILURE)
            pause = max(source.policy.pause(count, self._jitter()), retry_after or 0.0)
            self._failures[source.key] = Failure(message, count, now + pause)
        log.warning("refresh failed source=%s failures=%d pause=%.1f error=%s", source.key, count, pause, message)

    def reading(self, source: Source[T], refreshing: bool) -> Reading[T]:
        """Return the source as its readers see it: its value, or why there is none."""
        with self._lock:
            (entry, doubt), failure = self.shown(source), self._failures.get(source.key)
            error, retry_in = doubt, None
            if failure is not None:
                error, retry_in = failure.message, max(0.0, failure.retry_at - self._clock.monotonic())
            elif doubt is not None:
                retry_in = max(0.0, source.policy.ttl - self._age_of(self._empty[source.key]))
        nothing: Reading[T] = Reading(
            source,
            None,
            State.UNAVAILABLE,
            refreshing=refreshing,
            error=error,
            retry_in=retry_in,
            doubt=doubt,
        )
        if entry is None:
            return nothing
        age = self._age_of(entry)
        is_within_ttl = age < source.policy.ttl or (source.policy.ttl == 0 and not refreshing)
        is_fresh = is_within_ttl and error is None and not entry.is_expired
        return replace(
            nothing,
            value=entry.value,
            state=State.FRESH if is_fresh else State.STALE,
            content=entry.content,
            origin=entry.origin,
            kept=entry.kept,
            dropped=entry.dropped,
            not_understood=entry.not_understood,
            age=age,
            fetched_at=entry.fetched_at,
            unchanged_since=entry.unchanged_since,
            changed_at=entry.changed_at,
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

    def _look(self, key: str) -> Any | None:
        """Return the last value of a source that held something, else its last answer; None where there is neither."""
        held, empty = (self._within_limit(entries.get(key)) for entries in (self._entries, self._empty))
        entry = held or empty
        return None if entry is None else entry.value

    def _age_of(self, entry: Entry[Any]) -> float:
        return max(self._clock.monotonic() - entry.born, 0.0)

    def _within_limit(self, entry: Entry[T] | None) -> Entry[T] | None:
        return entry if entry is not None and self._age_of(entry) <= entry.limit else None


def _digest_of(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()
