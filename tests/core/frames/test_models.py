"""The DataFrames: columns, units, shares of the whole, and unknown that is never zero."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.frames.backends import backend_frame, backend_totals_frame, balance_frame
from horde_core.frames.models import category_frame
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import audited
from tests.fixtures.horde_bodies import (
    APHRODITE_MISTRAL,
    FORMULA_NAME,
    HTML_NAME,
    IMAGE_REFERENCE,
    KOBOLD_MISTRAL,
    TEXT_STATUS,
    TEXT_USAGE,
    worker,
)
from tests.fixtures.snapshots import USUAL, snapshot

MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)
TYPES: tuple[ModelType, ...] = ("image", "text")

LIVE = ("threads", "jobs", "queued")
USAGE = ("usage_day", "usage_month", "usage_total")


def by_name(frame: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return a column by the name of its row, unknown as None."""
    values = [None if pd.isna(value) else value for value in frame[column]]
    return dict(zip(frame["name"], values, strict=True))


DTYPES = {
    "Int64": [*USAGE, "threads", "workers", "jobs", "eta", "backend_count", "rank_day", "rank_month", "rank_total"],
    "Float64": [
        "momentum", "queued", "performance", "size", "parameters", "share_day", "share_month", "share_total",
        "queue_share", "thread_share",
    ],
    "boolean": ["unserved", "nsfw"],
}  # fmt: skip


