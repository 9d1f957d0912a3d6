"""Requests by name: counters that never fall, and the usage maps and totals computed from them.

A counter is a smooth function of time, so that no state is kept: the requests of a window are the difference of
two readings, and every window agrees with every other to the unit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from horde_core.demo.catalogue.places import Place
from horde_core.demo.seeded import Wave

MONTH_DAYS = 30
BEGINNING = 19_600
"""The day since 1970, in August 2023, on which counters begin: before it nothing is asked for."""
SWELL = 0.7
"""The share of the requests for a model that comes and goes which swells and ebbs away; the rest is even."""

ALWAYS = (1.0, 1.0)
STEADY = Wave(())

# The common week: a little more at the end of it.
WEEK = (0.07, math.tau / 7, 0.8)

Readings = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Demand:
    """The requests for one API name.

    `rate` is the mean of requests a day while it is asked for: for the second number of days of `presence` in every
    first number of days, which begin `offset` days before day 0 of 1970. Of these requests the share `swell` rises from
    nothing and falls to nothing. `past` is what came before the counter began.
    """

    name: str
    rate: float = 0.0
    wave: Wave = STEADY
    presence: tuple[float, float] = ALWAYS
    offset: float = 0.0
    past: int = 0
    swell: float = 0.0


@dataclass(frozen=True, slots=True)
class Post:
    """A place that one worker fills: what it serves, on how many threads, whether always or by turns."""

    models: tuple[Place, ...]
    threads: int
    steady: bool = True
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """One category: who asks for what, who serves what, and what is waited for though nobody serves it."""

    demands: tuple[Demand, ...]
    posts: tuple[Post, ...]
    unserved: tuple[Place, ...] = ()


class Counters:
    """The counters of all demands of a category, read together."""

    def __init__(self, demands: Sequence[Demand]) -> None:
        self.names = tuple(demand.name for demand in demands)
        self._past = np.array([demand.past for demand in demands])
        self._is_empty = np.array([not demand.rate and not demand.past for demand in demands])
        self.moving = [index for index, demand in enumerate(demands) if demand.rate]
        """Positions of the names whose counters move; those of the others stay what they were before the beginning."""
        some = [demands[index] for index in self.moving]
        self._rate = np.array([demand.rate for demand in some])
        self._period, self._present = np.array([demand.presence for demand in some]).T
        self._offset = np.array([demand.offset for demand in some])
        self._swell = np.array([demand.swell for demand in some])
        most = max(len(demand.wave.parts) for demand in some)
        parts = [(*demand.wave.parts, *[(0.0, 1.0, 0.0)] * (most - len(demand.wave.parts))) for demand in some]
        self._parts = [tuple(part.T) for part in np.array(parts).swapaxes(0, 1)]
        self._begin = self._until(np.array([[float(BEGINNING)]]))

    def totals(self, days: Sequence[float] | npt.NDArray[np.float64]) -> Readings:
        """Return all requests for the moving names up to the starts of days: one row a day, one column a name."""
        ends = np.maximum(np.asarray(days, dtype=np.float64), BEGINNING)
        return self._past[self.moving] + self._until(ends[:, np.newaxis]) - self._begin

    def sums(self, days: Sequence[float]) -> list[int]:
        """Return all requests of the category up to the starts of days."""
        still = int(self._past.sum() - self._past[self.moving].sum())
        return [still + total for total in self.totals(days).sum(axis=1).tolist()]

    def usage(self, today: int) -> dict[str, dict[str, int]]:
        """Return the body of the usage statistics that is compiled at the start of a day: three maps of the same names.

        A name is listed from its first request on; some are listed with zeros.
        """
        readings = self.totals([today, today - 1, today - MONTH_DAYS])
        day, month, total = np.zeros_like(self._past), np.zeros_like(self._past), self._past.copy()
        total[self.moving] = readings[0]
        day[self.moving], month[self.moving] = readings[0] - readings[1], readings[0] - readings[2]
        listed = np.flatnonzero(self._is_empty | (total > 0)).tolist()
        names = [self.names[index] for index in listed]
        return {
            period: dict(zip(names, figures[listed].tolist(), strict=True))
            for period, figures in (("day", day), ("month", month), ("total", total))
        }

    def _until(self, day: npt.NDArray[np.float64]) -> Readings:
        """Return the readings at the starts of days, given as a column; all requests since 1970."""
        rounds, rest = np.divmod(day + self._offset, self._period)
        passed = np.minimum(rest / self._present, 1.0)
        passed += self._swell * (passed * passed * (3 - 2 * passed) - passed)
        at = (rounds + passed) * self._present
        area = at.copy()
        for size, speed, phase in self._parts:
            area += size / speed * np.sin(speed * at + phase)
        readings: Readings = np.floor(self._rate * area).astype(np.int64)
        return readings


def demands_by_turns(place: Place, rate: float, wave: Wave, days: float) -> Iterator[Demand]:
    """Yield the demand for each name of a place: for the first `days` of its turn."""
    for turn, name in enumerate(place.names):
        presence = (place.span * len(place.names), days)
        yield Demand(name, rate, wave, presence, -place.begins - turn * place.span, swell=SWELL)


def past_demands(chance: random.Random, names: Sequence[str], requests: int, spread: float) -> list[Demand]:
    """Spread requests of long ago over names that nobody asks for any more; `spread` is how unevenly."""
    weights = [chance.lognormvariate(0, spread) for _ in names]
    return [
        Demand(name, past=1 + int(requests * weight / sum(weights)))
        for name, weight in zip(names, weights, strict=True)
    ]


class Flow:
    """All requests of one category as a continuous counter, for windows that end at any minute of one day."""

    def __init__(self, counters: Counters, today: int, wave: Wave) -> None:
        """Read all counters at the days that today's windows touch. `wave` is the rhythm of the hours, in days."""
        days = [today + day for day in (-MONTH_DAYS, 1 - MONTH_DAYS, -1, 0, 1)]
        self._at = dict(zip(days, counters.sums(days), strict=True))
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
