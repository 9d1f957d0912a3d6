"""A whole category audited: its models or groups of them, and how many each flag, severity and preset selects. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.merge import Kept
from horde_core.audit.judge import FACTORY, ModelAuditInfoFactory
from horde_core.audit.last_seen import NOTHING_RECORDED, Recorded
from horde_core.audit.presets import PRESETS
from horde_core.audit.records import FLAGS, AuditSummary, CategoryAuditResponse, FlagCount, ModelAuditInfo, Severity
from horde_core.audit.subjects import Subject
from horde_core.audit.thresholds import AuditThresholds
from horde_core.vocabulary import ModelType

_WORST_FIRST = {severity: place for place, severity in enumerate(Severity)}


def audit_category(
    subjects: Sequence[Subject],
    model_type: ModelType,
    thresholds: AuditThresholds,
    month_usage: int | None,
    *,
    as_of: date,
    added: Mapping[str, date] | None = None,
    level: GroupLevel = "model",
    snapshot: str = "",
    factory: ModelAuditInfoFactory = FACTORY,
    kept: Kept | None = None,
    recorded: Recorded = NOTHING_RECORDED,
) -> CategoryAuditResponse:
    """Audit a category and count what was found.

    Arguments as in :class:`~horde_core.audit.judge.Setting` and its factory's ``create_category``.
    """
    infos = factory.create_category(subjects, model_type, thresholds, month_usage, as_of, added, level, kept, recorded)
    return CategoryAuditResponse.model_construct(
        model_type=model_type,
        level=level,
        snapshot=snapshot,
        as_of=as_of,
        thresholds=thresholds,
        category_month_usage=month_usage,
        recorded=recorded.digest,
        summary=summarise(infos),
        models=infos,
    )


def worst_first(infos: Iterable[ModelAuditInfo]) -> list[ModelAuditInfo]:
    """The models by severity, then by how many flags are true, then by name."""
    return sorted(infos, key=lambda info: (_WORST_FIRST[info.severity], -info.risk_score, info.name))


def summarise(infos: Sequence[ModelAuditInfo]) -> AuditSummary:
    """Count models by flag, severity and preset.

    While it is unknown of one model whether it is critical, no severity has a count; while it is unknown of one whether
    there is anything to find, neither has a notice, or that nothing was found.
    """
    alike = _alike(infos)
    return AuditSummary(
        models=len(infos),
        by_flag={flag: _flag_count([(info.flags.value(flag), models) for info, models in alike]) for flag in FLAGS},
        by_severity=_by_severity(alike),
        by_preset={
            preset.key: _true_or_unknown([(preset.selects(info), models) for info, models in alike])
            for preset in PRESETS
        },
    )


def _alike(infos: Sequence[ModelAuditInfo]) -> list[tuple[ModelAuditInfo, int]]:
    """One model for each combination of flags, severity and novelty, and how many models share it."""
    keys = [(id(info.flags), info.severity, info.is_critical, info.is_new) for info in infos]
    counts = Counter(keys)
    return [(info, counts[key]) for key, info in dict(zip(keys, infos, strict=True)).items()]


def _count(values: Sequence[tuple[bool | None, int]], wanted: bool | None) -> int:
    return sum(models for value, models in values if value is wanted)


def _flag_count(values: Sequence[tuple[bool | None, int]]) -> FlagCount:
    return FlagCount(_count(values, True), _count(values, False), _count(values, None))


def _true_or_unknown(values: Sequence[tuple[bool | None, int]]) -> int | None:
    return None if _count(values, None) else _count(values, True)


def _by_severity(alike: Sequence[tuple[ModelAuditInfo, int]]) -> dict[Severity, int | None]:
    counts: dict[Severity, int | None] = {
        severity: sum(models for info, models in alike if info.severity is severity) for severity in Severity
    }
    if any(info.is_critical is None for info, _ in alike):
        return counts | dict.fromkeys((Severity.CRITICAL, Severity.WARNING, Severity.NOTICE, Severity.NONE))
    return counts | dict.fromkeys((Severity.NOTICE, Severity.NONE)) if counts[Severity.UNKNOWN] else counts
