"""A small line of a figure's last day, as a picture of a few hundred bytes: no chart library is needed for it."""

from __future__ import annotations

from collections.abc import Sequence

from horde_core.history.reading.series import Point
from pages.common import words

WIDTH, HEIGHT, MARGIN = 600, 120, 10
"""Of the drawing; it is stretched to the place it has."""

COLOUR = "#5B8DEF"
"""Holds on light and dark ground."""


def svg(points: Sequence[Point], colour: str = COLOUR) -> str | None:
    """Draw levels as steps between the least and the largest of them, with a gap where nothing is known.

    None where nothing is known at all.
    """
    known = [point.value for point in points if point.value is not None]
    if not known:
        return None
    begins, seconds = points[0].begins, max(points[-1].ends - points[0].begins, 1)
    least, range_ = min(known), max(known) - min(known)

    def x(at: int) -> int:
        return round((at - begins) / seconds * WIDTH)

    def y(value: float) -> int:
        height = (value - least) / range_ if range_ else 0.5
        return round(HEIGHT - MARGIN - height * (HEIGHT - 2 * MARGIN))

    path: list[str] = []
    is_broken, last = True, 0
    for point in points:
        if point.value is None:
            is_broken = True
            continue
        height = y(point.value)
        if is_broken:
            path.append(f"M{x(point.begins)} {height}H{x(point.ends)}")
        elif height == last:  # the same line goes on
            path[-1] = f"{path[-1][: path[-1].rindex('H')]}H{x(point.ends)}"
        else:
            path.append(f"V{height}H{x(point.ends)}")
        last = height
        is_broken = False
    line = f'fill="none" stroke="{colour}" stroke-width="1.5" vector-effect="non-scaling-stroke"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="120" height="24" '
        f'preserveAspectRatio="none"><path d="{"".join(path)}" {line}/></svg>'
    )


def alt(what: str, points: Sequence[Point]) -> str:
    """Say the same in words."""
    known = [point.value for point in points if point.value is not None]
    if not known:
        return f"{what}: nothing is known of the last day"
    return f"{what} in the last day: between {words.amount(min(known))} and {words.amount(max(known))}"
