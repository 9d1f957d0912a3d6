"""Which image models are asked for, how much, and which image workers serve them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from horde_core.demo.demand import ALWAYS, MONTH_DAYS, WEEK, Demand, Post, Traffic, past_demands
from horde_core.demo.image_catalogue import SEASON_DAYS, YEAR_DAYS, ImageCatalogue, ImageModel
from horde_core.demo.seeded import Wave, source, weighted_sample

IMAGES_A_DAY = 100_000
PAST_IMAGES, PAST_SPREAD = 60_000_000, 1.6
ACTIVE_COUNT, PAST_COUNT, ZERO_COUNT = 134, 10, 6
"""Models asked for every day; only in the past; listed with zeros. The others are not in the usage map at all."""
UNSERVED_RANKS = (94, 95, 134, 135)
"""Places, by popularity, of the models that somebody waits for in vain: two active ones and two of the past."""
UNSERVED_SILENT = 10
"""How many models nobody serves and nobody waits for: the last ones."""

STEADY_POSTS = (140, 96, 61, 38, 29, 24, 17, 12, 9, 8, 7, 6, 5, 4, 3, 3, 3, 2, 2, 1, 1, 1)
TURN_POSTS = (31, 14, 8, 5, 3, 2, 2, 1, 1)
"""Models of each image worker: of those that are always there, and of those that take turns."""
MAINTENANCE_POSTS = (5, 15)
CUSTOM_POST = 4
CUSTOM_NAMES = ("Yarrow Lamplight [SDXL]", "Velvet Abacus Test [Flux]")
"""Names outside the reference, which the owner of one worker may serve."""


def image_traffic(seed: int, catalogue: ImageCatalogue) -> Traffic:
    """Decide the demand for the image models of one seed, and the posts that serve them."""
    order = _by_popularity(source(seed, "image order"), catalogue.models)
    active, silent = order[:ACTIVE_COUNT], order[ACTIVE_COUNT:]
    unserved = [order[rank].name for rank in UNSERVED_RANKS]
    served = [model.name for model in order[:-UNSERVED_SILENT] if model.name not in unserved]
    chance = source(seed, "image past")
    demands = [
        *_active(seed, active),
        *past_demands(chance, [model.name for model in silent[:PAST_COUNT]], PAST_IMAGES // 100, PAST_SPREAD),
        *[Demand(model.name) for model in silent[PAST_COUNT : PAST_COUNT + ZERO_COUNT]],
        *past_demands(chance, catalogue.retired, PAST_IMAGES * 99 // 100, PAST_SPREAD),
        *[Demand(name, rate=chance.uniform(4, 30), past=chance.randrange(900)) for name in CUSTOM_NAMES],
    ]
    return Traffic(tuple(demands), _posts(seed, served), tuple(unserved))


def _by_popularity(chance: random.Random, models: Sequence[ImageModel]) -> list[ImageModel]:
    """Return all models, likely the larger bases first; every third seasonal one is never used.

    A seasonal one is not among the very first: the network does not lose half of its requests when its season ends.
    """
    places = {
        model.name: (0 if model.season is None else 0.1) + chance.random() * (0.45 if model.side == 1024 else 1)
        for model in models
    }
    order = sorted(models, key=lambda model: places[model.name])
    idle = [model for model in order if model.season is not None and model.season % 3 == 0]
    seasonal = [model for model in order if model.season is not None and model.season % 3]
    lasting = [model for model in order if model.season is None]
    old = lasting[ACTIVE_COUNT - len(seasonal) :]
    active = sorted([*seasonal, *lasting[: -len(old)]], key=lambda model: places[model.name])
    return [*active, *old[:PAST_COUNT], *idle, *old[PAST_COUNT:]]


def _active(seed: int, models: Sequence[ImageModel]) -> list[Demand]:
    chance = source(seed, "image rates")
    weights = [chance.lognormvariate(0, 0.35) / (rank + 1.6) ** 1.65 for rank in range(len(models))]
    demands = []
    for model, weight in zip(models, weights, strict=True):
        wave = Wave.drawn(chance, (140, 0.3), (37, 0.2), (4.7, 0.12))
        rate = IMAGES_A_DAY * weight / sum(weights)
        seasonal = model.season is not None
        demands.append(
            Demand(
                model.name,
                rate,
                Wave((*wave.parts, WEEK)),
                past=0 if seasonal else int(rate * chance.lognormvariate(6, 0.8)),
                presence=(YEAR_DAYS, YEAR_DAYS - MONTH_DAYS) if seasonal else ALWAYS,
                offset=-SEASON_DAYS * (model.season or 0),
            )
        )
    return demands


def _posts(seed: int, served: Sequence[str]) -> tuple[Post, ...]:
    """Give each post its models, likely popular ones; the first and largest serves nearly all."""
    chance = source(seed, "image posts")
    weights = [1 / (rank + 3) for rank in range(len(served))]
    posts = []
    for index, count in enumerate((*STEADY_POSTS, *TURN_POSTS)):
        names = [served[position] for position in weighted_sample(chance, weights, count)]
        if index == CUSTOM_POST:
            names += CUSTOM_NAMES
        posts.append(
            Post(
                tuple(names),
                threads=chance.choice((1, 1, 1, 1, 2)),
                steady=index < len(STEADY_POSTS),
                maintenance=index in MAINTENANCE_POSTS,
            )
        )
    return tuple(posts)
