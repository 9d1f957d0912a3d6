"""Which sources are unavailable, in words. What depends on them is unknown, and never told as none or 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from horde_core.cache.freshness import State
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import ModelType
from pages.common import words


class Named(Protocol):
    """What has a source's title and, where it is of one, its category."""

    @property
    def title(self) -> str: ...

    @property
    def model_type(self) -> ModelType | None: ...


def named(sources: Iterable[Named]) -> str:
    """Name sources with their categories: "image and text queue, text usage and workers"."""
    categories: dict[str, list[str]] = {}
    for source in sources:
        of = categories.setdefault(source.title.lower(), [])
        if source.model_type and source.model_type not in of:
            of.append(source.model_type)
    return words.listing([f"{words.listing(of)} {title}" if of else title for title, of in categories.items()])


def clause(view: PageView, *kinds: str, model_type: ModelType | None = None) -> str:
    """Say which of some sources are unavailable: "Text usage and workers are unavailable"; "" where none is.

    ``kinds`` are "status", "usage", "reference", "workers" and "ages", of one category or, where none is given, of all
    of the page's.
    """
    categories = [model_type] if model_type else list(view.categories)
    keys = {*kinds, *(f"{kind}:{category}" for kind in kinds for category in categories)}
    away = [reading for reading in view.sources if reading.key in keys and reading.state is State.UNAVAILABLE]
    if not away:
        return ""
    is_several = len(away) > 1 or away[0].title.endswith("s")
    return f"{words.sentence_case(named(away))} {'are' if is_several else 'is'} unavailable"


def sentence(
    view: PageView, kinds: Iterable[str], consequence: str, otherwise: str = "", model_type: ModelType | None = None
) -> str:
    """Return :func:`clause` with what follows from it, or what is said where all of the sources are there."""
    missing = clause(view, *kinds, model_type=model_type)
    return f"{missing}, so {consequence}." if missing else otherwise
