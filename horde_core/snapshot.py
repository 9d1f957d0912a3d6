"""What a page draws, at one moment: categories and the network, immutable, each with one id, merged once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from horde_core.ages import ModelAges
from horde_core.audit import (
    FACTORY,
    AuditThresholds,
    CategoryAuditResponse,
    ModelAuditInfoFactory,
    Subject,
    audit_category,
    group_subjects,
    model_subjects,
)
from horde_core.facts import is_serving
from horde_core.freshness import State
from horde_core.groups import GroupLevel, ModelGroup, group_models
from horde_core.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.integration import USAGE_PATHS, HordeAPIIntegration
from horde_core.merger import CategoryMerge, merge_everything
from horde_core.models import ModelType
from horde_core.network import Network
from horde_core.readings import Reading
from horde_core.reference import ModelReference


@dataclass(frozen=True)
class Snapshot:
    """What is known of a category. ``id`` changes when the content of any source does, and only then."""

    id: str
    model_type: ModelType
    is_simulated: bool
    status: IndexedHordeModelStatus
    usage: IndexedHordeModelStats
    workers: IndexedHordeWorkers
    reference: ModelReference

    _merging: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    _groups: dict[GroupLevel, tuple[ModelGroup, ...]] = field(default_factory=dict, compare=False, repr=False)
    _subjects: dict[GroupLevel, list[Subject]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def merged(self) -> CategoryMerge:
        """Every model with its figures, the unlisted names, and the totals; merged once for all sessions."""
        with self._merging:
            return self._merge

    @cached_property
    def _merge(self) -> CategoryMerge:
        index = self.reference.name_index(self.model_type)
        return merge_everything(index, self.status, self.usage, self.workers, self.model_type)

    def groups(self, level: GroupLevel) -> tuple[ModelGroup, ...]:
        """Every model of the reference in its group; put together once for all sessions."""
        if level not in self._groups:
            sources = (self.status, self.usage, self.workers)
            self._groups[level] = group_models(self.reference, *sources, level, model_type=self.model_type)
        return self._groups[level]

    def subjects(self, level: GroupLevel = "model") -> list[Subject]:
        """What there is to audit: every model of the reference, or every group of them; read once."""
        if level not in self._subjects:
            self._subjects[level] = (
                model_subjects(self.reference, self.merged.models)
                if level == "model"
                else group_subjects(self.reference, self.groups(level))
            )
        return self._subjects[level]

    def audit(
        self,
        thresholds: AuditThresholds,
        as_of: date,
        added: Mapping[str, date] | None = None,
        level: GroupLevel = "model",
        factory: ModelAuditInfoFactory = FACTORY,
    ) -> CategoryAuditResponse:
        """Audit every model of the reference, or every group of them.

        ``as_of`` is the UTC day that ages count to; ``added`` when image models were added, None where that is unknown.
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
        )

    def names_of(self, model: str) -> tuple[str, ...]:
        """The API names that belong to a model of the reference."""
        return self.merged.models[model].names

    @cached_property
    def serving_workers(self) -> frozenset[str] | None:
        """The ids of the category's workers that are online and not in maintenance; None where that is unknown."""
        serving = {worker.identity: is_serving(worker) for worker in self.workers}
        if not self.workers.available or None in serving.values():
            return None
        return frozenset(identity for identity, is_counted in serving.items() if is_counted)


@dataclass(frozen=True)
class PageView:
    """What one page draws: its categories, the network and ages where it shows them, what is known of their sources.

    States and ages move while the content stays.
    """

    categories: Mapping[ModelType, Snapshot]
    network: Network | None
    sources: tuple[Reading[Any], ...]
    ages: Reading[ModelAges] | None = None

    @property
    def id(self) -> str:
        """Changes when the content of anything drawn does."""
        parts = [snapshot.id for snapshot in self.categories.values()]
        parts += [self.network.id] if self.network else []
        return "-".join([*parts, _content(self.ages)] if self.ages else parts)

    @property
    def snapshot(self) -> Snapshot:
        """The category of a page that looks at one."""
        return next(iter(self.categories.values()))

    @property
    def is_simulated(self) -> bool:
        """Whether all of it is made up."""
        return self.snapshot.is_simulated

    @property
    def nothing_reachable(self) -> bool:
        """No source has anything to show."""
        return all(source.state is State.UNAVAILABLE for source in self.sources)

    def source(self, title: str, model_type: ModelType | None = None) -> Reading[Any]:
        """Return one source by its title, of one category where there are two of them."""
        found = [source for source in self.sources if source.title == title]
        own = [source for source in found if source.key.endswith(f":{model_type}")]
        return next(iter([*own, *found]))


