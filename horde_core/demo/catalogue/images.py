"""The image models of the simulated Horde: names, birthdays, and records in the v2 reference format."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from horde_core.demo.catalogue import words
from horde_core.demo.catalogue.places import CYCLE_DAYS, Place, ReferenceChange, Turn, comings_and_goings
from horde_core.demo.seeded import source

MODEL_COUNT = 160
RETIRED_COUNT = 30
SEASONAL_COUNT = 36
SEASON_DAYS = 10
"""A seasonal model is added every so many days, in the place of the one that was added a year before."""
YEAR_DAYS = SEASONAL_COUNT * SEASON_DAYS

FIRST_DAY = 19250
"""Days since 1970 when the oldest model was added, in September 2022."""
FIRST_YEAR_DAYS = 380
"""Every model that is not seasonal was added within so many days of the first one."""

# Baselines with the share of models, the usual bytes on disk and the side of the usual picture, in pixels.
BASELINES: dict[str, tuple[float, int, int]] = {
    "stable_diffusion_1": (0.56, 2_132_000_000, 512),
    "stable_diffusion_xl": (0.36, 6_938_000_000, 1024),
    "stable_diffusion_2_768": (0.03, 5_214_000_000, 768),
    "flux_1": (0.04, 17_246_000_000, 1024),
    "stable_cascade": (0.01, 9_700_000_000, 1024),
}
STYLES = {"anime": 0.34, "realistic": 0.22, "artistic": 0.2, "generalist": 0.15, "other": 0.05, "furry": 0.04}
TAGS = ("retro", "sketch", "landscape", "character", "comic", "pixel", "portrait", "scenes", "cg", "storybook")
SUBJECTS = ("landscapes", "portraits", "architecture", "creatures", "still lifes", "comic panels", "book covers")
MANNERS = ("soft light", "bold outlines", "muted colours", "fine grain", "deep shadows", "watercolour edges")
OTHER_HOSTS = ("civitai.com", "weights.mosslabs.example", "files.kilnworks.example")
UNPARSEABLE_URL = "https://[weights.mosslabs.example/mirror.safetensors"

FIRST_VERSION = "0.9"
"""The version of a record until it is revised."""

# Positions, in the order of names, of the records that have something to find for an audit.
WITHOUT_DESCRIPTION = (17, 64, 121)
WITHOUT_SIZE = 30
WITHOUT_DOWNLOAD = 88
WITH_UNPARSEABLE_URL = 45


class ImageModel(NamedTuple):
    """One image model: its record, the side of its usual picture in pixels, and after how many days it is revised."""

    record: dict[str, Any]
    side: int
    revised_after: int


@dataclass(frozen=True, slots=True)
class ImageCatalogue:
    """The places of the reference, the models of every time by name, and the names of the long retired."""

    places: tuple[Place, ...]
    models: dict[str, ImageModel]
    retired: tuple[str, ...]

    def turns(self, today: int) -> Iterator[Turn]:
        """Yield every model that is or was in the reference by a day, without the long retired."""
        for place in self.places:
            yield from place.turns(FIRST_DAY, today)

    def changes(self, today: int) -> Iterator[ReferenceChange]:
        """Yield what changed in the reference up to a day."""
        yield from comings_and_goings(self.turns(today))
        for name, began, ended in self.turns(today):
            revised = began + self.models[name].revised_after
            if began < revised < (today + 1 if ended is None else ended):
                yield ReferenceChange(revised, name, "changed", ("version",))

    def reference(self, today: int) -> dict[str, dict[str, Any]]:
        """Return the body of the v2 image reference on a day."""
        records = {}
        for name, began, ended in self.turns(today):
            if ended is None:
                model = self.models[name]
                is_revised = today >= began + model.revised_after
                records[name] = model.record if is_revised else model.record | {"version": FIRST_VERSION}
        return records


def image_catalogue(seed: int) -> ImageCatalogue:
    """Invent the image models of one seed."""
    names = words.image_names(source(seed, "image names"))
    chance = source(seed, "image seasons")
    seasons = dict(zip(chance.sample(range(MODEL_COUNT), SEASONAL_COUNT), range(SEASONAL_COUNT), strict=True))
    first_names, retired = (tuple(islice(names, count)) for count in (MODEL_COUNT, RETIRED_COUNT))
    places: list[Place] = []
    models: dict[str, ImageModel] = {}
    for position, name in enumerate(first_names):
        begins = FIRST_DAY + chance.randrange(FIRST_YEAR_DAYS)
        if position in seasons:
            successors = islice(names, CYCLE_DAYS // YEAR_DAYS - 1)
            places.append(Place((name, *successors), YEAR_DAYS, seasons[position] * SEASON_DAYS))
        else:
            places.append(Place((name,), begins=begins))
        models |= {name: _model(seed, name, position) for name in places[-1].names}
    return ImageCatalogue(tuple(places), models, retired)


def _model(seed: int, name: str, position: int) -> ImageModel:
    record = _record(source(seed, "image record", name), name, position)
    revised_after = source(seed, "image revision", name).choice((0, 0, 3, 40, 200))
    return ImageModel(record, BASELINES[record["baseline"]][2], revised_after)


def image_ages(catalogue: ImageCatalogue, seed: int, today: int) -> dict[str, dict[str, Any]]:
    """Return when each model was added, changed and removed, in Unix seconds, as known on a day."""
    ages = {}
    for name, added, removed in catalogue.turns(today):
        modified = min(today, added + catalogue.models[name].revised_after)
        ages[name] = _age(source(seed, "image age", name), added, modified, removed)
    for name in catalogue.retired:
        chance = source(seed, "image age", name)
        added = FIRST_DAY + chance.randrange(FIRST_YEAR_DAYS)
        ages[name] = _age(chance, added, added + chance.randrange(60), removed=added + chance.randrange(60, 400))
    return ages


def _age(chance: random.Random, added: int, modified: int, removed: int | None) -> dict[str, Any]:
    def commit() -> str:
        return f"{chance.getrandbits(160):040x}"

    return {
        "commit_added": commit(),
        "date_added": added * 86_400,
        "commit_modified": commit(),
        "date_modified": modified * 86_400,
        "commit_removed": None if removed is None else commit(),
        "date_removed": None if removed is None else removed * 86_400,
    }


def _record(chance: random.Random, name: str, position: int) -> dict[str, Any]:
    """Return one record; keys in the order of the real reference."""
    baseline = chance.choices(list(BASELINES), [share for share, _, _ in BASELINES.values()])[0]
    style = chance.choices(list(STYLES), list(STYLES.values()))[0]
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    author = words.author_names(chance, 1)[0]
    size = int(BASELINES[baseline][1] * chance.choice((1, 1, 1, 1, 1.02, 1.62, 2)) + chance.randrange(900_000))
    record: dict[str, Any] = {
        "name": name,
        "description": "" if position in WITHOUT_DESCRIPTION else _description(chance, style),
        "version": chance.choice(("1.0", "1.0", "2.0", "2.1", "3.0", "1", "4.5")),
        "config": {"download": _downloads(chance, position, author, slug)},
        "size_on_disk_bytes": size,
        "baseline": baseline,
        "tags": sorted({*chance.sample(TAGS, chance.choice((0, 0, 1, 1, 2)))} | ({"anime"} & {style})),
        "showcases": [],
        "trigger": [f"{slug.split('-')[0]} style"] if chance.random() < 0.15 else [],
        "nsfw": chance.random() < 0.5,
        "style": style,
        "homepage": f"https://{author.lower().replace('_', '-')}.example/{slug}",
    }
    if position == WITHOUT_SIZE:
        del record["size_on_disk_bytes"]
    if chance.random() < 0.05:
        del record["homepage"]
    if chance.random() < 0.18:
        record["requirements"] = chance.choice(({"clip_skip": 2}, {"min_steps": 4, "max_steps": 8, "cfg_scale": 2}))
    if chance.random() < 0.05:
        record["inpainting"] = True
    return record


def _description(chance: random.Random, style: str) -> str:
    article = "An" if style[0] in "aeo" else "A"
    first, second = chance.sample(SUBJECTS, 2)
    return f"{article} {style} model for {first} and {second}, with {chance.choice(MANNERS)}."


def _downloads(chance: random.Random, position: int, author: str, slug: str) -> list[dict[str, Any]]:
    """Return the files of a model: one on the usual host, mostly."""
    if position == WITHOUT_DOWNLOAD:
        return []
    file_name = f"{slug}.safetensors"
    usual = f"https://huggingface.co/{author}/{slug}/resolve/main/{file_name}?download=true"
    other = f"https://{OTHER_HOSTS[position % len(OTHER_HOSTS)]}/{author}/{file_name}"
    urls = [usual]
    if position % 27 == 5:
        urls = [usual, other]
    elif position % 14 == 3:
        urls = [other]
    elif position % 31 == 8:
        urls = [usual.replace("//", "//cdn-lfs.", 1)]
    if position == WITH_UNPARSEABLE_URL:
        urls = [UNPARSEABLE_URL]
    return [
        {
            "file_name": file_name,
            "file_url": url,
            "sha256sum": f"{chance.getrandbits(256):064x}",
            "known_slow_download": chance.random() < 0.03,
        }
        for url in urls
    ]
