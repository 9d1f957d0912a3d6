"""Filters as data, the same for every table: key in links, what is read of a row, options, sentence.

A :class:`Filter` reads one value of each row, from records or from a DataFrame, and tells whether what was chosen holds
of it. A :class:`Selection` is what was chosen of several filters: all of it has to hold. An unknown value (None) is
never selected. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from horde_core.numbers import Numbers

SourceName = Literal["ages", "status", "usage", "workers"]
LIVE: frozenset[SourceName] = frozenset(("status", "usage", "workers"))
"""The sources that say how models do now; a reference says what they are."""


class Kind(StrEnum):
    """How a filter is chosen: one of some words, several of them, a figure that bounds, or text that is typed."""

    ONE = "one"
    SEVERAL = "several"
    BOUND = "bound"
    TEXT = "text"


class Filter(NamedTuple):
    """One filter.

    ``read`` takes all rows and gives one value for each; ``holds`` takes a value and what was chosen. ``sentence`` and
    ``options`` also take what the rows were judged by, where that decides (the audit's thresholds). ``choices`` are the
    words to choose from, by key, where they do not depend on the rows. ``needs`` takes what was chosen and
    names the sources, besides the model reference, without which it may be unknown which rows are selected; where the
    filter ``tells_unknown``, ``holds`` is None for just those rows. ``figure`` names what a bound is of.
    """

    key: str
    kind: Kind
    label: str
    read: Callable[[Any], Iterable[Any]]
    holds: Callable[[Any, Any], bool | None]
    sentence: Callable[[Any, Any, Numbers], str]
    options: Callable[[Any, Any], Sequence[str]] = lambda _rows, _judged_by: ()
    choices: Mapping[str, str] = MappingProxyType({})
    needs: Callable[[Any], frozenset[SourceName]] = lambda _chosen: frozenset()
    tells_unknown: bool = False
    figure: str = ""

    def word(self, option: str) -> str:
        """How a person reads one of the options."""
        return self.choices.get(option, option)

    def keeps(self, rows: Any, chosen: Any) -> list[bool]:
        """Tell for each row whether what was chosen is known to hold of it."""
        holds = self.holds
        return [bool(holds(value, chosen)) for value in self.read(rows)]


class Selection(NamedTuple):
    """What was chosen of some filters, by key. Nothing chosen selects every row."""

    filters: Sequence[Filter]
    chosen: Mapping[str, Any]

    @classmethod
    def of(cls, filters: Sequence[Filter], chosen: Mapping[str, Any]) -> Selection:
        """Keep what is chosen of these filters, in their order: no empty list, no empty text, no missing bound."""
        given = {one.key: chosen.get(one.key) for one in filters}
        return cls(filters, {key: value for key, value in given.items() if value not in (None, "", [], ())})

    @property
    def active(self) -> list[tuple[Filter, Any]]:
        """The filters of which something was chosen, each with what."""
        return [(one, self.chosen[one.key]) for one in self.filters if one.key in self.chosen]

    @property
    def key(self) -> str:
        """Names what was chosen: equal for equal choices."""
        return repr(sorted(self.chosen.items()))

    @property
    def needs(self) -> frozenset[SourceName]:
        """The sources without which it may be unknown which rows are selected."""
        return frozenset().union(*(one.needs(value) for one, value in self.active))

    def is_known(self, rows: Any, away: Set[str]) -> bool:
        """Whether it is known which rows are selected while some sources are away."""
        unsure = [(one, value) for one, value in self.active if not one.needs(value).isdisjoint(away)]
        return all(
            one.tells_unknown and all(one.holds(row, chosen) is not None for row in one.read(rows))
            for one, chosen in unsure
        )

    def blind(self, rows: Any) -> list[Filter]:
        """The active filters that cannot select anything, as what they read is unknown of every row."""
        return [one for one, _ in self.active if all(value is None for value in one.read(rows))]

    def narrows(self, rows: Any) -> list[bool]:
        """Tell for each row whether everything that was chosen holds of it."""
        kept = [one.keeps(rows, value) for one, value in self.active]
        return [all(row) for row in zip(*kept, strict=True)] if kept else [True] * len(rows)

    def select(self, rows: Sequence[Any]) -> list[Any]:
        """Return the rows of which everything that was chosen holds."""
        return [row for row, is_kept in zip(rows, self.narrows(rows), strict=True) if is_kept]

    def sentences(self, judged_by: Any, numbers: Numbers) -> dict[str, str]:
        """What was chosen, in words, by the key of each filter."""
        return {one.key: one.sentence(value, judged_by, numbers) for one, value in self.active}


def at_least(value: float | None, bound: float) -> bool:
    """Whether a known figure reaches a bound."""
    return value is not None and value >= bound


def at_most(value: float | None, bound: float) -> bool:
    """Whether a known figure does not pass a bound."""
    return value is not None and value <= bound


def is_any_of(value: str | Sequence[str] | None, chosen: Sequence[str]) -> bool:
    """Whether a word, or one of several, is among the chosen ones."""
    return value in chosen if isinstance(value, str) or value is None else not set(chosen).isdisjoint(value)


def has_all_of(values: Sequence[str] | None, chosen: Sequence[str]) -> bool:
    """Whether all of the chosen words are there."""
    return values is not None and set(chosen) <= set(values)


def holds_text(value: str | Sequence[str] | None, text: str) -> bool:
    """Whether a text, or one of several, has another in it, without case."""
    texts = (value,) if isinstance(value, str) else value or ()
    return any(text.casefold() in one.casefold() for one in texts)


def bounds(
    key: str,
    label: str,
    read: Callable[[Any], Iterable[Any]],
    said: str = "",
    needs: frozenset[SourceName] = frozenset(),
) -> tuple[Filter, Filter]:
    """The two filters on the range of a figure, its ends included; a sentence names the figure as ``said``."""

    def end(name: str, words: str, holds: Callable[[Any, Any], bool]) -> Filter:
        def sentence(bound: float, _judged_by: Any, numbers: Numbers) -> str:
            return f"{said or label} {words} {numbers.exact(bound)}"

        return Filter(
            f"{key}_{name}", Kind.BOUND, f"{label} {words}", read, holds, sentence, needs=lambda _: needs, figure=label
        )

    return end("from", "from", at_least), end("to", "up to", at_most)


def search(key: str, label: str, read: Callable[[Any], Iterable[Any]], said: str = "name holds") -> Filter:
    """A filter on text that is typed, without case."""
    return Filter(key, Kind.TEXT, label, read, holds_text, lambda text, *_: f"{said} “{text}”")


def several(
    key: str,
    label: str,
    read: Callable[[Any], Iterable[Any]],
    said: str = "",
    choices: Mapping[str, str] = MappingProxyType({}),
    needs: frozenset[SourceName] = frozenset(),
    holds: Callable[[Any, Any], bool] = is_any_of,
) -> Filter:
    """A filter on any of some words: the ``choices``, else those that the rows state. ``holds`` may ask for all."""
    joined = " or " if holds is is_any_of else " and "

    def sentence(chosen: Sequence[str], *_: Any) -> str:
        return f"{said} {joined.join(choices.get(word, word) for word in chosen)}".strip()

    def options(rows: Any, _judged_by: Any) -> list[str]:
        return list(choices) or stated(read(rows))

    return Filter(key, Kind.SEVERAL, label, read, holds, sentence, options, choices, lambda _chosen: needs)


def stated(values: Iterable[str | Sequence[str] | None]) -> list[str]:
    """The words that rows state, each once, in alphabetical order."""
    words = {word for value in values for word in ((value,) if isinstance(value, str) else value or ())}
    return sorted(words, key=str.casefold)
