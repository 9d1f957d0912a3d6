"""When somebody looked: outside of these stretches everything is unknown."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, select

from horde_core.history.reading.series import HOUR, MINUTE, STEP_SECONDS, WHOLE, Span, Step, steps_of
from horde_core.history.tables import coverage

LONGEST_BLINK = HOUR
"""A gap as short as this, such as a restart, does not make "not served since" unknown."""

STILL_NEW = 15 * MINUTE
"""Seconds for which the last sample holds where none follows."""

_SOURCES = select(coverage.c.source, coverage.c.began, coverage.c.ended).order_by(coverage.c.began)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The stretches in which a source was seen, in order and apart."""

    stretches: tuple[Span, ...]

    @property
    def since(self) -> int | None:
        """The first moment that was seen."""
        return self.stretches[0].begins if self.stretches else None

    @property
    def until(self) -> int | None:
        """The last moment that was seen."""
        return self.stretches[-1].ends if self.stretches else None

    def within(self, span: Span) -> list[Span]:
        """What was seen of a span."""
        first = bisect(self.stretches, span.begins, key=lambda one: one.ends)
        last = bisect(self.stretches, span.ends, key=lambda one: one.begins)
        return [span.cut(*one) for one in self.stretches[max(first - 1, 0) : last] if one.ends >= span.begins]

    def gaps(self, span: Span, longer_than: int = 0) -> list[Span]:
        """What was not seen of a span, in pieces longer than so many seconds. The last sample holds for a while."""
        gaps, at = [], span.begins
        for begins, ends in self.within(span):
            if begins - at > longer_than:
                gaps.append(Span(at, begins))
            at = max(at, ends)
        if self.until is not None and self.until <= span.ends:
            at = max(at, min(self.until + STILL_NEW, span.ends))
        return [*gaps, Span(at, span.ends)] if span.ends - at > longer_than else gaps

    def holds(self, begins: int, ends: int) -> bool:
        """Whether somebody looked all the time between two moments."""
        place = bisect(self.stretches, begins + MINUTE, key=lambda one: one.begins)
        return place > 0 and self.stretches[place - 1].ends >= ends - MINUTE

    def partly(self, span: Span, step: Step) -> set[int]:
        """Where the steps of a span begin of which less than :data:`WHOLE` was seen; the rest of the last counts."""
        length = STEP_SECONDS[step]
        missing: Counter[int] = Counter()
        for gap in self.gaps(span):
            for one in steps_of(gap, step):
                missing[one.begins] += one.cut(*gap).seconds
        return {begins for begins, seconds in missing.items() if seconds > (1 - WHOLE) * length}


def read_every_coverage(connection: Connection) -> dict[str, Coverage]:
    """When each source was seen that ever was, by its key."""
    found: dict[str, list[Span]] = {}
    for source, began, ended in connection.execute(_SOURCES):
        found.setdefault(source, []).append(Span(began, ended))
    return {source: Coverage(tuple(stretches)) for source, stretches in found.items()}
