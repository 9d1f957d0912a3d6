"""The last 30 days of each of many models, as a small line in a table, and the change against the 30 days before."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from horde_core.history.reader import MonthLine
from horde_core.history.reading.series import DAY, Kind
from horde_core.live.snapshot import Snapshot
from pages.common import data, tables

ROWS_WITH_LINE = 100
"""Rows of a table, from the first on, that have a line."""

DAYS_LINE = tables.DRAWING


def with_lines(frame: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Add the line and the change to the first rows of a frame with a ``name``; elsewhere both are unknown."""
    names = list(frame["name"].iloc[:ROWS_WITH_LINE])
    lines = data.history().month_lines(snapshot.name_index, names)
    rest = [None] * (len(frame) - len(names))
    days = pd.Series([_days(lines[name]) for name in names] + rest, index=frame.index, dtype="object")
    change = pd.Series([lines[name].change.percent for name in names] + rest, index=frame.index, dtype="Float64")
    return frame.assign(**{DAYS_LINE: days, "change": change})


def columns(noun: str) -> dict[str, Any]:
    """The columns that :func:`with_lines` adds."""
    return {
        DAYS_LINE: st.column_config.LineChartColumn(
            "Last 30 days",
            help=f"{noun.capitalize()} a day, of the first {ROWS_WITH_LINE} rows, from the last gap on. Days that are "
            "known only as a sum are drawn at their mean.",
            y_min=0,
        ),
        "change": tables.percent_column("Change, %", f"{noun.capitalize()} of 30 days against the 30 days before."),
    }


def _days(line: MonthLine) -> list[float] | None:
    """Requests of each day since the last gap; None where fewer than two days are known."""
    days: list[float] = []
    for point in line.points:
        if point.value is None:
            days = []
        elif point.kind is Kind.BLOCK:
            number = max(1, round((point.ends - point.begins) / DAY))
            days += [point.value / number] * number
        else:
            days.append(point.value)
    return days if len(days) > 1 else None
