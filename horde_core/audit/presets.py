"""Ready-made filters of the audit: what each is called, what it selects in words, and the rule itself. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

from horde_core.audit.records import Flag, ModelAuditInfo, Severity
from horde_core.audit.rules import DOWNLOAD_FLAGS, RULE_OF, SEVERITY_RULES
from horde_core.audit.thresholds import AuditThresholds
from horde_core.numbers import Numbers
from horde_core.selection import LIVE, SourceName
from horde_core.unknowns import both, either
from horde_core.vocabulary import ModelType


class Preset(NamedTuple):
    """A ready-made filter. ``selects`` is None where what decides is unknown; that selects nothing.

    It looks at a model's flags, its severity and whether it is new, and at nothing else. ``flags`` are those of which
    any selects, ``more_needs`` the sources of what else it
    looks at; a preset without flags is of every category.
    """

    key: str
    label: str
    rule: Callable[[AuditThresholds, Numbers], str]
    selects: Callable[[ModelAuditInfo], bool | None]
    flags: tuple[Flag, ...] = ()
    more_needs: frozenset[SourceName] = frozenset()

    @property
    def needs(self) -> frozenset[SourceName]:
        """The sources, besides the reference, without which it may be unknown which models it selects."""
        return self.more_needs.union(*(RULE_OF[flag].needs for flag in self.flags))

    @property
    def of(self) -> tuple[ModelType, ...]:
        """The categories in which it can select anything."""
        return RULE_OF[self.flags[0]].of if self.flags else ("image", "text")


def _any_of(key: str, label: str, *flags: Flag, rule: str = "") -> Preset:
    """A preset that selects the models with any of these flags."""

    def selects(info: ModelAuditInfo) -> bool | None:
        return reduce(either, [info.flags.value(flag) for flag in flags])

    def said(thresholds: AuditThresholds, numbers: Numbers) -> str:
        return rule or RULE_OF[flags[0]].rule(thresholds, numbers)

    return Preset(key, label, said, selects, flags)


def _is_critical(info: ModelAuditInfo) -> bool | None:
    """Whether its severity is critical; None where that is unknown."""
    if info.severity is Severity.CRITICAL:
        return True
    return None if info.is_critical is None else False


def _is_deletion_candidate(info: ModelAuditInfo) -> bool | None:
    unneeded = either(_is_critical(info), both(info.flags.low_usage, info.flags.no_active_workers))
    return both(unneeded, None if info.is_new is None else not info.is_new)


def _candidates_rule(thresholds: AuditThresholds, numbers: Numbers) -> str:
    rule = "critical, or low usage and no workers"
    grace = thresholds.grace_days
    return f"{rule}; image models only from {numbers.plural(grace, 'day')} after they were added" if grace else rule


PRESETS: tuple[Preset, ...] = (
    Preset(
        "deletion_candidates",
        "Deletion candidates",
        _candidates_rule,
        _is_deletion_candidate,
        more_needs=LIVE | {"ages"},
    ),
    Preset("critical", "Critical", SEVERITY_RULES[Severity.CRITICAL], _is_critical, more_needs=LIVE),
    _any_of("zero_usage", "Unused for 30 days", "zero_usage_month"),
    _any_of("no_workers", "No workers", "no_active_workers"),
    _any_of("low_usage", "Low usage", "low_usage"),
    _any_of(
        "missing_data",
        "Missing data",
        "missing_description",
        "missing_baseline",
        rule="no description or no baseline",
    ),
    _any_of("host_issues", "Host issues", *DOWNLOAD_FLAGS, rule="any finding about hosts or downloads"),
    _any_of("uneven_backends", "Uneven backends", "uneven_backends"),
    _any_of("unserved_queue", "Unserved queue", "unserved_queue"),
)
"""Every preset, the most asked for first."""

PRESET_OF = {preset.key: preset for preset in PRESETS}


def presets_for(model_type: ModelType, thresholds: AuditThresholds) -> list[Preset]:
    """The presets that can select anything in a category."""
    judged = {flag for flag, rule in RULE_OF.items() if rule.judges(model_type, thresholds)}
    return [preset for preset in PRESETS if not preset.flags or judged.intersection(preset.flags)]