class TestCategoryFrame:
    @pytest.mark.parametrize("model_type", TYPES)
    @pytest.mark.parametrize(
        "missing", [(), ("status",), ("usage",), ("workers",), ("reference",), tuple(USUAL["text"])]
    )
    def test_every_figure_is_a_nullable_column_whatever_is_missing(
        self, model_type: ModelType, missing: tuple[str, ...]
    ) -> None:
        frame = category_frame(snapshot(model_type, **dict.fromkeys(missing)))
        for dtype, columns in DTYPES.items():
            assert {str(frame[column].dtype) for column in columns} == {dtype}
        assert frame["drain_time"].dtype.kind == "m"

    @pytest.mark.parametrize("model_type", TYPES)
    def test_sums_are_the_apis_own(self, model_type: ModelType) -> None:
        frame, bodies = category_frame(snapshot(model_type)), USUAL[model_type]
        for period in PERIODS:
            assert frame[f"usage_{period}"].sum() == sum(bodies["usage"][period].values())
        unit = 1e6 if model_type == "image" else 1
        for column, field in (("threads", "count"), ("jobs", "jobs")):
            assert frame[column].sum() == sum(row[field] for row in bodies["status"])
        assert frame["queued"].sum() * unit == pytest.approx(sum(row["queued"] for row in bodies["status"]))

    def test_models_and_unlisted_names_are_rows_most_used_first(self) -> None:
        frame = category_frame(snapshot("text"))
        assert list(frame["name"]) == [MISTRAL, CYDONIA, HTML_NAME, FORMULA_NAME, "", STHENO]
        assert list(frame["listed"]) == [True, True, False, False, False, True]
        assert by_name(frame, "usage_month") == {
            MISTRAL: 6_500, CYDONIA: 400, HTML_NAME: 100, FORMULA_NAME: 10, "": 0, STHENO: 0,
        }  # fmt: skip

    def test_shares_and_ranks_are_of_the_whole_category(self) -> None:
        frame = category_frame(snapshot("text"))
        assert by_name(frame, "share_month")[MISTRAL] == pytest.approx(100 * 6_500 / 7_010)
        assert by_name(frame, "thread_share")[MISTRAL] == pytest.approx(100 * 4 / 7)
        assert by_name(frame, "queue_share")[HTML_NAME] == pytest.approx(100 * 512 / 2_112)
        for column in ("share_day", "share_month", "share_total", "thread_share", "queue_share"):
            assert frame[column].sum() == pytest.approx(100)
        assert by_name(frame, "rank_month") == {
            MISTRAL: 1, CYDONIA: 2, HTML_NAME: 3, FORMULA_NAME: 4, "": 5, STHENO: 5,
        }  # fmt: skip
        assert by_name(frame, "rank_total")[""] == 4

    def test_image_figures_are_in_megapixelsteps_and_gigabytes(self) -> None:
        frame = category_frame(snapshot("image"))
        assert by_name(frame, "queued")["Flux.1-Schnell"] == 2.097152
        assert by_name(frame, "performance")["AlbedoBase XL (SDXL)"] == 0.5
        assert by_name(frame, "size")["Flux.1-Schnell"] == pytest.approx(17.246524772)
        assert by_name(frame, "drain_time")["Deliberate"] == pd.Timedelta(seconds=2)

    def test_text_figures_are_in_tokens(self) -> None:
        frame = category_frame(snapshot("text"))
        assert (by_name(frame, "queued")[MISTRAL], by_name(frame, "performance")[MISTRAL]) == (1_600.0, 35.0)
        assert (by_name(frame, "eta")[MISTRAL], by_name(frame, "parameters")[MISTRAL]) == (11, 7e9)
        assert by_name(frame, "backends")[MISTRAL] == "aphrodite, koboldcpp"
        assert by_name(frame, "backend_count")[STHENO] == 0

    def test_an_unknown_speed_and_drain_time_are_missing(self) -> None:
        frame = category_frame(snapshot("text"))
        for column in ("performance", "eta", "drain_time"):
            assert by_name(frame, column)[HTML_NAME] is None
        assert not by_name(frame, "unserved")[HTML_NAME]

    def test_momentum_is_the_day_against_the_month_and_unknown_without_a_month(self) -> None:
        momentum = by_name(category_frame(snapshot("text")), "momentum")
        assert (momentum[CYDONIA], momentum[STHENO]) == (10 * 30 / 400, None)

    @pytest.mark.parametrize(
        ("missing", "unknown"),
        [
            ("status", [*LIVE, "performance", "eta", "drain_time", "unserved", "queue_share", "thread_share"]),
            ("usage", [*USAGE, "momentum", "share_month", "rank_month"]),
            ("workers", ["workers"]),
            ("reference", ["baseline", "nsfw", "style"]),
        ],
    )
    @pytest.mark.parametrize("model_type", TYPES)
    def test_what_depends_on_an_unavailable_source_is_missing_in_every_row(
        self, model_type: ModelType, missing: str, unknown: list[str]
    ) -> None:
        whole, frame = category_frame(snapshot(model_type)), category_frame(snapshot(model_type, **{missing: None}))
        assert len(frame)
        for column in unknown:
            assert whole[column].notna().any()
            assert frame[column].isna().all(), column

    def test_a_missing_period_is_missing_and_the_others_are_not(self) -> None:
        frame = category_frame(snapshot("text", usage={"month": TEXT_USAGE["month"]}))
        assert frame[["usage_day", "share_day", "rank_day", "usage_total"]].isna().all(axis=None)
        assert frame["usage_month"].sum() == 7_010

    def test_a_missing_count_of_one_name_makes_every_share_of_threads_unknown(self) -> None:
        masked = [{key: value for key, value in TEXT_STATUS[0].items() if key != "count"}, *TEXT_STATUS[1:]]
        frame = category_frame(snapshot("text", status=masked))
        assert by_name(frame, "threads") == {
            MISTRAL: None, CYDONIA: 1, HTML_NAME: 1, FORMULA_NAME: 1, "": 0, STHENO: 0,
        }  # fmt: skip
        assert frame["thread_share"].isna().all()
        assert by_name(frame, "unserved")[MISTRAL] is None

    def test_a_category_without_any_use_has_no_shares(self) -> None:
        empty: dict[str, dict[str, int]] = {period: {} for period in PERIODS}
        frame = category_frame(snapshot("image", status=[], usage=empty))
        assert frame[["share_month", "thread_share", "queue_share"]].isna().all(axis=None)
        assert (frame["usage_month"] == 0).all()
        assert list(frame["name"]) == sorted(IMAGE_REFERENCE)


