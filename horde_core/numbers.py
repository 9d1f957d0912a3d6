"""Figures in plain English words, for whoever has no locale: files for scripts, the command line, the log."""

from __future__ import annotations

import math
from typing import Protocol

UNKNOWN = "n/a"


class Numbers(Protocol):
    """How figures are written; :mod:`horde_core.plain` does it, and so may any module for some locale."""

    def count(self, value: int | None, /) -> str:
        """A count with its thousands grouped."""

    def amount(self, value: float | None, /) -> str:
        """An amount with as many digits as it deserves."""

    def exact(self, value: float, /) -> str:
        """A value that somebody set, with all its digits and no more."""

    def share(self, percent: float | None, /) -> str:
        """A share with enough digits to be told from nothing and from the whole."""

    def plural(self, number: int, one: str, /) -> str:
        """A count with its noun."""


def count(value: int | None, /) -> str:
    """A count with its thousands grouped."""
    return UNKNOWN if value is None else f"{value:,}"


def amount(value: float | None, /) -> str:
    """An amount with as many digits as it deserves."""
    if value is None:
        return UNKNOWN
    return f"{value:,.{0 if value >= 100 or float(value).is_integer() else decimals(value, 3)}f}"


def exact(value: float, /) -> str:
    """A value that somebody set, with all its digits and no more."""
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def share(percent: float | None, /) -> str:
    """A share with enough digits to be told from nothing and from the whole."""
    return UNKNOWN if percent is None else f"{percent:,.{share_decimals(percent)}f} %"


def plural(number: int, one: str, /) -> str:
    """A count with its noun."""
    return f"{count(number)} {one if number == 1 else one + 's'}"


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
