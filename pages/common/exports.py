"""Files of what a table shows: CSV and JSON that say where their figures are from, and hold no spreadsheet formula."""

from __future__ import annotations

import csv
import io
import json
import time
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pandas as pd

from horde_core.snapshot import PageView
from horde_core.version import __version__
from pages.common import words

_FORMULA_STARTS = ("=", "+", "-", "@")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


def provenance(view: PageView, table: str, filters: str) -> dict[str, str]:
    """Where the figures of a file are from, how old they are, and what was chosen of them."""
    fetched = [
        f"{source.title.lower()} {_utc(source.fetched_at)}" for source in view.sources if source.fetched_at is not None
    ]
    return {
        "table": table,
        "source": "simulated Horde, made-up figures"
        if view.is_simulated
        else "AI Horde public API and model reference",
        "fetched": "; ".join(fetched) or "nothing was fetched",
        "written": _utc(time.time()),
        "filters": words.one_line(filters, 500) if filters else "none",
        "written by": f"AI Horde dashboard {__version__}",
    }


def csv_bytes(frame: pd.DataFrame, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """CSV in UTF-8 with a byte order mark, so that spreadsheets read it, and no cell that they would calculate.

    Lines that begin with ``"#`` say where the figures are from; the header row follows.
    """
    safe = frame.rename(columns=_guarded)
    for column in safe.columns:
        if safe[column].dtype.kind not in "iufb":
            safe[column] = safe[column].map(_cell)
    text = io.StringIO()
    # All text in quotation marks: a bare carriage return, or a semicolon where that separates, would begin a new cell.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([f"# {name}: {value}"] for name, value in about.items())
    safe.to_csv(text, index=False, quoting=csv.QUOTE_NONNUMERIC)
    return text.getvalue().encode("utf-8-sig")


def json_bytes(frame: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """JSON with ``about`` and ``rows``; unknown is null, durations are seconds."""
    seconds = {column: frame[column].dt.total_seconds() for column in frame.columns if frame[column].dtype.kind == "m"}
    rows = json.loads(frame.assign(**seconds).to_json(orient="records", force_ascii=False))
    return json.dumps({"about": dict(about), "rows": rows}, ensure_ascii=False, indent=1).encode()


def file_name(table: str, ending: str) -> str:
    """A name that says what is in the file and when it was written."""
    return f"ai-horde-{table}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}"


def _utc(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return _guarded("; ".join(str(item) for item in value))
    return _guarded(value) if isinstance(value, str) else value


def _guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet might take for a formula, also behind what cannot be seen."""
    begins_with_control = text.lstrip(" ").startswith(("\t", "\r", "\n"))
    visible = unicodedata.normalize("NFKC", text.lstrip().lstrip(_INVISIBLE).lstrip()[:1])
    return f"'{text}" if begins_with_control or visible.startswith(_FORMULA_STARTS) else text
