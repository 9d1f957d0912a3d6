"""DualLayerCache: memory, and Redis where it is configured, with one fetch a source at a time.

A read is answered from memory. Redis and the network are only asked inside a *flight*: one background thread a
source at a time. Readers with nothing to show wait for it, up to a limit. Data past its TTL is served at once, marked
stale, while a flight renews it; when a flight fails, the last good data stays, and the pauses between tries grow.
Ages count from ``fetched_at`` wherever the data came from, so the TTLs of the two layers never add up.

Replicas on one Redis fetch in turn: the one with the lease asks upstream, the others take what it wrote. Each fetch
has a number, taken as it starts, and never replaces the data of a fetch with a higher one.
"""

from __future__ import annotations

import logging
import math
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait as wait_for_all
from typing import TYPE_CHECKING, Any, TypeVar

from horde_core.cache.freshness import Clock, Decision
from horde_core.cache.memory import Memory
from horde_core.cache.source import Reading, RefreshOutcome, Source, without_secrets
from horde_core.cache.source_state import (
    SOCKET_SECONDS,
    Counters,
    Event,
    Flight,
    GiveBack,
    Outcome,
    StoredBody,
    no_lease,
)
from horde_core.upstream.errors import SourceError, StatusError
from horde_core.upstream.parsed import Parsed

if TYPE_CHECKING:
    from horde_core.cache.redis_storage import RedisStorage

log = logging.getLogger(__name__)

FORCED_REFRESH_SECONDS = 10.0
"""At most one forced refresh of a source in this time, for all replicas together."""

LEASE_SECONDS = 65.0
"""Life of the lease on a fetch, longer than any fetch may take: after it a replica that died holds up no other."""

LOCK_PATIENCE_SECONDS = 5.0
"""How long a process with nothing to show waits for another replica's fetch before it fetches by itself."""

LOCK_POLL_SECONDS = 0.1

SAME_FETCH_SECONDS = SOCKET_SECONDS
"""Times of fetching closer than this are one and the same: by Redis' clock they differ by what its answers took."""

Observer = Callable[[str, str, Outcome, float], None]
"""Called after each fetch with the source's key, the URL, the outcome, and the seconds that it took."""

T = TypeVar("T")


def _unobserved(_key: str, _url: str, _outcome: Outcome, _seconds: float) -> None:
    """No-op observer."""


