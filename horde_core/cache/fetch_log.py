"""What happened since the start that the caches do not count: fetches with their time, and changes of snapshots."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

from horde_core.vocabulary import ModelType

Outcome = Literal["new", "unchanged", "suspicious", "failed"]
"""What came of a fetch; ``suspicious`` is an answer that is not believed until a second one agrees."""

BOUNDS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Up to which times fetches are counted apart; one more count is for what takes longer."""


class Fetch(NamedTuple):
    """What fetches are counted by."""

    source: str
    url: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the fetches of a source took: how many within each bound and above the last, and their sum."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS_SECONDS) + 1)
    sum_seconds: float = 0.0

    def plus(self, seconds: float) -> Durations:
        """Return these and one more."""
        counts = list(self.counts)
        counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        return Durations(tuple(counts), self.sum_seconds + seconds)


class Observations:
    """Notes what an integration's cache and its readers of snapshots do. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetches: Counter[Fetch] = Counter()
        self._durations: dict[str, Durations] = {}
        self._snapshots: dict[ModelType, str] = {}
        self._changes: Counter[ModelType] = Counter()

    def fetched(self, key: str, url: str, outcome: Outcome, seconds: float) -> None:
        """Note one fetch of a source, retries included."""
        with self._lock:
            self._fetches[Fetch(key, url, outcome)] += 1
            self._durations[key] = self._durations.get(key, Durations()).plus(seconds)

    def snapshot_taken(self, model_type: ModelType, identity: str) -> None:
        """Note a new snapshot of a category; another reader's copy of the same one is no change."""
        with self._lock:
            if self._snapshots.get(model_type) != identity:
                self._snapshots[model_type] = identity
                self._changes[model_type] += 1

    def fetches(self) -> Counter[Fetch]:
        """How many fetches there were, by source, URL and outcome."""
        with self._lock:
            return self._fetches.copy()

    def durations(self) -> dict[str, Durations]:
        """How long they took, by source; without sources that were never fetched."""
        with self._lock:
            return self._durations.copy()

    def snapshot_changes(self) -> Counter[ModelType]:
        """How often the id of each category's snapshot changed; the first one counts."""
        with self._lock:
            return self._changes.copy()
