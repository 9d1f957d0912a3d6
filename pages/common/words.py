"""Figures and times in words, as the visitor's locale writes them. Unknown reads "n/a"; 0 is only said of a zero."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_time
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

from horde_core.numbers import decimals, share_decimals

UNKNOWN = "n/a"

_MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")
"""All that CommonMark lets a backslash stand before."""

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_LOCALE: ContextVar[str] = ContextVar("locale", default="en")
_ZONE: ContextVar[str] = ContextVar("zone", default="UTC")


def speak(language: str | None, zone: str | None) -> None:
    """Write figures and times from now on, in this thread, as a browser with this language and time zone does."""
    _LOCALE.set(_supported(language or "en"))
    _ZONE.set(zone or "UTC")


def locale() -> str:
    """The locale that figures are written in: part of the key of whatever holds them."""
    return _LOCALE.get()


def separators() -> str:
    """The decimal sign and the sign between thousands."""
    return get_decimal_symbol(locale()) + get_group_symbol(locale())


@cache
def _supported(language: str) -> str:
    try:
        return str(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return "en"


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _number(value: float, decimals: int = 0) -> str:
    """A number with so many decimals and its thousands grouped."""
    return _written(value, decimals, locale())


@lru_cache(maxsize=65_536)
def _written(value: float, decimals: int, language: str) -> str:
    """Many figures of a table are the same, and writing one takes as long as all else of its cell."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(round(value, decimals), format=pattern, locale=language))


def is_unknown(value: Any) -> bool:
    """Whether a figure is unknown: None, NA or not a number."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def known(values: Iterable[Any]) -> list[float | None]:
    """Figures as plain numbers, None for the unknown ones."""
    return [None if is_unknown(value) else float(value) for value in values]


def count(value: Any) -> str:
    """A count with its thousands grouped."""
    return UNKNOWN if is_unknown(value) else _number(int(value))


def change(value: float) -> str:
    """A difference with its sign."""
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{amount(abs(value))}"


def amount(value: Any) -> str:
    """An amount with as many digits as it deserves."""
    if is_unknown(value):
        return UNKNOWN
    return _number(value, 0 if value >= 100 or float(value).is_integer() else decimals(value, 3))


def exact(value: Any) -> str:
    """A value that somebody set, with all its digits and no more."""
    return str(format_decimal(value, format="#,##0.##########", locale=locale()))


def share(percent: Any) -> str:
    """A share with enough digits to be told from nothing and from the whole."""
    if is_unknown(percent):
        return UNKNOWN
    return f"{_number(percent, share_decimals(percent))} %"


def ratio(value: Any) -> str:
    """How many times, with two significant digits below ten."""
    if is_unknown(value):
        return UNKNOWN
    return f"{_number(value, 0 if value >= 10 else max(1, decimals(value, 2)) if value else 0)} x"


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
    """An exact time, in the visitor's zone, which it names."""
    time = datetime.fromtimestamp(unix_seconds, UTC)
    return str(format_datetime(time, "d MMM y, HH:mm:ss z", tzinfo=_zone(_ZONE.get()), locale=locale()))


def clock(unix_seconds: float) -> str:
    """A time of day, in the visitor's zone."""
    return str(
        format_time(datetime.fromtimestamp(unix_seconds, UTC), "HH:mm:ss", tzinfo=_zone(_ZONE.get()), locale=locale())
    )


def listing(parts: list[str]) -> str:
    """Join with commas and a final "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def plural(number: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def plural_amount(value: Any, many: str) -> str:
    """An amount with its unit, which is given in the plural."""
    return f"{amount(value)} {many.removesuffix('s') if value == 1 else many}"


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


def sentence_case(text: str) -> str:
    """A text that begins with a capital, its other letters as they are."""
    return text[:1].upper() + text[1:]


def first_few(names: Sequence[str], most: int = 5) -> str:
    """The first of some names, and how many more there are."""
    told = ", ".join(one_line(name) for name in names[:most])
    return f"{told} and {count(len(names) - most)} more" if len(names) > most else told


def queue_for(row: Mapping[Any, Any], unit: str) -> str:
    """A model's queue against what serves it."""
    queued = f"{amount(row['queued'])} {unit} queued"
    if row["unserved"] is True:
        return f"{queued}, nobody serves it"
    return f"{queued}, {plural(int(row['threads']), 'thread')}, {amount(row['queue_per_thread'])} for each"


def pace(speed: Any, unit: str) -> str:
    """How fast a job is worked on."""
    return "no speed is known" if is_unknown(speed) else f"{amount(speed)} {unit}/s for each job"


def ranking(names: Sequence[str], figures: Sequence[str], what: str, most: int = 5) -> str:
    """A chart in words: its first few rows, for who cannot see it."""
    told = [f"{one_line(name)} {figure}" for name, figure in zip(names[:most], figures[:most], strict=True)]
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    return f"{what}: {', '.join(told)}{rest}."


def escaped(text: str) -> str:
    """A hostile text where Markdown is read, such as a button's label: shown as it is, and meaning nothing."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
