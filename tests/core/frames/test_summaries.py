"""Headline figures: the API's own sums, shares of the whole, and n/a where a source is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.analytics.category_statistics import category_statistics
from horde_core.frames.backends import backend_totals_frame
from horde_core.frames.models import WORK_UNIT, category_frame
from horde_core.frames.summaries import (
    NOT_STATED,
    BackendSummary,
    QueueSummary,
    RowChoice,
    UsageSummary,
    backend_summary,
    chosen_rows,
    leading_parts,
    leading_rows,
    outliers,
    part_frame,
    percent,
    queue_summary,
    rows_summary,
    unknown_drain_rows,
    usage_summary,
    waiting_rows,
    worker_rows,
)
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import audited
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME, TEXT_USAGE
from tests.fixtures.snapshots import USUAL, snapshot

MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)


def usage_of(taken: Snapshot, period: Any = "month") -> UsageSummary:
    return usage_summary(category_frame(taken), taken.merged.reconciliation, period, taken.reference.available)


def queue_of(taken: Snapshot) -> QueueSummary:
    return queue_summary(category_frame(taken), taken.merged.reconciliation, WORK_UNIT[taken.model_type][1])


def backends_of(taken: Snapshot) -> BackendSummary:
    audits = {info.name: info for info in audited(taken).models}
    return backend_summary(backend_totals_frame(taken), audits)


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


class TestQueue:
    def test_text_in_figures(self) -> None:
        assert queue_of(snapshot("text")) == QueueSummary(
            queued=2_112.0,
            jobs=9,
            threads=7,
            waiting=2,
            unserved=0,
            unknown_drain=1,
            names=6,
            largest_queue_share=pytest.approx(100 * 1_600 / 2_112),
            largest_thread_share=pytest.approx(100 * 4 / 7),
        )

    def test_image_in_megapixelsteps_with_an_unserved_model(self) -> None:
        assert queue_of(snapshot("image"))[:6] == (6.097152, 6, 4, 2, 1, 0)

    def test_without_status_no_figure_is_known(self) -> None:
        assert queue_of(snapshot("text", status=None))[:6] == (None,) * 6

    def test_an_empty_answer_is_a_queue_of_nothing(self) -> None:
        assert queue_of(snapshot("text", status=[]))[:6] == (0,) * 6

    def test_waiting_rows_are_the_longest_queues_first(self) -> None:
        frame = category_frame(snapshot("text"))
        assert list(waiting_rows(frame)["name"]) == [MISTRAL, HTML_NAME]
        assert list(unknown_drain_rows(frame)["name"]) == [HTML_NAME]

    def test_an_unserved_row_waits_but_its_speed_is_not_what_is_unknown(self) -> None:
        frame = category_frame(snapshot("image"))
        assert list(waiting_rows(frame)["name"]) == ["Deliberate", "Flux.1-Schnell"]
        assert list(unknown_drain_rows(frame)["name"]) == []


class TestBackends:
    def test_in_figures(self) -> None:
        summary = backends_of(snapshot("text"))
        assert summary._replace(largest_share=None) == BackendSummary(
            backends=3,
            largest="aphrodite",
            largest_share=None,
            single_backend=1,
            several_backends=1,
            uneven=0,
            models=2,
        )
        assert summary.largest_share == pytest.approx(100 * 5_000 / 7_010)

    def test_uneven_models_are_counted(self) -> None:
        taken = snapshot("text", usage={**TEXT_USAGE, "month": {"koboldcpp/Mistral-7B-Instruct-v0.3": 9}})
        assert backends_of(taken).uneven == 1

    @pytest.mark.parametrize("missing", ["status", "usage", "reference"])
    def test_without_a_source_how_models_spread_is_unknown(self, missing: str) -> None:
        summary = backends_of(snapshot("text", **{missing: None}))
        assert (summary.single_backend, summary.several_backends, summary.uneven) == (None, None, None)

    def test_without_usage_no_backend_is_the_largest(self) -> None:
        summary = backends_of(snapshot("text", usage=None))
        assert (summary.largest, summary.largest_share) == (None, None)


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


def test_a_percent_of_nothing_or_of_the_unknown_is_unknown() -> None:
    assert percent(1, 4) == 25.0
    assert percent(0, 4) == 0.0
    assert percent(None, 4) is percent(1, None) is percent(1, 0) is None


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


def test_the_workers_of_a_model_are_listed_most_threads_first_and_unknown_without_workers() -> None:
    rows = worker_rows(snapshot("text").merged.models[MISTRAL])
    assert rows is not None
    assert list(rows["name"]) == ["printing press", "scribe"]
    assert worker_rows(snapshot("text", workers=None).merged.models[MISTRAL]) is None
