"""Rows as CSV that no spreadsheet takes a formula from, whoever writes them: a page, a route, a command."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


def csv_bytes(frame: pd.DataFrame, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """CSV in UTF-8 with a byte order mark, so that spreadsheets read it, and no cell that they would calculate.

    Lines that begin with ``"#`` say where the figures are from; the header row follows.
    """
    safe = frame.rename(columns=guarded)
    for column in safe.columns:
        if safe[column].dtype.kind not in "iufb":
            safe[column] = safe[column].map(cell)
    text = io.StringIO()
    # All text in quotation marks: a bare carriage return, or a semicolon where that separates, would begin a new cell.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([f"# {name}: {value}"] for name, value in about.items())
    safe.to_csv(text, index=False, quoting=csv.QUOTE_NONNUMERIC)
    return text.getvalue().encode("utf-8-sig")


def cell(value: Any) -> Any:
    """A value as one cell: lists joined, text guarded, figures as they are."""
    if isinstance(value, list | tuple):
        return guarded("; ".join(str(item) for item in value))
    return guarded(value) if isinstance(value, str) else value


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet might take for a formula, also behind what cannot be seen."""
    begins_with_control = text.lstrip(" ").startswith(("\t", "\r", "\n"))
    visible = unicodedata.normalize("NFKC", text.lstrip().lstrip(_INVISIBLE).lstrip()[:1])
    return f"'{text}" if begins_with_control or visible.startswith(_FORMULA_STARTS) else text
