"""The filters of the audit, by category. Pages, routes and the command line read the same table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from horde_core.audit.presets import PRESETS, presets_for
from horde_core.audit.records import Flag, ModelAuditInfo, Severity
from horde_core.audit.rules import RULE_OF, RULES
from horde_core.audit.thresholds import AuditThresholds
from horde_core.selection import LIVE, Filter, Kind, Selection, SourceName, bounds, search, several
from horde_core.unknowns import both
from horde_core.vocabulary import GIGABYTE, ModelType


def _each(value: Callable[[ModelAuditInfo], Any]) -> Callable[[Iterable[ModelAuditInfo]], list[Any]]:
    return lambda infos: [value(info) for info in infos]


class Figure(NamedTuple):
    """A figure with a range, in the unit of the screen; ``needs`` is the source that it comes from.

    ``at_least`` is true where it may be more than its value, so that it is unknown whether that is low enough.
    """

    key: str
    label: str
    value: Callable[[ModelAuditInfo], float | None]
    needs: SourceName | None
    of: tuple[ModelType, ...] = ("image", "text")
    at_least: Callable[[ModelAuditInfo], bool | None] = lambda _info: False

    def known_most(self, info: ModelAuditInfo) -> float | None:
        """Its value, where it is not more than that."""
        return None if self.at_least(info) else self.value(info)


FIGURES: tuple[Figure, ...] = (
    Figure("size", "Size (GB)", lambda info: None if info.size is None else info.size / GIGABYTE, None, ("image",)),
    Figure("age", "Age (days)", lambda info: info.age_days, "ages", ("image",)),
    Figure("day", "Usage, day", lambda info: info.usage_day, "usage"),
    Figure("month", "Usage, 30 days", lambda info: info.usage_month, "usage"),
    Figure("total", "Usage, all time", lambda info: info.usage_total, "usage"),
    Figure("share", "Share, 30 days (%)", lambda info: info.usage_percentage_of_category, "usage"),
    Figure("threads", "Threads", lambda info: info.thread_count, "status"),
    Figure("workers", "Workers", lambda info: info.worker_count, "workers"),
    Figure(
        "unused", "Unused for (days)", lambda info: info.unused_days, None, at_least=lambda info: info.unused_at_least
    ),
    Figure(
        "unserved",
        "Not served for (days)",
        lambda info: info.unserved_days,
        None,
        at_least=lambda info: info.unserved_at_least,
    ),
)
"""The figures that have a range."""

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


INPAINTING_WORDS = {"yes": "inpainting", "no": "not inpainting", "not_stated": "inpainting not stated"}


def _inpainting(info: ModelAuditInfo) -> str:
    return "not_stated" if info.inpainting is None else "yes" if info.inpainting else "no"


def _preset_filter(model_type: ModelType) -> Filter:
    presets = {preset.key: preset for preset in PRESETS if model_type in preset.of}
    return Filter(
        "preset",
        Kind.ONE,
        "Preset",
        lambda infos: infos,
        lambda info, chosen: presets[chosen].selects(info),
        lambda chosen, thresholds, numbers: f"{presets[chosen].label}: {presets[chosen].rule(thresholds, numbers)}",
        lambda _infos, thresholds: [preset.key for preset in presets_for(model_type, thresholds)],
        {preset.key: preset.label for preset in presets.values()},
        lambda chosen: presets[chosen].needs,
        tells_unknown=True,
    )


def _flag_filter(model_type: ModelType, key: str, label: str, wanted: bool | None, said: str) -> Filter:
    labels: dict[str, str] = {rule.flag: rule.label for rule in RULES if model_type in rule.of}

    def holds(info: ModelAuditInfo, chosen: Sequence[Flag]) -> bool | None:
        return reduce(both, [_is(info.flags.value(flag), wanted) for flag in chosen])

    def options(_infos: Any, thresholds: AuditThresholds) -> list[str]:
        return [rule.flag for rule in RULES if rule.judges(model_type, thresholds)]

    def sentence(chosen: Sequence[str], *_: Any) -> str:
        return f"{said} {' and '.join(labels[flag] for flag in chosen)}"

    def needs(chosen: Sequence[Flag]) -> frozenset[SourceName]:
        return frozenset().union(*(RULE_OF[flag].needs for flag in chosen))

    return Filter(key, Kind.SEVERAL, label, lambda infos: infos, holds, sentence, options, labels, needs, True)


def _is(value: bool | None, wanted: bool | None) -> bool | None:
    """Whether a flag is what is wanted of it: true, false or unknown; None where that is unknown."""
    return value is wanted if wanted is None or value is not None else None


def _facet(
    key: str, label: str, values: Callable[[ModelAuditInfo], Sequence[str]], needs: Iterable[SourceName] = ()
) -> Filter:
    """A filter on words of a model: its styles, its tags."""
    return several(key, label, _each(values), label.lower(), needs=frozenset(needs))


_OF_IMAGES = (
    several("inpainting", "Inpainting", _each(_inpainting), choices=INPAINTING_WORDS),
    _facet("requirement", "Requirement", lambda info: info.requirements),
)


def _made(model_type: ModelType) -> tuple[Filter, ...]:
    severities = {severity.value: severity.value for severity in Severity}
    figures = [figure for figure in FIGURES if model_type in figure.of]
    return (
        _preset_filter(model_type),
        several("severity", "Severity", _each(lambda info: info.severity.value), "severity", severities, LIVE),
        _flag_filter(model_type, "flag", "Has", True, "has"),
        _flag_filter(model_type, "flag_not", "Has not", False, "has not"),
        _flag_filter(model_type, "flag_unknown", "Unknown", None, "unknown whether"),
        _facet("baseline", "Baseline", lambda info: info.baselines),
        _facet("host", "Host", lambda info: info.hosts)
        if model_type == "image"
        else _facet("backend", "Backend", lambda info: info.balance.backends if info.balance else (), LIVE),
        _facet("style", "Style", lambda info: info.styles),
        _facet("tag", "Tag", lambda info: info.tags),
        several("nsfw", "NSFW", _each(_nsfw), choices=NSFW_WORDS),
        *(_OF_IMAGES if model_type == "image" else ()),
        *(end for figure in figures for end in _range(figure)),
        search("search", "Search names", _each(lambda info: info.name)),
    )


def _range(figure: Figure) -> tuple[Filter, Filter]:
    said = figure.label[0].lower() + figure.label[1:]
    needs: frozenset[SourceName] = frozenset() if figure.needs is None else frozenset((figure.needs,))
    lower, upper = bounds(figure.key, figure.label, _each(figure.value), said, needs)
    return lower, upper._replace(read=_each(figure.known_most))


_FILTERS: Mapping[ModelType, tuple[Filter, ...]] = {"image": _made("image"), "text": _made("text")}


def filters_for(model_type: ModelType) -> tuple[Filter, ...]:
    """The filters of a category, in the order in which a sentence tells them."""
    return _FILTERS[model_type]


def selection(model_type: ModelType, chosen: Mapping[str, Any]) -> Selection:
    """What was chosen of a category's own filters."""
    return Selection.of(filters_for(model_type), chosen)
