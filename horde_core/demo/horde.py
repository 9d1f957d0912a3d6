"""SimulatedHorde: the parts put together, with one method for each body of the API."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from horde_core.demo.catalogue.images import image_ages, image_catalogue
from horde_core.demo.catalogue.places import ReferenceChange
from horde_core.demo.catalogue.texts import text_catalogue
from horde_core.demo.demand import MONTH_DAYS, Counters, Flow
from horde_core.demo.image_traffic import image_traffic
from horde_core.demo.queues import Queues, network_performance
from horde_core.demo.seeded import MINUTES_A_DAY, Counts, Times, Wave, Waves, source
from horde_core.demo.text_traffic import text_traffic
from horde_core.demo.workers import Roster
from horde_core.vocabulary import MODEL_TYPES, ModelType, WorkerType

KINDS: tuple[WorkerType, ...] = ("image", "text", "interrogation")
WINDOW_DAYS = {"hour": 1 / 24, "day": 1.0, "month": float(MONTH_DAYS)}
WORK_FIELDS: dict[ModelType, tuple[str, str]] = {"image": ("images", "ps"), "text": ("requests", "tokens")}
WORK_A_JOB: dict[ModelType, int] = {"image": 20_900_000, "text": 298}
"""Pixelsteps of the mean image, tokens asked for by the mean text request."""
WRITTEN_SHARE = 0.5
"""Tokens written for each token asked for."""


SEED = 0
"""The simulated Horde that everybody sees."""


@cache
def simulated_horde(seed: int) -> SimulatedHorde:
    """Return the simulated Horde of a seed, the same object each time."""
    return SimulatedHorde(seed)


class SimulatedHorde:
    """All bodies as plain data: pure functions of the seed and of a minute or a UTC day since 1970."""

    def __init__(self, seed: int) -> None:
        """Invent everything that does not change with time."""
        self._seed = seed
        self._catalogue = image_catalogue(seed)
        self._texts = text_catalogue(seed)
        image, text = image_traffic(seed, self._catalogue), text_traffic(seed, self._texts)
        self.counters: dict[ModelType, Counters] = {"image": Counters(image.demands), "text": Counters(text.demands)}
        self.roster = Roster(seed, image.posts, text.posts)
        sides = {name: model.side for name, model in self._catalogue.models.items()}
        self.queues: dict[ModelType, Queues] = {
            "image": Queues(seed, "image", image, self.roster, sides),
            "text": Queues(seed, "text", text, self.roster, {}),
        }
        chance = source(seed, "network")
        hours = Wave.drawn(chance, (1, 0.22), (1 / 3, 0.05))
        self._flows = {category: Flow(counters, hours) for category, counters in self.counters.items()}
        self._bustle, self._forms = (
            Waves([Wave.drawn(chance, *periods)])
            for periods in (((7, 0.12), (2.7, 0.1), (1.9, 0.08)), ((17, 0.6), (5, 0.6)))
        )

    def reference(self, category: ModelType, day: int) -> dict[str, dict[str, Any]]:
        """Return the reference of a day in the v2 format."""
        return (self._catalogue if category == "image" else self._texts).reference(day)

    def reference_changes(self, category: ModelType, after: int, until: int) -> list[ReferenceChange]:
        """Return what changed in the reference after a day, up to another one, in order."""
        changes = (self._catalogue if category == "image" else self._texts).changes(until)
        return sorted(one for one in changes if after < one.day <= until)

    def image_ages(self, day: int) -> dict[str, dict[str, Any]]:
        """Return when each image model, retired ones included, was added, changed and removed."""
        return image_ages(self._catalogue, self._seed, day)

    def usage(self, category: ModelType, day: int) -> dict[str, dict[str, int]]:
        """Return the usage maps, compiled at the start of a day."""
        return self.counters[category].usage(day)

    def workers(self, minute: int, kind: str | None) -> list[dict[str, Any]]:
        """Return the workers that are there at a minute: all, or those of one kind."""
        kinds = [one for one in KINDS if kind in (None, one)]
        return [worker.row(minute) for one in kinds for worker in self.roster.online(minute // 60, one)]

    def status(self, minute: int, kind: str) -> list[dict[str, Any]]:
        """Return threads, speeds and queues by name at a minute; nothing for a kind that has no models."""
        return self.queues[kind].status(minute) if kind in MODEL_TYPES else []

    def totals(self, category: ModelType, minute: int) -> dict[str, dict[str, int]]:
        """Return requests and work of the windows that end at a minute."""
        count_field, work_field = WORK_FIELDS[category]
        flow, time = self._flows[category], np.array([minute / MINUTES_A_DAY])
        counts = {
            "minute": self._past_minute(category, np.array([minute])),
            **{window: flow.within(time, days) for window, days in WINDOW_DAYS.items()},
            "total": self.requests(category, np.array([minute])),
        }
        return {
            window: {count_field: int(count[0]), work_field: int(count[0]) * WORK_A_JOB[category]}
            for window, count in counts.items()
        }

    def requests(self, category: ModelType, minutes: Counts) -> Counts:
        """Return the requests of all time up to minutes."""
        return np.rint(self._flows[category].until(minutes / MINUTES_A_DAY)).astype(np.int64)

    def performance(self, minutes: Counts) -> dict[str, Counts | Times]:
        """Return the figures of the network as a whole at minutes of one day, by the API's fields."""
        images, texts = (self._past_minute(category, minutes) for category in MODEL_TYPES)
        return network_performance(
            {category: queues.standing(minutes) for category, queues in self.queues.items()},
            {kind: self.roster.staff(kind, minutes) for kind in KINDS},
            {"image": images * WORK_A_JOB["image"], "text": texts * WORK_A_JOB["text"] * WRITTEN_SHARE},
            np.maximum(0, 2 * self._forms.level(minutes)[0]).astype(np.int64),
        )

    def _past_minute(self, category: ModelType, minutes: Counts) -> Times:
        """Return the requests of the minutes that end then, which vary more than longer windows."""
        counts = self._flows[category].within(minutes / MINUTES_A_DAY, 1 / MINUTES_A_DAY)
        varied: Times = np.rint(counts * self._bustle.level(minutes)[0])
        return varied
