"""SimulatedHorde: the parts put together, with one method for each body of the API."""

from __future__ import annotations

from typing import Any

from horde_core.demo.catalogue.images import image_ages, image_catalogue
from horde_core.demo.catalogue.texts import text_catalogue
from horde_core.demo.demand import Counters, Flow
from horde_core.demo.image_traffic import image_traffic
from horde_core.demo.queues import Queues, network_performance
from horde_core.demo.seeded import MINUTES_A_DAY, Wave, source
from horde_core.demo.text_traffic import text_traffic
from horde_core.demo.workers import Roster, Worker
from horde_core.vocabulary import ModelType

WORK_FIELDS: dict[ModelType, tuple[str, str]] = {"image": ("images", "ps"), "text": ("requests", "tokens")}
WORK_A_JOB: dict[ModelType, int] = {"image": 20_900_000, "text": 298}
"""Pixelsteps of the mean image, tokens asked for by the mean text request."""
WRITTEN_SHARE = 0.5
"""Tokens written for each token asked for."""


class SimulatedHorde:
    """All bodies as plain data: pure functions of the seed and of a minute or a UTC day since 1970."""

    def __init__(self, seed: int) -> None:
        """Invent everything that does not change with time."""
        self._seed = seed
        self._catalogue = image_catalogue(seed)
        self._texts = text_catalogue(seed)
        image, text = image_traffic(seed, self._catalogue), text_traffic(seed, self._texts)
        self._counters: dict[ModelType, Counters] = {"image": Counters(image.demands), "text": Counters(text.demands)}
        self._roster = Roster(seed, image.posts, text.posts)
        sides = {name: model.side for name, model in self._catalogue.models.items()}
        self._queues: dict[str, Queues] = {
            "image": Queues(seed, "image", image, sides),
            "text": Queues(seed, "text", text, {}),
        }
        chance = source(seed, "network")
        self._hours = Wave.drawn(chance, (1, 0.22), (1 / 3, 0.05))
        self._bustle = Wave.drawn(chance, (7, 0.12), (2.7, 0.1), (1.9, 0.08))
        self._forms = Wave.drawn(chance, (17, 0.6), (5, 0.6))
        self._flow: dict[ModelType, tuple[int, Flow]] = {}

    def reference(self, category: ModelType, day: int) -> dict[str, dict[str, Any]]:
        """Return the reference of a day in the v2 format."""
        return (self._catalogue if category == "image" else self._texts).reference(day)

    def image_ages(self, day: int) -> dict[str, dict[str, Any]]:
        """Return when each image model, retired ones included, was added, changed and removed."""
        return image_ages(self._catalogue, self._seed, day)

    def usage(self, category: ModelType, day: int) -> dict[str, dict[str, int]]:
        """Return the usage maps, compiled at the start of a day."""
        return self._counters[category].usage(day)

    def workers(self, minute: int, kind: str | None) -> list[dict[str, Any]]:
        """Return the workers that are there at a minute: all, or those of one kind."""
        return [worker.row(minute) for worker in self._online(minute) if kind in (None, worker.kind)]

    def status(self, minute: int, kind: str) -> list[dict[str, Any]]:
        """Return threads, speeds and queues by name at a minute; nothing for a kind that has no models."""
        queues = self._queues.get(kind)
        return queues.status(self._online(minute), minute) if queues else []

    def totals(self, category: ModelType, minute: int) -> dict[str, dict[str, int]]:
        """Return requests and work of the windows that end at a minute."""
        count_field, work_field = WORK_FIELDS[category]
        return {
            period: {count_field: count, work_field: count * WORK_A_JOB[category]}
            for period, count in self._windows(category, minute).items()
        }

    def performance(self, minute: int) -> dict[str, Any]:
        """Return the figures of the network as a whole at a minute."""
        images, texts = self._windows("image", minute)["minute"], self._windows("text", minute)["minute"]
        return network_performance(
            self._online(minute),
            {"image": self.status(minute, "image"), "text": self.status(minute, "text")},
            {"image": images * WORK_A_JOB["image"], "text": texts * WORK_A_JOB["text"] * WRITTEN_SHARE},
            forms=max(0, int(2 * self._forms.level(minute))),
        )

    def _online(self, minute: int) -> list[Worker]:
        return self._roster.online(minute // 60)

    def _windows(self, category: ModelType, minute: int) -> dict[str, int]:
        day = minute // MINUTES_A_DAY
        known = self._flow.get(category)
        if known is None or known[0] != day:
            known = self._flow[category] = (day, Flow(self._counters[category], day, self._hours))
        return known[1].windows(minute / MINUTES_A_DAY, self._bustle.level(minute))
