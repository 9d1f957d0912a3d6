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

from horde_core.demo.catalogue.places import Place
from horde_core.demo.seeded import Counts, Times, Wave, Waves

MONTH_DAYS = 30
BEGINNING = 19_600
"""The day since 1970, in August 2023, on which counters begin: before it nothing is asked for."""
SWELL = 0.7
"""The share of the requests for a model that comes and goes which swells and ebbs away; the rest is even."""

ALWAYS = (1.0, 1.0)
STEADY = Wave(())

# The common week: a little more at the end of it.
WEEK = (0.07, math.tau / 7, 0.8)


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
        self.past = np.array([demand.past for demand in demands])
        self.is_empty = np.array([not demand.rate and not demand.past for demand in demands])
        self.moving = [index for index, demand in enumerate(demands) if demand.rate]
        """Positions of the names whose counters move; those of the others stay what they were before the beginning."""
        some = [demands[index] for index in self.moving]
        self._rate, self._offset, self._swell = (
            np.array(figures)[:, np.newaxis]
            for figures in zip(*((demand.rate, demand.offset, demand.swell) for demand in some), strict=True)
        )
        self._period, self._present = np.array([demand.presence for demand in some]).T[:, :, np.newaxis]
        self._waves = Waves([demand.wave for demand in some])
        self._begin = self._until(np.array([float(BEGINNING)]))

    def totals(self, days: Sequence[float]) -> Counts:
        """Return all requests for the moving names up to the starts of days: one row a name, one column a day."""
        ends = np.maximum(np.asarray(days, dtype=np.float64), BEGINNING)
        return self.past[self.moving, np.newaxis] + self._until(ends) - self._begin

    def sums(self, days: Sequence[float]) -> Counts:
        """Return all requests of the category up to the starts of days."""
        still = self.past.sum() - self.past[self.moving].sum()
        sums: Counts = still + self.totals(days).sum(axis=0)
        return sums

    def usage(self, today: int) -> dict[str, dict[str, int]]:
        """Return the body of the usage statistics that is compiled at the start of a day: three maps of the same names.

        A name is listed from its first request on; some are listed with zeros.
        """
        now, yesterday, month_ago = self.totals([today, today - 1, today - MONTH_DAYS]).T
        day, month, total = np.zeros_like(self.past), np.zeros_like(self.past), self.past.copy()
        day[self.moving], month[self.moving], total[self.moving] = now - yesterday, now - month_ago, now
        listed = np.flatnonzero(self.is_empty | (total > 0)).tolist()
        names = [self.names[index] for index in listed]
        return {
            period: dict(zip(names, figures[listed].tolist(), strict=True))
            for period, figures in (("day", day), ("month", month), ("total", total))
        }

    def _until(self, days: Times) -> Counts:
        """Return the readings at the starts of days: all requests since 1970."""
        rounds, rest = np.divmod(days + self._offset, self._period)
        passed = np.minimum(rest / self._present, 1.0)
        passed += self._swell * (passed * passed * (3 - 2 * passed) - passed)
        readings: Counts = np.floor(self._rate * self._waves.area((rounds + passed) * self._present)).astype(np.int64)
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
    """All requests of one category as a continuous counter. `wave` is the rhythm of the hours, in days."""

    def __init__(self, counters: Counters, wave: Wave) -> None:
        self._counters = counters
        self._wave = Waves([wave])
        self._sums: dict[int, int] = {}

    def until(self, times: Times) -> Times:
        """Return the requests up to times in days since 1970."""
        days = np.floor(times)
        begin, end = self._at(days), self._at(days + 1)
        at, since, whole = (self._wave.area(moments)[0] for moments in (times, days, days + 1))
        flow: Times = begin + (end - begin) * (at - since) / (whole - since)
        return flow

    def within(self, times: Times, days: float) -> Times:
        """Return the requests of the windows, of so many days, that end at times."""
        return np.rint(self.until(times) - self.until(times - days))

    def _at(self, days: Times) -> Counts:
        """Return the requests up to the starts of days."""
        wanted = days.astype(np.int64).tolist()
        if missing := sorted({*wanted} - self._sums.keys()):
            self._sums |= dict(zip(missing, self._counters.sums(missing).tolist(), strict=True))
        return np.array([self._sums[day] for day in wanted])
