"""Figures in words: counts, amounts, shares, durations, as a locale writes numbers. The words are English.

Unknown reads "n/a"; 0 is only said of a zero. Locale data are from Babel (CLDR); digits are Latin in every locale.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

UNKNOWN = "n/a"

DAY, HOUR, MINUTE = 86_400, 3_600, 60
"""Seconds."""

_GROUPS = {2: re.compile(r"\B(?=(?:\d\d)*\d{3}$)"), 3: re.compile(r"\B(?=(?:\d{3})+$)")}
"""Where a group sign goes, by the size of all groups but the last, which has three digits."""

_SPARING_LANGUAGES = {"bg", "et", "hu", "it", "lv", "pl", "sl"}
_SPARING_LOCALES = {"es", "es_ES", "pt_PT"}
"""Those that write 1234 but 12.345: CLDR's minimumGroupingDigits, which Babel does not carry."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Figures in words for one way to write numbers; equal for locales that write them alike. English by default."""

    decimal: str = "."
    group: str = ","
    group_size: int = 3
    longest_ungrouped: int = 3

    @classmethod
    @lru_cache(maxsize=512)
    def of(cls, name: str) -> Numbers:
        """Return how a locale writes numbers. Raises :class:`babel.UnknownLocaleError` for one without data."""
        locale = Locale.parse(name)
        is_sparing = locale.language in _SPARING_LANGUAGES or str(locale) in _SPARING_LOCALES
        return cls(
            get_decimal_symbol(locale),
            get_group_symbol(locale),
            2 if locale.decimal_formats[None].grouping[1] == 2 else 3,
            4 if is_sparing else 3,
        )

    def count(self, value: Any) -> str:
        """A count with its thousands grouped."""
        return UNKNOWN if is_unknown(value) else self._written(str(int(value)))

    def change(self, value: float) -> str:
        """A difference with its sign."""
        return f"{'+' if value > 0 else '-' if value < 0 else ''}{self.amount(abs(value))}"

    def amount(self, value: Any) -> str:
        """An amount with three significant digits, without decimals from 100 on."""
        if is_unknown(value):
            return UNKNOWN
        return self._rounded(value, 0 if value >= 100 or float(value).is_integer() else decimals(value, 3))

    def exact(self, value: float) -> str:
        """A value that somebody set, with all its digits and no more."""
        return self._written(f"{value:.10f}".rstrip("0").rstrip("."))

    def share(self, percent: Any) -> str:
        """A share in percent, with enough digits to be told from nothing and from the whole."""
        return UNKNOWN if is_unknown(percent) else f"{self._rounded(percent, share_decimals(percent))} %"

    def ratio(self, value: Any) -> str:
        """How many times, with two significant digits below ten."""
        if is_unknown(value):
            return UNKNOWN
        return f"{self._rounded(value, 0 if value >= 10 else max(1, decimals(value, 2)) if value else 0)} x"

    def duration(self, seconds: Any) -> str:
        """A duration in its two largest units: 3 min 20 s."""
        if is_unknown(seconds):
            return UNKNOWN
        left = max(0, int(seconds))
        parts = []
        for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1)):
            whole, left = divmod(left, length)
            if whole:
                parts.append(f"{self.count(whole)} {unit}")
        return " ".join(parts[:2]) or "0 s"

    def age(self, seconds: float) -> str:
        """How old something is, in the largest unit of which it has two; below two minutes in seconds."""
        for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
            if seconds >= 2 * length:
                return f"{self.count(seconds // length)} {unit}"
        return f"{int(seconds)} s"

    def plural(self, number: int, one: str, many: str = "") -> str:
        """A count with its noun."""
        return f"{self.count(number)} {one if number == 1 else many or one + 's'}"

    def plural_amount(self, value: Any, many: str) -> str:
        """An amount with its unit, which is given in the plural."""
        return f"{self.amount(value)} {many.removesuffix('s') if value == 1 else many}"

    def _rounded(self, value: float, places: int) -> str:
        return self._written(f"{value:.{places}f}")

    def _written(self, plain: str) -> str:
        """A number in Python's notation, such as -1234.5, as the locale writes it."""
        whole, _, fraction = plain.removeprefix("-").partition(".")
        if len(whole) > self.longest_ungrouped:
            whole = _GROUPS[self.group_size].sub(self.group, whole)
        sign = "-" if plain.startswith("-") else ""
        return f"{sign}{whole}{self.decimal}{fraction}" if fraction else f"{sign}{whole}"


ENGLISH = Numbers()
"""What files, routes, the command line and the log use."""


def is_unknown(value: Any) -> bool:
    """Whether a figure is unknown: None, pandas' NA or not a number."""
    # NA is told by its type's name, so that pandas is loaded by frames only.
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def decimals(value: float, digits: int) -> int:
    """Decimals that show this many significant digits of a number below its own magnitude."""
    if value == 0:
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def share_decimals(percent: float) -> int:
    """Decimals with which a share is told from nothing and from the whole."""
    if percent in (0, 100):
        return 0
    return max(1, decimals(percent if percent < 50 else 100 - percent, 2))
