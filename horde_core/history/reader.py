"""HistoryReader: what was recorded, for pages, routes and the command line; read once for all visitors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.names.matching import NameIndex
from horde_core.analytics.network import Kind as WorkKind
from horde_core.audit import LastSeen, Recorded
from horde_core.cache.freshness import Clock
from horde_core.history.keeper import HistoryKeeper
from horde_core.history.reading.attribution import Attribution
from horde_core.history.reading.coverage import Coverage, read_every_coverage
from horde_core.history.reading.days import Days
from horde_core.history.reading.events import ReferenceEvent, read_events
from horde_core.history.reading.last_seen import last_seen, read_last_served, read_last_used
from horde_core.history.reading.network import (
    Figure,
    Headline,
    NetworkHistory,
    read_headlines,
    read_network,
    sources_of,
)
from horde_core.history.reading.series import DAY, MINUTE, Change, Point, Range, Series, Span, Step, span_of, unknown
from horde_core.history.reading.serving import Serving, read_serving
from horde_core.history.reading.status import NOTHING_YET, OFF, HistoryStatus, read_status
from horde_core.history.reading.usage import (
    Usage,
    changes,
    months_of,
    most_used,
    read_days,
    stacked,
    sum_of_all,
    sums_by,
    sums_of,
)
from horde_core.history.reading.workers import Presence, WorkersByDay, read_presence, read_workers_by_day
from horde_core.history.shared_readings import (
    NOTHING,
    SharedReadings,
    Written,
    covered_until,
    what_was_written,
)
from horde_core.history.state import HistoryState
from horde_core.history.store import Store, StoreError
from horde_core.live.integration import HordeAPIIntegration
from horde_core.vocabulary import ModelType, WorkerType

log = logging.getLogger(__name__)

LOOK_SECONDS = 5 * MINUTE
"""What ends "now" ends at the next whole 5 minutes, so that visitors share it."""

SPARK_DAYS = 30

Period = Range | Span
T = TypeVar("T")


class MonthLine(NamedTuple):
    """Requests by day of the last 30 days known, and the API's own sum of them against that of 30 days before."""

    points: tuple[Point, ...]
    change: Change


