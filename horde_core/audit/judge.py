"""Makes audits from subjects, by one set of thresholds. Pure: the day is given, not read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import Any, cast

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.merge import Kept
from horde_core.audit.balance import backend_balance
from horde_core.audit.last_seen import NOTHING_RECORDED, Recorded
from horde_core.audit.records import (
    FLAGS,
    AuditFacts,
    DeletionRiskFlags,
    Flag,
    ModelAuditInfo,
    Severity,
    cost_benefit,
)
from horde_core.audit.rules import DOWNLOAD_FLAGS, RULES, Holds, is_critical
from horde_core.audit.subjects import Subject
from horde_core.audit.thresholds import AuditThresholds
from horde_core.unknowns import ratio_or_unknown
from horde_core.vocabulary import ModelType

_ABOUT_DOWNLOADS = frozenset(DOWNLOAD_FLAGS)


@dataclass(frozen=True)
class Setting:
    """What is the same for all subjects of a category.

    ``month_usage`` is the API's own sum over the category, None when unknown. ``added`` is the day on which each model
    was added to the reference, None when that source is unavailable; text models have no such source, and an empty map.
    ``scores`` are the cost-benefit scores of all subjects that have one, sorted; ``recorded`` is when models were last
    seen.
    """

    model_type: ModelType
    thresholds: AuditThresholds
    month_usage: int | None
    as_of: date
    added: Mapping[str, date] | None
    scores: Sequence[float] = ()
    recorded: Recorded = NOTHING_RECORDED

    @cached_property
    def judges(self) -> tuple[Holds, ...]:
        """One predicate for each flag, in their order; a flag that is not judged in the category is false."""
        return tuple(rule.holds if rule.judges(self.model_type, self.thresholds) else _never for rule in RULES)


AuditHandler = Callable[[Subject, Setting], ModelAuditInfo | None]
"""Audits one kind of record its own way; None for what is not of its kind."""


class ModelAuditInfoFactory:
    """Makes audits: the first handler that returns one, else :func:`audit_subject`."""

    def __init__(self, handlers: Iterable[AuditHandler] = ()) -> None:
        self._handlers = list(handlers)

    def register(self, handler: AuditHandler) -> None:
        """Put this handler before those registered earlier."""
        self._handlers.insert(0, handler)

    def create(self, subject: Subject, setting: Setting) -> ModelAuditInfo:
        """Audit one subject."""
        for handler in self._handlers:
            info = handler(subject, setting)
            if info is not None:
                return info
        return audit_subject(subject, setting)

    def create_category(
        self,
        subjects: Sequence[Subject],
        model_type: ModelType,
        thresholds: AuditThresholds,
        month_usage: int | None,
        as_of: date,
        added: Mapping[str, date] | None = None,
        level: GroupLevel = "model",
        kept: Kept | None = None,
        recorded: Recorded = NOTHING_RECORDED,
    ) -> tuple[ModelAuditInfo, ...]:
        """Audit a whole category, in the order given; arguments as in :class:`Setting`.

        A subject that is the same object as in an audit before, which ``kept`` holds, is not audited again.
        """
        scores = [cost_benefit(subject.statistics.usage("month"), subject.stated.size) for subject in subjects]
        known = sorted([score for score in scores if score is not None])
        setting = Setting(model_type, thresholds, month_usage, as_of, added, known, recorded)
        audited: dict[str, tuple[Subject, ModelAuditInfo]] = {}
        if kept is not None:
            audited = kept.once(f"audit by {level} {thresholds.digest}", (setting, *self._handlers), dict)
        infos = []
        for subject in subjects:
            before = audited.get(subject.name)
            if before is None or before[0] is not subject:
                before = audited[subject.name] = subject, self.create(subject, setting)
            infos.append(before[1])
        return tuple(infos)


FACTORY = ModelAuditInfoFactory()
"""The one that pages, routes and the command line use: a handler that is registered here counts everywhere."""


def audit_subject(subject: Subject, setting: Setting) -> ModelAuditInfo:
    """Audit a subject by the rules of its category."""
    fields = gather(subject, setting)
    # The rules read the facts as attributes. The record is made and validated once all of its fields are known.
    facts = cast(AuditFacts, SimpleNamespace(**fields))
    thresholds = setting.thresholds
    flags, found, has_unknown = _flags(tuple([holds(facts, thresholds) for holds in setting.judges]))
    critical = is_critical(facts, thresholds)
    fields["flags"] = flags
    fields["severity"] = _severity(critical, found, has_unknown)
    fields["is_critical"] = critical
    fields["risk_score"] = len(found)
    score = cost_benefit(facts.usage_month, facts.size)
    fields["cost_benefit_percentile"] = percentile(score, setting.scores)
    info = ModelAuditInfo.model_validate(fields)
    # Every record has all fields set: a set of its own for each would double the memory of an audit.
    object.__setattr__(info, "__pydantic_fields_set__", _FIELDS)
    return info


def gather(subject: Subject, setting: Setting) -> dict[str, Any]:
    """Return the fields of :class:`~horde_core.audit.records.AuditFacts` for a subject."""
    name, _, stated, statistics = subject
    usage, is_text = statistics.usage_stats, setting.model_type == "text"
    day, month, total = (None, None, None) if usage is None else (usage.day, usage.month, usage.total)
    age = _age(stated.members, setting)
    return {
        "name": name,
        "model_type": setting.model_type,
        "names": len(statistics.names),
        "usage_day": day,
        "usage_month": month,
        "usage_total": total,
        "usage_percentage_of_category": ratio_or_unknown(month, setting.month_usage, 100),
        "thread_count": statistics.thread_count,
        "worker_count": statistics.distinct_workers,
        "queued_jobs": statistics.queued_jobs,
        "queued": statistics.queued,
        "unserved": statistics.unserved,
        "balance": backend_balance(statistics) if is_text else None,
        "age_days": age,
        "is_new": _is_new(age, setting),
        **stated._asdict(),
        **setting.recorded.of(name, stated.members)._asdict(),
    }


def percentile(score: float | None, scores: Sequence[float]) -> float | None:
    """Percent of the other scores that are lower; None without another. ``scores`` are sorted and hold this one too."""
    if score is None or len(scores) < 2:
        return None
    return bisect_left(scores, score) / (len(scores) - 1) * 100


_FIELDS = set(ModelAuditInfo.model_fields)


def _never(_facts: AuditFacts, _thresholds: AuditThresholds) -> bool:
    return False


@lru_cache(maxsize=4096)
def _flags(values: tuple[bool | None, ...]) -> tuple[DeletionRiskFlags, tuple[Flag, ...], bool]:
    """The flags with these values, those that are true, and whether one is unknown. Models share few combinations."""
    flags = DeletionRiskFlags.model_validate(dict(zip(FLAGS, values, strict=True)))
    return flags, flags.set_flags(), None in values


def _severity(critical: bool | None, found: Sequence[Flag], has_unknown: bool) -> Severity:
    """How bad the findings are: see :data:`~horde_core.audit.rules.SEVERITY_RULES`."""
    if critical is not False:
        return Severity.CRITICAL if critical else Severity.UNKNOWN
    if found:
        return Severity.NOTICE if _ABOUT_DOWNLOADS.isdisjoint(found) else Severity.WARNING
    return Severity.UNKNOWN if has_unknown else Severity.NONE


def _age(members: Sequence[str], setting: Setting) -> int | None:
    added = setting.added.get(members[0]) if setting.added and len(members) == 1 else None
    return None if added is None else max(0, (setting.as_of - added).days)


def _is_new(age: int | None, setting: Setting) -> bool | None:
    """Whether it is within the grace period; None while ages are unavailable, unless there is no grace period."""
    if setting.added is None and setting.thresholds.grace_days:
        return None
    return age is not None and age < setting.thresholds.grace_days
