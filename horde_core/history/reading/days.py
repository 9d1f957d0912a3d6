"""The days of a category's usage: which stretch of time each recorded figure is of. Pure.

A day is the 24 hours up to a compile. Between compiles further apart lies a block, whose last day is known by itself;
the first compile knows its day and, as one block, the 29 days before it. Days of a block that became known later are
taken out of it, from its ends inwards.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from horde_core.history.reading.series import DAY, HOUR, Kind, Point, Span, unknown
from horde_core.history.recording.compiles import LONGEST_DAY, MONTH

HALF_A_DAY = LONGEST_DAY // 2
TOLERANCE = 3 * HOUR
"""By how much the ends of two stretches may differ that are the same moment: upstream compiles at no exact time."""

Number = int | None


class Compile(NamedTuple):
    """One compile, with its sums over all names: see ``usage_compile``."""

    id: int
    ended: int
    day: int | None
    month: int | None
    total: int | None
    falls: int


class Stretch(NamedTuple):
    """A stretch that became known later: see ``usage_past_stretch``."""

    id: int
    began: int
    ended: int
    origin: str


class Place(NamedTuple):
    """Where the figures of a compile belong: the slot of its last day, and the slot of what came before that in it."""

    last: int
    before: int | None
    is_first: bool = False


@dataclass(slots=True)
class Sum:
    """Requests by slot, summed over names; ``flagged`` slots are missing what is unknown."""

    values: list[int]
    flagged: set[int] = field(default_factory=set)

    def add(self, slot: int, requests: Number) -> None:
        """Add requests to a slot; None is unknown, and flags it."""
        if requests is None:
            self.flagged.add(slot)
        else:
            self.values[slot] += requests


class Days:
    """The slots of a category, in order and without overlap, and where each recorded figure belongs.

    ``plain`` are day, month and requests of all names together in the compiles that their sums tell: the first one,
    and those of one day in which no counter fell.
    """

    def __init__(self, compiles: Sequence[Compile], stretches: Iterable[Stretch]) -> None:
        self.compiles = tuple(compiles)
        self.slots: list[Point] = []
        self.places: dict[int, Place] = {}
        self.plain: dict[int, tuple[Number, Number, Number]] = {}
        self.stretches: dict[int, tuple[int, int | None]] = {}
        later = _apart(stretches)
        if not self.compiles:
            self._take(later)
            return
        first = self.compiles[0]
        self._take([one for one in later if one.ended <= first.ended - MONTH + TOLERANCE])
        before = self._block(first.ended - MONTH, first.ended - DAY, later)
        self.places[first.id] = Place(self._slot(first.ended - DAY, first.ended), before, is_first=True)
        if first.day is not None and first.month is not None:
            self.plain[first.id] = first.day, first.month, None
        for last, this in zip(self.compiles, self.compiles[1:], strict=False):
            before = None
            begins = last.ended
            if this.ended - last.ended > LONGEST_DAY:
                begins = this.ended - DAY
                before = self._block(last.ended, begins, later)
            self.places[this.id] = Place(self._slot(begins, this.ended), before)
            if before is None and not this.falls and this.total is not None and last.total is not None:
                self.plain[this.id] = this.day, this.month, this.total - last.total

    @property
    def first(self) -> int | None:
        """The first time anything is known of; None where nothing is."""
        return self.slots[0].begins if self.slots else None

    @property
    def last(self) -> int | None:
        """When the last compile ended; None before the first."""
        return self.compiles[-1].ended if self.compiles else None

    def compile_at(self, moment: int) -> int | None:
        """The compile that ended about then, to half a day; None where there is none."""
        near = [one for one in self.compiles if abs(one.ended - moment) < DAY // 2]
        return min(near, key=lambda one: abs(one.ended - moment)).id if near else None

    def within(self, span: Span) -> range:
        """The numbers of the slots that reach into a span."""
        begins = bisect(self.slots, span.begins, key=_ends)
        return range(begins, max(begins, bisect(self.slots, span.ends - 1, key=_begins)))

    def inside(self, span: Span) -> range | None:
        """The slots that are a span together; None where a part is unknown, or in a sum that reaches beyond it.

        A day that reaches over an end of the span counts where more than half of it lies.
        """
        slots = [
            number
            for number in self.within(span)
            if self.slots[number].kind is not Kind.KNOWN
            or span.begins <= (self.slots[number].begins + self.slots[number].ends) // 2 < span.ends
        ]
        if not slots:
            return None
        first, last = self.slots[slots[0]], self.slots[slots[-1]]
        reach = max(abs(first.begins - span.begins), abs(last.ends - span.ends))
        has_gap = any(self.slots[number].kind is Kind.GAP for number in slots)
        return None if has_gap or reach > HALF_A_DAY else range(slots[0], slots[-1] + 1)

    def sources(self, within: range) -> tuple[list[int], list[int]]:
        """The compiles, in order, and the stretches that slots are read from."""
        stretches = [one for one, (slot, rest) in self.stretches.items() if slot in within or rest in within]
        if not within:
            return [], stretches
        first = bisect(self.compiles, self.slots[within.start].begins, key=_ended)
        last = bisect(self.compiles, self.slots[within.stop - 1].ends - 1, key=_ended)
        return [one.id for one in self.compiles[first : last + 1]], stretches

    def nothing(self) -> Sum:
        """No requests in any slot."""
        return Sum([0] * len(self.slots))

    def added(self, parts: Iterable[Sum]) -> Sum:
        """The sum of sums."""
        parts = list(parts)
        values = [sum(column) for column in zip(*(part.values for part in parts), strict=True)]
        return Sum(values or [0] * len(self.slots), set().union(*(part.flagged for part in parts)))

    def add(self, total: Sum, compile_id: int, day: Number, month: Number, requests: Number, fell: bool) -> None:
        """Add a name's figures in a compile: a row of ``usage``."""
        last, before, is_first = self.places[compile_id]
        if month is None and requests is None and not fell:
            return  # no longer listed: no requests
        whole = month if is_first else requests
        if before is None:
            total.add(last, day if is_first else whole)
        elif whole is None or day is None:
            total.add(last, day)
            total.add(before, None)
        else:
            # Totals trail a little, so that a day may be more than all that was since the compile before.
            of_day = min(day, whole)
            total.add(last, of_day)
            total.add(before, whole - of_day)
        if fell:
            total.flagged.add(last)

    def add_past(self, total: Sum, stretch_id: int, requests: Number) -> None:
        """Add a name's requests in a stretch that became known later, and take them out of its block."""
        slot, rest = self.stretches[stretch_id]
        total.add(slot, requests)
        if rest is not None and requests is not None:
            total.values[rest] -= requests

    def points(self, total: Sum, within: range, span: Span) -> tuple[Point, ...]:
        """The slots with what was added up in them, and gaps where nothing is known of the rest of the span."""
        if not within:
            return unknown(span)
        slots, values = self.slots[within.start : within.stop], total.values[within.start : within.stop]
        # A year is asked for with every model: slots without requests are used as they are.
        known = [
            slot if value <= 0 else Point._make((slot[0], slot[1], value, slot[3]))
            for slot, value in zip(slots, values, strict=True)
        ]
        for number in total.flagged.intersection(within):
            begins, ends, value, _ = known[number - within.start]
            known[number - within.start] = Point(begins, ends, value or None, Kind.FALL)
        if known[0].begins - span.begins > TOLERANCE:
            known.insert(0, Point(span.begins, known[0].begins, None, Kind.GAP))
        if span.ends - known[-1].ends > LONGEST_DAY:  # the next compile is overdue
            known.append(Point(known[-1].ends, span.ends, None, Kind.GAP))
        return tuple(known)

    def _slot(self, begins: int, ends: int, kind: Kind = Kind.KNOWN) -> int:
        """Append a slot, and a gap before it where there is one; ends that are the same moment are joined."""
        at = self.slots[-1].ends if self.slots else begins
        if begins - at > TOLERANCE:
            self.slots.append(Point(at, begins, None, Kind.GAP))
        else:
            begins = at
        self.slots.append(Point(begins, max(ends, begins), 0, kind))
        return len(self.slots) - 1

    def _take(self, stretches: Iterable[Stretch]) -> None:
        for one in stretches:
            self.stretches[one.id] = (self._slot(one.began, one.ended), None)

    def _block(self, begins: int, ends: int, stretches: Sequence[Stretch]) -> int | None:
        """Append what is known of several days: the days at both ends that became known, and the rest as one sum."""
        inside = [one for one in stretches if one.began >= begins - TOLERANCE and one.ended <= ends + TOLERANCE]
        head, at = 0, begins
        while head < len(inside) and abs(inside[head].began - at) <= TOLERANCE:
            at = inside[head].ended
            head += 1
        tail, until = len(inside), ends
        while tail > head and abs(inside[tail - 1].ended - until) <= TOLERANCE:
            tail -= 1
            until = inside[tail].began
        leading = [(one.id, self._slot(one.began, one.ended)) for one in inside[:head]]
        block = self._slot(at, until, Kind.BLOCK) if until - at > TOLERANCE else None
        trailing = [(one.id, self._slot(one.began, one.ended)) for one in inside[tail:]]
        # What is left of a block that is all known are the moments by which its ends differ: they go with its last day.
        rest = block if block is not None else (trailing or leading)[-1][1] if inside else None
        for number, slot in leading + trailing:
            self.stretches[number] = (slot, rest)
        return rest


def _apart(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The stretches in order without those that overlap one known better: revealed ones come before imported ones."""
    chosen: list[Stretch] = []
    for one in sorted(stretches, key=lambda one: (one.origin != "revealed", one.began, one.id)):
        place = bisect(chosen, one.began, key=_began)
        beside = chosen[max(place - 1, 0) : place + 1]
        if all(one.ended <= other.began + TOLERANCE or one.began >= other.ended - TOLERANCE for other in beside):
            chosen.insert(place, one)
    return chosen


def _began(stretch: Stretch) -> int:
    return stretch.began


def _ends(point: Point) -> int:
    return point.ends


def _ended(one: Compile) -> int:
    return one.ended


def _begins(point: Point) -> int:
    return point.begins
