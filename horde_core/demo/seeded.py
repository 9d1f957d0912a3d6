"""Seeded random generators, and smooth curves that are pure functions of time."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MINUTES_A_DAY = 1440


def source(seed: int, *labels: object) -> random.Random:
    """Return a generator of its own for one purpose, so that one part may grow without shifting the others."""
    return random.Random(":".join(str(part) for part in (seed, *labels)))


def weighted_sample(chance: random.Random, weights: Sequence[float], count: int) -> list[int]:
    """Return `count` distinct positions, heavier ones more likely (Efraimidis and Spirakis), in ascending order."""
    keys = [(chance.random() ** (1 / weight), index) for index, weight in enumerate(weights)]
    return sorted(index for _, index in sorted(keys, reverse=True)[:count])


Times = npt.NDArray[np.float64]
"""Times in one unit, such as days or minutes since 1970, and what is computed of them."""
Counts = npt.NDArray[np.int64]


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


class Waves:
    """Several waves as one, which gives a row for each; times are given as a row, or as one row for each wave."""

    def __init__(self, waves: Sequence[Wave]) -> None:
        most = max((len(wave.parts) for wave in waves), default=0)
        padded = [(*wave.parts, *[(0.0, 1.0, 0.0)] * (most - len(wave.parts))) for wave in waves]
        parts = np.array(padded, dtype=np.float64).reshape(len(waves), most, 3)
        self._parts = [tuple(parts[:, index, field, np.newaxis] for field in range(3)) for index in range(most)]

    def level(self, at: Times | Counts) -> Times:
        """Return the heights of the curves at times."""
        height: Times = np.ones(1)
        for size, speed, phase in self._parts:
            height = height + size * np.cos(speed * at + phase)
        return height

    def area(self, at: Times) -> Times:
        """Return the areas under the curves up to times, counted from an arbitrary origin."""
        area = at
        for size, speed, phase in self._parts:
            area = area + size / speed * np.sin(speed * at + phase)
        return area
