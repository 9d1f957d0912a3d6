"""Recorder: looks at the cache once a minute, and records what is news, as the one writer of the deployment."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from horde_core.cache.freshness import Clock, State
from horde_core.cache.source import Reading, Source
from horde_core.history import tables
from horde_core.history.recording.sample import Sample, day_of, last_stretches
from horde_core.history.recording.slot import FUTURE_SECONDS, check_clock, write_slot
from horde_core.history.retention import purge
from horde_core.history.state import HistoryState
from horde_core.history.store import BrokenFileError, Store, StoreError, insert_into
from horde_core.history.writer_lock import WriterLock
from horde_core.live.integration import HordeAPIIntegration

log = logging.getLogger(__name__)

USAGE_SECONDS = 3600
"""Usage is compiled once a day: it is asked for once an hour, and recorded when a visitor's fetch brings a new one."""

PATIENCE_SECONDS = 20.0
"""How long a look waits for what it asks for; what comes later is found by the next one."""

PURGE_SECONDS = 3 * 3600
"""Seconds after midnight, UTC, at which old rows are deleted."""


class Recorder:
    """Records what an integration's cache holds into a store. One thread calls it; ``state`` may be read by any.

    Every look reads from the database what it compares with, so that another writer before or after it does no harm.
    """

    def __init__(self, horde: HordeAPIIntegration, store: Store, clock: Clock | None = None) -> None:
        self._horde = horde
        self._store = store
        self._wall = (clock or Clock()).wall
        self._lock = None if store.path is None else WriterLock(store.path.with_name(f"{store.path.name}.lock"))
        self._is_prepared = False
        self._content: dict[str, str] = {}
        self.state = HistoryState(is_on=True)
        settings = horde.settings
        live: list[Source[Any]] = [*horde.status_sources.values(), horde.workers_source, *horde.network_sources]
        self._intervals: list[tuple[Source[Any], int]] = [
            *((source, settings.history_interval_seconds) for source in live if source.key != "modes"),
            *((source, USAGE_SECONDS) for source in horde.usage_sources.values()),
            *((one, max(60, int(settings.reference_cache_ttl))) for one in horde.reference.sources.values()),
        ]

    def look(self) -> None:
        """Record what is news. Never raises :class:`StoreError`: what goes wrong is told by ``state``."""
        before = self.state.trouble
        try:
            try:
                self._look()
            except BrokenFileError:
                self._set_aside()
                self._look()
        except StoreError as error:
            self._tell(self.state.is_writer, str(error))
            if str(error) != before:
                log.warning("history trouble: %s", error, exc_info=error.__cause__)

    def _look(self) -> None:
        is_writer = self._is_writer()
        if is_writer:
            self._record()
        self._tell(is_writer, None)

    def close(self) -> None:
        """Close the database, and let another process write."""
        self._store.close()
        if self._lock is not None:
            self._lock.release()

    def _is_writer(self) -> bool:
        """Whether this process writes; the first time that it does, the tables are made or brought up to date."""
        if self._store.path is not None and self._lock is not None:
            try:
                self._store.path.parent.mkdir(parents=True, exist_ok=True)
                if not self._lock.acquire():
                    self._is_prepared = False
                    return False
            except OSError as error:
                message = f"The history cannot be written: {error.strerror} ({self._store.path})"
                raise StoreError(message) from error
        if self._is_prepared and self._store.is_replaced:
            self._note("The file of the history was deleted or replaced while it was in use")
            self._is_prepared = False
        if not self._is_prepared:
            self._store.prepare()
            self._is_prepared = True
            log.info("history is kept in %s", self._store.url.render_as_string(hide_password=True))
        return True

    def _set_aside(self) -> None:
        aside = self._store.set_aside()
        self._is_prepared = False
        if aside is not None:
            self._note(f"The file of the history was damaged; it was set aside as {aside.name}, and a new one begun")

    def _note(self, note: str) -> None:
        self.state = replace(self.state, note=note)
        log.warning("%s", note)

    def _record(self) -> None:
        now = self._wall()
        with self._store.reading() as connection:
            stretches = last_stretches(connection)
            purged = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "purged")).scalar()
        check_clock(stretches, now)
        last = {source: stretch.ended for source, stretch in stretches.items()}
        due = [one for one, interval in self._intervals if now // interval > last.get(one.key, -1) // interval]
        if due:
            self._horde.read(due, wait=PATIENCE_SECONDS, patience=PATIENCE_SECONDS)
        samples = self._samples({source.key for source in due})
        if samples:
            with self._store.writing() as connection:
                write_slot(connection, samples, self._wall())
                _set(connection, "writer", f"{socket.gethostname()}:{os.getpid()}")
            self._content |= {key: reading.content for key, reading in self._usage()}
        today = day_of(int(now - PURGE_SECONDS))
        if purged is None or int(purged) < today:
            deleted = purge(self._store, self._horde.settings, now) if purged is not None else 0
            with self._store.writing() as connection:
                _set(connection, "purged", str(today))
            log.info("history purged rows=%d", deleted)

    def _samples(self, due: set[str]) -> list[Sample]:
        """What is held of the sources that are due, and of usage that has changed; nothing stale or doubtful."""
        changed = {key for key, reading in self._usage() if reading.content != self._content.get(key)}
        found = []
        for source, interval in self._intervals:
            reading = self._horde.cache.peek(source)
            if source.key in due | changed and self._is_good(reading):
                is_first = reading.origin == source.urls[0]
                found.append(Sample(source.key, int(reading.fetched_at or 0), reading.value, interval, is_first))
        return found

    def _usage(self) -> list[tuple[str, Reading[Any]]]:
        return [(source.key, self._horde.cache.peek(source)) for source in self._horde.usage_sources.values()]

    def _is_good(self, reading: Reading[Any]) -> bool:
        if reading.state is not State.FRESH or reading.is_suspicious or reading.fetched_at is None:
            return False
        # Where the clock was stepped since it was fetched, its time is not known.
        return abs(self._wall() - (reading.age or 0.0) - reading.fetched_at) <= FUTURE_SECONDS

    def _tell(self, is_writer: bool, trouble: str | None) -> None:
        self.state = replace(self.state, is_writer=is_writer, trouble=trouble)


def _set(connection: Connection, key: str, value: str) -> None:
    insert = insert_into(connection.dialect.name, tables.meta).values(key=key, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=[tables.meta.c.key], set_={"value": value}))
