"""DualLayerCache: memory always, Redis when configured, one flight a source, and honest ages.

A read is answered from memory. Redis and the network are only asked inside a *flight*: one background thread a
source at a time, that readers with nothing to show wait for, briefly. Data past its TTL is served at once, marked
stale, while a flight renews it; when a flight fails, the last good data stays and the source is left alone for a
growing while. Ages count from ``fetched_at`` wherever the data came from, so layers never add up.
"""

from __future__ import annotations

import hashlib
import logging
import math
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from horde_core.errors import SourceError
from horde_core.freshness import Clock, Decision, State, decide
from horde_core.parsing import Parsed
from horde_core.readings import Reading, RefreshOutcome, Source
from horde_core.storage import Storage, StoredBody

log = logging.getLogger(__name__)

FORCED_REFRESH_SECONDS = 10.0
"""How long a source is left alone after a forced refresh, for the whole app."""

LONGEST_RETRY_AFTER_SECONDS = 86_400.0
"""A day: no server's wish to be left alone is honoured for longer without asking again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value held in memory. Times are Unix seconds, but for ``born``, which is monotonic.

    ``digest`` is of the last body, ``content`` of the body that first held this value: the API's order varies.
    """

    value: T
    digest: str
    content: str
    origin: str
    dropped: int
    fetched_at: float
    unchanged_since: float
    changed_at: float | None
    born: float
    sequence: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last refresh gave nothing. Times are monotonic; ``asked_until`` is what the server itself asked for.

    ``suspect`` is a value that is not believed until a second answer agrees.
    """

    message: str
    count: int
    retry_at: float
    asked_until: float
    suspect: Any = None


@dataclass(slots=True)
class _Flight:
    """A fetch under way. A forced refresh that joins makes it ask upstream, whatever Redis holds."""

    sequence: int
    started: float
    is_forced: bool
    landed: Future[None] = field(default_factory=Future)


class DualLayerCache:
    """Reads sources through memory, Redis (``storage``) and ``fetch``. Thread-safe; reads never raise."""

    def __init__(
        self,
        fetch: Callable[[str], bytes],
        storage: Storage | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._fetch = fetch
        self._storage = storage
        self._clock = clock or Clock()
        self._jitter = jitter
        self._lock = threading.RLock()
        self._entries: dict[str, Entry[Any]] = {}
        self._failures: dict[str, Failure] = {}
        self._flights: dict[str, _Flight] = {}
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

        A source with nothing to show is waited for, at most ``wait`` seconds from the start of its flight and for
        all sources together; afterwards, and while it is known to be failing, it reads as unavailable at once and the
        fetch goes on behind. ``force_refresh`` asks upstream whatever the age (not more often than every 10 s a
        source) and waits for that in the same way. ``patience`` is for who can wait: seconds, for all sources
        together, that a refresh under way is given before stale data is served.
        """
        joined = [self._start_if_needed(source, force_refresh) for source in sources]
        for flight, is_awaited in filter(None, joined):
            until = flight.started + (wait if is_awaited else patience)
            wait_for_all([flight.landed], timeout=max(0.0, until - self._clock.monotonic()))
        return [self._reading(source) for source in sources]

    def refresh(self, sources: Sequence[Source[Any]], wait: float) -> list[RefreshOutcome]:
        """Force a reload of the sources and say what came of each."""
        before = {source.key: self._reading(source) for source in sources}
        refused = {source.key: left for source in sources if (left := self._refused_for(source.key)) > 0}
        allowed = [source for source in sources if source.key not in refused]
        after = dict(zip((s.key for s in allowed), self.read_all(allowed, wait, force_refresh=True), strict=True))
        return [
            RefreshOutcome(source.title, "refused", retry_in=refused[source.key])
            if source.key in refused
            else _outcome(before[source.key], after[source.key])
            for source in sources
        ]

    def _start_if_needed(self, source: Source[Any], force_refresh: bool) -> tuple[_Flight, bool] | None:
        """Start or join a flight where one is due, and say whether the reader has to wait for it."""
        now = self._clock.monotonic()
        with self._lock:
            if force_refresh and self._refused_for(source.key) <= 0:
                self._forced_at[source.key] = now
                return self._flight(source, is_forced=True), True
            decision = decide(self._age(source.key), source.policy)
            if decision is Decision.SERVE:
                return None
            failure = self._failures.get(source.key)
            paused = failure is not None and now < failure.retry_at
            if paused and source.key not in self._flights:
                return None
            has_nothing_to_show = source.policy.ttl == 0 or decision is Decision.FETCH
            is_awaited = has_nothing_to_show and failure is None
            return self._flight(source, is_forced=False), is_awaited

    def _refused_for(self, key: str) -> float:
        """Seconds before a forced refresh is possible: one was just made, or the server asked to be left alone."""
        if key in self._flights:
            return 0.0
        failure = self._failures.get(key)
        allowed_at = max(
            self._forced_at.get(key, -math.inf) + FORCED_REFRESH_SECONDS, failure.asked_until if failure else -math.inf
        )
        return max(0.0, allowed_at - self._clock.monotonic())

    def _flight(self, source: Source[Any], is_forced: bool) -> _Flight:
        """Return the flight of this source, starting one when none is under way. Called with the lock held."""
        flight = self._flights.get(source.key)
        if flight is not None:
            flight.is_forced |= is_forced
            return flight
        self._sequence += 1
        flight = self._flights[source.key] = _Flight(self._sequence, self._clock.monotonic(), is_forced)
        thread = threading.Thread(target=self._fly, args=(source, flight), name=f"fetch-{source.key}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the machine has no thread left: readers get what there is
            log.error("no thread to fetch with source=%s error=%s", source.key, error)
            self._record_failure(source, "The server has no room to fetch it.")
            self._land(source, flight)
        return flight

    def _land(self, source: Source[Any], flight: _Flight) -> None:
        with self._lock:
            del self._flights[source.key]
        flight.landed.set_result(None)

    def _fly(self, source: Source[Any], flight: _Flight) -> None:
        """Renew one source from Redis or from upstream; the body of the flight's thread."""
        try:
            is_renewed = not flight.is_forced and self._renew_from_storage(source, flight.sequence)
            if flight.is_forced or not is_renewed:
                self._renew_from_upstream(source, flight.sequence)
        except SourceError as error:
            self._record_failure(source, str(error), error.retry_after)
        except Exception as error:  # a bug must strand neither the readers nor the last good data
            log.exception("refresh broke source=%s", source.key)
            self._record_failure(source, f"Reading the answer failed ({type(error).__name__}).")
        finally:
            self._land(source, flight)

    def _renew_from_storage(self, source: Source[Any], sequence: int) -> bool:
        """Take over what another process fetched, when it is newer than ours; True when that is fresh."""
        stored = self._storage.read(source.key) if self._storage else None
        if stored is None or stored.origin not in source.urls:
            return False
        held = self._entries.get(source.key)
        if held is not None and stored.fetched_at <= held.fetched_at:
            return False
        age = max(0.0, self._clock.wall() - stored.fetched_at)
        if age > source.policy.limit:
            return False
        try:
            self._install(source, stored, born=self._clock.monotonic() - age, sequence=sequence)
        except SourceError as error:
            log.warning("stored body ignored source=%s error=%s", source.key, error)
            return False
        return age < source.policy.ttl

    def _renew_from_upstream(self, source: Source[Any], sequence: int) -> None:
        started = self._clock.monotonic()
        body, origin, parsed = self._fetch_first_usable(source)
        fetched_at, now = self._clock.wall(), self._clock.monotonic()
        held = self._held_within_limit(source)
        if held is not None and source.suspicious(held.value, parsed.data) and not self._agrees(source, parsed.data):
            self._record_failure(
                source, "The server sent an empty list; waiting for a second answer.", suspect=parsed.data
            )
            return
        stored = StoredBody(body, origin, fetched_at, fetched_at, None)
        entry = self._install(source, stored, born=now, sequence=sequence, parsed=parsed)
        log.info(
            "fetched source=%s ms=%d bytes=%d dropped=%d changed=%s",
            source.key, (now - started) * 1000, len(body), parsed.dropped, entry.unchanged_since == fetched_at,
        )  # fmt: skip
        if self._storage:
            kept = stored._replace(unchanged_since=entry.unchanged_since, changed_at=entry.changed_at)
            self._storage.write(source.key, kept, source.policy.limit)

    def _agrees(self, source: Source[Any], value: Any) -> bool:
        """Whether the last answer was suspicious in the same way."""
        failure = self._failures.get(source.key)
        if failure is None or failure.suspect is None:
            return False
        return not source.suspicious(failure.suspect, value) and not source.suspicious(value, failure.suspect)

    def _fetch_first_usable(self, source: Source[Any]) -> tuple[bytes, str, Parsed[Any]]:
        """Ask the source's URLs in order; raises the first URL's error when none gives anything usable."""
        first_error: SourceError | None = None
        held = self._held_within_limit(source)
        urls = source.urls if held is None or held.origin != source.urls[0] else source.urls[:1]
        for url in urls:
            try:
                body = self._fetch(url)
                return body, url, self._parse(source, body)
            except SourceError as error:
                log.warning("fetch failed source=%s url=%s error=%s cause=%r", source.key, url, error, error.__cause__)
                first_error = first_error or error
        raise first_error or SourceError("The source has no address.")

    def _parse(self, source: Source[Any], body: bytes) -> Parsed[Any]:
        """Parse a body, unless it is the one that is held: large bodies change once a day and come each minute."""
        held = self._entries.get(source.key)
        if held is not None and held.digest == _digest_of(body):
            return Parsed(held.value, held.dropped)
        return source.parse(body)

    def _install(
        self,
        source: Source[Any],
        stored: StoredBody,
        born: float,
        sequence: int,
        parsed: Parsed[Any] | None = None,
    ) -> Entry[Any]:
        """Put a body into memory, unless a later fetch has come in before."""
        parsed = parsed or self._parse(source, stored.body)
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

    def _record_failure(
        self, source: Source[Any], message: str, retry_after: float | None = None, suspect: Any = None
    ) -> None:
        """Note why a refresh gave nothing, and until when to leave the source alone."""
        with self._lock:
            previous, now = self._failures.get(source.key), self._clock.monotonic()
            count = previous.count + 1 if previous else 1
            pause = source.policy.pause(count, self._jitter())
            asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS)
            if suspect is not None:
                pause = source.policy.ttl  # the server's own cache would give the same answer before
            pause = max(pause, asked)
            self._failures[source.key] = Failure(message, count, now + pause, now + asked, suspect)
        log.warning("refresh failed source=%s failures=%d pause=%.1f error=%s", source.key, count, pause, message)

    def _age(self, key: str) -> float | None:
        """Seconds since the body arrived, by the clock that never steps: the wall clock makes nothing young or old."""
        entry = self._entries.get(key)
        return None if entry is None else max(self._clock.monotonic() - entry.born, 0.0)

    def _held_within_limit(self, source: Source[T]) -> Entry[T] | None:
        age = self._age(source.key)
        return self._entries.get(source.key) if age is not None and age <= source.policy.limit else None

    def _reading(self, source: Source[T]) -> Reading[T]:
        with self._lock:
            entry, failure = self._held_within_limit(source), self._failures.get(source.key)
            age, refreshing = self._age(source.key), source.key in self._flights
        error = failure.message if failure else None
        retry_in = max(0.0, failure.retry_at - self._clock.monotonic()) if failure else None
        if entry is None or age is None:
            return Reading(
                source.key, source.title, None, State.UNAVAILABLE, refreshing=refreshing, error=error, retry_in=retry_in
            )
        is_within_ttl = age < source.policy.ttl or (source.policy.ttl == 0 and not refreshing)
        return Reading(
            key=source.key,
            title=source.title,
            value=entry.value,
            state=State.FRESH if is_within_ttl and failure is None else State.STALE,
            content=entry.content,
            origin=entry.origin,
            dropped=entry.dropped,
            age=age,
            fetched_at=entry.fetched_at,
            unchanged_since=entry.unchanged_since,
            changed_at=entry.changed_at,
            refreshing=refreshing,
            error=error,
            retry_in=retry_in,
        )


def _digest_of(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def _outcome(before: Reading[Any], after: Reading[Any]) -> RefreshOutcome:
    if after.refreshing:
        return RefreshOutcome(after.title, "pending")
    if after.error is not None:
        return RefreshOutcome(after.title, "failed", error=after.error, retry_in=after.retry_in)
    return RefreshOutcome(after.title, "unchanged" if after.content == before.content else "new")
