"""The parts of an API name: its backend, its author, its last segment and the key of that. Pure text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from horde_core.analytics.names.quantisations import WORDS_KEPT, WRITTEN_APART

CANONICAL = "canonical"
"""The backend of a name that has no backend in front."""

BACKENDS: Mapping[str, tuple[str, ...]] = {
    "aphrodite": ("aphrodite", "aphrodite-elinas", "aphrodite-experimental"),
    "concedo": ("concedo",),
    "koboldcpp": ("koboldcpp",),
    "llamacpp": ("llamacpp", "llama.cpp"),
    "ollama": ("ollama",),
    "oobabooga": ("oobabooga", "text-generation-webui"),
    "openrouter": ("openrouter",),
    "slm": ("slm",),
    "tabbyapi": ("tabbyapi",),
    "tgi": ("tgi", 'tgi-""', "tgi-300-4096ctx", "tgi-8k", "tgi-experimental", "tgi-fp16", "tgi-fp16-8k"),
    "vllm": ("vllm", "vllm-bf16", "vllm-w8a8"),
}
"""Each text backend and how it is spelled as the first path segment of a name, in lower case."""

_BACKEND_BY_SPELLING = {spelling: backend for backend, spellings in BACKENDS.items() for spelling in spellings}


def is_hidden_by_server(name: str) -> bool:
    """Whether the server leaves a name out of its status list on purpose; workers and usage may still have it."""
    return "horde_special" in name


def backend_of(api_name: str) -> str:
    """Return the text backend that a name begins with, or :data:`CANONICAL` where it begins with none."""
    return split_backend(api_name)[0]


def split_backend(name: str) -> tuple[str, str]:
    """Split a name into its backend and the path after it. Of nested backends the first counts."""
    head, slash, path = name.partition("/")
    if not slash:
        return CANONICAL, name
    backend = _BACKEND_BY_SPELLING.get(head) or _BACKEND_BY_SPELLING.get(head.strip().casefold())
    if backend is None:
        return CANONICAL, name
    start = 0
    while (end := path.find("/", start)) >= 0 and path[start:end].strip().casefold() in _BACKEND_BY_SPELLING:
        start = end + 1
    return backend, path[start:]


def without_owner(name: str) -> str:
    """Drop the ``::owner#id`` of a private model; the owner's name may hold anything, ``#`` and ``/`` included."""
    model, colons, owner = name.partition("::")
    if not colons:
        return name
    _, number_sign, identity = owner.rpartition("#")
    return model if number_sign and identity.isdecimal() else name


def author_and_segment(path: str) -> tuple[str, str]:
    """Split a path into its author, in lower case, and its last segment.

    A quantisation that stands apart from its model is joined to it first: bridges write ``model@q2/k_xl``,
    ``model-Q5/K_M.gguf``, ``model:q6/k``, ``model (Q5_K_M)`` and ``model/Q5_K_M``.
    """
    if not ("/" in path or "@" in path or ":" in path or "(" in path):
        return "", path.strip()
    author, _, segment = WRITTEN_APART.sub("_", path).strip().strip("/").rpartition("/")
    return author.strip().casefold(), segment.strip()


def key_of(lower: str) -> str:
    """Return the key of a segment in lower case: every run of ``-``, ``_``, ``.`` and space is one space."""
    return " ".join(_with_spaces(lower).split()) or lower


@lru_cache(maxsize=WORDS_KEPT)
def first_word_of(lower: str) -> str:
    """Return the first word of the key of a segment in lower case."""
    return key_of(lower).partition(" ")[0]


def _with_spaces(text: str) -> str:
    return text.replace("-", " ").replace("_", " ").replace(".", " ")


def after_words(segment: str, count: int) -> str:
    """Return what follows the first ``count`` words of a segment, as it is spelled."""
    rest = _with_spaces(segment).split(None, count)[count]
    return segment[len(segment) - len(rest) :].rstrip("-_. )")
