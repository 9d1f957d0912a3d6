"""Counts since the start of the process, as Prometheus metrics: fetches with their times, and changes of snapshots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from horde_core.cache.source import Source, without_secrets
from horde_core.cache.source_state import Outcome
from horde_core.vocabulary import ModelType

OURS = "horde_dashboard"
"""The first part of the names of our own metrics."""

BOUNDS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""The upper bounds of the histogram of fetch times."""


class FetchLog:
    """Counts what an integration's cache fetches and which snapshots are taken, in a registry of its own. Thread-safe.

    ``shown`` turns the address of a fetch into its label, which anybody may see.
    """

    def __init__(self, shown: Callable[[str], str] = without_secrets) -> None:
        self.registry = CollectorRegistry()
        self._shown = shown
        self._lock = threading.Lock()
        self._snapshots: dict[ModelType, str] = {}
        self._fetches = Counter(
            f"{OURS}_fetches",
            "Fetches from AI Horde or the model reference, retries not counted, by what came of them.",
            ["source", "endpoint", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            f"{OURS}_fetch_seconds",
            "How long those fetches took, with retries and parsing.",
            ["source"],
            buckets=BOUNDS_SECONDS,
            registry=self.registry,
        )
        self._changes = Counter(
            f"{OURS}_snapshot_changes",
            "Changes of the id that names all content of a category; the first one counts.",
            ["category"],
            registry=self.registry,
        )
        for model_type in get_args(ModelType):
            self._changes.labels(model_type)

    def expect(self, sources: Iterable[Source[Any]]) -> None:
        """Begin the counts of these sources at 0."""
        for source in sources:
            for url in source.urls:
                for outcome in get_args(Outcome):
                    self._fetches.labels(source.key, self._shown(url), outcome)

    def fetched(self, key: str, url: str, outcome: Outcome, seconds: float) -> None:
        """Count one fetch of a source; ``seconds`` include its retries."""
        self._fetches.labels(key, self._shown(url), outcome).inc()
        self._seconds.labels(key).observe(seconds)

    def snapshot_taken(self, model_type: ModelType, identity: str) -> None:
        """Count a change of a category's snapshot; another reader's copy of the same one is no change."""
        with self._lock:
            if self._snapshots.get(model_type) != identity:
                self._snapshots[model_type] = identity
                self._changes.labels(model_type).inc()
