"""The image models of the simulated Horde: names, birthdays, and records in the v2 reference format."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

from horde_core.demo import words
from horde_core.demo.seeded import source

MODEL_COUNT = 160
RETIRED_COUNT = 30
SEASONAL_COUNT = 36
SEASON_DAYS = 10
"""A seasonal model is added every so many days, so that the reference always has some new ones.

Each is asked for from then on until 30 days before it is added again.
"""
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

# Positions, in the order of names, of the records that have something to find for an audit.
WITHOUT_DESCRIPTION = (17, 64, 121)
WITHOUT_SIZE = 30
WITHOUT_DOWNLOAD = 88
WITH_UNPARSEABLE_URL = 45


@dataclass(frozen=True, slots=True)
class ImageModel:
    """One image model: its record, the side of its usual picture in pixels, and its place among the seasons."""

    name: str
    record: dict[str, Any]
    side: int
    season: int | None
    first_added: int

    def birthday(self, today: int) -> int:
        """Return the day, since 1970, on which the model was last added to the reference."""
        if self.season is None:
            return self.first_added
        return today - (today - self.season * SEASON_DAYS) % YEAR_DAYS


@dataclass(frozen=True, slots=True)
class ImageCatalogue:
    """All image models, and the names of those that have been retired."""

    models: tuple[ImageModel, ...]
    retired: tuple[str, ...]

    def reference(self) -> dict[str, dict[str, Any]]:
        """Return the body of the v2 image reference."""
        return {model.name: model.record for model in self.models}


def image_catalogue(seed: int) -> ImageCatalogue:
    """Invent the image models of one seed."""
    names = words.image_names(source(seed, "image names"))
    chance = source(seed, "image seasons")
    seasons = dict(zip(chance.sample(range(MODEL_COUNT), SEASONAL_COUNT), range(SEASONAL_COUNT), strict=True))
    models = []
    for position, name in zip(range(MODEL_COUNT), names, strict=False):
        record = _record(source(seed, "image record", name), name, position)
        first_added = FIRST_DAY + chance.randrange(FIRST_YEAR_DAYS)
        models.append(ImageModel(name, record, BASELINES[record["baseline"]][2], seasons.get(position), first_added))
    return ImageCatalogue(tuple(models), tuple(next(names) for _ in range(RETIRED_COUNT)))


def image_ages(catalogue: ImageCatalogue, seed: int, today: int) -> dict[str, dict[str, Any]]:
    """Return when each model was added, changed and removed, in Unix seconds, as known on a day."""
    ages = {}
    for name, added in [(model.name, model.birthday(today)) for model in catalogue.models]:
        chance = source(seed, "image age", name)
        modified = min(today, added + chance.choice((0, 0, 3, 40, 200)))
        ages[name] = _age(chance, added, modified, removed=None)
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
