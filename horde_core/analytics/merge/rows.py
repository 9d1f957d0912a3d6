"""The rows of a merge: plain figures, and the records that are made of them when asked for. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from horde_core.analytics.category_facts import CategoryFacts, Requests
from horde_core.analytics.indexes import grouped
from horde_core.analytics.merge.attribution import Attribution
from horde_core.analytics.names.spelling import CANONICAL
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, Live, WorkerSummary

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Variation(NamedTuple):
    """One backend's part of a row, plain: the fields of :class:`~horde_core.analytics.records.BackendVariation`."""

    backend: str
    names: Sequence[str]
    variant_name: str
    live: Live
    requests: Requests

    def record(self) -> BackendVariation:
        """The same as a record."""
        day, month, total = self.requests
        return BackendVariation(
            backend=self.backend,
            names=tuple(self.names),
            variant_name=self.variant_name,
            **self.live._asdict(),
            usage_day=day,
            usage_month=month,
            usage_total=total,
        )


class Row(NamedTuple):
    """One model, unlisted name or group: its API names, sorted, and its figures, computed when read.

    ``members`` are the models of the reference that the names belong to; an unlisted name has none. ``is_listed``: the
    status has a row for one of the names of these models. ``backends`` is the backend of each name.
    """

    name: str
    names: Sequence[str]
    members: Sequence[str]
    is_listed: bool
    facts: CategoryFacts
    backends: Mapping[str, str]

    @property
    def requests(self) -> Requests:
        """Requests in the three periods."""
        return self.facts.requests(self.names)

    @property
    def live(self) -> Live:
        """Live figures; where the status lists any name of its models, one without a row has no threads and queue."""
        return self.facts.live(self.names, self.is_listed, self.members)

    @property
    def worker_summaries(self) -> dict[str, WorkerSummary] | None:
        """The workers that list any of the names, by id in order; None when that is not known."""
        return self.facts.worker_summaries(self.names)

    @property
    def variations(self) -> list[Variation]:
        """Text: one for each backend with any row or requests, canonical first, then by name. Images have none.

        An unlisted name always has one, with the backend of its most used spelling.
        """
        if self.facts.model_type != "text":
            return []
        if not self.members:
            return [Variation(self.backends[self.name], self.names, self.name, self.live, self.requests)]
        by_backend = grouped((self.backends[name], name) for name in self.names)
        ordered = sorted(by_backend.items(), key=lambda item: (item[0] != CANONICAL, item[0]))
        return [variation for backend, names in ordered if (variation := self._variation(backend, names))]

    def _variation(self, backend: str, names: Sequence[str]) -> Variation | None:
        facts = self.facts
        requests = facts.requests(names)
        if not any(requests) and not facts.has_status(names):
            return None
        live = facts.live(names, self.is_listed, self.members)
        return Variation(backend, names, facts.most_used(names), live, requests)

    def record(self, include_backend_variations: bool = True) -> CombinedModelStatistics:
        """The row as a record; variations of text only."""
        has_variations = include_backend_variations and self.facts.model_type == "text"
        return CombinedModelStatistics(
            names=tuple(self.names),
            **self.live._asdict(),
            usage_stats=self.facts.usage_stats(self.requests),
            worker_summaries=self.worker_summaries,
            backend_variations={one.backend: one.record() for one in self.variations} if has_variations else None,
        )


class KeyedRows(ABC, Generic[K]):
    """Plain rows in order, by keys that stay what they are from minute to minute.

    ``live`` are the rows that anything live changes: those with a row in the status or a worker, by key. All others
    have the live figures ``idle``. Of rows of one ``attribution``, only what is live can differ.
    """

    def __init__(self, attribution: Attribution, keys: Collection[K], live: Mapping[K, Row], idle: Live) -> None:
        self.attribution = attribution
        self.row_keys = keys
        self.live = live
        self.idle = idle

    @abstractmethod
    def idle_row(self, key: K) -> Row:
        """Return the row of a key that nothing live changes."""

    def row_of(self, key: K) -> Row:
        """Return the row of a key."""
        return self.live[key] if key in self.live else self.idle_row(key)

    def rows(self) -> Iterator[Row]:
        """Every plain row, in order."""
        return map(self.row_of, self.row_keys)

    def live_rows(self) -> Iterator[Row]:
        """The rows in ``live``, in order."""
        return (self.live[key] for key in self.row_keys if key in self.live)

    def each(self, what: str, of: tuple[object, ...], make: Callable[[Sequence[Row]], Iterable[T]]) -> list[T]:
        """Return what ``make`` makes of each row, in order; results of idle rows are kept while ``of`` stays."""
        kept: dict[K, T] = self.attribution.kept.once(what, (self.idle, *of), dict)
        new = [key for key in self.row_keys if key in self.live or key not in kept]
        made = dict(zip(new, make([self.row_of(key) for key in new]), strict=True))
        kept.update((key, result) for key, result in made.items() if key not in self.live)
        return [made[key] if key in made else kept[key] for key in self.row_keys]


class Rows(KeyedRows[str], Mapping[str, CombinedModelStatistics]):
    """The models or the unlisted names of a merge, in order: a read-only dict of records, made when asked for.

    The key of a row is the model, or the unlisted name in any case. ``names`` are the API names of each row as the
    usage has them; it is the same object until reference or usage change. Rows that only the live sources have are
    last.
    """

    def __init__(
        self,
        attribution: Attribution,
        live: Mapping[str, Row],
        facts: CategoryFacts,
        backends: Mapping[str, str],
        is_reference: bool,
    ) -> None:
        self.names = attribution.models if is_reference else attribution.unlisted
        added = [key for key in live if key not in self.names]
        keys = [*self.names, *added] if added else self.names
        super().__init__(attribution, keys, live, facts.idle(is_reference))
        self._facts = facts
        self._backends = backends
        self._is_reference = is_reference

    def row(self, name: str) -> Row:
        """Return the plain row of a model or an unlisted name. Raises KeyError for any other."""
        row = self.row_of(name if self._is_reference else name.casefold())
        if row.name != name:
            raise KeyError(name)
        return row

    def in_any_case(self, name: str) -> Row | None:
        """Return the row of an unlisted name in any of its spellings; None where there is none."""
        key = name.casefold()
        return self.row_of(key) if key in self.names or key in self.live else None

    def records(self, include_backend_variations: bool = True) -> dict[str, CombinedModelStatistics]:
        """Every record by name, in order; models without a name on the network share one."""
        records, nothing = {}, None
        for row in self.rows():
            if row.names or row.name in self.live:
                records[row.name] = row.record(include_backend_variations)
            else:
                nothing = records[row.name] = nothing or row.record(include_backend_variations)
        return records

    def idle_row(self, key: str) -> Row:
        """Return the row of a key as the usage has it."""
        names, facts = self.names[key], self._facts
        if self._is_reference:
            return Row(key, names, (key,), False, facts, self._backends)
        return Row(facts.most_used(names), names, (), False, facts, self._backends)

    def __getitem__(self, name: str) -> CombinedModelStatistics:
        return self.row(name).record()

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and bool(self.row(name))
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in self.rows())

    def __len__(self) -> int:
        return len(self.row_keys)

    def __repr__(self) -> str:
        return f"<{len(self)} {'models' if self._is_reference else 'unlisted names'}, {len(self.live)} of them live>"
