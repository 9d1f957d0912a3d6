"""What history is told in: points over time that say what is known of them. Plain data and arithmetic, no I/O.

Times are UTC epoch seconds. A value of None is unknown, never 0; its kind says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Literal, NamedTuple

from horde_core.unknowns import ratio_or_unknown

MINUTE, HOUR, DAY = 60, 3600, 86_400

Range = Literal["7d", "30d", "90d", "1y", "all"]
RANGE_DAYS: Mapping[Range, int | None] = {"7d": 7, "30d": 30, "90d": 90, "1y": 365, "all": None}
"""The ranges that a page offers, in days that end now; None is as far back as anything is known."""

Step = Literal["5min", "hour", "day"]
STEP_SECONDS: Mapping[Step, int] = {"5min": 5 * MINUTE, "hour": HOUR, "day": DAY}

WHOLE = 0.75
"""The part of a step that has to be known for its value to count as that of the whole step."""

FIVE_MINUTES_FOR = 2 * DAY
HOURS_FOR = 90 * DAY
"""The longest spans, in seconds, that are drawn by 5 minutes and by hour; longer ones by day."""


class Kind(StrEnum):
    """What is known of a stretch of time."""

    KNOWN = "known"
    """One step whose value is exact; 0 is an answer."""
    BLOCK = "block"
    """Several days in one sum: nobody recorded in between."""
    FALL = "fall"
    """The API's counter fell: the value is the API's own figure of the day, None where that does not cover it."""
    PART = "part"
    """A step that was only partly recorded: the value is of what was seen of it."""
    GAP = "gap"
    """Nobody recorded: unknown."""


class Point(NamedTuple):
    """One figure over a stretch of time: requests in it, or what stood in it at the mean."""

    begins: int
    ends: int
    value: float | None
    kind: Kind = Kind.KNOWN

    @property
    def day(self) -> date:
        """The UTC day that it began in, which labels a day of usage."""
        return datetime.fromtimestamp(self.begins, UTC).date()

    @property
    def days(self) -> float:
        """How long it is, in days."""
        return (self.ends - self.begins) / DAY


class Span(NamedTuple):
    """A stretch of time that is asked about."""

    begins: int
    ends: int

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.ends - self.begins

    @property
    def before(self) -> Span:
        """The period of the same length that ends where this one begins."""
        return Span(self.begins - self.seconds, self.begins)

    @property
    def step(self) -> Step:
        """The resolution that suits its length."""
        if self.seconds <= FIVE_MINUTES_FOR:
            return "5min"
        return "hour" if self.seconds <= HOURS_FOR else "day"

    def cut(self, begins: int, ends: int) -> Span:
        """The part of a stretch that lies in this span; empty (it ends where it begins) where none does."""
        start = min(max(begins, self.begins), self.ends)
        return Span(start, max(start, min(ends, self.ends)))


def span_of(chosen: Range, now: float, first: int | None) -> Span:
    """The span of a range that ends now; ``all`` begins at ``first``, the first time anything is known of."""
    days = RANGE_DAYS[chosen]
    ends = int(now)
    return Span(ends - days * DAY if days is not None else min(ends, first if first is not None else ends), ends)


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over time, in order and without overlap. ``name`` is what it is of: a model, a type, a backend."""

    name: str
    points: tuple[Point, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything is known in it."""
        return any(point.value is not None for point in self.points)

    @property
    def known_sum(self) -> float | None:
        """The sum of what is known; None where nothing is."""
        known = [point.value for point in self.points if point.value is not None]
        return sum(known) if known else None

    @property
    def last_known(self) -> float | None:
        """The last value that is known; None where nothing is."""
        return next((point.value for point in reversed(self.points) if point.value is not None), None)

    @property
    def gaps(self) -> tuple[Point, ...]:
        """The stretches in which nothing is known."""
        return tuple(point for point in self.points if point.kind is Kind.GAP)


def shares(part: Series, whole: Series) -> Series:
    """A part of a whole in percent, point by point; None where either is unknown or the whole is 0."""
    points = (
        one._replace(value=ratio_or_unknown(one.value, all_.value, 100))
        for one, all_ in zip(part.points, whole.points, strict=True)
    )
    return Series(part.name, tuple(points))


class Change(NamedTuple):
    """A figure, what it was before, and the factor between the two; None where either is unknown."""

    now: float | None
    before: float | None

    @property
    def difference(self) -> float | None:
        """By how much it grew."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def percent(self) -> float | None:
        """By how many percent it grew; None from 0, where no percentage says it."""
        return ratio_or_unknown(self.difference, self.before, 100)


def unknown(span: Span) -> tuple[Point, ...]:
    """A span of which nothing is known."""
    return (Point(*span, None, Kind.GAP),)


def joined(points: Iterable[Point]) -> list[Point]:
    """Points in order, those side by side that say the same made one."""
    one: list[Point] = []
    for point in points:
        if one and one[-1].ends == point.begins and one[-1][2:] == point[2:]:
            one[-1] = one[-1]._replace(ends=point.ends)
        elif point.ends > point.begins:
            one.append(point)
    return one


def added_steps(
    stretches: Iterable[tuple[int, int | None, int | None]], gaps: Iterable[Span], span: Span
) -> tuple[Point, ...]:
    """Add up what holds at a time, from stretches of (began, ended, count), of which an open one has no end.

    0 outside of every stretch; unknown in a gap, and where the count of a stretch is.
    """
    changes: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    every = [(began, ended, count or 0, int(count is None)) for began, ended, count in stretches]
    for began, ended, count, unknown in [*every, *((begins, ends, 0, 1) for begins, ends in gaps)]:
        part = span.cut(began, span.ends if ended is None else ended)
        for at, sign in ((part.begins, 1), (part.ends, -1)):
            changes[at][0] += sign * count
            changes[at][1] += sign * unknown
    total = unknown = 0
    points: list[Point] = []
    for begins, ends in pairwise(sorted({span.begins, span.ends, *changes})):
        total, unknown = total + changes[begins][0], unknown + changes[begins][1]
        points.append(Point(begins, ends, None, Kind.GAP) if unknown else Point(begins, ends, total))
    return tuple(joined(points))


def filled(points: Iterable[Point], span: Span) -> tuple[Point, ...]:
    """Points in order with a gap wherever a part of the span has none."""
    full: list[Point] = []
    at = span.begins
    for point in points:
        if point.begins > at:
            full.append(Point(at, point.begins, None, Kind.GAP))
        if point.ends > point.begins:
            full.append(point)
        at = max(at, point.ends)
    if at < span.ends:
        full.append(Point(at, span.ends, None, Kind.GAP))
    return tuple(full)


def steps_of(span: Span, step: Step) -> list[Span]:
    """The steps of a span, each beginning at a whole one in UTC; the first and the last may reach over its ends."""
    seconds = STEP_SECONDS[step]
    begins = span.begins - span.begins % seconds
    return [Span(at, at + seconds) for at in range(begins, span.ends, seconds)]


def averaged(points: Sequence[Point], span: Span, step: Step) -> list[Point]:
    """The mean of a figure that keeps its value for a while, over each step, weighted by time.

    A step of which less than :data:`WHOLE` is known is told as a part of one.
    """
    found, at = [], 0
    for begins, ends in steps_of(span, step):
        known = total = 0.0
        while at < len(points) and points[at].ends <= begins:
            at += 1
        for point in points[at:]:
            if point.begins >= ends:
                break
            if point.value is not None:
                seconds = min(point.ends, ends) - max(point.begins, begins)
                known, total = known + seconds, total + seconds * point.value
        kind = Kind.KNOWN if known >= WHOLE * (ends - begins) else Kind.PART if known else Kind.GAP
        found.append(Point(begins, ends, total / known if known else None, kind))
    return found
