"""Files of what a table shows, with the sources of their figures and without spreadsheet formulas."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pandas as pd

from horde_core.cache.freshness import State
from horde_core.live.snapshot import PageView
from horde_core.safe_csv import cell, guarded
from horde_core.version import __version__
from pages.common import unavailable, words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def provenance(
    view: PageView, table: str, filters: str, more: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Where the figures of a file are from, how old they are, and which filters were set; then ``more``."""
    away = [source for source in view.sources if source.state is State.UNAVAILABLE]
    fetched = [
        f"{unavailable.named([source])} {_utc(source.fetched_at)}"
        for source in view.sources
        if source.fetched_at is not None
    ]
    return {
        "table": table,
        "source": "simulated Horde, made-up figures"
        if view.is_simulated
        else "AI Horde public API and model reference",
        "fetched": "; ".join(fetched) or "nothing was fetched",
        **({"unavailable": unavailable.named(away)} if away else {}),
        "written": _utc(time.time()),
        "filters": words.one_line(filters, 500) if filters else "none",
        **more,
        "written by": f"AI Horde dashboard {__version__}",
    }


def json_bytes(frame: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """JSON with ``about`` and ``rows``; unknown is null, durations are seconds."""
    seconds = {column: frame[column].dt.total_seconds() for column in frame.columns if frame[column].dtype.kind == "m"}
    rows = json.loads(frame.assign(**seconds).to_json(orient="records", force_ascii=False))
    return json.dumps({"about": dict(about), "rows": rows}, ensure_ascii=False, indent=1).encode()


def xlsx_bytes(sheets: Mapping[str, pd.DataFrame], about: Mapping[str, str]) -> bytes:
    """A workbook with these sheets, and one more, Provenance, that says where the figures are from.

    Text is guarded as in CSV; characters that a workbook cannot hold are replaced.
    """
    source = pd.DataFrame(list(about.items()), columns=["what", "value"])
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as workbook:
        for name, frame in (*sheets.items(), ("Provenance", source)):
            safe = frame.rename(columns=guarded)
            for column in safe.columns:
                if safe[column].dtype.kind not in "iufb":
                    safe[column] = safe[column].map(_workbook_cell)
            safe.to_excel(workbook, sheet_name=name, index=False, freeze_panes=(1, 1))
    return content.getvalue()


def names_bytes(names: Sequence[str], about: Mapping[str, str]) -> bytes:
    """Names, one a line, below lines that begin with ``#`` and say where the list is from.

    A name that would not be read back from a line of its own stands as a JSON string.
    """
    return (_comments(about) + "".join(f"{_on_a_line(name)}\n" for name in names)).encode()


def skip_list_bytes(names: Sequence[str], about: Mapping[str, str]) -> bytes:
    """The setting ``models_to_skip`` of an image worker's bridge, as YAML, below comments that say where it is from."""
    # In quotation marks, where YAML escapes all that it would read as a line break.
    import yaml

    quoted = yaml.safe_dump(list(names), allow_unicode=True, width=10_000, default_style='"')
    return f"{_comments(about)}models_to_skip:\n{quoted if names else '  []'}".encode()


def file_name(table: str, ending: str) -> str:
    """A name that says what is in the file and when it was written."""
    return f"ai-horde-{table}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}"


def _comments(about: Mapping[str, str]) -> str:
    return "".join(f"# {what}: {' '.join(value.splitlines())}\n" for what, value in about.items())


def _utc(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")


def _workbook_cell(value: Any) -> Any:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    written = cell(value)
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", written) if isinstance(written, str) else written


def _on_a_line(name: str) -> str:
    is_plain = name.isprintable() and name == name.strip() and name and not name.startswith(("#", '"'))
    return name if is_plain else json.dumps(name)