class HistoryReader:
    """The history of one integration. Thread-safe; answers are immutable and shared.

    A period is one of :data:`~horde_core.history.reading.series.RANGE_DAYS`, which ends now, or a
    :class:`~horde_core.history.reading.series.Span`. Names are attributed to models by the index given: that of the
    snapshot on screen. While no history is kept or can be read, every answer is unknown; :meth:`status` says why.
    """

    def __init__(
        self,
        store: Store | None,
        clock: Clock | None = None,
        worker_days: int = 90,
        keeping: Callable[[], HistoryState] = lambda: HistoryState(is_on=True),
    ) -> None:
        self._store = store
        self._clock = clock or Clock()
        self._worker_days = worker_days
        self._keeping = keeping
        self._results = SharedReadings()
        self._attributions: WeakKeyDictionary[NameIndex, Attribution] = WeakKeyDictionary()
        self._attributing = threading.Lock()
        self._told: str | None = None

    @classmethod
    @cache
    def of(cls, integration: HordeAPIIntegration) -> HistoryReader:
        """Return the history of an integration, the same object each time."""
        settings = integration.settings
        store: Store | None = None
        if settings.history == "on" and integration.is_simulated:
            from horde_core.demo.horde import SEED, simulated_horde
            from horde_core.history.simulated.store import SimulatedStore

            store = SimulatedStore(simulated_horde(SEED), integration.clock.wall)
        elif settings.history == "on":
            store = Store(settings.history_url)
        keeper = HistoryKeeper.of(integration)
        return cls(store, integration.clock, settings.history_worker_days, lambda: keeper.state)

    def status(self) -> HistoryStatus:
        """Whether a history is kept, since when, and what is missing."""
        if self._store is None:
            return HistoryStatus("off", OFF)
        kept = self._keeping()
        try:
            with self._store.reading() as connection:
                found = read_status(connection, self._store.size(), self._now())
        except StoreError as error:
            if self._store.is_missing:
                return HistoryStatus("kept", (kept.trouble and f"{kept.trouble}.") or NOTHING_YET, note=kept.note)
            return HistoryStatus("unreadable", f"{error}.", note=kept.note)
        return replace(found, sentence=f"{kept.trouble}." if kept.trouble else found.sentence, note=kept.note)

    def usage(self, index: NameIndex, names: Sequence[str], period: Period) -> Usage:
        """Requests by day of models of the reference, or of names of the API, and of their category.

        A name that the reference does not list, and of which nothing was recorded, has only a gap.
        """

        def read(connection: Connection, written: Written) -> Usage:
            days, attribution = self._days(connection, written, index), self._attribution(connection, index)
            span = self._span(period, days.first)
            within = days.within(span)

            def series(name: str) -> Series:
                numbers = attribution.numbers(name)
                if numbers is None:
                    return Series(name, unknown(span))
                requests = sums_of(connection, days, {name: numbers}, within)[name]
                return Series(name, days.points(requests, within, span))

            return Usage(
                index.model_type,
                span,
                tuple(map(series, names)),
                self._total(connection, written, index, span),
                days.last,
            )

        return self._shared(("usage", index, tuple(names), period), (_usage(index),), read)

    def most_used(self, index: NameIndex, period: Period, most: int = 10) -> Usage:
        """Requests by day of the models with most of them, of all other models, and of names outside the reference."""

        def read(connection: Connection, written: Written) -> Usage:
            days, models = self._days(connection, written, index), self._attribution(connection, index).models
            span = self._span(period, days.first)
            within = days.within(span)
            # Kept by its days, which are the same until the next compile, and not by the minute.
            key = ("by model", index, written, within)
            sums = self._results.get(key, lambda: sums_by(connection, days, models.__getitem__, within))
            return stacked(index.model_type, days, sums, most_used(sums, within, most), span)

        return self._shared(("most used", index, period, most), (_usage(index),), read)

    def changes(self, index: NameIndex, days: int) -> Mapping[str | None, Change]:
        """Requests of every model in the last days up to a compile and in as many before; of the unlisted under None.

        A model without requests in both is left out.
        """

        def read(connection: Connection, written: Written) -> Mapping[str | None, Change]:
            known, models = self._days(connection, written, index), self._attribution(connection, index).models
            span = Span((known.last or 0) - days * DAY, known.last or 0)
            within = known.within(Span(span.before.begins, span.ends))
            sums = sums_by(connection, known, models.__getitem__, within)
            return changes(known, sums, span)

        return self._shared(("changes", index, days), (_usage(index),), read)

    def backends(self, index: NameIndex, period: Period) -> Usage:
        """Requests by day of each backend, by the names of its requests; most used first."""

        def read(connection: Connection, written: Written) -> Usage:
            days, attribution = self._days(connection, written, index), self._attribution(connection, index)
            span = self._span(period, days.first)
            within = days.within(span)
            sums = sums_by(connection, days, attribution.backends.__getitem__, within)
            return stacked(index.model_type, days, sums, most_used(sums, within, len(sums)), span)

        return self._shared(("backends", index, period), (_usage(index),), read)

    def month_lines(self, index: NameIndex, names: Sequence[str]) -> Mapping[str, MonthLine]:
        """The last 30 days of many models or unlisted names, and the change against the 30 days before.

        Names of which nothing is known are left out.
        """

        def read(connection: Connection, written: Written) -> Mapping[str, MonthLine]:
            days, attribution = self._days(connection, written, index), self._attribution(connection, index)
            ends = self._now() if days.last is None else days.last
            month = Span(ends - SPARK_DAYS * DAY, ends)
            within = days.within(month)
            recorded = {name: attribution.numbers(name) for name in names}
            groups = {name: numbers for name, numbers in recorded.items() if numbers is not None}
            sums = sums_of(connection, days, groups, within)
            now, before = (
                dict.fromkeys(groups) if number is None else months_of(connection, groups, number)
                for number in map(days.compile_at, (month.ends, month.begins))
            )  # fmt: skip
            return {
                name: MonthLine(days.points(sums[name], within, month), Change(now[name], before[name]))
                for name in groups
            }

        return self._shared(("month lines", index, tuple(names)), (_usage(index),), read)

    def last_seen(self, index: NameIndex, level: GroupLevel = "model") -> Recorded:
        """When each model of the reference was last used and served; by exact name each API name, too."""
        is_exact = level == "exact"

        def read(connection: Connection, written: Written) -> Recorded:
            days, attribution = self._days(connection, written, index), self._attribution(connection, index)
            covered = self._coverage(connection, written).get(f"status:{index.model_type}", _NEVER)

            def seen(names: Iterable[str], owners: Mapping[int, str | None]) -> dict[str, LastSeen]:
                used = read_last_used(connection, index.model_type, days, owners.__getitem__)
                served = read_last_served(connection, index.model_type, covered, owners.__getitem__)
                return last_seen(names, days, covered, used, served, self._now())

            models = seen(index.model_names, attribution.models)
            # A model without any API name now has a row of its own there, too.
            api_names = seen(attribution.names.values(), attribution.names) if is_exact else {}
            return Recorded(models | api_names, is_exact)

        return self._shared(("last seen", index, is_exact), (_usage(index), _names(index)), read)

    def serving(self, index: NameIndex, name: str, period: Period) -> Serving:
        """Threads and workers of a model or an unlisted name, and what waited for it."""

        def read(connection: Connection, written: Written) -> Serving:
            source = f"status:{index.model_type}"
            covered = self._coverage(connection, written).get(source, _NEVER)
            span = self._span(period, covered.since)
            names = self._attribution(connection, index).numbers(name)
            return read_serving(connection, names or (), covered if names is not None else _NEVER, source, span)

        return self._shared(("serving", index, name, period), (_names(index),), read)

    def network(self, kind: WorkKind, period: Period, before: bool = False, step: Step | None = None) -> NetworkHistory:
        """Figures of one kind of work, by the step that suits the period where none is given.

        ``before``: of as long a period that ends where this one begins.
        """

        def read(connection: Connection, written: Written) -> NetworkHistory:
            covered = self._covered(connection, written, kind)
            span = self._span(period, covered["workers"].since)
            return read_network(connection, kind, span.before if before else span, step or span.step, covered)

        return self._shared(("network", kind, period, before, step), ("network",), read)

    def headlines(self, kind: WorkKind) -> Mapping[Figure, Headline]:
        """Each figure of one kind of work over the last day, against yesterday and last week."""

        def read(connection: Connection, written: Written) -> Mapping[Figure, Headline]:
            return read_headlines(connection, kind, self._now(), self._covered(connection, written, kind))

        return self._shared(("headlines", kind), ("network",), read)

    def workers_by_day(self, of_type: WorkerType, period: Period) -> WorkersByDay:
        """Workers of a type that were seen, gained and lost each day."""

        def read(connection: Connection, written: Written) -> WorkersByDay:
            covered = self._coverage(connection, written).get("workers", _NEVER)
            return read_workers_by_day(connection, of_type, self._span(period, covered.since), covered)

        return self._shared(("workers", of_type, period), ("workers",), read)

    def presence(self, identity: str, period: Period) -> Presence:
        """When a worker was there, by its id; nothing older than ``HORDE_HISTORY_WORKER_DAYS`` is told."""

        def read(connection: Connection, written: Written) -> Presence:
            covered = self._coverage(connection, written).get("workers", _NEVER)
            span = self._span(period, covered.since)
            oldest = self._now() - self._worker_days * DAY
            return read_presence(connection, identity, span.cut(oldest, span.ends), covered)

        return self._shared(("presence", identity, period), ("workers",), read)

    def events(self, category: ModelType, period: Period) -> tuple[ReferenceEvent, ...]:
        """What changed in the reference of a category."""

        def read(connection: Connection, _: Written) -> tuple[ReferenceEvent, ...]:
            return read_events(connection, category, self._span(period, 0))

        return self._shared(("events", category, period), ("reference",), read)

    def generation(self, *parts: str) -> str:
        """What changes as soon as one of these parts does, or is covered further; the reason where none can be read.

        The parts are of :data:`~horde_core.history.tables.PARTS`.
        """
        if self._store is None:
            return OFF
        try:
            with self._store.reading(*parts) as connection:
                return f"{what_was_written(connection, parts)} until={covered_until(connection, parts)}"
        except StoreError as error:
            return str(error)

    def _now(self) -> int:
        now = int(self._clock.wall())
        return now + -now % LOOK_SECONDS

    def _span(self, period: Period, first: int | None) -> Span:
        return period if isinstance(period, Span) else span_of(period, self._now(), first)

    def _shared(self, key: tuple[Hashable, ...], parts: tuple[str, ...], read: Callable[[Connection, Written], T]) -> T:
        """Return what is read from these parts, once for all; of a history that cannot be read, nothing is known."""
        if self._store is not None:
            try:
                with self._store.reading(*parts) as connection:
                    written = what_was_written(connection, parts)
                    found = self._results.get((*key, self._now(), written), lambda: read(connection, written))
                self._told = None
                return found
            except StoreError as error:
                if self._told != str(error) and not self._store.is_missing:
                    log.warning("history cannot be read: %s", error)
                    self._told = str(error)
        with _nothing_recorded().reading() as connection:
            return self._results.get((*key, self._now(), NOTHING), lambda: read(connection, NOTHING))

    def _coverage(self, connection: Connection, written: Written) -> Mapping[str, Coverage]:
        return self._results.get(("coverage", self._now(), written), lambda: read_every_coverage(connection))

    def _covered(self, connection: Connection, written: Written, kind: WorkKind) -> dict[Figure, Coverage]:
        coverage = self._coverage(connection, written)
        return {figure: coverage.get(source, _NEVER) for figure, source in sources_of(kind).items()}

    def _days(self, connection: Connection, written: Written, index: NameIndex) -> Days:
        key = ("days", index.model_type, written.of(_usage(index)))
        return self._results.get(key, lambda: read_days(connection, index.model_type))

    def _attribution(self, connection: Connection, index: NameIndex) -> Attribution:
        with self._attributing:
            found = self._attributions.get(index)
            if found is None or not found.is_of(connection):
                found = self._attributions[index] = Attribution(index)
            found.take(connection)
            return found

    def _total(self, connection: Connection, written: Written, index: NameIndex, span: Span) -> Series:
        """Requests of a whole category by day."""
        days = self._days(connection, written, index)
        key = ("total", index.model_type, written.of(_usage(index)))
        total = self._results.get(key, lambda: sum_of_all(connection, days))
        return self._results.get((*key, span), lambda: Series("total", days.points(total, days.within(span), span)))


_NEVER = Coverage(())


@cache
def _nothing_recorded() -> Store:
    return Store.in_memory("nothing recorded")


def _usage(index: NameIndex) -> str:
    return f"usage:{index.model_type}"


def _names(index: NameIndex) -> str:
    return f"names:{index.model_type}"
