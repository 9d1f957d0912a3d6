"""SnapshotReader: reads the sources of a page and puts them together."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.network import Network
from horde_core.cache.source import Reading
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import PageView, Snapshot, content_of
from horde_core.upstream.model_reference import ModelReference
from horde_core.vocabulary import MODEL_TYPES, ModelType


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
                    totals={kind: chosen[f"totals:{kind}"].value for kind in MODEL_TYPES},
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
                self.integration.fetch_log.snapshot_taken(model_type, identity)
        return latest


def _identity(what: str, is_simulated: bool, readings: list[Reading[Any]]) -> str:
    parts = [what, str(is_simulated), *(f"{r.key}={content_of(r)}" for r in readings)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