class SnapshotReader:
    """Takes snapshots from an integration; the same object comes back until its content changes. Thread-safe."""

    def __init__(self, integration: HordeAPIIntegration) -> None:
        self.integration = integration
        self._lock = threading.Lock()
        self._latest: dict[ModelType, Snapshot] = {}
        self._network: Network | None = None

    def view(self, model_type: ModelType, wait: float | None = None, patience: float = 0.0) -> PageView:
        """Read one category.

        Waits at most ``wait`` seconds (``HORDE_COLD_WAIT``) with nothing cached, ``patience`` while stale data is
        being renewed.
        """
        return self.page_view((model_type,), False, wait, patience)

    def references_view(self, model_types: Sequence[ModelType], wait: float | None = None) -> PageView:
        """Read the references of categories and nothing else; waits as :meth:`view` does."""
        sources = [self.integration.reference.sources[kind] for kind in model_types]
        readings = self.integration.read(sources, wait)
        categories = {
            kind: Snapshot(
                id=_identity(f"reference of {kind}", self.integration.is_simulated, [reading]),
                model_type=kind,
                is_simulated=self.integration.is_simulated,
                status=IndexedHordeModelStatus.unavailable(),
                usage=IndexedHordeModelStats(),
                workers=IndexedHordeWorkers.unavailable(),
                reference=reading.value_or(ModelReference(available=False)),
            )
            for kind, reading in zip(model_types, readings, strict=True)
        }
        return PageView(categories, None, tuple(readings))

    def page_view(
        self,
        model_types: Sequence[ModelType],
        has_network: bool = False,
        wait: float | None = None,
        patience: float = 0.0,
        has_ages: bool = False,
    ) -> PageView:
        """Read what a page draws, all its sources in parallel; waits as :meth:`view` does."""
        ages_source = self.integration.reference.ages_source
        sources = {s.key: s for kind in model_types for s in self.integration.sources(kind)}
        if has_network:
            sources |= {source.key: source for source in self.integration.network_sources}
        if has_ages:
            sources[ages_source.key] = ages_source
        found = self.integration.read(list(sources.values()), wait, patience)
        readings = dict(zip(sources, found, strict=True))
        categories = {
            kind: self._snapshot(kind, [readings[source.key] for source in self.integration.sources(kind)])
            for kind in model_types
        }
        network = self._read_network(readings) if has_network else None
        return PageView(categories, network, tuple(readings.values()), readings.get(ages_source.key))

    def _read_network(self, readings: Mapping[str, Reading[Any]]) -> Network:
        chosen = {source.key: readings[source.key] for source in self.integration.network_sources}
        identity = _identity("network", self.integration.is_simulated, list(chosen.values()))
        with self._lock:
            if self._network is None or self._network.id != identity:
                self._network = Network(
                    id=identity,
                    is_simulated=self.integration.is_simulated,
                    performance=chosen["performance"].value,
                    totals={kind: chosen[f"totals:{kind}"].value for kind in USAGE_PATHS},
                    modes=chosen["modes"].value,
                )
            return self._network

    def _snapshot(self, model_type: ModelType, readings: list[Reading[Any]]) -> Snapshot:
        status, usage, workers, reference = readings
        identity = _identity(model_type, self.integration.is_simulated, readings)
        with self._lock:
            latest = self._latest.get(model_type)
            if latest is None or latest.id != identity:
                latest = Snapshot(
                    id=identity,
                    model_type=model_type,
                    is_simulated=self.integration.is_simulated,
                    status=status.value_or(IndexedHordeModelStatus.unavailable()),
                    usage=usage.value_or(IndexedHordeModelStats()),
                    workers=workers.value_or(IndexedHordeWorkers.unavailable()).of_type(model_type),
                    reference=reference.value_or(ModelReference(available=False)),
                )
                self._latest[model_type] = latest
                self.integration.observations.snapshot_taken(model_type, identity)
        return latest


def _identity(what: str, is_simulated: bool, readings: list[Reading[Any]]) -> str:
    parts = [what, str(is_simulated), *(f"{r.key}={_content(r)}" for r in readings)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _content(reading: Reading[Any]) -> str:
    """Names what there is to show; "-" for nothing."""
    return reading.content if reading.value is not None else "-"
