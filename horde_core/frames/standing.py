"""What a frame keeps from minute to minute, and which of its rows a minute changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from horde_core.analytics.merge import KeyedRows, Row
from horde_core.live.snapshot import Snapshot

T = TypeVar("T")
Parts = Sequence[KeyedRows[Any]]
"""The rows of a frame: those of the reference, and the unlisted ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing(Generic[T]):
    """What was made of all rows once, with the numbers of the rows by key, for each part.

    ``names`` are by number. ``live`` are the keys of rows that were live then, and may not be in another minute.
    """

    made: T
    names: list[str]
    numbers: list[dict[Any, int]]
    live: list[frozenset[Any]]

    def changed(self, parts: Parts) -> list[tuple[int, Row]]:
        """Return the number and the row, as it is now, of each that may differ from what it was."""
        return [
            (numbers[key], part.row_of(key))
            for part, numbers, live in zip(parts, self.numbers, self.live, strict=True)
            for key in live.union(part.live)
        ]

    def fits(self, parts: Parts) -> bool:
        """Whether a minute has the same rows, by the same names."""
        has_same_keys = all(
            list(part.row_keys) == list(numbers) for part, numbers in zip(parts, self.numbers, strict=True)
        )
        return has_same_keys and all(self.names[number] == row.name for number, row in self.changed(parts))


def standing_of(
    snapshot: Snapshot, what: str, parts: Parts, make: Callable[[Iterable[Row]], T], *of: object
) -> Standing[T]:
    """Return what is made of all rows: the same until they, usage, reference, idle figures or ``of`` change."""

    def standing() -> Standing[T]:
        rows = list(chain.from_iterable(part.rows() for part in parts))
        numbers = iter(range(len(rows)))
        return Standing(
            make(rows),
            [row.name for row in rows],
            [dict(zip(part.row_keys, numbers, strict=False)) for part in parts],
            [frozenset(part.live) for part in parts],
        )

    reference = snapshot.reference
    depends_on = (reference, reference.available, *(part.idle for part in parts), *of)
    kept = snapshot.merged.models.attribution.kept
    return kept.once(what, depends_on, standing, lambda held: held.fits(parts))
