"""Arithmetic and logic with figures that may be unknown (None)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

Number = TypeVar("Number", int, float)


def both(first: bool | None, second: bool | None) -> bool | None:
    """Whether two things are so; None where that is unknown, False as soon as one is not."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def either(first: bool | None, second: bool | None) -> bool | None:
    """Whether one of two things is so; None where that is unknown, True as soon as one is."""
    if first is True or second is True:
        return True
    return None if first is None or second is None else False


def sum_or_unknown(values: Iterable[Number | None]) -> Number | None:
    """Return the sum; None as soon as one part is unknown."""
    parts = list(values)
    try:
        total = sum(parts)  # type: ignore[arg-type]
    except TypeError:  # to look for None in each sum would take seven times as long
        if None in parts:
            return None
        raise
    # Exact, so that the order in which the API sends its rows changes nothing.
    return math.fsum(parts) if isinstance(total, float) else total  # type: ignore[arg-type, return-value]


def ratio_or_unknown(part: float | None, whole: float | None, factor: float = 1) -> float | None:
    """Return part / whole x factor; None where either is unknown or the whole is 0."""
    return None if part is None or not whole else part / whole * factor


def percent(part: float | None, whole: float | None) -> float | None:
    """Part of the whole in percent; None where either is unknown or the whole is nothing."""
    return ratio_or_unknown(part, whole, 100)
