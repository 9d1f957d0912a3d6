"""Rankings: what moves, what to serve next, how requests pile up on few names."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.frames.models import category_frame
from horde_core.frames.rankings import MOVER_SHARE_FROM, movers, pareto_curve, serve_next
from tests.fixtures.horde_bodies import HTML_NAME, status_row, usage
from tests.fixtures.snapshots import snapshot


def used(**names: tuple[int, int]) -> pd.DataFrame:
    """A category with these requests of a day and of a month by name."""
    days = {name: day for name, (day, _) in names.items()}
    months = {name: month for name, (_, month) in names.items()}
    return category_frame(snapshot("image", usage=usage(day=days, month=months, total=months)))


def test_movers_are_ranked_by_momentum_in_both_directions() -> None:
    frame = used(up=(30, 300), steady=(10, 300), down=(1, 300), gone=(0, 300), unused=(0, 0))
    rising, falling = movers(frame, 5)
    assert list(rising["name"]) == ["up"]
    assert list(falling["name"]) == ["gone", "down"]
    assert list(falling["momentum"]) == pytest.approx([0, 0.1])


def test_a_name_with_a_handful_of_requests_is_no_mover() -> None:
    least = int(1_000_000 * MOVER_SHARE_FROM / 100)
    frame = used(large=(30_000, 1_000_000 - 2 * least + 1), enough=(least, least), few=(least - 1, least - 1))
    assert list(movers(frame, 5).rising["name"]) == ["enough"]


def test_only_as_many_movers_as_asked_for() -> None:
    frame = used(**{f"name {number}": (100 + number, 1_000) for number in range(9)})
    assert len(movers(frame, 3).rising) == 3


def waiting(*rows: dict[str, Any]) -> pd.DataFrame:
    return category_frame(snapshot("text", status=list(rows)))


def row(name: str, queued: float, count: int) -> dict[str, Any]:
    return status_row("text", name, count=count, performance=1.0, queued=queued, jobs=1.0, eta=1)


def test_what_nobody_serves_comes_first_and_then_the_longest_queue_for_each_thread() -> None:
    frame = waiting(
        row("long", 900, 9), row("short", 500, 1), row("alone", 10, 0), row("lost", 20, 0), row("idle", 0, 5)
    )
    assert list(serve_next(frame, 10)["name"]) == ["lost", "alone", "short", "long"]
    assert list(serve_next(frame, 2)["name"]) == ["lost", "alone"]


def test_without_the_queue_there_is_nothing_to_recommend() -> None:
    assert len(serve_next(category_frame(snapshot("text", status=None)), 5)) == 0


def test_the_curve_ends_with_everything_and_grows() -> None:
    curve = pareto_curve(category_frame(snapshot("text")), "month")
    assert list(curve["names"]) == [1, 2, 3, 4]
    assert list(curve["share"]) == pytest.approx([6_500 / 70.1, 6_900 / 70.1, 7_000 / 70.1, 100])


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=400))
def test_any_curve_is_sorted_thin_and_complete(counts: list[int]) -> None:
    total = sum(counts)
    curve = pareto_curve(pd.DataFrame({"share_day": [count / total * 100 for count in counts]}), "day")
    assert curve["names"].is_monotonic_increasing
    assert curve["share"].is_monotonic_increasing
    assert curve["names"].iloc[0] == 1
    assert curve["names"].iloc[-1] == len(counts)
    assert curve["share"].iloc[-1] == pytest.approx(100)
    assert curve["share"].iloc[0] == pytest.approx(max(counts) / total * 100)


def test_without_usage_there_is_no_curve() -> None:
    assert len(pareto_curve(category_frame(snapshot("text", usage=None)), "month")) == 0


def test_the_share_of_queue_over_the_share_of_threads_is_unknown_without_threads() -> None:
    frame = waiting(row("short", 300, 1), row("long", 100, 3), row("lost", 100, 0)).set_index("name")
    assert frame.loc["short", "demand_ratio"] == pytest.approx(60 / 25)
    assert frame.loc["long", "demand_ratio"] == pytest.approx(20 / 75)
    assert pd.isna(frame.loc["lost", "demand_ratio"])
    assert pd.isna(frame.loc["lost", "queue_per_thread"])


def test_hostile_names_are_ranked_like_any_other() -> None:
    assert HTML_NAME in set(serve_next(category_frame(snapshot("text")), 10)["name"])
