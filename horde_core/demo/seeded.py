"""Seeded random generators, and smooth curves that are pure functions of time."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

MINUTES_A_DAY = 1440


def source(seed: int, *labels: object) -> random.Random:
    """Return a generator of its own for one purpose, so that one part may grow without shifting the others."""
    return random.Random(":".join(str(part) for part in (seed, *labels)))


def weighted_sample(chance: random.Random, weights: Sequence[float], count: int) -> list[int]:
    """Return `count` distinct positions, heavier ones more likely (Efraimidis and Spirakis), in ascending order."""
    keys = [(chance.random() ** (1 / weight), index) for index, weight in enumerate(weights)]
    return sorted(index for _, index in sorted(keys, reverse=True)[:count])


@dataclass(frozen=True, slots=True)
class Wave:
    """A smooth curve around 1: the sum of a few cosines, each (amplitude, angular speed, phase).

    Time is in whatever unit the periods were given in. While the amplitudes add up to less than 1, the level is
    positive and the area grows for ever: it can be read as a counter.
    """

    parts: tuple[tuple[float, float, float], ...]

    @classmethod
    def drawn(cls, chance: random.Random, *periods: tuple[float, float]) -> Wave:
        """Draw a wave with the given (period, amplitude) pairs and phases of its own."""
        return cls(tuple((size, math.tau / period, chance.uniform(0, math.tau)) for period, size in periods))

    def level(self, at: float) -> float:
        """Return the height of the curve at a time."""
        return 1 + sum(size * math.cos(speed * at + phase) for size, speed, phase in self.parts)

    def area(self, at: float) -> float:
        """Return the area under the curve up to a time, counted from an arbitrary origin."""
        return at + sum(size / speed * math.sin(speed * at + phase) for size, speed, phase in self.parts)
