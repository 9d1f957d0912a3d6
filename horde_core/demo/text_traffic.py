"""Which text names are asked for, how much, and which text workers serve them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from horde_core.demo.catalogue.places import CYCLE_DAYS, Place
from horde_core.demo.catalogue.texts import (
    HOSTILE_NAMES,
    TextCatalogue,
    any_backend,
    new_spelling,
    spelling,
    unlisted_names,
)
from horde_core.demo.demand import WEEK, Demand, Post, Traffic, demands_by_turns, past_demands
from horde_core.demo.seeded import Wave, source

REQUESTS_A_DAY = 180_000
PAST_REQUESTS, UNLISTED_PAST_REQUESTS, PAST_SPREAD = 100_000_000, 12_000_000, 2
LASTING_COUNT, OCCASIONAL_COUNT, ABSENT_COUNT, ZERO_COUNT = 12, 260, 60, 12
"""Models always served; served now and then; never heard of; listed with zeros. The others are of the past."""

UNLISTED_COUNT = 300
UNLISTED_SHARES = (0.06, 0.035, 0.024, 0.016, 0.011, 0.008)
"""Shares of all requests that go to the popular names outside the reference."""
UNLISTED_SPANS = (300, 240, 180, 225, 400)
"""Days after which another name has such a share; the first name stays."""
OCCASIONAL_SHARE, UNLISTED_OCCASIONAL_SHARE, UNLISTED_OCCASIONAL_COUNT = 0.12, 0.015, 60

SEVERAL_BACKENDS: tuple[dict[str, tuple[float, int]], ...] = (
    {"koboldcpp": (0.72, 2), "aphrodite": (0.28, 24)},
    {"aphrodite": (0.85, 16), "koboldcpp": (0.15, 2)},
    {"koboldcpp": (0.55, 1), "tabbyapi": (0.45, 1)},
    {"tabbyapi": (0.66, 0), "aphrodite": (0.34, 32)},
    {"koboldcpp": (0.6, 2), "vllm": (0.4, 1)},
    {"aphrodite": (0.9, 8), "canonical": (0.1, 1)},
    {"koboldcpp": (0.92, 1), "aphrodite": (0.08, 0)},
    {"vllm": (0.68, 4), "koboldcpp": (0.32, 2)},
    {"koboldcpp": (0.88, 2), "canonical": (0.12, 0)},
    {"aphrodite": (0.9, 4), "koboldcpp": (0.1, 0)},
    {"koboldcpp": (0.85, 1), "ollama": (0.15, 0)},
    {"koboldcpp": (0.84, 1), "ollama": (0.1, 0), "vllm": (0.06, 0)},
)
"""Models on several backends: share of their requests, and threads, on each. The first and the fourth are uneven."""

OWNED_RANK, OWNED_SUFFIX = 31, "::Larkmoth#48213"
"""The served model that is written with the alias and number of the only user it answers."""

TURN_POST_COUNT = 9
STEADY_POST_COUNT = 32
MAINTENANCE_POSTS = (1, 6)
"""Of the steady posts that serve models on one backend, those in maintenance."""
MANY_THREADS = {"aphrodite": (2, 4, 8, 16), "vllm": (2, 4, 8)}


class Names(NamedTuple):
    """Spellings in use: `several` fill posts of their own, `single` share the other posts."""

    several: list[tuple[str, int]]
    single: list[Place]


def text_traffic(seed: int, catalogue: TextCatalogue) -> Traffic:
    """Decide the demand for the text models of one seed, and the posts that serve them."""
    order = source(seed, "text order").sample(catalogue.lasting, len(catalogue.lasting))
    heard_of = order[: -ABSENT_COUNT - ZERO_COUNT]
    lasting, occasional = heard_of[:LASTING_COUNT], heard_of[LASTING_COUNT : LASTING_COUNT + OCCASIONAL_COUNT]
    zeros = order[-ABSENT_COUNT - ZERO_COUNT : -ABSENT_COUNT]
    taken = {*HOSTILE_NAMES, *zeros}
    now, served_demands = _served(seed, lasting, catalogue.places, taken)
    popular, unlisted_demands = _unlisted(seed, taken)
    chance = source(seed, "text occasional")
    demands = (
        *served_demands,
        *unlisted_demands,
        *_occasional(chance, list(_occasional_names(chance, occasional, taken)), OCCASIONAL_SHARE),
        *[Demand(model) for model in zeros],
        *past_demands(source(seed, "text past"), list(_past_names(seed, heard_of, taken)), PAST_REQUESTS, PAST_SPREAD),
    )
    return Traffic(demands, _posts(seed, now.several, [*now.single, *popular, Place((HOSTILE_NAMES[1],))]))


def _unlisted(seed: int, taken: set[str]) -> tuple[list[Place], list[Demand]]:
    """Name and rate the models outside the reference; the popular names, the first of which stays, come first."""
    chance = source(seed, "unlisted rates")
    unlisted = unlisted_names(source(seed, "unlisted names"), taken)
    names = list(islice(unlisted, UNLISTED_COUNT - len(HOSTILE_NAMES) - len(UNLISTED_SHARES) + 1))
    past = 1 + UNLISTED_OCCASIONAL_COUNT
    demands = [
        _steady(chance, names[0], UNLISTED_SHARES[0]),
        *[Demand(name, chance.uniform(2, 9), past=chance.randrange(400)) for name in HOSTILE_NAMES],
        *_occasional(chance, names[1:past], UNLISTED_OCCASIONAL_SHARE),
        *past_demands(chance, names[past:], UNLISTED_PAST_REQUESTS, PAST_SPREAD),
    ]
    places = [Place((names[0],))]
    for span, share in zip(UNLISTED_SPANS, UNLISTED_SHARES[1:], strict=True):
        place = Place(tuple(islice(unlisted, CYCLE_DAYS // span)), span, chance.randrange(span))
        places.append(place)
        demands += demands_by_turns(place, REQUESTS_A_DAY * share, _steady_wave(chance), span)
    return places, demands


def _served(seed: int, lasting: Sequence[str], places: Sequence[Place], taken: set[str]) -> tuple[Names, list[Demand]]:
    """Name and rate the models that are served: every other one of the most popular stays, on several backends."""
    chance = source(seed, "text served")
    count = len(lasting) + len(places)
    weights = [chance.lognormvariate(0, 0.25) / (rank + 2.5) ** 1.15 for rank in range(count)]
    listed = 1 - OCCASIONAL_SHARE - UNLISTED_OCCASIONAL_SHARE - sum(UNLISTED_SHARES)
    names, demands, following = Names([], []), [], iter(places)
    for rank, weight in enumerate(weights):
        share = listed * weight / sum(weights)
        if rank % 2 == 0 and rank // 2 < len(lasting):
            for backend, (part, threads) in SEVERAL_BACKENDS[rank // 2].items():
                name = spelling(chance, lasting[rank // 2], backend)
                demands.append(_steady(chance, name, share * part))
                if threads:
                    names.several.append((name, threads))
        else:
            place, backend = next(following), any_backend(chance)
            suffix = OWNED_SUFFIX if rank == OWNED_RANK else ""
            place = place._replace(names=tuple(spelling(chance, model, backend) + suffix for model in place.names))
            demands += demands_by_turns(place, REQUESTS_A_DAY * share, _steady_wave(chance), place.span)
            names.single.append(place)
    taken.update(demand.name for demand in demands)
    return names, demands


def _steady_wave(chance: random.Random) -> Wave:
    return Wave((*Wave.drawn(chance, (120, 0.22), (29, 0.15), (3.9, 0.15)).parts, WEEK))


def _steady(chance: random.Random, name: str, share: float) -> Demand:
    """Return the demand for a name that is there every day, with a past of weeks to years."""
    rate = REQUESTS_A_DAY * share
    return Demand(name, rate, _steady_wave(chance), past=int(rate * chance.lognormvariate(4.5, 1)))


def _occasional_names(chance: random.Random, models: Sequence[str], taken: set[str]) -> Iterator[str]:
    """Yield one or two spellings of each model, both on the same backend."""
    for model in models:
        backend = any_backend(chance)
        for _ in range(chance.choice((1, 1, 1, 2))):
            name = new_spelling(chance, model, backend, taken)
            if name is not None:
                yield name


def _occasional(chance: random.Random, names: Sequence[str], share: float) -> list[Demand]:
    """Return the demand for names that a worker brings for a few days, again and again."""
    weights = [chance.lognormvariate(0, 1.1) for _ in names]
    return [
        Demand(
            name,
            rate=REQUESTS_A_DAY * share * weight / sum(weights) * period / present,
            wave=Wave.drawn(chance, (11, 0.3), (2.3, 0.2)),
            presence=(period, present),
            offset=chance.uniform(0, period),
            past=chance.randrange(2000),
        )
        for name, weight in zip(names, weights, strict=True)
        for period, present in [(chance.uniform(30, 180), chance.uniform(3, 12))]
    ]


def _past_names(seed: int, models: Sequence[str], taken: set[str]) -> Iterator[str]:
    """Yield spellings of long ago, on any backend; in a few of them only the case differs from another's."""
    chance = source(seed, "text past names")
    for model in models:
        for _ in range(chance.choices((0, 1, 2, 3, 5, 8), (8, 28, 26, 20, 14, 4))[0]):
            name = new_spelling(chance, model, any_backend(chance), taken)
            if name is None:
                continue
            yield name
            variant = name.upper() if chance.random() < 0.5 else name.lower()
            if chance.random() < 0.03 and variant not in taken:
                taken.add(variant)
                yield variant


def _posts(seed: int, several: Sequence[tuple[str, int]], single: Sequence[Place]) -> tuple[Post, ...]:
    """Fill the posts: one for each backend of a model on several, the other names by turns or two to a post."""
    chance = source(seed, "text posts")
    shuffled = chance.sample(single, len(single))
    turns, rest = shuffled[:TURN_POST_COUNT], shuffled[TURN_POST_COUNT:]
    room = STEADY_POST_COUNT - len(several)
    groups = [tuple(rest[index::room]) for index in range(room)]
    return (
        *[Post((Place((name,)),), threads) for name, threads in several],
        *[
            Post(places, _threads(chance, places[0]), maintenance=index in MAINTENANCE_POSTS)
            for index, places in enumerate(groups)
        ],
        *[Post((place,), _threads(chance, place), steady=False) for place in turns],
    )


def _threads(chance: random.Random, place: Place) -> int:
    return chance.choice(MANY_THREADS.get(place.names[0].partition("/")[0], (1, 1, 1, 1, 2)))
