"""A category at one moment: four sources, immutable, with one id, merged once."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from horde_core.audit import AuditThresholds, ModelAuditInfo, ModelAuditInfoFactory
from horde_core.freshness import State
from horde_core.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.integration import HordeAPIIntegration
from horde_core.merger import CategoryMerge, merge_everything
from horde_core.models import ModelType
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

    @property
    def merged(self) -> CategoryMerge:
        """Every model with its figures, the unlisted names, and the totals; merged once for all sessions."""
        with self._merging:
            return self._merge

    @cached_property
    def _merge(self) -> CategoryMerge:
        index = self.reference.name_index(self.model_type)
        return merge_everything(index, self.status, self.usage, self.workers, self.model_type)

    def audit(self, thresholds: AuditThresholds) -> dict[str, ModelAuditInfo]:
        """Audit every model of the reference."""
        factory = ModelAuditInfoFactory(thresholds)
        return factory.create_category(self.reference, self.merged.models, self.merged.reconciliation, self.model_type)


@dataclass(frozen=True)
class CategoryView:
    """A snapshot with what is known of its sources at this moment: states and ages move while the content stays."""

    snapshot: Snapshot
    sources: tuple[Reading[Any], ...]

    @property
    def nothing_reachable(self) -> bool:
        """No source has anything to show."""
        return all(source.state is State.UNAVAILABLE for source in self.sources)

    def source(self, title: str) -> Reading[Any]:
        """Return one source by its title."""
        return next(source for source in self.sources if source.title == title)


class SnapshotReader:
    """Takes snapshots from an integration; the same object comes back until its content changes. Thread-safe."""

    def __init__(self, integration: HordeAPIIntegration) -> None:
        self.integration = integration
        self._lock = threading.Lock()
        self._latest: dict[ModelType, Snapshot] = {}

    def view(self, model_type: ModelType, wait: float | None = None, patience: float = 0.0) -> CategoryView:
        """Read a category.

        Waits at most ``wait`` seconds (``HORDE_COLD_WAIT``) with nothing cached, ``patience`` while stale data is
        being renewed.
        """
        readings = self.integration.read_category(model_type, wait, patience)
        return CategoryView(self._snapshot(model_type, readings), tuple(readings))

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
        return latest


def _identity(model_type: ModelType, is_simulated: bool, readings: list[Reading[Any]]) -> str:
    parts = [model_type, str(is_simulated), *(f"{r.key}={r.content if r.value is not None else '-'}" for r in readings)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
