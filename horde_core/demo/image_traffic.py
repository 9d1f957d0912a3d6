"""Which image models are asked for, how much, and which image workers serve them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from horde_core.demo.catalogue.images import SEASON_DAYS, ImageCatalogue
from horde_core.demo.catalogue.places import Place
from horde_core.demo.demand import WEEK, Demand, Post, Traffic, demands_by_turns, past_demands
from horde_core.demo.seeded import Wave, source, weighted_sample

IMAGES_A_DAY = 100_000
PAST_IMAGES, PAST_SPREAD = 60_000_000, 1.6
ACTIVE_COUNT, PAST_COUNT, ZERO_COUNT = 131, 10, 6
"""Places of models asked for; asked for only in the past; listed with zeros. Usage has no others."""
SEASONS = (150, 240, 330)
"""For so many days after it was added a seasonal model is asked for."""
UNSERVED_RANKS = (94, 95, 131, 132)
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
    order = _by_popularity(source(seed, "image order"), catalogue)
    active, silent = order[:ACTIVE_COUNT], order[ACTIVE_COUNT:]
    unserved = [order[rank] for rank in UNSERVED_RANKS]
    served = [place for place in order[:-UNSERVED_SILENT] if place not in unserved]
    chance = source(seed, "image past")
    demands = [
        *_active(seed, active),
        *past_demands(chance, [place.names[0] for place in silent[:PAST_COUNT]], PAST_IMAGES // 100, PAST_SPREAD),
        *[Demand(place.names[0]) for place in silent[PAST_COUNT : PAST_COUNT + ZERO_COUNT]],
        *past_demands(chance, catalogue.retired, PAST_IMAGES * 99 // 100, PAST_SPREAD),
        *[Demand(name, rate=chance.uniform(4, 30), past=chance.randrange(900)) for name in CUSTOM_NAMES],
    ]
    return Traffic(tuple(demands), _posts(seed, served), tuple(unserved))


def _by_popularity(chance: random.Random, catalogue: ImageCatalogue) -> list[Place]:
    """Return the places of all models, likely the larger bases first; every third seasonal one is never used.

    A seasonal one is not among the very first: the network does not lose half of its requests when its season ends.
    """
    likely = {
        place: (0.1 if len(place.names) > 1 else 0)
        + chance.random() * (0.45 if catalogue.models[place.names[0]].side == 1024 else 1)
        for place in catalogue.places
    }
    order = sorted(catalogue.places, key=likely.__getitem__)
    seasonal = [place for place in order if len(place.names) > 1]
    idle = [place for place in seasonal if place.begins // SEASON_DAYS % 3 == 0]
    lasting = [place for place in order if len(place.names) == 1]
    lasting_active = ACTIVE_COUNT - (len(seasonal) - len(idle))
    active = {*seasonal, *lasting[:lasting_active]} - {*idle}
    return [*[place for place in order if place in active], *lasting[lasting_active:], *idle]


def _active(seed: int, places: Sequence[Place]) -> Iterator[Demand]:
    chance = source(seed, "image rates")
    weights = [chance.lognormvariate(0, 0.35) / (rank + 1.6) ** 1.65 for rank in range(len(places))]
    for place, weight in zip(places, weights, strict=True):
        wave = Wave.drawn(chance, (140, 0.3), (37, 0.2), (4.7, 0.12))
        wave = Wave((*wave.parts, WEEK))
        rate = IMAGES_A_DAY * weight / sum(weights)
        if len(place.names) > 1:
            yield from demands_by_turns(place, rate, wave, days=chance.choice(SEASONS))
        else:
            yield Demand(place.names[0], rate, wave, past=int(rate * chance.lognormvariate(6, 0.8)))


def _posts(seed: int, served: Sequence[Place]) -> tuple[Post, ...]:
    """Give each post its models, likely popular ones; the first and largest serves nearly all."""
    chance = source(seed, "image posts")
    weights = [1 / (rank + 3) for rank in range(len(served))]
    posts = []
    for index, count in enumerate((*STEADY_POSTS, *TURN_POSTS)):
        places = [served[position] for position in weighted_sample(chance, weights, count)]
        if index == CUSTOM_POST:
            places += [Place((name,)) for name in CUSTOM_NAMES]
        posts.append(
            Post(
                tuple(places),
                threads=chance.choice((1, 1, 1, 1, 2)),
                steady=index < len(STEADY_POSTS),
                maintenance=index in MAINTENANCE_POSTS,
            )
        )
    return tuple(posts)
