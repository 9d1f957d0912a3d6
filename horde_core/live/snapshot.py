"""What a page draws: categories and the network at one moment, immutable, each with an id, merged once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from horde_core.analytics.category_facts import CategoryFacts, is_serving
from horde_core.analytics.groups import GroupLevel, GroupRows, ModelGroup
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import CategoryMerge, Row, merge_everything
from horde_core.analytics.names.matching import NameIndex, name_index
from horde_core.analytics.network import WORKERS_CURRENT_FOR, Network
from horde_core.audit import (
    FACTORY,
    NOTHING_RECORDED,
    AuditThresholds,
    CategoryAuditResponse,
    ModelAuditInfoFactory,
    Recorded,
    Subject,
    audit_category,
    group_subjects,
    model_subjects,
)
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.upstream.model_ages import ModelAges
from horde_core.upstream.model_reference import ModelReference
from horde_core.vocabulary import ModelType


@dataclass(frozen=True)
class Snapshot:
    """The content of a category's sources. ``id`` changes when the content of any source does, and only then."""

    id: str
    model_type: ModelType
    is_simulated: bool
    status: IndexedHordeModelStatus
    usage: IndexedHordeModelStats
    workers: IndexedHordeWorkers
    reference: ModelReference

    _merging: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    _groups: dict[GroupLevel, GroupRows] = field(default_factory=dict, compare=False, repr=False)
    _subjects: dict[GroupLevel, list[Subject]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def name_index(self) -> NameIndex:
        """The index that resolves API names to the models of the reference."""
        return name_index(tuple(self.reference), self.model_type)

    @property
    def merged(self) -> CategoryMerge:
        """Every model with its figures, the unlisted names, and the totals; merged once for all sessions."""
        with self._merging:
            return self._merge

    @cached_property
    def _merge(self) -> CategoryMerge:
        return merge_everything(self.name_index, self.status, self.usage, self.workers, self.model_type)

    def group_rows(self, level: GroupLevel) -> GroupRows:
        """Every model of the reference in its group, plain; put together once for all sessions."""
        if level not in self._groups:
            facts = CategoryFacts(self.status, self.usage, self.workers, self.model_type)
            self._groups[level] = GroupRows(self.reference, facts, level)
        return self._groups[level]

    def groups(self, level: GroupLevel) -> tuple[ModelGroup, ...]:
        """The same as records."""
        return self.group_rows(level).records()

    def subjects(self, level: GroupLevel = "model") -> list[Subject]:
        """The rows of the audit before it is judged: every model of the reference, or every group of them.

        A subject that nothing live changes is the same object from minute to minute.
        """
        if level not in self._subjects:
            self._subjects[level] = self._model_subjects() if level == "model" else self._group_subjects(level)
        return self._subjects[level]

    def _model_subjects(self) -> list[Subject]:
        def made(rows: Sequence[Row]) -> list[Subject]:
            records = {row.name: self.reference[row.name] for row in rows}
            return model_subjects(records, {row.name: row.record() for row in rows})

        return self.merged.models.each("subjects", (self.reference,), made)

    def _group_subjects(self, level: GroupLevel) -> list[Subject]:
        groups = self.group_rows(level)

        def made(rows: Sequence[Row]) -> list[Subject]:
            return group_subjects(self.reference, map(groups.record, rows))

        return groups.each(f"subjects {level}", (self.reference,), made)

    def audit(
        self,
        thresholds: AuditThresholds,
        as_of: date,
        added: Mapping[str, date] | None = None,
        level: GroupLevel = "model",
        factory: ModelAuditInfoFactory = FACTORY,
        recorded: Recorded = NOTHING_RECORDED,
    ) -> CategoryAuditResponse:
        """Audit every model of the reference, or every group of them.

        ``as_of`` is the UTC day that ages count to; ``added`` when image models were added, None where that is unknown;
        ``recorded`` when models, by exact name API names, were last seen.
        """
        return audit_category(
            self.subjects(level),
            self.model_type,
            thresholds,
            self.merged.reconciliation.total_usage("month"),
            as_of=as_of,
            added={} if self.model_type == "text" else added,
            level=level,
            snapshot=self.id,
            factory=factory,
            kept=self.merged.models.attribution.kept,
            recorded=recorded,
        )

    def names_of(self, model: str) -> Sequence[str]:
        """The API names that belong to a model of the reference."""
        return self.merged.models.row(model).names

    @cached_property
    def serving_workers(self) -> frozenset[str] | None:
        """The ids of the category's workers that are online and not in maintenance; None where that is unknown."""
        serving = {worker.identity: is_serving(worker) for worker in self.workers}
        if not self.workers.available or None in serving.values():
            return None
        return frozenset(identity for identity, is_counted in serving.items() if is_counted)


@dataclass(frozen=True)
class PageView:
    """What one page draws: its categories, the network and the ages where it shows them, and a reading of each source.

    States and ages of the readings change while the content stays. ``history`` changes with what was recorded, where
    that is shown.
    """

    categories: Mapping[ModelType, Snapshot]
    network: Network | None
    sources: tuple[Reading[Any], ...]
    ages: Reading[ModelAges] | None = None
    history: str | None = None

    @property
    def id(self) -> str:
        """Changes when the content of anything drawn does."""
        parts = [snapshot.id for snapshot in self.categories.values()]
        parts += [self.network.id] if self.network else []
        parts += [content_of(self.ages)] if self.ages else []
        return "-".join([*parts, self.history] if self.history is not None else parts)

    @property
    def snapshot(self) -> Snapshot:
        """The category of a page that looks at one."""
        return next(iter(self.categories.values()))

    @property
    def is_simulated(self) -> bool:
        """Whether the data is of the simulated Horde."""
        return any(snapshot.is_simulated for snapshot in self.categories.values())

    @property
    def nothing_reachable(self) -> bool:
        """Whether no source has anything to show."""
        return self.history is None and all(source.state is State.UNAVAILABLE for source in self.sources)

    def reading(self, key: str) -> Reading[Any]:
        """Return what is known of one source that the page rests on. Raises KeyError for any other."""
        for reading in self.sources:
            if reading.key == key:
                return reading
        raise KeyError(key)


def content_of(reading: Reading[Any]) -> str:
    """Return the name of the content that a reading shows; "-" for none."""
    return reading.content if reading.value is not None else "-"


def current_workers(reading: Reading[IndexedHordeWorkers] | None) -> IndexedHordeWorkers | None:
    """The list of workers where the network's workers and threads are counted from it; None where it is too old."""
    if reading is None or reading.value is None or reading.age is None:
        return None
    is_current = reading.state is State.FRESH or reading.age <= WORKERS_CURRENT_FOR
    return reading.value if is_current else None
