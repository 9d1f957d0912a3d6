"""Tables: one way to show each kind of column, and downloads that no spreadsheet will take for formulas."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from horde_core.models import PERIODS, ModelType, Period
from pages.common import words

PERIOD_WORDS: Mapping[Period, str] = {"day": "Day", "month": "30 days", "total": "All time"}
REQUEST_WORDS: Mapping[ModelType, str] = {"image": "images", "text": "requests"}
_FORMULA_STARTS = ("=", "+", "-", "@")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


def name_column(label: str = "Model") -> Any:
    """The pinned column of names: plain text whatever it holds."""
    return st.column_config.TextColumn(label, pinned=True, width=240)


def count_column(label: str, help_text: str = "") -> Any:
    """Whole numbers, grouped by thousands; empty is unknown."""
    return st.column_config.NumberColumn(label, format="localized", help=help_text or None)


def amount_column(label: str, help_text: str = "") -> Any:
    """Amounts with one decimal."""
    return st.column_config.NumberColumn(label, format="%,.1f", help=help_text or None)


def share_column(label: str, help_text: str = "", largest: float = 100.0) -> Any:
    """Percent of the whole, as a bar with its figure."""
    return st.column_config.ProgressColumn(
        label, format="%.4f %%", min_value=0.0, max_value=max(largest, 1e-9), help=help_text or None
    )


def part_column(label: str, help_text: str = "") -> Any:
    """Percent of something else than the category."""
    return st.column_config.NumberColumn(label, format="%.1f %%", help=help_text or None)


def duration_column(label: str, help_text: str = "") -> Any:
    """Durations (a timedelta column), in the visitor's words."""
    return st.column_config.NumberColumn(label, format="localized", help=help_text or None)


def list_column(label: str, help_text: str = "") -> Any:
    """Several words in one cell."""
    return st.column_config.ListColumn(label, help=help_text or None)


def usage_columns(model_type: ModelType) -> dict[str, Any]:
    """Requests in the three periods."""
    noun = REQUEST_WORDS[model_type]
    return {
        f"usage_{period}": count_column(
            f"{PERIOD_WORDS[period]}", f"{noun.capitalize()} in this period, at the API's last daily count."
        )
        for period in PERIODS
    }


def show(frame: pd.DataFrame, columns: Mapping[str, Any], alt: str, key: str, height: int = 420) -> None:
    """Show the named columns of a frame, in that order."""
    st.dataframe(
        frame[list(columns)],
        column_config=dict(columns),
        hide_index=True,
        height=min(height, 38 + 35 * max(len(frame), 1)),
        placeholder=words.UNKNOWN,
        alt=alt,
        key=key,
    )


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """CSV in UTF-8 with a byte order mark, so that spreadsheets read it, and no cell that they would calculate."""
    safe = frame.rename(columns=_guarded)
    for column in safe.columns:
        if safe[column].dtype.kind not in "iufb":
            safe[column] = safe[column].map(_cell)
    # All text in quotation marks: a bare carriage return, or a semicolon where that separates, would begin a new cell.
    return str(safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)).encode("utf-8-sig")


def download(frame: pd.DataFrame, name: str, key: str) -> None:
    """Offer what is shown as CSV; the file's name says what and when."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    st.download_button(
        "Download CSV",
        data=lambda: csv_bytes(frame),
        file_name=f"ai-horde-{name}-{stamp}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return _guarded("; ".join(str(item) for item in value))
    return _guarded(value) if isinstance(value, str) else value


def _guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet might take for a formula, also behind what cannot be seen."""
    begins_with_control = text.lstrip(" ").startswith(("\t", "\r", "\n"))
    visible = unicodedata.normalize("NFKC", text.lstrip().lstrip(_INVISIBLE).lstrip()[:1])
    return f"'{text}" if begins_with_control or visible.startswith(_FORMULA_STARTS) else text
