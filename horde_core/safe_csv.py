"""Rows as CSV without cells that a spreadsheet would take for formulas; used by pages, routes and the command line."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@")
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and symbols that have no ink: the Hangul fillers, and braille without dots."""


def csv_bytes(frame: pd.DataFrame, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return CSV in UTF-8, with a byte order mark for spreadsheets and no cell that they would calculate.

    ``about`` says where the figures are from, in lines that begin with ``"#``; the header row follows.
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
    """Return a value as one cell: lists joined, text guarded, figures as they are."""
    if isinstance(value, list | tuple):
        return guarded("; ".join(str(item) for item in value))
    return guarded(value) if isinstance(value, str) else value


def guarded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet might take for a formula: by its first visible character."""
    begins_with_control = text.lstrip(" ").startswith(("\t", "\r", "\n"))
    first = unicodedata.normalize("NFKC", next(filter(_is_visible, text), ""))
    return f"'{text}" if begins_with_control or first.startswith(_FORMULA_STARTS) else text


def _is_visible(character: str) -> bool:
    """Tell whether a character stands for itself: no space, control or format character, and no combining mark."""
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANK
