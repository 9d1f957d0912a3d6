"""Requests: the API's own sums, shares of the whole, rankings and curves, and n/a where a source is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.category_statistics import category_statistics
from horde_core.frames.models import category_frame
from horde_core.frames.usage import (
    MOVER_SHARE_FROM,
    NOT_STATED,
    RowChoice,
    UsageSummary,
    chosen_rows,
    leading_parts,
    leading_rows,
    movers,
    outliers,
    pareto_curve,
    part_frame,
    rows_summary,
    usage_summary,
)
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME, usage
from tests.fixtures.snapshots import USUAL, snapshot

MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)


def usage_of(taken: Snapshot, period: Any = "month") -> UsageSummary:
    return usage_summary(category_frame(taken), taken.merged.reconciliation, period, taken.reference.available)


class TestUsage:
    def test_a_period_in_figures(self) -> None:
        summary = usage_of(snapshot("text"))
        assert summary._replace(listed_share=None, unlisted_share=None, largest_share=0) == UsageSummary(
            total=7_010,
            listed=6_900,
            unlisted=110,
            listed_share=None,
            unlisted_share=None,
            models=3,
            models_used=2,
            top_ten_share=100.0,
            largest_share=0,
        )
        assert summary.listed_share == pytest.approx(100 * 6_900 / 7_010)
        assert summary.unlisted_share == pytest.approx(100 * 110 / 7_010)
        assert summary.largest_share == pytest.approx(100 * 6_500 / 7_010)

    @pytest.mark.parametrize("model_type", ["image", "text"])
    def test_listed_and_unlisted_make_the_apis_sum(self, model_type: ModelType) -> None:
        for period in PERIODS:
            summary = usage_of(snapshot(model_type), period)
            assert summary.total == sum(USUAL[model_type]["usage"][period].values())
            assert (summary.listed or 0) + (summary.unlisted or 0) == summary.total

    def test_a_model_whose_all_time_trails_is_used(self) -> None:
        trailing = {"day": {MISTRAL: 5}, "month": {MISTRAL: 5}, "total": {MISTRAL: 0}}
        used = {period: usage_of(snapshot("text", usage=trailing), period).models_used for period in PERIODS}
        assert used == {"day": 1, "month": 1, "total": 1}

    def test_the_ten_most_used_are_ten(self) -> None:
        counts = {f"Model {n}": 10 for n in range(20)}
        assert usage_of(snapshot("image", usage=dict.fromkeys(PERIODS, counts))).top_ten_share == 50.0

    def test_without_usage_no_figure_is_known(self) -> None:
        summary = usage_of(snapshot("text", usage=None))
        assert summary == UsageSummary(None, None, None, None, None, 3, None, None, 0.0)

    def test_without_a_reference_nothing_is_called_listed_or_unlisted(self) -> None:
        summary = usage_of(snapshot("text", reference=None))
        assert summary.total == 7_010
        assert summary[1:7] == (None,) * 6

    def test_without_any_request_shares_are_unknown_and_the_sum_is_zero(self) -> None:
        summary = usage_of(snapshot("text", usage={period: {MISTRAL: 0} for period in PERIODS}))
        assert (summary.total, summary.listed, summary.unlisted, summary.models_used) == (0, 0, 0, 0)
        assert summary.listed_share is summary.unlisted_share is summary.top_ten_share is None


class TestRows:
    @pytest.mark.parametrize(
        ("choice", "names"),
        [
            ("active", [MISTRAL, CYDONIA, HTML_NAME, FORMULA_NAME]),
            ("listed", [MISTRAL, CYDONIA, STHENO]),
            ("unlisted", [HTML_NAME, FORMULA_NAME, ""]),
            ("all", [MISTRAL, CYDONIA, HTML_NAME, FORMULA_NAME, "", STHENO]),
        ],
    )
    def test_are_chosen_by_use_or_by_the_reference(self, choice: RowChoice, names: list[str]) -> None:
        assert list(chosen_rows(category_frame(snapshot("text")), choice)["name"]) == names

    def test_a_queue_alone_makes_a_row_active(self) -> None:
        assert "Flux.1-Schnell" in set(chosen_rows(category_frame(snapshot("image")), "active")["name"])

    @pytest.mark.parametrize("choice", ["active", "listed", "unlisted", "all"])
    def test_of_nothing_are_nothing_with_the_same_columns(self, choice: RowChoice) -> None:
        frame = category_frame(snapshot("text", **dict.fromkeys(USUAL["text"])))
        chosen = chosen_rows(frame, choice)
        assert (len(chosen), list(chosen.columns)) == (0, list(frame.columns))

    def test_leading_rows_are_the_largest_above_zero(self) -> None:
        frame = category_frame(snapshot("text"))
        assert list(leading_rows(frame, "usage_month", 2)["name"]) == [MISTRAL, CYDONIA]
        assert len(leading_rows(frame, "usage_month", 50)) == 4
        unknown = pd.DataFrame({"usage": pd.array([None, 3, 0], dtype="Int64")})
        assert list(leading_rows(unknown, "usage", 3)["usage"]) == [3]


class TestParts:
    def test_the_parts_of_a_split_have_their_shares_of_the_whole_category(self) -> None:
        taken = snapshot("text")
        catalogue = category_statistics(taken.reference, taken.merged, "text").catalogue
        assert catalogue is not None
        frame = part_frame(catalogue.by_nsfw, "month", taken.merged.reconciliation)
        assert frame["models"].sum() == len(taken.reference)
        assert frame["model_share"].sum() == pytest.approx(100)
        assert frame["usage_share"].sum() == pytest.approx(100 * 6_900 / 7_010), "unlisted names are in no part"

    def test_too_many_parts_are_the_most_used_and_what_is_not_stated(self) -> None:
        frame = pd.DataFrame({"label": ["a", "b", "c", NOT_STATED], "usage": pd.array([1, 3, 2, 0], "Int64")})
        assert list(leading_parts(frame, 3)["label"]) == ["b", "c", NOT_STATED]
        assert list(leading_parts(frame, 4)["label"]) == ["a", "b", "c", NOT_STATED]


def test_outliers_are_the_strongest_movers_in_either_direction() -> None:
    frame = pd.DataFrame(
        {
            "name": ["up", "down", "even", "gone", "small"],
            "momentum": pd.array([4.0, 0.1, 1.0, 0.0, 50.0], "Float64"),
            "share_month": pd.array([10.0, 10.0, 10.0, 10.0, 0.0001], "Float64"),
        }
    )
    assert list(outliers(frame, 2)["name"]) == ["down", "up"]


def test_some_rows_in_figures() -> None:
    frame = category_frame(snapshot("text"))
    assert rows_summary(frame, "listed", "month") == (6, 6_900)
    assert rows_summary(category_frame(snapshot("text", usage=None)), "all", "month").requests is None


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
