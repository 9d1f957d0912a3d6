"""The audit as DataFrames, with the units that screens show. Pure functions; a missing value is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit import FLAGS, AuditThresholds, ModelAuditInfo, Severity
from horde_core.audit.rules import reasons
from horde_core.frames.backends import VARIATION, variation_figures
from horde_core.frames.models import in_units
from horde_core.frames.schema import AMOUNT, COUNT, FLAG, LIST, TEXT, Columns, Schema, cells_of, frame_of, schema_of
from horde_core.numbers import Numbers
from horde_core.vocabulary import GIGABYTE

_COLUMNS: Columns[ModelAuditInfo] = {
    "name": (TEXT, lambda info: info.name),
    "severity": (TEXT, lambda info: info.severity.value),
    "findings": (LIST, lambda info: list(info.flags.set_flags())),
    "reasons": (LIST, lambda _info: None),  # filled in by audit_frame, as numbers are written in a locale
    "unknown": (LIST, lambda info: list(info.flags.unknown_flags())),
    "risk_score": (COUNT, lambda info: info.risk_score),
    "usage_day": (COUNT, lambda info: info.usage_day),
    "usage_month": (COUNT, lambda info: info.usage_month),
    "usage_total": (COUNT, lambda info: info.usage_total),
    "share_month": (AMOUNT, lambda info: info.usage_percentage_of_category),
    "momentum": (AMOUNT, lambda info: info.momentum),
    "threads": (COUNT, lambda info: info.thread_count),
    "workers": (COUNT, lambda info: info.worker_count),
    "jobs": (COUNT, lambda info: info.queued_jobs),
    "backends": (LIST, lambda info: list(info.balance.backends) if info.balance else None),
    "imbalance": (AMOUNT, lambda info: info.balance.imbalance if info.balance else None),
    "size": (AMOUNT, lambda info: in_units(info.size, GIGABYTE)),
    "parameters": (AMOUNT, lambda info: in_units(info.parameters, 1e9)),
    "cost_benefit_score": (AMOUNT, lambda info: info.cost_benefit_score),
    "cost_benefit_percentile": (AMOUNT, lambda info: info.cost_benefit_percentile),
    "hosts": (LIST, lambda info: list(info.hosts)),
    "age": (COUNT, lambda info: info.age_days),
    "last_used": (TEXT, lambda info: _written(info.last_used)),
    "unused_days": (COUNT, lambda info: info.unused_days),
    "unused_at_least": (FLAG, lambda info: info.unused_at_least),
    "last_served": (TEXT, lambda info: _written(info.last_served)),
    "unserved_days": (COUNT, lambda info: info.unserved_days),
    "unserved_at_least": (FLAG, lambda info: info.unserved_at_least),
    "baseline": (TEXT, lambda info: ", ".join(info.baselines) or None),
    "nsfw": (FLAG, lambda info: info.nsfw),
    "style": (TEXT, lambda info: ", ".join(info.styles) or None),
    "tags": (LIST, lambda info: list(info.tags)),
    "inpainting": (FLAG, lambda info: info.inpainting),
    "requirements": (LIST, lambda info: list(info.requirements)),
    "members": (LIST, lambda info: list(info.members)),
    "names": (COUNT, lambda info: info.names),
}
AUDIT = schema_of(_COLUMNS)
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


def audit_frame(infos: Sequence[ModelAuditInfo], thresholds: AuditThresholds, numbers: Numbers) -> pd.DataFrame:
    """One row a model (or group), in the order given.

    ``findings`` and ``unknown`` list flags by name, ``reasons`` tells in words why each finding is true. ``size`` is
    GB, ``parameters`` billions, ``share_month`` percent of the category, ``age`` days, ``names`` a count of API names.
    ``last_used`` and ``last_served`` are days as 2026-05-03; ``..._days`` whole days, more where ``..._at_least``.
    """
    rows = [cells_of(info, _COLUMNS) | {"reasons": reasons(info, thresholds, numbers)} for info in infos]
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


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _imbalance(info: ModelAuditInfo) -> float:
    return -1.0 if info.balance is None or info.balance.imbalance is None else info.balance.imbalance
