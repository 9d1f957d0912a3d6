"""Places that one model after another has: how names appear and vanish as a pure function of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

CYCLE_DAYS = 3600
"""After so many days the models that come and go are there again."""


class Turn(NamedTuple):
    """A name's time in a place, in days since 1970: from one day to another, None where that is still to come."""

    name: str
    began: int
    ended: int | None


class ReferenceChange(NamedTuple):
    """On a day a model was added to the reference, removed from it, or changed in these fields."""

    day: int
    name: str
    event: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()


def comings_and_goings(turns: Iterable[Turn]) -> Iterator[ReferenceChange]:
    """Yield the days on which models were added and removed."""
    for name, began, ended in turns:
        yield ReferenceChange(began, name, "added")
        if ended is not None:
            yield ReferenceChange(ended, name, "removed")


class Place(NamedTuple):
    """What one name after another is: each for `span` days in turn, the first from day `begins` since 1970 on.

    With one name, it is that name always.
    """

    names: tuple[str, ...]
    span: int = CYCLE_DAYS
    begins: int = 0

    def holder(self, day: float) -> str:
        """Return the name whose turn it is on a day."""
        if len(self.names) == 1:
            return self.names[0]
        return self.names[int((day - self.begins) // self.span) % len(self.names)]

    def turns(self, after: int, today: int, spans: int = 1) -> Iterator[Turn]:
        """Yield the turns that begin on a day `after` or later, up to today; each lasts so many spans."""
        if len(self.names) == 1:
            yield Turn(self.names[0], self.begins, None)
            return
        for number in range(-((self.begins - after) // self.span), (today - self.begins) // self.span + 1):
            began = self.begins + number * self.span
            ended = began + spans * self.span
            yield Turn(self.names[number % len(self.names)], began, ended if ended <= today else None)
