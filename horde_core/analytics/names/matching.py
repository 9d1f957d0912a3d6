"""Which model of the reference a name of the API belongs to. Pure text in, answer out: no fuzzy match, ever.

An API name is ``backend/Author/Model-Quantisation::owner#id``, where every part but the model may be missing. The
order of the rules is in :data:`How`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from horde_core.analytics.indexes import grouped
from horde_core.analytics.names.plain import read_exactly, read_plain_names
from horde_core.analytics.names.quantisations import IS_RUN, MAY_BE_OF_TOKEN, RUN
from horde_core.analytics.names.spelling import (
    CANONICAL,
    after_words,
    author_and_segment,
    backend_of,
    first_word_of,
    key_of,
    split_backend,
    without_owner,
)

INDEXES_KEPT = 4
"""The references whose index is remembered: of two categories, live and simulated."""

How = Literal[
    "exact",
    "case",
    "segment",
    "quantisation",
    "key",
    "key+quantisation",
    "author+segment",
    "author+quantisation",
    "author+key",
    "author+key+quantisation",
    "ambiguous",
    "none",
]
"""The rule that gave an answer. The first that hits wins; ``::owner#id`` is dropped before any of them.

=========================  ============================================================================================
``exact``                  the whole name is in the reference
``case``                   so it is without case
``segment``                the last segment is that of a reference model, without case
``quantisation``           so it is without its trailing quantisation
``key``                    so it is where ``-``, ``_``, ``.`` and space are all one separator
``key+quantisation``       so it is by that key without its trailing quantisation
``author+...``             so it is, by one of these four, without the ``Author_`` that bridges put in front; by key
                           only for a model of that author
