"""DualLayerCache: memory always, Redis when configured, one flight a source, and honest ages.

A read is answered from memory. Redis and the network are only asked inside a *flight*: one background thread a
source at a time, that readers with nothing to show wait for, briefly. Data past its TTL is served at once, marked
stale, while a flight renews it; when a flight fails, the last good data stays and the source is left alone for a
growing while. Ages count from ``fetched_at`` wherever the data came from, so layers never add up.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from horde_core.errors import SourceError
from horde_core.freshness import Clock, Decision, State, decide
from horde_core.parsing import Parsed
from horde_core.readings import Reading, RefreshOutcome, Source
from horde_core.storage import Storage, StoredBody

log = logging.getLogger(__name__)

FORCED_REFRESH_SECONDS = 10.0
"""How long a source is left alone after a forced refresh, for the whole app."""

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
    """Why the last refresh gave nothing; ``retry_at`` is monotonic."""

    message: str
    at: float
    count: int
    retry_at: float
    suspect: bool = False


class _Joined(NamedTuple):
    """A flight that a reader takes part in: when it started (monotonic), and whether there is nothing to show yet."""

    landed: Future[None]
    started: float
    is_awaited: bool


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
        self._flights: dict[str, tuple[Future[None], float]] = {}
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
        now = self._clock.monotonic()
        flights = [flight for source in sources if (flight := self._start_if_needed(source, force_refresh))]
        for flight in flights:
            until = min(now, flight.started) + wait if flight.is_awaited else now + patience
            wait_for_all([flight.landed], timeout=max(0.0, until - self._clock.monotonic()))
        return [self._reading(source) for source in sources]

    def refresh(self, sources: Sequence[Source[Any]], wait: float) -> list[RefreshOutcome]:
        """Force a reload of the sources and say what came of each."""
        before = {source.key: self._reading(source) for source in sources}
        refused = {source.key: left for source in sources if (left := self._forced_left(source.key)) > 0}
        allowed = [source for source in sources if source.key not in refused]
        after = dict(zip((s.key for s in allowed), self.read_all(allowed, wait, force_refresh=True), strict=True))
        return [
            RefreshOutcome(source.title, "refused", retry_in=refused[source.key])
            if source.key in refused
            else _outcome(before[source.key], after[source.key])
            for source in sources
        ]

    def _start_if_needed(self, source: Source[Any], force_refresh: bool) -> _Joined | None:
        """Start or join a flight where one is due, and say whether the reader has to wait for it."""
        now = self._clock.monotonic()
        with self._lock:
            if force_refresh and source.key in self._flights:
                return _Joined(*self._flights[source.key], is_awaited=True)
            if force_refresh and self._forced_left(source.key) <= 0:
                self._forced_at[source.key] = now
                return _Joined(*self._flight(source, forced=True), is_awaited=True)
            decision = decide(self._age(source.key), source.policy)
            if decision is Decision.SERVE:
                return None
            failure = self._failures.get(source.key)
            paused = failure is not None and now < failure.retry_at
            if paused and source.key not in self._flights:
                return None
            has_nothing_to_show = source.policy.ttl == 0 or decision is Decision.FETCH
            is_awaited = has_nothing_to_show and failure is None
            return _Joined(*self._flight(source, forced=False), is_awaited)

    def _forced_left(self, key: str) -> float:
        forced_at = self._forced_at.get(key)
        if forced_at is None:
            return 0.0
        return max(0.0, forced_at + FORCED_REFRESH_SECONDS - self._clock.monotonic())

    def _flight(self, source: Source[Any], forced: bool) -> tuple[Future[None], float]:
        """Return the flight of this source, starting one when none is under way. Called with the lock held."""
        if source.key not in self._flights:
            self._sequence += 1
            future: Future[None] = Future()
            self._flights[source.key] = (future, self._clock.monotonic())
            threading.Thread(
                target=self._fly,
                args=(source, self._sequence, forced, future),
                name=f"fetch-{source.key}",
                daemon=True,
            ).start()
        return self._flights[source.key]

    def _fly(self, source: Source[Any], sequence: int, forced: bool, future: Future[None]) -> None:
        """Renew one source from Redis or from upstream; the body of the flight's thread."""
        try:
            if forced or not self._renew_from_storage(source, sequence):
                self._renew_from_upstream(source, sequence)
        except SourceError as error:
            self._record_failure(source, str(error), error.retry_after)
        except Exception as error:  # a bug must strand neither the readers nor the last good data
            log.exception("refresh broke source=%s", source.key)
            self._record_failure(source, f"Reading the answer failed ({type(error).__name__}).", None)
        finally:
            with self._lock:
                del self._flights[source.key]
            future.set_result(None)

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
        self._install(source, stored, born=self._clock.monotonic() - age, sequence=sequence)
        return age < source.policy.ttl

    def _renew_from_upstream(self, source: Source[Any], sequence: int) -> None:
        started = self._clock.monotonic()
        body, origin, parsed = self._fetch_first_usable(source)
        fetched_at, now = self._clock.wall(), self._clock.monotonic()
        held = self._held_within_limit(source)
        if held is not None and source.suspicious(held.value, parsed.data):
            failure = self._failures.get(source.key)
            if failure is None or not failure.suspect:
                self._record_failure(
                    source, "The server sent an empty list; waiting for a second answer.", None, suspect=True
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

    def _fetch_first_usable(self, source: Source[Any]) -> tuple[bytes, str, Parsed[Any]]:
        """Ask the source's URLs in order; raises the first URL's error when none gives anything usable."""
        first_error: SourceError | None = None
        urls = source.urls if self._held_within_limit(source) is None else source.urls[:1]
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
        self, source: Source[Any], message: str, retry_after: float | None, suspect: bool = False
    ) -> None:
        with self._lock:
            previous = self._failures.get(source.key)
            count = previous.count + 1 if previous else 1
            pause = max(source.policy.pause(count, self._jitter()), retry_after or 0.0)
            self._failures[source.key] = Failure(
                message, self._clock.wall(), count, self._clock.monotonic() + pause, suspect
            )
        log.warning("refresh failed source=%s failures=%d pause=%.1f error=%s", source.key, count, pause, message)

    def _age(self, key: str) -> float | None:
        """Seconds since the body arrived, by whichever clock says more: a stepped wall clock makes nothing young."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        return max(self._clock.wall() - entry.fetched_at, self._clock.monotonic() - entry.born, 0.0)

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
    if after.error is not None:
        return RefreshOutcome(after.title, "failed", error=after.error, retry_in=after.retry_in)
    if after.fetched_at == before.fetched_at:
        return RefreshOutcome(after.title, "pending")
    return RefreshOutcome(after.title, "unchanged" if after.content == before.content else "new")
