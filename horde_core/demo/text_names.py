"""How workers write the name of a text model: behind a backend, with or without author, quantised in many ways."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from horde_core.demo import words

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
