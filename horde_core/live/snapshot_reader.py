"""SnapshotReader: reads the sources of a page and puts them together."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.network import Network
from horde_core.cache.source import Reading
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.snapshot import PageView, Snapshot, content_of, current_workers
from horde_core.upstream.model_reference import ModelReference
from horde_core.vocabulary import MODEL_TYPES, ModelType


class SnapshotReader:
    """Makes snapshots from an integration: the same object until its content changes. Thread-safe."""

    def __init__(self, integration: HordeAPIIntegration) -> None:
        self.integration = integration
        self._lock = threading.Lock()
        self._latest: dict[ModelType, Snapshot] = {}
        self._network: Network | None = None

    def view(self, model_type: ModelType, wait: float | None = None, patience: float = 0.0) -> PageView:
        """Read one category.

        Waits at most ``wait`` seconds (default ``HORDE_COLD_WAIT``) with nothing cached, and at most ``patience`` while
        stale data is being renewed.
        """
        return self.page_view((model_type,), False, wait, patience)

    def references_view(self, model_types: Sequence[ModelType], wait: float | None = None) -> PageView:
        """Read the references of categories and nothing else; waits as :meth:`view` does."""
        sources = [self.integration.reference.sources[kind] for kind in model_types]
        readings = self.integration.read(sources, wait)
        categories = {
            kind: self._made(kind, self._identity(f"reference of {kind}", [reading]), {"reference": reading})
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
        workers = current_workers(readings.get("workers"))
        if workers is not None:
            chosen["workers"] = readings["workers"]
        identity = self._identity("network", chosen.values())
        with self._lock:
            if self._network is None or self._network.id != identity:
                self._network = Network(
                    id=identity,
                    is_simulated=self.integration.is_simulated,
                    performance=chosen["performance"].value,
                    totals={kind: chosen[f"totals:{kind}"].value for kind in MODEL_TYPES},
                    modes=chosen["modes"].value,
                    workers=None if workers is None else workers.get_all(),
                )
            return self._network

    def _snapshot(self, model_type: ModelType, readings: list[Reading[Any]]) -> Snapshot:
        identity = self._identity(model_type, readings)
        with self._lock:
            latest = self._latest.get(model_type)
            if latest is None or latest.id != identity:
                found = dict(zip(("status", "usage", "workers", "reference"), readings, strict=True))
                latest = self._latest[model_type] = self._made(model_type, identity, found)
                if self.integration.fetch_log:
                    self.integration.fetch_log.snapshot_taken(model_type, identity)
        return latest

    def _made(self, model_type: ModelType, identity: str, found: Mapping[str, Reading[Any]]) -> Snapshot:
        """Return a snapshot of readings by what they are of; what is not among them is unavailable."""
        values = {name: reading.value for name, reading in found.items() if reading.value is not None}
        return Snapshot(
            id=identity,
            model_type=model_type,
            is_simulated=self.integration.is_simulated,
            status=values.get("status", IndexedHordeModelStatus.unavailable()),
            usage=values.get("usage", IndexedHordeModelStats()),
            workers=values.get("workers", IndexedHordeWorkers.unavailable()).of_type(model_type),
            reference=values.get("reference", ModelReference(available=False)),
        )

    def _identity(self, what: str, readings: Iterable[Reading[Any]]) -> str:
        parts = [what, str(self.integration.is_simulated), *(f"{r.key}={content_of(r)}" for r in readings)]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
