"""The audit as DataFrames, with the units that screens show. Pure functions; a missing value is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit import FLAGS, AuditThresholds, ModelAuditInfo, Severity
from horde_core.audit.rules import reasons
from horde_core.frames.backends import VARIATION, variation_figures
from horde_core.frames.models import in_units
from horde_core.frames.schema import AMOUNT, COUNT, FLAG, LIST, TEXT, Schema, frame_of
from horde_core.numbers import Numbers
from horde_core.vocabulary import GIGABYTE

AUDIT: Schema = {
    "name": TEXT,
    "severity": TEXT,
    "findings": LIST,
    "reasons": LIST,
    "unknown": LIST,
    "risk_score": COUNT,
    "usage_day": COUNT,
    "usage_month": COUNT,
    "usage_total": COUNT,
    "share_month": AMOUNT,
    "momentum": AMOUNT,
    "threads": COUNT,
    "workers": COUNT,
    "jobs": COUNT,
    "backends": LIST,
    "imbalance": AMOUNT,
    "size": AMOUNT,
    "parameters": AMOUNT,
    "cost_benefit_score": AMOUNT,
    "cost_benefit_percentile": AMOUNT,
    "hosts": LIST,
    "age": COUNT,
    "baseline": TEXT,
    "nsfw": FLAG,
    "style": TEXT,
    "tags": LIST,
    "inpainting": FLAG,
    "requirements": LIST,
    "members": LIST,
    "names": COUNT,
}
UNEVEN: Schema = {
    "name": TEXT,
    "imbalance": AMOUNT,
    "is_uneven": FLAG,
    "backend": TEXT,
    "usage_share": AMOUNT,
    "thread_share": AMOUNT,
    "usage_month": COUNT,
    "threads": COUNT,
    "difference": AMOUNT,
}
FOUND = [severity.value for severity in Severity if severity is not Severity.NONE]
"""The severities of models with anything found, or anything unknown; worst first."""

_WORST_FIRST = {severity: place for place, severity in enumerate(Severity)}


def worst_first(infos: Iterable[ModelAuditInfo]) -> list[ModelAuditInfo]:
    """The models by severity, then by how many flags are true, then by name."""
    return sorted(infos, key=lambda info: (_WORST_FIRST[info.severity], -info.risk_score, info.name))


def audit_frame(infos: Sequence[ModelAuditInfo], thresholds: AuditThresholds, numbers: Numbers) -> pd.DataFrame:
    """One row a model (or group), in the order given.

    ``findings`` and ``unknown`` list flags by name, ``reasons`` tells in words why each finding is true. ``size`` is
    GB, ``parameters`` billions, ``share_month`` percent of the category, ``age`` days, ``names`` a count of API names.
    """
    rows = [
        {
            "name": info.name,
            "severity": info.severity.value,
            "findings": list(info.flags.set_flags()),
            "unknown": list(info.flags.unknown_flags()),
            "reasons": reasons(info, thresholds, numbers),
            "risk_score": info.risk_score,
            "usage_day": info.usage_day,
            "usage_month": info.usage_month,
            "usage_total": info.usage_total,
            "share_month": info.usage_percentage_of_category,
            "momentum": info.momentum,
            "threads": info.thread_count,
            "workers": info.worker_count,
            "jobs": info.queued_jobs,
            "backends": list(info.balance.backends) if info.balance else None,
            "imbalance": info.balance.imbalance if info.balance else None,
            "size": in_units(info.size, GIGABYTE),
            "inpainting": info.inpainting,
            "requirements": list(info.requirements),
            "parameters": in_units(info.parameters, 1e9),
            "cost_benefit_score": info.cost_benefit_score,
            "cost_benefit_percentile": info.cost_benefit_percentile,
            "hosts": list(info.hosts),
            "age": info.age_days,
            "baseline": ", ".join(info.baselines) or None,
            "nsfw": info.nsfw,
            "style": ", ".join(info.styles) or None,
            "tags": list(info.tags),
            "members": list(info.members),
            "names": info.names,
        }
        for info in infos
    ]
    return frame_of(rows, AUDIT)


def findings_by_severity(infos: Iterable[ModelAuditInfo]) -> pd.DataFrame:
    """One row a flag that is true of any model, the most frequent first; one column a severity: counts of models."""
    counts = {flag: dict.fromkeys(FOUND, 0) for flag in FLAGS}
    for info in infos:
        for flag in info.flags.set_flags():
            counts[flag][info.severity.value] += 1
    frame = pd.DataFrame.from_dict(counts, orient="index", columns=FOUND)
    order = frame.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return frame.loc[[flag for flag in order if frame.loc[flag].sum()]]


def uneven_frame(infos: Iterable[ModelAuditInfo]) -> pd.DataFrame:
    """One row a model and backend, of the models on two or more backends; the most uneven models first.

    ``usage_share`` and ``thread_share`` are percent of the model's own requests and threads, ``difference`` the first
    less the second, in percentage points.
    """
    several = [info for info in infos if info.balance and len(info.balance.shares) > 1]
    several.sort(key=lambda info: (-_imbalance(info), -(info.usage_month or 0), info.name))
    rows = [
        {
            "name": info.name,
            "imbalance": info.balance.imbalance if info.balance else None,
            "is_uneven": info.flags.uneven_backends,
            "backend": share.backend,
            "usage_share": in_units(share.usage, 0.01),
            "thread_share": in_units(share.threads, 0.01),
            "usage_month": info.usage_month,
            "threads": info.thread_count,
        }
        for info in several
        for share in (info.balance.shares if info.balance else ())
    ]
    frame = frame_of(rows, UNEVEN)
    frame["difference"] = frame["usage_share"] - frame["thread_share"]
    return frame


def backends_frame(chosen: Iterable[tuple[ModelAuditInfo, CombinedModelStatistics]]) -> pd.DataFrame:
    """One row a model and backend: its API names, requests, threads, workers and queued work, in the API's units."""
    rows = [
        {"name": info.name, "names": list(variation.names)} | variation_figures(variation)
        for info, statistics in chosen
        for variation in (statistics.backend_variations or {}).values()
    ]
    return frame_of(rows, {"name": TEXT, "backend": TEXT, "names": LIST, **VARIATION})


def _imbalance(info: ModelAuditInfo) -> float:
    return -1.0 if info.balance is None or info.balance.imbalance is None else info.balance.imbalance
