"""The audit as DataFrames: columns, units, orders, and unknown that is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from horde_core.audit import CategoryAuditResponse, ModelAuditInfo, Severity, worst_first
from horde_core.frames.audit import audit_frame, backends_frame, findings_by_severity, uneven_frame
from horde_core.numbers import ENGLISH
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import TYPES, audit, audited, days_ago, found, record, statistics
from tests.fixtures.horde_bodies import APHRODITE_MISTRAL, KOBOLD_MISTRAL, TEXT_USAGE
from tests.fixtures.snapshots import USUAL, snapshot

MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)
DELIBERATE, ALBEDO, FLUX = "Deliberate", "AlbedoBase XL (SDXL)", "Flux.1-Schnell"
WHOLE = ("risk_score", "usage_day", "usage_month", "usage_total", "threads", "workers", "jobs", "age", "names")
REAL = ("share_month", "momentum", "imbalance", "size", "parameters", "cost_benefit_score", "cost_benefit_percentile")


def framed(response: CategoryAuditResponse, infos: Sequence[ModelAuditInfo] | None = None) -> pd.DataFrame:
    return audit_frame(response.models if infos is None else infos, response.thresholds, ENGLISH)


def row(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """Return one row, unknown as None."""
    (values,) = frame[frame["name"] == name].to_dict("records")
    return {str(key): None if pd.api.types.is_scalar(v) and pd.isna(v) else v for key, v in values.items()}


class TestAuditFrame:
    def test_one_row_a_model_in_the_order_given(self) -> None:
        response = audited(snapshot("image"))
        assert list(framed(response)["name"]) == [DELIBERATE, ALBEDO, FLUX]
        assert list(framed(response, response.models[::-1])["name"]) == [FLUX, ALBEDO, DELIBERATE]

    def test_what_was_found_is_listed_by_name_and_told_in_words(self) -> None:
        frame = framed(audited(snapshot("image")))
        assert list(frame["severity"]) == ["none", "warning", "critical"]
        assert list(frame["risk_score"]) == [0, 1, 6]
        assert list(frame["findings"])[:2] == [[], ["has_non_preferred_host"]]
        assert row(frame, FLUX)["findings"] == [
            "zero_usage_day",
            "zero_usage_month",
            "zero_usage_total",
            "no_active_workers",
            "low_usage",
            "unserved_queue",
        ]
        assert row(frame, FLUX)["reasons"] == [
            "0 images of all time",
            "0 workers serve it",
            "2.10 megapixelsteps queued, 0 threads to serve it",
        ]
        assert row(frame, ALBEDO)["hosts"] == ["civitai.com"]

    @pytest.mark.parametrize("model_type", TYPES)
    @pytest.mark.parametrize(
        "missing", [(), ("status",), ("usage",), ("workers",), ("reference",), tuple(USUAL["text"])]
    )
    def test_every_figure_is_a_nullable_column_whatever_is_missing(
        self, model_type: ModelType, missing: tuple[str, ...]
    ) -> None:
        frame = framed(audited(snapshot(model_type, **dict.fromkeys(missing))))
        assert {str(frame[column].dtype) for column in WHOLE} == {"Int64"}
        assert {str(frame[column].dtype) for column in REAL} == {"Float64"}
        assert str(frame["nsfw"].dtype) == "boolean"

    def test_image_figures_are_in_the_units_of_the_screen(self) -> None:
        frame = framed(audited(snapshot("image"), {DELIBERATE: days_ago(12)}))
        one = row(frame, DELIBERATE)
        assert one["share_month"] == pytest.approx(100 * 3_000 / 4_300)
        assert one["size"] == pytest.approx(2.132626066)
        assert one["momentum"] == 1.0
        assert one["cost_benefit_score"] == pytest.approx(3_000 / (2_132_626_066 / 2**30))
        assert one["cost_benefit_percentile"] == 100
        assert (one["age"], row(frame, FLUX)["age"]) == (12, None)
        assert (one["threads"], one["workers"], one["jobs"], one["names"]) == (2, 1, 4, 1)
        assert (one["baseline"], one["nsfw"], one["style"], one["tags"], one["members"]) == (
            "stable_diffusion_1", False, "generalist", ["generalist"], [DELIBERATE],
        )  # fmt: skip

    def test_text_figures_are_in_the_units_of_the_screen(self) -> None:
        frame = framed(audited(snapshot("text")))
        one = row(frame, MISTRAL)
        assert (one["parameters"], one["backends"], one["names"]) == (7.0, ["aphrodite", "koboldcpp"], 2)
        assert one["imbalance"] == pytest.approx(abs(5_000 / 6_500 - 3 / 4))
        assert (row(frame, STHENO)["backends"], row(frame, STHENO)["imbalance"]) == ([], None)

    def test_a_group_is_a_row_with_its_members(self) -> None:
        reference = {
            name: {"name": name, "text_model_group": "One", "baseline": name, "style": "chat"}
            for name in ("A-2B", "A-7B")
        }
        frame = framed(audited(snapshot("text", reference=reference), level="family"))
        one = row(frame, "One")
        assert (one["members"], one["baseline"], one["style"]) == (["A-2B", "A-7B"], "A-2B, A-7B", "chat")

    def test_unknown_flags_are_listed_and_their_figures_missing(self) -> None:
        frame = framed(audited(snapshot("image", usage=None, status=None)))
        unknown = ["zero_usage_day", "zero_usage_month", "zero_usage_total", "low_usage", "unserved_queue"]
        assert list(frame["unknown"]) == [unknown] * 3
        missing = ["usage_day", "usage_month", "usage_total", "share_month", "momentum", "threads", "jobs"]
        assert frame[[*missing, "cost_benefit_score", "cost_benefit_percentile"]].isna().all(axis=None)
        assert frame["workers"].notna().all()

    def test_without_workers_threads_are_not_called_workers(self) -> None:
        frame = framed(audited(snapshot("image", workers=None)))
        assert frame["workers"].isna().all()
        assert list(frame["threads"]) == [2, 2, 0]

    def test_of_nothing_is_nothing_with_the_same_columns(self) -> None:
        frame = framed(audited(snapshot("image", reference=None)))
        assert (len(frame), list(frame.columns)) == (0, list(framed(audited(snapshot("image"))).columns))


class TestWorstFirst:
    def test_models_are_ordered_by_severity_then_findings_then_name(self) -> None:
        def named(name: str, severity: Severity, risk_score: int) -> ModelAuditInfo:
            return found(severity).model_copy(update={"name": name, "risk_score": risk_score})

        infos = [
            named("f", Severity.NONE, 0),
            named("e", Severity.UNKNOWN, 0),
            named("d", Severity.NOTICE, 9),
            named("c", Severity.WARNING, 1),
            named("b", Severity.CRITICAL, 2),
            named("a", Severity.CRITICAL, 2),
            named("z", Severity.CRITICAL, 3),
        ]
        assert [info.name for info in worst_first(infos)] == ["z", "a", "b", "c", "d", "e", "f"]

    def test_the_usual_bodies_have_flux_first(self) -> None:
        assert [info.name for info in worst_first(audited(snapshot("image")).models)] == [FLUX, ALBEDO, DELIBERATE]


class TestFindings:
    def test_are_counted_by_flag_and_severity_the_most_frequent_first(self) -> None:
        infos = [
            found(Severity.NOTICE, low_usage=True, missing_baseline=True),
            found(Severity.NOTICE, low_usage=True),
            found(Severity.WARNING, no_download_urls=True, low_usage=True),
            found(Severity.CRITICAL, True, zero_usage_month=True, missing_baseline=True),
            found(Severity.UNKNOWN, None, low_usage=True),
        ]
        frame = findings_by_severity(infos)
        assert list(frame.columns) == ["critical", "warning", "notice", "unknown"]
        assert frame.to_dict("index") == {
            "low_usage": {"critical": 0, "warning": 1, "notice": 2, "unknown": 1},
            "missing_baseline": {"critical": 1, "warning": 0, "notice": 1, "unknown": 0},
            "zero_usage_month": {"critical": 1, "warning": 0, "notice": 0, "unknown": 0},
            "no_download_urls": {"critical": 0, "warning": 1, "notice": 0, "unknown": 0},
        }
        assert list(frame.index)[:2] == ["low_usage", "missing_baseline"]

    def test_of_healthy_models_are_none(self) -> None:
        assert len(findings_by_severity([audit()])) == len(findings_by_severity([])) == 0

    @pytest.mark.parametrize("model_type", TYPES)
    def test_add_up_to_the_counts_of_the_summary(self, model_type: ModelType) -> None:
        response = audited(snapshot(model_type))
        counted = findings_by_severity(response.models).sum(axis=1).to_dict()
        assert counted == {flag: count.true for flag, count in response.summary.by_flag.items() if count.true}


class TestUnevenFrame:
    def test_one_row_a_model_and_backend_the_most_uneven_first(self) -> None:
        infos = [
            audit(record(name="even"), statistics(backends={"a": (50, 5), "b": (50, 5)}), "text"),
            audit(record(name="uneven"), statistics(backends={"a": (100, 1), "b": (0, 3)}), "text"),
            audit(record(name="single"), statistics(backends={"a": (100, 1)}), "text"),
            audit(record(name="unmeasured"), statistics(backends={"a": (1, 0), "b": (1, 0)}), "text"),
            audit(record(name="image"), statistics(backends={"a": (100, 1), "b": (0, 3)})),
        ]
        frame = uneven_frame(infos)
        assert list(frame["name"]) == ["uneven", "uneven", "even", "even", "unmeasured", "unmeasured"]
        assert list(frame["backend"]) == ["a", "b"] * 3
        assert list(frame["usage_share"]) == [100, 0, 50, 50, 50, 50]
        assert list(frame["thread_share"][:4]) == [25, 75, 50, 50]
        assert list(frame["difference"][:4]) == [75, -75, 0, 0]
        assert frame[["thread_share", "difference", "imbalance"]][4:].isna().all(axis=None)
        assert list(frame["is_uneven"]) == [True, True, False, False, False, False]
        assert list(frame["imbalance"][:4]) == [0.75, 0.75, 0, 0]

    def test_shares_of_a_model_make_a_hundred_percent(self) -> None:
        frame = uneven_frame(audited(snapshot("text")).models)
        assert list(frame["name"]) == [MISTRAL, MISTRAL]
        assert frame["usage_share"].sum() == pytest.approx(100)
        assert frame["thread_share"].sum() == pytest.approx(100)
        assert (frame["usage_month"].unique().tolist(), frame["threads"].unique().tolist()) == ([6_500], [4])

    @pytest.mark.parametrize("missing", ["status", "usage", "reference"])
    def test_without_a_source_there_are_no_rows_and_the_same_columns(self, missing: str) -> None:
        whole = uneven_frame(audited(snapshot("text")).models)
        frame = uneven_frame(audited(snapshot("text", **{missing: None})).models)
        assert (len(frame), frame.dtypes.to_dict()) == (0, frame.dtypes.to_dict())
        assert list(frame.columns) == list(whole.columns)


class TestBackendsFrame:
    def framed(self, **bodies: Any) -> pd.DataFrame:
        taken = snapshot("text", **bodies)
        return backends_frame((info, taken.merged.models[info.name]) for info in audited(taken).models)

    def test_one_row_a_model_and_backend_with_its_own_figures(self) -> None:
        frame = self.framed()
        assert [*zip(frame["name"], frame["backend"], strict=True)] == [
            (MISTRAL, "aphrodite"), (MISTRAL, "koboldcpp"), (CYDONIA, "koboldcpp"),
        ]  # fmt: skip
        assert list(frame["names"])[:2] == [[APHRODITE_MISTRAL], [KOBOLD_MISTRAL]]
        assert list(frame["usage_month"]) == [5_000, 1_500, 400]
        assert (list(frame["threads"]), list(frame["workers"]), list(frame["jobs"])) == (
            [3, 1, 1],
            [1, 1, 1],
            [6, 2, 0],
        )
        assert list(frame["queued"]) == [1_200.0, 400.0, 0.0]

    def test_figures_are_nullable_and_missing_where_their_source_is(self) -> None:
        counts = ["usage_day", "usage_month", "usage_total", "threads", "workers", "jobs"]
        assert {str(self.framed()[column].dtype) for column in counts} == {"Int64"}
        assert self.framed(workers=None)["workers"].isna().all()
        assert self.framed(status=None)[["threads", "jobs", "queued"]].isna().all(axis=None)
        without_month = self.framed(usage={key: TEXT_USAGE[key] for key in ("day", "total")})
        assert without_month["usage_month"].isna().all()
        assert without_month["usage_day"].notna().all()

    def test_image_models_have_no_rows(self) -> None:
        taken = snapshot("image")
        frame = backends_frame((info, taken.merged.models[info.name]) for info in audited(taken).models)
        assert (len(frame), list(frame.columns)) == (0, list(self.framed().columns))
