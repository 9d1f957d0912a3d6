"""The live side of one minute: queues, speeds and threads of each name, and the network as a whole."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from horde_core.demo.demand import Traffic
from horde_core.demo.seeded import MINUTES_A_DAY, Counts, Times, Wave, Waves, source
from horde_core.demo.workers import Roster, Worker
from horde_core.vocabulary import ModelType, WorkerType

NO_SPEED_ETA = 10_000
"""Seconds that the API sends when something waits and the speed of its workers is unknown or 0."""
LONGEST = {"image": 34, "text": 12}
"""Jobs that usually wait for the most wanted name."""
LEAST = 0.5
"""Jobs that usually wait for the least wanted name: none, and one at the top of its wave."""
TIDES = ((1440, 0.18), (7 * 1440, 0.08), (31 * 1440, 0.14))
"""Periods, in minutes, in which all queues of a category rise and fall together, and by which share."""
STEPS = 26
SIZES = (40, 80, 120, 150, 200, 300, 512)
"""Tokens that the usual request for a name asks for."""

COUNTED_ONCE = 0.85
"""The share that is left when a request that names several models counts once."""


class Line(NamedTuple):
    """The queue for one name: how many jobs usually wait, and how much work each is. A certain one is never empty."""

    length: float
    wave: Wave
    things: int
    certain: bool
    pulse: Wave
    requests_an_hour: float


class Standing(NamedTuple):
    """What stands at minutes of one day, by name: one row a name, one column a minute.

    `threads` and `workers` are those outside maintenance. A name `is_listed` in the status where somebody serves it, or
    where it is unserved and waited for.
    """

    names: tuple[str, ...]
    is_listed: npt.NDArray[np.bool_]
    threads: Counts
    workers: Counts
    queued: Counts
    jobs: Counts


class Day(NamedTuple):
    """What stays the same for a day or more: the names, what is known of their queues, and who serves them."""

    names: tuple[str, ...]
    lengths: Times
    things: Counts
    certain: Counts
    requests_an_hour: Times
    waves: Waves
    pulses: Waves
    serves: Counts
    threads: Counts
    speeds: Times
    speed_waves: Waves


class Queues:
    """The queues of one category, and its status body at any minute."""

    def __init__(
        self, seed: int, category: ModelType, traffic: Traffic, roster: Roster, sides: Mapping[str, int]
    ) -> None:
        """`sides` has the side of the usual picture of image models, in pixels; others have 1024."""
        self._category = category
        self._roster = roster
        self._places = tuple({place: None for post in traffic.posts for place in post.models})
        self._unserved = traffic.unserved
        unserved = {name for place in traffic.unserved for name in place.names}
        rates = dict.fromkeys((name for place in self._places for name in place.names), 0.0)
        rates |= dict.fromkeys(unserved, 0.0)
        rates |= {demand.name: demand.rate for demand in traffic.demands if demand.name in rates}
        most = max(rates.values())
        self._lines = {
            name: self._line(source(seed, "queue", name), rate, most, sides.get(name, 1024), name in unserved)
            for name, rate in rates.items()
        }
        self._tide = Waves([Wave.drawn(source(seed, "tide of queues", category), *TIDES)])
        self._day: tuple[object, Day] | None = None

    def _line(self, chance: random.Random, rate: float, most: float, side: int, is_unserved: bool) -> Line:
        length = max(LEAST, LONGEST[self._category] * (rate / most) ** 0.75)
        return Line(
            length=chance.uniform(1.5, 4) if is_unserved else length,
            wave=Wave.drawn(chance, (310, 0.5), (43, 0.55), (11, 0.25)),
            things=side * side * (STEPS + chance.randrange(-8, 9))
            if self._category == "image"
            else chance.choice(SIZES),
            certain=is_unserved,
            pulse=Wave.drawn(chance, (290, 0.6)),
            requests_an_hour=rate / 24,
        )

    def status(self, minute: int) -> list[dict[str, Any]]:
        """Return the status body at a minute: every name that somebody serves or, unserved, somebody waits for."""
        at = np.array([minute])
        standing, performance = self.standing(at), self.performance(at)
        queued, capacity = standing.queued, standing.threads * performance
        eta = np.where(capacity > 0, queued / np.where(capacity > 0, capacity, 1), NO_SPEED_ETA * (queued > 0))
        columns = (standing.is_listed, standing.threads, performance, queued, standing.jobs, eta)
        rows = zip(standing.names, *(column[:, 0].tolist() for column in columns), strict=True)
        return [
            {
                "performance": performance,
                "queued": float(queued),
                "jobs": float(jobs),
                "eta": int(eta),
                "type": self._category,
                "name": name,
                "count": threads,
            }
            for name, is_listed, threads, performance, queued, jobs, eta in rows
            if is_listed
        ]

    def standing(self, minutes: Counts) -> Standing:
        """Return what stands at minutes of one day."""
        day = self._on(int(minutes[0]) // MINUTES_A_DAY)
        hours, which = np.unique(minutes // 60, return_inverse=True)
        presence = self._roster.presence(self._category, hours)
        threads, workers = (
            (day.serves @ counts)[:, which] for counts in (day.threads * presence, presence.astype(np.int64))
        )
        lengths = day.lengths * day.waves.level(minutes) * self._tide.level(minutes)
        is_listed = (threads > 0) | (day.certain > 0)
        waiting = np.maximum(day.certain, lengths.astype(np.int64)) * is_listed
        jobs = waiting + np.minimum(threads, waiting // 2)
        return Standing(day.names, is_listed, threads, workers, waiting * day.things, jobs)

    def performance(self, minutes: Counts) -> Times:
        """Return the speed of a job of each name at minutes of one day: pixelsteps/s or tokens/s, 0 where unknown."""
        day = self._on(int(minutes[0]) // MINUTES_A_DAY)
        presence = self._roster.presence(self._category, minutes // 60)
        speeds = day.speeds * day.speed_waves.level(minutes) * presence
        # Not by @: for so few numbers the threads that it starts cost more than they do.
        total, workers = (np.einsum("nw,wm->nm", day.serves, one) for one in (speeds, presence))
        performance: Times = np.round(total / np.maximum(workers, 1), 1)
        return performance * (day.requests_an_hour * day.pulses.level(minutes) >= 1)

    def _on(self, day: int) -> Day:
        workers = self._roster.on(self._category, day)
        served, unserved = ([place.holder(day) for place in places] for places in (self._places, self._unserved))
        known, key = self._day, (workers, served, unserved)
        if known is None or known[0] != key:
            known = self._day = (key, self._made(day, workers, (*served, *unserved)))
        return known[1]

    def _made(self, day: int, workers: Sequence[Worker], names: tuple[str, ...]) -> Day:
        lines = [self._lines[name] for name in names]
        serving = [set() if worker.in_maintenance else {*worker.serves(day)} for worker in workers]
        lengths, things, certain, requests = (
            np.array(figures)[:, np.newaxis]
            for figures in zip(
                *((one.length, one.things, int(one.certain), one.requests_an_hour) for one in lines), strict=True
            )
        )
        return Day(
            names,
            lengths,
            things,
            certain,
            requests,
            Waves([line.wave for line in lines]),
            Waves([line.pulse for line in lines]),
            np.array([[name in models for models in serving] for name in names], dtype=np.int64),
            np.array([[worker.threads] for worker in workers]),
            np.array([[worker.speed or 0.0] for worker in workers]),
            Waves([worker.wave for worker in workers]),
        )


def network_performance(
    standings: Mapping[ModelType, Standing],
    staff: Mapping[WorkerType, tuple[Counts, Counts]],
    past_minute: Mapping[ModelType, Times],
    forms: Counts,
) -> dict[str, Counts | Times]:
    """Return the figures of the performance body at minutes: workers in maintenance count, each request counts once.

    `staff` has the workers and their threads, `past_minute` the pixelsteps and the tokens generated in the last minute,
    `forms` the forms that wait. A request may name several models, so that the sums over the names are larger than the
    figures of the network.
    """

    def waiting(category: ModelType, field: str) -> Times:
        total: Times = COUNTED_ONCE * getattr(standings[category], field).sum(axis=0)
        return total

    figures: dict[str, Counts | Times] = {
        "queued_requests": np.rint(waiting("image", "jobs")).astype(np.int64),
        "queued_text_requests": np.rint(waiting("text", "jobs")).astype(np.int64),
    }
    prefixes: tuple[tuple[WorkerType, str], ...] = (
        ("image", ""),
        ("text", "text_"),
        ("interrogation", "interrogator_"),
    )
    for kind, prefix in prefixes:
        workers, threads = staff[kind]
        figures[f"{prefix}worker_count" if kind != "interrogation" else "interrogator_count"] = workers
        figures[f"{prefix}thread_count"] = threads
    return figures | {
        "queued_megapixelsteps": np.round(waiting("image", "queued") / 1e6, 2),
        "queued_tokens": np.rint(waiting("text", "queued")),
        "queued_forms": forms.astype(np.float64),
        "past_minute_megapixelsteps": np.round(past_minute["image"] / 1e6, 2),
        "past_minute_tokens": np.rint(past_minute["text"]),
    }