class DualLayerCache:
    """Reads sources through memory, Redis (``storage``) and ``fetch``. Thread-safe; reads never raise."""

    def __init__(
        self,
        fetch: Callable[[str], bytes],
        storage: RedisStorage | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        lease_seconds: float = LEASE_SECONDS,
        observe: Observer | None = None,
    ) -> None:
        self._fetch = fetch
        self._observe = observe or _unobserved
        self._storage = storage
        self._clock = clock or Clock()
        self._memory = Memory(self._clock, jitter)
        self._lease_seconds = lease_seconds
        self._lock = threading.RLock()
        self._forcing = threading.Lock()
        self._polling = threading.Event()
        self._flights: dict[str, Flight] = {}
        self._sources: dict[str, Source[Any]] = {}
        self._written: dict[str, int] = {}
        self._forced_at: dict[str, float] = {}
        self._sequence = 0

    def read(self, source: Source[T], wait: float = 0.0, force_refresh: bool = False) -> Reading[T]:
        """Read one source; see :meth:`read_all`."""
        reading: Reading[T] = self.read_all([source], wait, force_refresh)[0]
        return reading

    def read_all(
        self,
        sources: Sequence[Source[Any]],
        wait: float = 0.0,
        force_refresh: bool = False,
        patience: float = 0.0,
    ) -> list[Reading[Any]]:
        """Read several sources, in parallel.

        With nothing to show for a source, waits at most ``wait`` seconds from the start of its flight, for all sources
        together; after that, and while the source is failing, it reads as unavailable at once and the fetch goes on
        in the background. ``force_refresh`` asks upstream whatever the age (at most every 10 s a source) and waits in
        the same way. ``patience`` is how many seconds, for all sources together, a refresh under way is given before
        stale data is served.
        """
        joined = [self._join(source, force_refresh) for source in sources]
        for flight, is_awaited in filter(None, joined):
            self._wait_for(flight, wait if is_awaited else patience)
        readings = [self.peek(source) for source in sources]
        self._memory.count_reads(readings, [flight is None for flight in joined])
        return readings

    def refresh(self, sources: Sequence[Source[Any]], wait: float) -> list[RefreshOutcome]:
        """Force a refresh of the sources and return the outcome of each."""
        before = {source.key: self.peek(source) for source in sources}
        forced = {source.key: self._force(source) for source in sources}
        for flight in forced.values():
            if isinstance(flight, Flight):
                self._wait_for(flight, wait)
        return [
            RefreshOutcome.of(before[source.key], self.peek(source))
            if isinstance(refused_for := forced[source.key], Flight)
            else RefreshOutcome(source.title, "refused", None, refused_for, source.model_type)
            for source in sources
        ]

    def invalidate(self, source: Source[Any]) -> None:
        """Mark a source expired: the next read refreshes it; its last good data is served as stale until then."""
        self._memory.expire(source.key)

    def counters(self, key: str) -> Counters:
        """Return how often each event happened to a source since the start of this process."""
        return self._memory.counters(key)

    def refresh_ahead(self, sources: Sequence[Source[Any]], seconds: float, wait: float) -> None:
        """Refresh the sources that will be due within ``seconds`` and are not failing; wait at most ``wait`` s."""
        started = []
        for source in sources:
            age = self._memory.age(source)
            is_due = age is None or age + seconds >= source.policy.ttl
            if is_due and not self._memory.is_paused(source):
                with self._lock:
                    started.append(self._flight(source))
        for flight in started:
            self._wait_for(flight, wait)

    def peek(self, source: Source[T]) -> Reading[T]:
        """Return what is held of a source; starts no refresh and counts no read."""
        with self._lock:
            return self._memory.reading(source, refreshing=source.key in self._flights)

    def take_over(self) -> None:
        """Take over what other replicas have written since the last call: one small question for all."""
        sources = list(self._sources.values())
        if self._storage is None or not sources:
            return
        written = self._storage.sequences([source.key for source in sources])
        for source, sequence in zip(sources, written, strict=True):
            with self._lock:
                is_news = sequence > self._written.get(source.key, 0)
                if is_news and source.key not in self._flights:
                    self._written[source.key] = sequence
                    self._flight(source, is_take_over=True)

    def _wait_for(self, flight: Flight, seconds: float) -> None:
        until = flight.started + seconds
        wait_for_all([flight.landed], timeout=max(0.0, until - self._clock.monotonic()))

    def _join(self, source: Source[Any], force_refresh: bool) -> tuple[Flight, bool] | None:
        """Start or join a flight where one is due; return it, and whether the reader has to wait for it."""
        if force_refresh and isinstance(forced := self._force(source), Flight):
            return forced, True
        with self._lock:
            decision = self._memory.decide(source, refreshing=source.key in self._flights)
            return None if decision is Decision.SERVE else (self._flight(source), decision is Decision.FETCH)

    def _force(self, source: Source[Any]) -> Flight | float:
        """Return the forced flight, or the seconds before the next one is allowed, for all replicas together."""
        with self._forcing:  # so that Redis is asked once, whatever the number of callers
            with self._lock:
                is_under_way, left = source.key in self._flights, self._refused_for(source.key)
                if is_under_way or (left <= 0 and self._storage is None):
                    return self._forced_flight(source)
            if left > 0 or self._storage is None:
                return left
            left = self._storage.claim_refresh(source.key, FORCED_REFRESH_SECONDS)
            with self._lock:
                if left <= 0:
                    return self._forced_flight(source)
                self._forced_at[source.key] = self._clock.monotonic() + left - FORCED_REFRESH_SECONDS
                return left

    def _forced_flight(self, source: Source[Any]) -> Flight:
        self._forced_at[source.key] = self._clock.monotonic()
        return self._flight(source, is_forced=True)

    def _refused_for(self, key: str) -> float:
        """Return the seconds before another forced refresh is allowed, whatever pause a failing source has."""
        allowed_at = self._forced_at.get(key, -math.inf) + FORCED_REFRESH_SECONDS
        return max(0.0, allowed_at - self._clock.monotonic())

    def _flight(self, source: Source[Any], is_forced: bool = False, is_take_over: bool = False) -> Flight:
        """Return the flight of this source, started if none is under way. The caller holds the lock."""
        flight = self._flights.get(source.key)
        if flight is not None:
            flight.is_forced |= is_forced
            flight.is_take_over &= is_take_over
            return flight
        self._sources[source.key] = source
        self._sequence += 1
        flight = Flight(self._sequence, self._clock.monotonic(), is_forced, is_take_over)
        self._flights[source.key] = flight
        thread = threading.Thread(target=self._fly, args=(source, flight), name=f"fetch-{source.key}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no thread is left: readers get what is held
            log.error("no thread to fetch with source=%s error=%s", source.key, error)
            self._memory.record_failure(source, "The server has no room to fetch it.")
            self._land(source, flight)
        return flight

    def _land(self, source: Source[Any], flight: Flight) -> None:
        with self._lock:
            del self._flights[source.key]
        flight.landed.set_result(None)

    def _fly(self, source: Source[Any], flight: Flight) -> None:
        """Renew one source from Redis or upstream; runs in the flight's thread."""
        try:
            is_renewed = self._renew_from_storage(source, flight)
            if flight.is_forced or not (is_renewed or flight.is_take_over):
                self._renew_in_turn(source, flight)
        except SourceError as error:
            self._memory.record_failure(source, str(error), error.retry_after)
        except Exception as error:  # after a bug too the readers get the last good data
            log.exception("refresh broke source=%s", source.key)
            self._memory.record_failure(source, f"Reading the answer failed ({type(error).__name__}).")
        finally:
            self._land(source, flight)

    def _renew_in_turn(self, source: Source[Any], flight: Flight) -> None:
        """Fetch from upstream, one process at a time; a process that had to wait takes what the other one fetched."""
        give_back, has_waited = self._lease(source)
        try:
            is_renewed = (has_waited or not flight.is_forced) and self._renew_from_storage(source, flight)
            if not is_renewed:
                self._renew_from_upstream(source, flight)
        finally:
            give_back()

    def _lease(self, source: Source[Any]) -> tuple[GiveBack, bool]:
        """Wait for the right to fetch; return how to give it back, and whether another process had it.

        With nothing to show the wait is short; with stale data it lasts as long as the lease lives.
        """
        if self._storage is None:
            return no_lease, False
        is_urgent = self._memory.shown(source)[0] is None
        patience = LOCK_PATIENCE_SECONDS if is_urgent else self._lease_seconds
        for attempt in range(math.ceil(patience / LOCK_POLL_SECONDS)):
            give_back = self._storage.lease(source.key, self._lease_seconds)
            if give_back is not None:
                return give_back, attempt > 0
            if attempt == 0:
                self._memory.count(source.key, Event.LOCK_WAIT)
            self._polling.wait(LOCK_POLL_SECONDS)
        return no_lease, True

    def _renew_from_storage(self, source: Source[Any], flight: Flight, is_overruled: bool = False) -> bool:
        """Take over what another process fetched, if newer; return whether it is fresh, so that the flight can end.

        ``is_overruled``: Redis refused our body, as it holds that of a fetch that started later.
        """
        stored = self._storage.read(source.key) if self._storage else None
        if stored is None or stored.origin not in source.urls:
            return False
        held = self._memory.latest(source.key)
        is_news = held is None or stored.fetched_at > held.fetched_at + SAME_FETCH_SECONDS
        if not is_news and not is_overruled:
            return False
        age = max(0.0, self._clock.wall() - stored.fetched_at)
        if age > source.policy.limit:
            return False
        try:
            self._memory.install(source, stored, born=self._clock.monotonic() - age, sequence=flight.sequence)
        except SourceError as error:
            log.warning("stored body ignored source=%s error=%s", source.key, error)
            return False
        self._memory.count(source.key, Event.REDIS_HIT)
        return age < source.policy.ttl

    def _renew_from_upstream(self, source: Source[Any], flight: Flight) -> None:
        number = self._storage.next_sequence(source.key) if self._storage else None
        self._memory.count(source.key, Event.FETCH)
        body, origin, parsed, seconds = self._fetch_first_usable(source)
        fetched_at, now = self._clock.wall(), self._clock.monotonic()
        stored = StoredBody(body, origin, fetched_at, fetched_at, None)
        entry = self._memory.install(source, stored, born=now, sequence=flight.sequence, parsed=parsed)
        doubt = self._memory.shown(source)[1]
        if doubt is not None:
            self._observe(source.key, origin, "suspicious", seconds)
            self._memory.count(source.key, Event.FAILURE)
            log.warning("answer not believed source=%s reason=%s", source.key, doubt)
            return
        outcome: Outcome = "new" if entry.unchanged_since == fetched_at else "unchanged"
        self._observe(source.key, origin, outcome, seconds)
        log.info(
            "fetch source=%s endpoint=%s outcome=%s ms=%d bytes=%d kept=%s dropped=%d",
            source.key, without_secrets(origin), outcome, seconds * 1000, len(body), entry.kept, entry.dropped,
        )  # fmt: skip
        if self._storage and number is not None:
            kept = stored._replace(unchanged_since=entry.unchanged_since, changed_at=entry.changed_at)
            if self._storage.write(source.key, kept, source.policy.limit, number):
                self._written[source.key] = number
            else:
                self._renew_from_storage(source, flight, is_overruled=True)

    def _fetch_first_usable(self, source: Source[Any]) -> tuple[bytes, str, Parsed[Any], float]:
        """Ask the source's URLs in order; return body, URL, value, and the seconds of the last one, parsing included.

        Raises the first URL's error when no URL gives anything usable.
        """
        first_error: SourceError | None = None
        held, _ = self._memory.shown(source)
        urls = source.urls if held is None or held.origin != source.urls[0] else source.urls[:1]
        for url in urls:
            started = self._clock.monotonic()
            try:
                body = self._fetch(url)
                parsed = self._memory.parse(source, body)
                return body, url, parsed, self._clock.monotonic() - started
            except SourceError as error:
                seconds = self._clock.monotonic() - started
                self._observe(source.key, url, "failed", seconds)
                is_our_fault = isinstance(error, StatusError) and not error.is_outage
                log.log(
                    logging.ERROR if is_our_fault else logging.WARNING,
                    "fetch source=%s endpoint=%s outcome=failed ms=%d error=%s cause=%r",
                    source.key, without_secrets(url), seconds * 1000, error, error.__cause__,
                )  # fmt: skip
                first_error = first_error or error
        raise first_error or SourceError("The source has no address.")
