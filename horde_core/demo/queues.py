"""The live side of one minute: queues, speeds and threads of each name, and the network as a whole."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from horde_core.demo.demand import Traffic
from horde_core.demo.seeded import MINUTES_A_DAY, Wave, source
from horde_core.demo.workers import Worker
from horde_core.vocabulary import ModelType

NO_SPEED_ETA = 10_000
"""Seconds that the API sends when something waits and the speed of its workers is unknown or 0."""
LONGEST = {"image": 34, "text": 12}
"""Jobs that usually wait for the most wanted name."""
LEAST = 0.5
"""Jobs that usually wait for the least wanted name: none, and one at the top of its wave."""
STEPS = 26
SIZES = (40, 80, 120, 150, 200, 300, 512)
"""Tokens that the usual request for a name asks for."""

COUNTED_ONCE = 0.85
"""The share that is left when a request that names several models counts once."""


@dataclass(frozen=True, slots=True)
class Line:
    """The queue for one name: how many jobs wait at a minute, and how much work each is."""

    length: float
    wave: Wave
    things: int
    certain: bool
    pulse: Wave
    requests_an_hour: float

    def waiting(self, minute: int) -> int:
        """Return the jobs that wait at a minute since 1970."""
        return max(int(self.certain), int(self.length * max(0.0, self.wave.level(minute))))

    def asked_lately(self, minute: int) -> bool:
        """Tell whether somebody asked within the last hour: else the API knows no speed."""
        return self.requests_an_hour * self.pulse.level(minute) >= 1


class Queues:
    """The queues of one category, and its status body at any minute."""

    def __init__(self, seed: int, category: ModelType, traffic: Traffic, sides: Mapping[str, int]) -> None:
        """`sides` has the side of the usual picture of image models, in pixels; others have 1024."""
        self._category = category
        self._unserved = traffic.unserved
        unserved = {name for place in traffic.unserved for name in place.names}
        live = {name for post in traffic.posts for place in post.models for name in place.names} | unserved
        rates = {demand.name: demand.rate for demand in traffic.demands}
        most = max(rates[name] for name in live if name in rates)
        self._lines = {
            name: self._line(
                source(seed, "queue", name), rates.get(name, 0.0), most, sides.get(name, 1024), name in unserved
            )
            for name in live
        }

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

    def status(self, workers: Sequence[Worker], minute: int) -> list[dict[str, Any]]:
        """Return the status body at a minute: every name that somebody serves or, unserved, somebody waits for."""
        day = minute // MINUTES_A_DAY
        serving: dict[str, list[Worker]] = defaultdict(list)
        for worker in workers:
            if worker.kind == self._category and not worker.in_maintenance:
                for name in worker.serves(day):
                    serving[name].append(worker)
        rows = [self._row(name, some, minute) for name, some in serving.items()]
        return rows + [self._row(place.holder(day), [], minute) for place in self._unserved]

    def _row(self, name: str, workers: Sequence[Worker], minute: int) -> dict[str, Any]:
        line = self._lines[name]
        threads = sum(worker.threads for worker in workers)
        speeds = [speed for worker in workers if (speed := worker.speed_at(minute)) is not None]
        performance = round(sum(speeds) / len(speeds), 1) if speeds and line.asked_lately(minute) else 0.0
        waiting = line.waiting(minute)
        queued = waiting * line.things
        capacity = threads * performance
        eta = 0 if not queued else int(queued / capacity) if capacity else NO_SPEED_ETA
        return {
            "performance": performance,
            "queued": float(queued),
            "jobs": float(waiting + min(threads, waiting // 2)),
            "eta": eta,
            "type": self._category,
            "name": name,
            "count": threads,
        }


def network_performance(
    workers: Sequence[Worker],
    statuses: Mapping[ModelType, Sequence[Mapping[str, Any]]],
    past_minute: Mapping[ModelType, float],
    forms: int,
) -> dict[str, Any]:
    """Return the performance body: workers in maintenance count, and each request counts once.

    `past_minute` has the pixelsteps and the tokens generated in the last minute, `forms` the forms that wait. A
    request may name several models, so that the sums over the names are larger than the figures of the network.
    """

    def threads(kind: str) -> list[int]:
        return [worker.threads for worker in workers if worker.kind == kind]

    def waiting(category: ModelType, field: str) -> float:
        return COUNTED_ONCE * float(sum(row[field] for row in statuses[category]))

    return {
        "queued_requests": round(waiting("image", "jobs")),
        "queued_text_requests": round(waiting("text", "jobs")),
        "worker_count": len(threads("image")),
        "thread_count": sum(threads("image")),
        "text_worker_count": len(threads("text")),
        "text_thread_count": sum(threads("text")),
        "interrogator_count": len(threads("interrogation")),
        "interrogator_thread_count": sum(threads("interrogation")),
        "queued_megapixelsteps": round(waiting("image", "queued") / 1e6, 2),
        "queued_tokens": float(round(waiting("text", "queued"))),
        "queued_forms": float(forms),
        "past_minute_megapixelsteps": round(past_minute["image"] / 1e6, 2),
        "past_minute_tokens": float(round(past_minute["text"])),
    }
