"""Filters of the audit as data: for each its key in links, what it asks of a model, and the sentence a person reads.

A :class:`Selection` holds what was chosen, by key. All of it has to hold of a model; what is unknown never selects.
Pages, routes and the command line use the same table, so a filter means the same in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from horde_core.audit.presets import PRESET_OF, presets_for
from horde_core.audit.records import Flag, ModelAuditInfo, Severity
from horde_core.audit.rules import RULE_OF, rules_for
from horde_core.audit.thresholds import AuditThresholds
from horde_core.numbers import Numbers
from horde_core.vocabulary import GIGABYTE, ModelType


class Kind(StrEnum):
    """How a filter is chosen: one of some words, several of them, a figure that bounds, or text that is typed."""

    ONE = "one"
    SEVERAL = "several"
    BOUND = "bound"
    TEXT = "text"


Holds = Callable[[ModelAuditInfo, Any], bool]


class Filter(NamedTuple):
    """One filter. ``holds`` gets a model and what was chosen.

    ``options`` are the words to choose from, as keys; ``word`` is how a person reads one of them.
    """

    key: str
    kind: Kind
    label: str
    holds: Holds
    sentence: Callable[[Any, AuditThresholds, Numbers], str]
    options: Callable[[Iterable[ModelAuditInfo], ModelType, AuditThresholds], Sequence[str]] = lambda *_: ()
    word: Callable[[str], str] = str
    of: tuple[ModelType, ...] = ("image", "text")


class Figure(NamedTuple):
    """A figure that can be bounded from below and above, in the unit of the screen."""

    key: str
    label: str
    value: Callable[[ModelAuditInfo], float | None]
    of: tuple[ModelType, ...] = ("image", "text")


FIGURES: tuple[Figure, ...] = (
    Figure("size", "Size (GB)", lambda info: None if info.size is None else info.size / GIGABYTE, ("image",)),
    Figure("age", "Age (days)", lambda info: info.age_days, ("image",)),
    Figure("day", "Usage, day", lambda info: info.usage_day),
    Figure("month", "Usage, 30 days", lambda info: info.usage_month),
    Figure("total", "Usage, all time", lambda info: info.usage_total),
    Figure("share", "Share, 30 days (%)", lambda info: info.usage_percentage_of_category),
    Figure("threads", "Threads", lambda info: info.thread_count),
    Figure("workers", "Workers", lambda info: info.worker_count),
)
"""The figures that have a range."""


def _flag_word(flag: str) -> str:
    return RULE_OF[flag].label if flag in RULE_OF else flag


def _preset_holds(info: ModelAuditInfo, chosen: str) -> bool:
    return PRESET_OF[chosen].selects(info) is True


def _any_of(values: Callable[[ModelAuditInfo], Sequence[str]]) -> Holds:
    return lambda info, chosen: not set(chosen).isdisjoint(values(info))


def _stated(values: Callable[[ModelAuditInfo], Sequence[str]]) -> Callable[..., list[str]]:
    return lambda infos, *_: sorted({value for info in infos for value in values(info)}, key=str.casefold)


def _or(chosen: Sequence[str], word: Callable[[str], str] = str) -> str:
    return " or ".join(map(word, chosen))


def _flags(wanted: bool | None, said: str) -> tuple[Holds, Callable[..., str]]:
    def holds(info: ModelAuditInfo, chosen: Sequence[Flag]) -> bool:
        return all(info.flags.value(flag) is wanted for flag in chosen)

    def sentence(chosen: Sequence[str], *_: Any) -> str:
        return f"{said} {' and '.join(map(_flag_word, chosen))}"

    return holds, sentence


def _flag_filter(key: str, label: str, wanted: bool | None, said: str) -> Filter:
    return Filter(key, Kind.SEVERAL, label, *_flags(wanted, said), _flag_options, _flag_word)


def _flag_options(_infos: Iterable[ModelAuditInfo], model_type: ModelType, thresholds: AuditThresholds) -> list[str]:
    return [rule.flag for rule in rules_for(model_type, thresholds)]


def _facet(
    key: str,
    label: str,
    values: Callable[[ModelAuditInfo], Sequence[str]],
    of: tuple[ModelType, ...] = ("image", "text"),
) -> Filter:
    """A filter on any of the words that models state of themselves."""
    return Filter(
        key,
        Kind.SEVERAL,
        label,
        _any_of(values),
        lambda chosen, *_: f"{label.lower()} {_or(chosen)}",
        _stated(values),
        of=of,
    )


def _range(figure: Figure, end: str) -> Filter:
    def holds(info: ModelAuditInfo, bound: float) -> bool:
        value = figure.value(info)
        return value is not None and (value >= bound if end == "from" else value <= bound)

    said = "from" if end == "from" else "up to"
    return Filter(
        f"{figure.key}_{end}",
        Kind.BOUND,
        f"{figure.label} {said}",
        holds,
        lambda bound, _thresholds, numbers: (
            f"{figure.label[0].lower()}{figure.label[1:]} {said} {numbers.exact(bound)}"
        ),
        of=figure.of,
    )


NSFW_WORDS = {
    "nsfw": "NSFW",
    "sfw": "not NSFW",
    "mixed": "NSFW of some members only",
    "not_stated": "NSFW not stated",
}


def _nsfw(info: ModelAuditInfo) -> str:
    if info.nsfw_differs:
        return "mixed"
    return "not_stated" if info.nsfw is None else "nsfw" if info.nsfw else "sfw"


FILTERS: tuple[Filter, ...] = (
    Filter(
        "preset",
        Kind.ONE,
        "Preset",
        _preset_holds,
        lambda chosen, thresholds, numbers: f"{PRESET_OF[chosen].label}: {PRESET_OF[chosen].rule(thresholds, numbers)}",
        lambda _infos, model_type, thresholds: [preset.key for preset in presets_for(model_type, thresholds)],
        lambda key: PRESET_OF[key].label,
    ),
    Filter(
        "severity",
        Kind.SEVERAL,
        "Severity",
        lambda info, chosen: info.severity.value in chosen,
        lambda chosen, *_: f"severity {_or(chosen)}",
        lambda *_: [severity.value for severity in Severity],
    ),
    _flag_filter("flag", "Has", True, "has"),
    _flag_filter("flag_not", "Has not", False, "has not"),
    _flag_filter("flag_unknown", "Unknown", None, "unknown whether"),
    _facet("baseline", "Baseline", lambda info: info.baselines),
    _facet("host", "Host", lambda info: info.hosts, ("image",)),
    _facet("backend", "Backend", lambda info: info.balance.backends if info.balance else (), ("text",)),
    _facet("style", "Style", lambda info: info.styles),
    _facet("tag", "Tag", lambda info: info.tags),
    Filter(
        "nsfw",
        Kind.SEVERAL,
        "NSFW",
        lambda info, chosen: _nsfw(info) in chosen,
        lambda chosen, *_: _or(chosen, NSFW_WORDS.__getitem__),
        lambda *_: list(NSFW_WORDS),
        NSFW_WORDS.__getitem__,
    ),
    *(_range(figure, end) for figure in FIGURES for end in ("from", "to")),
    Filter(
        "search",
        Kind.TEXT,
        "Search names",
        lambda info, text: text.casefold() in info.name.casefold(),
        lambda text, *_: f"name holds “{text}”",
    ),
)
"""Every filter, in the order in which a sentence tells them."""

FILTER_OF = {one.key: one for one in FILTERS}


def filters_for(model_type: ModelType) -> list[Filter]:
    """The filters that mean anything in a category."""
    return [one for one in FILTERS if model_type in one.of]


@dataclass(frozen=True)
class Selection:
    """What was chosen of a category, by the key of each filter. Nothing chosen selects everything."""

    model_type: ModelType
    chosen: Mapping[str, Any]

    @classmethod
    def of(cls, model_type: ModelType, chosen: Mapping[str, Any]) -> Selection:
        """Keep what is chosen of the category's own filters: no empty list, no empty text, no missing bound."""
        kept = {one.key: chosen[one.key] for one in filters_for(model_type) if one.key in chosen}
        return cls(model_type, {key: value for key, value in kept.items() if value not in (None, "", [], ())})

    @property
    def key(self) -> str:
        """Names what was chosen: equal for equal choices."""
        return repr(sorted(self.chosen.items()))

    def narrows(self, infos: Sequence[ModelAuditInfo]) -> list[bool]:
        """Tell for each model whether everything that was chosen holds of it."""
        active = [(FILTER_OF[key].holds, value) for key, value in self.chosen.items()]
        return [all(holds(info, value) for holds, value in active) for info in infos]

    def select(self, infos: Sequence[ModelAuditInfo]) -> list[ModelAuditInfo]:
        """Return the models of which everything that was chosen holds."""
        kept = self.narrows(infos)
        return [info for info, is_kept in zip(infos, kept, strict=True) if is_kept]

    def sentences(self, thresholds: AuditThresholds, numbers: Numbers) -> dict[str, str]:
        """What was chosen, in words, by the key of each filter."""
        return {key: FILTER_OF[key].sentence(value, thresholds, numbers) for key, value in self.chosen.items()}


OF_RECORDS = {"baseline", "host", "style", "tag", "nsfw", "size_from", "size_to", "search"}


OF_AGES = {"preset", "age_from", "age_to"}
"""The filters of the audit that rest on the reference alone, and those that rest on ages too."""
