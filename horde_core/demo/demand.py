"""Requests by name: counters that never fall, and the usage maps and totals computed from them.

A counter is a smooth function of time, so that no state is kept: the requests of a window are the difference of
two readings, and every window agrees with every other to the unit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from horde_core.demo.seeded import Wave

MONTH_DAYS = 30
BEGINNING = 19_600
"""The day since 1970, in August 2023, on which counters begin."""

ALWAYS = (1.0, 1.0)
STEADY = Wave(())

# The common week: a little more at the end of it.
WEEK = (0.07, math.tau / 7, 0.8)


@dataclass(frozen=True, slots=True)
class Demand:
    """The requests for one API name.

    `rate` is requests a day while it is asked for: for the second number of days of `presence` in every first number of
    days, which begin `offset` days before day 0 of 1970. `past` is what came before the counter began.
    """

    name: str
    rate: float = 0.0
    wave: Wave = STEADY
    presence: tuple[float, float] = ALWAYS
    offset: float = 0.0
    past: int = 0

    @property
    def mean_rate(self) -> float:
        """Requests a day in the long run, absences included."""
        return self.rate * self.presence[1] / self.presence[0]

    def until(self, day: float) -> int:
        """Return the reading of the counter at the start of a day."""
        if not self.rate:
            return 0
        period, present = self.presence
        if period > present:
            rounds, rest = divmod(day + self.offset, period)
            day = rounds * present + min(rest, present)
        return math.floor(self.rate * self.wave.area(day))

    def usage(self, today: int) -> tuple[int, int, int]:
        """Return the requests of the day, the 30 days and all time that end at the start of today."""
        now = self.until(today)
        day, month = (now - self.until(today - days) for days in (1, MONTH_DAYS))
        return day, month, self.cumulative(today, today)

    def cumulative(self, today: int, day: int) -> int:
        """Return all requests up to the start of a day; a clock before the beginning still counts this month."""
        return self.past + self.until(day) - self.until(min(BEGINNING, today - MONTH_DAYS))


@dataclass(frozen=True, slots=True)
class Post:
    """A place that one worker fills: what it serves, on how many threads, whether always or by turns."""

    models: tuple[str, ...]
    threads: int
    steady: bool = True
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """One category: who asks for what, who serves what, and what is waited for though nobody serves it."""

    demands: tuple[Demand, ...]
    posts: tuple[Post, ...]
    unserved: tuple[str, ...] = ()


def usage_maps(demands: Sequence[Demand], today: int) -> dict[str, dict[str, int]]:
    """Return the body of the usage statistics: three maps with the same names."""
    rows = [(demand.name, demand.usage(today)) for demand in demands]
    return {
        period: {name: figures[index] for name, figures in rows}
        for index, period in enumerate(("day", "month", "total"))
    }


def past_demands(chance: random.Random, names: Sequence[str], requests: int, spread: float) -> list[Demand]:
    """Spread requests of long ago over names that nobody asks for any more; `spread` is how unevenly."""
    weights = [chance.lognormvariate(0, spread) for _ in names]
    return [
        Demand(name, past=1 + int(requests * weight / sum(weights)))
        for name, weight in zip(names, weights, strict=True)
    ]


class Flow:
    """All requests of one category as a continuous counter, for windows that end at any minute of one day."""

    def __init__(self, demands: Sequence[Demand], today: int, wave: Wave) -> None:
        """Read all counters at the days that today's windows touch. `wave` is the rhythm of the hours, in days."""
        days = (-MONTH_DAYS, 1 - MONTH_DAYS, -1, 0, 1)
        self._at = {today + day: sum(demand.cumulative(today, today + day) for demand in demands) for day in days}
        self._wave = wave

    def until(self, time: float) -> float:
        """Return the requests up to a time in days since 1970: today, yesterday, or one of them a month ago."""
        day = math.floor(time)
        begin, end = self._at[day], self._at[day + 1]
        area = self._wave.area
        return begin + (end - begin) * (area(time) - area(day)) / (area(day + 1) - area(day))

    def windows(self, time: float, bustle: float) -> dict[str, int]:
        """Return the requests of the minute, hour, day, month and all time that end at a time.

        `bustle` scales the minute alone, which varies more than longer windows.
        """
        now = self.until(time)
        spans = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "month": float(MONTH_DAYS)}
        counts = {period: round(now - self.until(time - span)) for period, span in spans.items()}
        counts["minute"] = round(counts["minute"] * bustle)
        return counts | {"total": round(now)}