class TestBackendFrames:
    def test_one_row_a_model_and_backend_adds_up_to_the_apis_sums(self) -> None:
        frame = backend_frame(snapshot("text"))
        assert {str(frame[column].dtype) for column in (*USAGE, "threads", "workers", "jobs")} == {"Int64"}
        assert [*zip(frame["name"], frame["backend"], strict=True)][:3] == [
            (MISTRAL, "aphrodite"),
            (MISTRAL, "koboldcpp"),
            (CYDONIA, "koboldcpp"),
        ]
        for period in PERIODS:
            assert frame[f"usage_{period}"].sum() == sum(TEXT_USAGE[period].values())
        assert (frame["threads"].sum(), frame["jobs"].sum(), frame["queued"].sum()) == (7, 9, 2_112)
        assert frame["share_month"].sum() == pytest.approx(100)
        assert frame["thread_share"].sum() == pytest.approx(100)

    def test_totals_by_backend_add_up_to_the_apis_sums(self) -> None:
        totals = backend_totals_frame(snapshot("text")).set_index("backend")
        assert list(totals.index) == ["aphrodite", "koboldcpp", "canonical"]
        columns = [*USAGE, "threads", "models", "unlisted", "workers"]
        assert totals[columns].astype(int).to_dict("index") == {
            "aphrodite": dict(zip(columns, (200, 5_000, 50_000, 3, 1, 0, 1), strict=True)),
            "koboldcpp": dict(zip(columns, (65, 2_000, 25_000, 3, 2, 1, 1), strict=True)),
            "canonical": dict(zip(columns, (1, 10, 100, 1, 0, 1, 1), strict=True)),
        }
        assert totals["share_month"].sum() == pytest.approx(100)
        assert totals["thread_share"].sum() == pytest.approx(100)

    def test_workers_of_a_backend_are_distinct_and_not_in_maintenance(self) -> None:
        staff = [
            worker("text", 1, "both", models=[KOBOLD_MISTRAL, APHRODITE_MISTRAL, "koboldcpp/other", KOBOLD_MISTRAL]),
            worker("text", 2, "one", models=[KOBOLD_MISTRAL]),
            worker("text", 3, "resting", models=[KOBOLD_MISTRAL], maintenance_mode=True),
        ]
        totals = backend_totals_frame(snapshot("text", workers=staff))
        assert dict(zip(totals["backend"], totals["workers"], strict=True)) == {
            "koboldcpp": 2,
            "aphrodite": 1,
            "canonical": 0,
        }

    @pytest.mark.parametrize(
        ("missing", "unknown"),
        [("status", ["threads", "thread_share"]), ("usage", [*USAGE, "share_month"]), ("workers", ["workers"])],
    )
    def test_what_depends_on_an_unavailable_source_is_missing(self, missing: str, unknown: list[str]) -> None:
        incomplete = snapshot("text", **{missing: None})
        for frame in (backend_frame(incomplete), backend_totals_frame(incomplete)):
            assert len(frame)
            assert frame[unknown].isna().all(axis=None)

    def test_image_models_have_no_backends(self) -> None:
        assert len(backend_frame(snapshot("image"))) == 0


class TestBalanceFrame:
    def test_models_on_backends_are_rows_the_most_uneven_first(self) -> None:
        usage = {period: {KOBOLD_MISTRAL: 100, **TEXT_USAGE[period], APHRODITE_MISTRAL: 0} for period in PERIODS}
        frame = balance_frame(audited(snapshot("text", usage=usage)).models)
        assert list(frame["name"]) == [MISTRAL, CYDONIA]
        assert list(frame["backends"]) == [["aphrodite", "koboldcpp"], ["koboldcpp"]]
        assert by_name(frame, "imbalance") == {MISTRAL: 0.75, CYDONIA: None}
        assert by_name(frame, "backend_count") == {MISTRAL: 2, CYDONIA: 1}
        assert by_name(frame, "largest_usage_share")[MISTRAL] == 100.0
        assert by_name(frame, "largest_thread_share")[MISTRAL] == 75.0

    @pytest.mark.parametrize("missing", ["status", "usage"])
    def test_without_usage_or_threads_there_are_no_rows(self, missing: str) -> None:
        assert len(balance_frame(audited(snapshot("text", **{missing: None})).models)) == 0


class TestModelWithoutARow:
    """While a text worker serves an image model's name, the API's status list has no image row of it."""

    def hidden(self, column: str) -> Any:
        workers = [
            worker("image", 1, "painter", threads=6, models=["Deliberate"]),
            worker("text", 2, "namesake", threads=1, models=["Deliberate"]),
        ]
        status = [one for one in USUAL["image"]["status"] if one["name"] != "Deliberate"]
        return by_name(category_frame(snapshot("image", status=status, workers=workers)), column)["Deliberate"]

    def test_its_threads_are_those_of_its_workers_and_its_queue_is_unknown(self) -> None:
        told = {c: self.hidden(c) for c in ("threads", "thread_source", "workers", "queued", "jobs", "unserved")}
        assert list(told.values()) == [6, "workers", 1, None, None, None]

    def test_it_has_no_share_of_totals_that_leave_it_out(self) -> None:
        assert self.hidden("thread_share") is self.hidden("queue_share") is self.hidden("demand_ratio") is None
