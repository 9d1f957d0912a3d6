"""Which model of the reference a name of the API belongs to. Pure text in, answer out: no fuzzy match, ever.

An API name is ``backend/Author/Model-Quantisation::owner#id``, where every part but the model may be missing. The
order of the rules is in :data:`How`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from horde_core.analytics.names.quantisations import RUN
from horde_core.analytics.names.spelling import (
    CANONICAL,
    after_words,
    author_and_segment,
    backend_of,
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

_Rules = tuple[How, How, How, How]
_Match = tuple[list["_Entry"], int, int]
"""A hit: the models, how many characters of the key they cover, and which of four rules it was."""

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


class _Entry(NamedTuple):
    """A reference model as the table holds it: its author and last segment in lower case, and its name."""

    author: str
    segment: str
    model: str


class NameIndex:
    """The reference, indexed once, to resolve any number of API names in constant time each. Answers never change.

    Image names match exactly, else without case, and nothing is stripped from them.
    """

    def __init__(self, model_names: Iterable[str], *, model_type: Literal["image", "text"] = "text") -> None:
        self.model_names: tuple[str, ...] = tuple(dict.fromkeys(model_names))
        self.model_type = model_type
        self._names = frozenset(self.model_names)
        self._by_name: dict[str, list[str]] = {}
        for model in self.model_names:
            self._by_name.setdefault(model.casefold(), []).append(model)
        self._backend_spellings: frozenset[str] = frozenset()
        self._by_key: dict[str, list[_Entry]] = {}
        if model_type == "text":
            self._index_segments()
        self._resolved: dict[str, Resolution] = {}
        self._longest_key = max(map(len, self._by_key), default=0)

    def _index_segments(self) -> None:
        entries = []
        for model in self.model_names:
            author, segment = author_and_segment(model)
            entries.append(_Entry(author, segment.casefold(), model))
        # The legacy reference also lists koboldcpp/Model and aphrodite/Author/Model. concedo/Beepo-22B is no such
        # spelling: no bare name has its segment, so what looks like a backend is its author.
        spelled = {entry.model: entry.segment for entry in entries if backend_of(entry.model) != CANONICAL}
        if spelled:
            bare = {entry.segment for entry in entries if entry.model not in spelled}
            self._backend_spellings = frozenset(model for model, segment in spelled.items() if segment in bare)
        for entry in entries:
            if entry.segment and entry.model not in self._backend_spellings:
                self._by_key.setdefault(key_of(entry.segment), []).append(entry)

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

    def _by_whole_name(self, name: str, backend: str) -> Resolution | None:
        """Rules 1 and 2. What looks like a backend is part of the model's own name, unless it spells another model."""
        if name in self._names:
            return Resolution(name, backend if name in self._backend_spellings else CANONICAL, None, "exact")
        models = self._by_name.get(name.casefold())
        if models is None:
            return None
        if len(models) > 1:
            return Resolution(None, backend, None, "ambiguous")
        return Resolution(models[0], backend if models[0] in self._backend_spellings else CANONICAL, None, "case")

    def _by_last_segment(self, author: str, segment: str, backend: str, rules: _Rules) -> Resolution | None:
        """Rules 3 to 6: the segment is a model's, or begins with one and goes on with nothing but quantisation."""
        lower = segment.casefold()
        key = key_of(lower)
        match = self._match(lower, key)
        if match is None:
            return None
        entries, length, rule = match
        how = rules[rule]
        if len(entries) > 1 or how in _ONLY_BY_AUTHOR:
            by_author = [entry for entry in entries if entry.author == author]
            if how in _ONLY_BY_AUTHOR and not by_author:
                return None
            entries = by_author or entries
        quant = after_words(segment, key.count(" ", 0, length) + 1) if length < len(key) else None
        if len(entries) > 1:
            return Resolution(None, backend, quant, "ambiguous")
        return Resolution(entries[0].model, backend, quant, how)

    def _match(self, lower: str, key: str) -> _Match | None:
        """Return the models that the first of rules 3 to 6 finds.

        Read from the longest model down, since a model's own name may end like a quantisation:
        Tenebra_30B_Alpha01_FP16.i1-IQ4_XS is Tenebra's FP16.
        """
        by_key, longest = self._by_key, self._longest_key
        whole = len(key)
        found = None
        if entries := by_key.get(key):
            if alike := [entry for entry in entries if lower == entry.segment]:
                return alike, whole, 0
            found = entries, whole, 2
        length = key.rfind(" ", 0, longest + 1)
        while length > 0:
            entries = by_key.get(key[:length])
            if entries and RUN.fullmatch(key, length + 1):
                if alike := [entry for entry in entries if lower.startswith(entry.segment)]:
                    return alike, length, 1
                found = found or (entries, length, 3)
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
