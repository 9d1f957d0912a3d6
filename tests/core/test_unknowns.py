"""Arithmetic with figures that may be unknown."""

from __future__ import annotations

from horde_core.unknowns import percent


def test_a_percent_of_nothing_or_of_the_unknown_is_unknown() -> None:
    assert percent(1, 4) == 25.0
    assert percent(0, 4) == 0.0
    assert percent(None, 4) is percent(1, None) is percent(1, 0) is None
