"""The rows of answers as tables: the lines of a CSV file, and what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from horde_core.analytics.records import CombinedModelStatistics, LiveFigures
from horde_core.endpoints.records import (
    AuditAnswer,
    ModelsAnswer,
    ResolveAnswer,
    ResolvedName,
    SourceDetail,
    SourcesAnswer,
    StatisticsAnswer,
    UnlistedAnswer,
)
from horde_core.frames.audit import audit_frame
from horde_core.numbers import ENGLISH
from horde_core.vocabulary import PERIODS

_USAGE = {f"usage_{period}": period for period in PERIODS}

MODEL_COLUMNS = ("name", *_USAGE, *LiveFigures.model_fields, *CombinedModelStatistics.model_computed_fields, "names")
"""Every figure of a model's record, so a new one is a column by itself."""

UNLISTED_COLUMNS = (*MODEL_COLUMNS, "backend", "hidden_by_server")
SHORT_AUDIT_COLUMNS = (
    "name", "severity", "usage_month", "share_month", "threads", "workers", "size", "age", "reasons",
)  # fmt: skip
"""The columns of the audit that fit into a terminal."""


def model_rows(answer: ModelsAnswer) -> pd.DataFrame:
    """One row a model, in :data:`MODEL_COLUMNS`."""
    return _figures(answer, MODEL_COLUMNS)


def unlisted_rows(answer: UnlistedAnswer) -> pd.DataFrame:
    """One row a name, in :data:`UNLISTED_COLUMNS`."""
    return _figures(answer, UNLISTED_COLUMNS)


def audit_rows(answer: AuditAnswer) -> pd.DataFrame:
    """The audit page's table: one row a model or group."""
    return audit_frame(answer.models, answer.thresholds, ENGLISH)


def short_audit_rows(answer: AuditAnswer) -> pd.DataFrame:
    """The same in :data:`SHORT_AUDIT_COLUMNS`."""
    return audit_rows(answer)[list(SHORT_AUDIT_COLUMNS)]


def resolution_rows(answer: ResolveAnswer) -> pd.DataFrame:
    """One row a category."""
    return _frame([row.model_dump() for row in answer.resolutions], ResolvedName.model_fields)


def source_rows(answer: SourcesAnswer) -> pd.DataFrame:
    """One row a source; ``error`` is "none" where the last refresh succeeded, and so is what was not understood."""
    rows = [
        row.model_dump(mode="json") | {"error": row.error or "none", "not_understood": _not_understood(row)}
        for row in answer.sources
    ]
    return _frame(rows, SourceDetail.model_fields)


def statistics_rows(answer: StatisticsAnswer) -> pd.DataFrame:
    """One row a figure, named by its place in the record, such as ``coverage served``; lists are left out."""
    figures = pd.json_normalize(answer.model_dump(mode="json")["statistics"], sep=" ").iloc[0]
    single = figures[[not isinstance(value, list) for value in figures]]
    return pd.DataFrame({"figure": single.index, "value": single.to_numpy()})


def _not_understood(source: SourceDetail) -> str | None:
    if source.not_understood is None:
        return None
    told = [f"{one.kind} {one.field} ({one.times}): {one.example}" for one in source.not_understood]
    return "; ".join(told) or "none"


def _figures(answer: ModelsAnswer | UnlistedAnswer, columns: Sequence[str]) -> pd.DataFrame:
    rows = [
        {name: row.usage(_USAGE[name]) if name in _USAGE else getattr(row, name) for name in columns}
        for row in answer.models
    ]
    return _frame(rows, columns)


def _frame(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """Put rows into columns that keep whole numbers whole where some are unknown."""
    return pd.DataFrame(rows, columns=list(columns)).convert_dtypes()
