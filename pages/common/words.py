"""Figures and times in words. Unknown reads "n/a"; 0 is only ever said of a zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

UNKNOWN = "n/a"

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def is_unknown(value: Any) -> bool:
    """Whether a figure is unknown: None, NA or not a number."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def known(values: Iterable[Any]) -> list[float | None]:
    """Figures as plain numbers, None for the unknown ones."""
    return [None if is_unknown(value) else float(value) for value in values]


def count(value: Any) -> str:
    """A count with its thousands grouped."""
    return UNKNOWN if is_unknown(value) else f"{int(value):,}"


def amount(value: Any) -> str:
    """An amount with as many digits as it deserves."""
    if is_unknown(value):
        return UNKNOWN
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:,.{_decimals(value, 3)}f}"


def share(percent: Any) -> str:
    """A share with enough digits to be told from nothing and from the whole."""
    if is_unknown(percent):
        return UNKNOWN
    if percent in (0, 100):
        return f"{percent:.0f} %"
    nearest = percent if percent < 50 else 100 - percent
    return f"{percent:.{max(1, _decimals(nearest, 2))}f} %"


def duration(seconds: Any) -> str:
    """A duration in its two largest units: 3 min 20 s."""
    if is_unknown(seconds):
        return UNKNOWN
    left = max(0, int(seconds))
    parts = []
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1)):
        whole, left = divmod(left, length)
        if whole:
            parts.append(f"{whole} {unit}")
    return " ".join(parts[:2]) or "0 s"


def age(seconds: float) -> str:
    """How old something is, in one unit once it is older than two minutes."""
    if seconds < 2 * _MINUTE:
        return f"{int(seconds)} s"
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 2 * length or unit == "min":
            return f"{int(seconds // length)} {unit}"
    raise AssertionError("the minute catches everything above")


def moment(unix_seconds: float) -> str:
    """An exact time, in UTC."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def listing(parts: list[str]) -> str:
    """Join with commas and a final "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def plural(number: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def one_line(name: str, longest: int = 60) -> str:
    """A hostile name on one line: control characters made visible as spaces, shortened in the end."""
    text = "".join(character if character.isprintable() else " " for character in name).strip() or "(no name)"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def queue_state(row: Mapping[Any, Any]) -> str:
    """What is remarkable about a model's queue, as a mark and a word; nothing where all is well."""
    if row["unserved"] is True:
        return "■ nobody serves it"
    if not is_unknown(row["queued"]) and row["queued"] > 0 and is_unknown(row["eta"]):
        return "? speed unknown"
    return ""


def ranking(names: Sequence[str], figures: Sequence[str], what: str, most: int = 5) -> str:
    """A chart in words: its first few rows, for who cannot see it."""
    told = [f"{one_line(name)} {figure}" for name, figure in zip(names[:most], figures[:most], strict=True)]
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    return f"{what}: {', '.join(told)}{rest}."


def _decimals(value: float, digits: int) -> int:
    """Decimals that show this many significant digits of a number below its own magnitude."""
    if value == 0:
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))
