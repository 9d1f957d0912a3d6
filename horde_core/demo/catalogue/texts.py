"""The text models of the simulated Horde: families of several sizes and versions, in the v2 reference format.

Also how workers write their names: behind a backend, with or without author, quantised in many ways.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from horde_core.demo.catalogue import words
from horde_core.demo.catalogue.places import CYCLE_DAYS, Place, ReferenceChange, Turn, comings_and_goings
from horde_core.demo.seeded import source

MODEL_COUNT = 700
SUCCESSIONS = 22
SPANS = (300, 180, 400, 240, 200, 360)
"""In so many places one model follows another, each after so many days; it is removed when the next one goes too."""
AUTHOR_COUNT = 40

SIZES = ("0.5", "1.5", "3", "4", "7", "8", "12", "13", "14", "20", "24", "27", "32", "70", "72", "106", "123")
SIZE_WEIGHTS = (2, 2, 3, 3, 9, 8, 9, 9, 6, 3, 8, 4, 6, 6, 3, 1, 3)
VERSIONS = ("", "-v1", "-v1.1", "-v2", "-v2.1", "-v3.2", "-v4.1")
VARIANTS = ("", "-Instruct", "-Thinking", "-Chat", "-Unslop", "-RP")
BASE_CODES = ("FW", "KN", "OS3", "T2", "HB3.1")
"""What some authors put in front of a name to say which base it was tuned from; the bases are below."""
BASES = ("heathlabs/Fernwood", "kestrelworks/Kestrel-Next", "ospreyAI/Osprey-3", "tansy-models/Tansy2", "heathlabs/Hob")
FAMILY_SIZES = {1: 62, 2: 16, 3: 9, 4: 5, 5: 3, 6: 3, 8: 1.5, 12: 0.5}
"""Models in a family, with weights: most stand alone."""

STYLES = {"": 0.5, "chat": 0.24, "roleplay": 0.12, "generalist": 0.08, "story": 0.04, "coder": 0.02}
TAGS = ("roleplay", "storytelling", "reasoning", "coding", "adventure", "horror", "agentic", "multilingual", "MoE")
INSTRUCT_FORMATS = ("ChatML", "Alpaca", "Hob 3", "Kestrel v7")
STRENGTHS = ("long stories", "terse answers", "worlds with many characters", "code reviews", "dry humour", "puzzles")
WEAKNESSES = ("loses count past ten", "likes lists too much", "needs a low temperature", "forgets names")

GGUF = ("-Q4_K_M", "-Q5_K_M", "-Q6_K", "-Q8_0", "-IQ4_XS", ".Q4_K_S", ".Q5_K_M.gguf", ".i1-IQ4_XS", ".i1-Q4_K_M", "")
BACKENDS: dict[str, tuple[float, tuple[str, ...]]] = {
    "koboldcpp": (0.62, GGUF),
    "aphrodite": (0.2, ("", "", "", "-GPTQ-Int4", "-AWQ", "-FP8")),
    "tabbyapi": (0.06, ("-4.0bpw-exl2", "-5.0bpw-exl2", "-exl2")),
    "vllm": (0.04, ("", "-AWQ", "-FP8", "-GPTQ-Int4")),
    "ollama": (0.03, ("", "", "-Q4_K_M")),
    "canonical": (0.05, ("", "", "", "-AWQ")),
}
"""Backends with their share of the names and the quantised endings seen on each."""
WITHOUT_AUTHOR = ("koboldcpp", "ollama", "tabbyapi")

HOSTILE_NAMES = (
    "koboldcpp/<b>Bold Bramble</b>-7B",
    "koboldcpp/Two\nLines \"and\" 'quotes'-8B",
    "=1+2;Thistlegusset-13B",
)
"""Names that HTML, a log or a spreadsheet would act on if they were not escaped."""


@dataclass(frozen=True, slots=True)
class TextCatalogue:
    """The text models of every time with their records, those that stay, and the places of those that come and go."""

    records: dict[str, dict[str, Any]]
    lasting: tuple[str, ...]
    places: tuple[Place, ...]

    def turns(self, today: int) -> Iterator[Turn]:
        """Yield every model of the places that is or was in the reference by a day."""
        for place in self.places:
            yield from place.turns(today - CYCLE_DAYS + 1, today, spans=2)

    def changes(self, today: int) -> Iterator[ReferenceChange]:
        """Yield what changed in the reference up to a day, within the last cycle."""
        return comings_and_goings(self.turns(today))

    def reference(self, today: int) -> dict[str, dict[str, Any]]:
        """Return the body of the v2 text reference on a day: `MODEL_COUNT` records by name, authors together."""
        present = {*self.lasting, *(turn.name for turn in self.turns(today) if turn.ended is None)}
        return {name: record for name, record in self.records.items() if name in present}


def text_catalogue(seed: int) -> TextCatalogue:
    """Invent the text models of one seed."""
    spans = [SPANS[place % len(SPANS)] for place in range(SUCCESSIONS)]
    holders = [CYCLE_DAYS // span for span in spans]
    lasting = MODEL_COUNT - 2 * SUCCESSIONS
    records = _records(seed, lasting + sum(holders))
    chance = source(seed, "text successions")
    names = chance.sample(list(records), sum(holders))
    following = iter(names)
    places = [
        Place(tuple(islice(following, count)), span, chance.randrange(span))
        for count, span in zip(holders, spans, strict=True)
    ]
    return TextCatalogue(records, tuple(sorted(records.keys() - set(names))), tuple(places))


def _records(seed: int, count: int) -> dict[str, dict[str, Any]]:
    chance = source(seed, "text families")
    authors = words.author_names(chance, AUTHOR_COUNT)
    popularity = [1 / (rank + 2) for rank in range(AUTHOR_COUNT)]
    stems = words.shuffled_compounds(chance, words.LISTED_TAILS)
    records: dict[str, dict[str, Any]] = {}
    while len(records) < count:
        author = chance.choices(authors, popularity)[0]
        for name, size, group in _family(chance, next(stems)):
            if len(records) < count:
                records[f"{author}/{name}"] = _record(source(seed, "text record", name), author, name, size, group)
    return dict(sorted(records.items(), key=lambda item: item[0].lower()))


def _family(chance: random.Random, stem: str) -> Iterator[tuple[str, str, str]]:
    """Yield the (name, size, group) of each model of one family, in one manner of writing."""
    count = chance.choices(list(FAMILY_SIZES), list(FAMILY_SIZES.values()))[0]
    manner = chance.choice(("versions", "versions", "variants", "lower", "coded"))
    group = f"{stem}{chance.choice(('2', '2.5', '3'))}" if manner == "variants" else stem
    sizes = sorted(set(chance.choices(SIZES, SIZE_WEIGHTS, k=max(1, (count + 1) // 2))), key=float)
    endings = list(VARIANTS if manner == "variants" else VERSIONS)
    chance.shuffle(endings)
    prefix = f"{chance.choice(BASE_CODES)}-" if manner == "coded" else ""
    for _, (ending, size) in zip(range(count), product(endings, sizes), strict=False):
        name = f"{prefix}{group}-{size}B{ending}"
        yield (name.lower() if manner == "lower" else name), size, group


def _record(chance: random.Random, author: str, name: str, size: str, group: str) -> dict[str, Any]:
    """Return one record; keys in the order of the real reference."""
    record: dict[str, Any] = {
        "record_type": "text_generation",
        "name": f"{author}/{name}",
        "description": "" if chance.random() < 0.08 else _description(chance, size),
        "version": "",
        "metadata": {"schema_version": "2.0.0"},
        "config": {"download": []},
        "model_classification": {"domain": "text", "purpose": "generation"},
        "baseline": "" if chance.random() < 0.12 else f"{chance.choice(BASES)}-{size}B",
        "parameters": int(float(size) * 1e9),
        "nsfw": chance.random() < 0.2,
        "style": chance.choices(list(STYLES), list(STYLES.values()))[0],
        "display_name": name.replace("-", " ") if chance.random() < 0.3 else "",
        "url": "" if chance.random() < 0.05 else f"https://huggingface.co/{author}/{name}",
        "tags": sorted(chance.sample(TAGS, chance.choice((0, 0, 1, 2, 3)))),
    }
    if chance.random() < 0.02:
        record["settings"] = {"temperature": round(chance.uniform(0.6, 1.2), 2), "min_p": 0.05}
    record["text_model_group"] = group
    if chance.random() < 0.2:
        record["instruct_format"] = chance.choice(INSTRUCT_FORMATS)
    return record


def _description(chance: random.Random, size: str) -> str:
    return f"A {size} billion parameter tune, good at {chance.choice(STRENGTHS)}; {chance.choice(WEAKNESSES)}."


def any_backend(chance: random.Random) -> str:
    """Return a backend, the common ones more often."""
    return chance.choices(list(BACKENDS), [share for share, _ in BACKENDS.values()])[0]


def spelling(chance: random.Random, model: str, backend: str) -> str:
    """Return one way in which a worker on this backend may write a model of the reference."""
    author, _, bare = model.rpartition("/")
    written = bare if backend in WITHOUT_AUTHOR else model
    if backend == "koboldcpp" and "_" not in author and chance.random() < 0.08:
        written = f"{author}_{bare}"
    written += chance.choice(BACKENDS[backend][1])
    if backend == "ollama" or chance.random() < 0.03:
        written = written.lower()
    return written if backend == "canonical" else f"{backend}/{written}"


def new_spelling(chance: random.Random, model: str, backend: str, taken: set[str]) -> str | None:
    """Return a spelling that nobody took yet and take it, or None when a few tries found none."""
    for _ in range(6):
        name = spelling(chance, model, backend)
        if name not in taken:
            taken.add(name)
            return name
    return None


def unlisted_names(chance: random.Random, taken: set[str]) -> Iterator[str]:
    """Yield several hundred spellings of models that the reference does not know."""
    authors = words.author_names(chance, 12)
    sizes = ("3", "7", "8", "12", "13", "22", "24", "32", "70")
    manners: tuple[Callable[[str, str], str], ...] = (
        lambda stem, size: f"{stem}-{size}B",
        lambda stem, size: f"{stem}-{size}B-v0.{chance.randrange(1, 9)}",
        lambda stem, size: f"{stem} {size}B (test {chance.randrange(1, 40)})",
        lambda stem, size: f"debug-{stem.lower()}-{size}b",
    )
    for stem in words.shuffled_compounds(chance, words.UNLISTED_TAILS):
        bare = chance.choice(manners)(stem, chance.choice(sizes))
        name = new_spelling(chance, f"{chance.choice(authors)}/{bare}", any_backend(chance), taken)
        if name is not None:
            yield name