``ambiguous``              the first rule that hit found several models, none or several of them by the name's author
``none``                   no rule hit
=========================  ============================================================================================
"""

Owner = tuple[str | None, str]
"""The reference model of an API name, None for an unlisted one, and its backend."""

_Rules = tuple[How, How, How, How]
_Match = tuple[Sequence[int], int, int]
"""A hit: the positions of the models, how many characters of the key they cover, and which of four rules it was."""

_BY_SEGMENT: _Rules = ("segment", "quantisation", "key", "key+quantisation")
_BY_MODEL_OF_AUTHOR: _Rules = (
    "author+segment",
    "author+quantisation",
    "author+key",
    "author+key+quantisation",
)

# Impish_QWEN_14B-Q8_0 is no Qwen-14B of an author Impish: what is spelled loosely may have any word before its "_".
_ONLY_BY_AUTHOR: frozenset[How] = frozenset({"author+key", "author+key+quantisation"})


class Resolution(NamedTuple):
    """What became of one API name.

    ``model`` is the reference model it belongs to, or None for an unlisted one. ``backend`` is one of ``BACKENDS`` or
    :data:`~horde_core.analytics.names.spelling.CANONICAL`. ``quant`` is what was stripped to find the
    model, as the name spells it; None where nothing was. ``how`` names the rule that gave the answer.
    """

    model: str | None
    backend: str
    quant: str | None
    how: How


class NameIndex:
    """The reference, indexed once, to resolve any number of API names in constant time each. Answers never change.

    Image names match exactly, else without case, and nothing is stripped from them.
    """

    def __init__(self, model_names: Iterable[str], *, model_type: Literal["image", "text"] = "text") -> None:
        self.model_names: tuple[str, ...] = tuple(dict.fromkeys(model_names))
        self.model_type = model_type
        self._names = frozenset(self.model_names)
        self._segments: list[str] = []
        self._by_key: dict[str, tuple[int, ...]] = {}
        self._first_words: set[str] = set()
        self._backend_spellings: frozenset[str] = frozenset()
        lowers = self._index_text() if model_type == "text" else [name.casefold() for name in self.model_names]
        self._by_lower = dict(zip(lowers, self.model_names, strict=True))
        self._ambiguous: set[str] = set()
        if len(self._by_lower) < len(lowers):
            self._ambiguous = {lower for lower, count in Counter(lowers).items() if count > 1}
        self._longest_key = max(map(len, self._by_key), default=0)
        self._resolved: dict[str, Resolution] = {}

    def _index_text(self) -> list[str]:
        """Index the last segments; return the whole names without case."""
        lowers: list[str] = []
        heads: list[str] = []
        keys: list[str] = []
        for model, plain in zip(self.model_names, read_plain_names(self.model_names), strict=True):
            lower, head, segment, key, first_word = plain or read_exactly(model)
            lowers.append(lower)
            heads.append(head)
            self._segments.append(segment)
            keys.append(key)
            self._first_words.add(first_word)
        hidden = self._spelled_for_backends(heads)
        self._by_key = {key: (position,) for position, key in enumerate(keys)}
        if hidden or "" in self._by_key or len(self._by_key) < len(keys):
            alike = grouped((key, position) for position, key in enumerate(keys) if key and position not in hidden)
            self._by_key = {key: tuple(models) for key, models in alike.items()}
        return lowers

    def _spelled_for_backends(self, heads: list[str]) -> set[int]:
        """Return the models that spell another one for a backend.

        The legacy reference also lists koboldcpp/Model and aphrodite/Author/Model. concedo/Beepo-22B is no such
        spelling: no bare name has its segment, so what looks like a backend is its author.
        """
        of_backends = {head for head in set(heads) if backend_of(head + "/") != CANONICAL}
        spelled = [position for position, head in enumerate(heads) if head in of_backends] if of_backends else []
        if not spelled:
            return set()
        bare = {segment for segment, head in zip(self._segments, heads, strict=True) if head not in of_backends}
        hidden = {position for position in spelled if self._segments[position] in bare}
        self._backend_spellings = frozenset(self.model_names[position] for position in hidden)
        return hidden

    def resolve(self, api_name: str) -> Resolution:
        """Return which model of the reference an API name belongs to. Any string is a name; nothing raises."""
        if self.model_type == "image":
            return self._by_whole_name(api_name, CANONICAL) or Resolution(None, CANONICAL, None, "none")
        name = api_name if api_name in self._names else without_owner(api_name)
        backend, path = split_backend(name)
        if whole := self._by_whole_name(name, backend):
            return whole
        author, segment = author_and_segment(path)
        return (
            self._by_last_segment(author, segment, backend, _BY_SEGMENT)
            or self._by_model_after_author(segment, backend)
            or Resolution(None, backend, None, "none")
        )

    def resolve_all(self, api_names: Iterable[str]) -> dict[str, Resolution]:
        """Resolve many names. Those of the last call are remembered: the network's names change little in a day."""
        known = self._resolved
        resolved = {name: known.get(name) or self.resolve(name) for name in api_names}
        self._resolved = resolved
        return resolved

    def owners(self, api_names: Sequence[str]) -> list[Owner]:
        """Return the model and the backend of many names, in their order; :meth:`resolve` says the same of each.

        Most names are plain and need one look-up or two. Those that only an exact rule can tell are left to it.
        """
        if self.model_type == "image":
            return [self.resolve(name)[:2] for name in api_names]
        by_key, first_words, segments, by_lower = self._by_key, self._first_words, self._segments, self._by_lower
        owners: list[Owner] = []
        unlisted: dict[str, Owner] = {}
        for name, plain in zip(api_names, read_plain_names(api_names), strict=True):
            if plain is not None:
                lower, head, segment, key, first_word = plain
                of_none = unlisted.get(head)
                if of_none is None:
                    of_none = unlisted[head] = None, backend_of(head + "/")
                start = ""
                if first_word in first_words:
                    start = key
                    while start not in by_key:
                        start, _, last_word = start.rpartition(" ")
                        if not MAY_BE_OF_TOKEN[last_word]:
                            start = ""
                            break
                if start:
                    models = by_key[start]
                    is_sure = IS_RUN[key[len(start) + 1 :]] if len(start) < len(key) else lower not in by_lower
                    if is_sure and len(models) == 1 and segment.startswith(segments[models[0]]):
                        owners.append((self.model_names[models[0]], of_none[1]))
                        continue
                elif "_" not in segment or first_word_of(segment.partition("_")[2]) not in first_words:
                    owners.append(of_none)
                    continue
            owners.append(self.resolve(name)[:2])
        return owners

    def _by_whole_name(self, name: str, backend: str) -> Resolution | None:
        """Rules 1 and 2. What looks like a backend is part of the model's own name, unless it spells another model."""
        if name in self._names:
            return Resolution(name, backend if name in self._backend_spellings else CANONICAL, None, "exact")
        lower = name.casefold()
        model = self._by_lower.get(lower)
        if model is None:
            return None
        if lower in self._ambiguous:
            return Resolution(None, backend, None, "ambiguous")
        return Resolution(model, backend if model in self._backend_spellings else CANONICAL, None, "case")

    def _by_last_segment(self, author: str, segment: str, backend: str, rules: _Rules) -> Resolution | None:
        """Rules 3 to 6: the segment is a model's, or begins with one and goes on with nothing but quantisation."""
        lower = segment.casefold()
        key = key_of(lower)
        match = self._match(lower, key)
        if match is None:
            return None
        models, length, rule = match
        how = rules[rule]
        if len(models) > 1 or how in _ONLY_BY_AUTHOR:
            by_author = [model for model in models if author_and_segment(self.model_names[model])[0] == author]
            if how in _ONLY_BY_AUTHOR and not by_author:
                return None
            models = by_author or models
        quant = after_words(segment, key.count(" ", 0, length) + 1) if length < len(key) else None
        if len(models) > 1:
            return Resolution(None, backend, quant, "ambiguous")
        return Resolution(self.model_names[models[0]], backend, quant, how)

    def _match(self, lower: str, key: str) -> _Match | None:
        """Return the models that the first of rules 3 to 6 finds.

        Read from the longest model down, since a model's own name may end like a quantisation:
        Tenebra_30B_Alpha01_FP16.i1-IQ4_XS is Tenebra's FP16.
        """
        by_key, segments, longest = self._by_key, self._segments, self._longest_key
        whole = len(key)
        found = None
        if models := by_key.get(key):
            if alike := [model for model in models if lower == segments[model]]:
                return alike, whole, 0
            found = models, whole, 2
        length = key.rfind(" ", 0, longest + 1)
        while length > 0:
            models = by_key.get(key[:length])
            if models and RUN.fullmatch(key, length + 1):
                if alike := [model for model in models if lower.startswith(segments[model])]:
                    return alike, length, 1
                found = found or (models, length, 3)
            length = key.rfind(" ", 0, length)
        return found

    def _by_model_after_author(self, segment: str, backend: str) -> Resolution | None:
        """Rule 7: rules 3 to 6 without what stands before the first ``_``."""
        author, underscore, model = segment.partition("_")
        if not underscore:
            return None
        return self._by_last_segment(author.casefold(), model.lstrip("_"), backend, _BY_MODEL_OF_AUTHOR)


@lru_cache(maxsize=INDEXES_KEPT)
def name_index(model_names: tuple[str, ...], model_type: Literal["image", "text"]) -> NameIndex:
    """Return the index of these names: the same object for the same names, as a reference rarely changes."""
    return NameIndex(model_names, model_type=model_type)


def resolve(
    api_name: str, model_names: Iterable[str] | NameIndex, *, model_type: Literal["image", "text"] = "text"
) -> Resolution:
    """Resolve one name; :meth:`NameIndex.resolve_all` does many."""
    index = model_names if isinstance(model_names, NameIndex) else name_index(tuple(model_names), model_type)
    return index.resolve(api_name)
