"""The rows of answers: what a terminal shows, and as frames the lines of a CSV file.

Frames are imported by the functions that make one: a command that writes none starts in half the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from horde_core.analytics.records import CombinedModelStatistics, LiveFigures
from horde_core.endpoints.history import HistoryAnswer, HistoryPoint
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
from horde_core.numbers import ENGLISH
from horde_core.vocabulary import PERIODS

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_USAGE = {f"usage_{period}": period for period in PERIODS}

MODEL_COLUMNS = ("name", *_USAGE, *LiveFigures.model_fields, *CombinedModelStatistics.model_computed_fields, "names")
"""Every figure of a model's record, so a new one is a column by itself."""

UNLISTED_COLUMNS = (*MODEL_COLUMNS, "backend", "hidden_by_server")
SHORT_AUDIT_COLUMNS = (
    "name", "severity", "usage_month", "share_month", "threads", "workers", "size", "age", "reasons",
)  # fmt: skip
"""The columns of the audit that fit into a terminal."""


def model_lines(answer: ModelsAnswer) -> list[Row]:
    """One row a model, in :data:`MODEL_COLUMNS`."""
    return _figures(answer, MODEL_COLUMNS)


def model_rows(answer: ModelsAnswer) -> pd.DataFrame:
    """The same as a frame."""
    return _frame(model_lines(answer), MODEL_COLUMNS)


def unlisted_lines(answer: UnlistedAnswer) -> list[Row]:
    """One row a name, in :data:`UNLISTED_COLUMNS`."""
    return _figures(answer, UNLISTED_COLUMNS)


def unlisted_rows(answer: UnlistedAnswer) -> pd.DataFrame:
    """The same as a frame."""
    return _frame(unlisted_lines(answer), UNLISTED_COLUMNS)


def audit_rows(answer: AuditAnswer) -> pd.DataFrame:
    """The audit page's table: one row a model or group."""
    from horde_core.frames.audit import audit_frame

    return audit_frame(answer.models, answer.thresholds, ENGLISH)


def audit_lines(answer: AuditAnswer) -> list[Row]:
    """The same in :data:`SHORT_AUDIT_COLUMNS`."""
    short = audit_rows(answer)[list(SHORT_AUDIT_COLUMNS)]
    return [dict(zip(SHORT_AUDIT_COLUMNS, cells, strict=True)) for cells in short.itertuples(index=False)]


def resolution_lines(answer: ResolveAnswer) -> list[Row]:
    """One row a category."""
    return [row.model_dump() for row in answer.resolutions]


def resolution_rows(answer: ResolveAnswer) -> pd.DataFrame:
    """The same as a frame."""
    return _frame(resolution_lines(answer), ResolvedName.model_fields)


def source_lines(answer: SourcesAnswer) -> list[Row]:
    """One row a source; ``error`` is "none" where the last refresh succeeded, and so is what was not understood."""
    rows = [
        row.model_dump(mode="json") | {"error": row.error or "none", "not_understood": _not_understood(row)}
        for row in answer.sources
    ]
    return [{name: row[name] for name in SourceDetail.model_fields} for row in rows]


def source_rows(answer: SourcesAnswer) -> pd.DataFrame:
    """The same as a frame."""
    return _frame(source_lines(answer), SourceDetail.model_fields)


def statistics_lines(answer: StatisticsAnswer) -> list[Row]:
    """One row a figure, named by its place in the record, such as ``coverage served``; lists are left out."""
    return [{"figure": name, "value": value} for name, value in _single(answer.statistics.model_dump(mode="json"))]


def history_lines(answer: HistoryAnswer) -> list[Row]:
    """One row a point."""
    return [
        {"of": one.of, "figure": one.figure, "unit": one.unit, **point.model_dump(mode="json")}
        for one in answer.series
        for point in one.points
    ]


def history_rows(answer: HistoryAnswer) -> pd.DataFrame:
    """The same as a frame."""
    return _frame(history_lines(answer), ("of", "figure", "unit", *HistoryPoint.model_fields))


def _single(record: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _single(value, f"{place}{name} ")
        elif not isinstance(value, list):
            yield f"{place}{name}", value


def _not_understood(source: SourceDetail) -> str | None:
    if source.not_understood is None:
        return None
    told = [f"{one.kind} {one.field} ({one.times}): {one.example}" for one in source.not_understood]
    return "; ".join(told) or "none"


def _figures(answer: ModelsAnswer | UnlistedAnswer, columns: Sequence[str]) -> list[Row]:
    return [
        {name: row.usage(_USAGE[name]) if name in _USAGE else getattr(row, name) for name in columns}
        for row in answer.models
    ]


def _frame(rows: Sequence[Row], columns: Iterable[str]) -> pd.DataFrame:
    """Put rows into columns that keep whole numbers whole where some are unknown."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns)).convert_dtypes()
