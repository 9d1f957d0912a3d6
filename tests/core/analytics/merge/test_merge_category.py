"""A category as a whole: unlisted names, and figures that add up to the API's own sums."""

from __future__ import annotations

import pytest

from horde_core.analytics.merge import merge_category_with_horde_data, merge_everything, unlisted_models
from horde_core.analytics.records import UsageStats
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeWorker
from horde_core.vocabulary import ModelType
from tests.fixtures.merge_sources import (
    APHRODITE,
    KOBOLD,
    NAMES,
    STATUS,
    USAGE,
    WORKERS,
    days,
    merged_cydonia,
    row,
    usage,
    worker,
)


class TestCategory:
    IMAGE_USAGE = usage(*[{"Flux fp8": 1, "flux FP8": 2, "koboldcpp/Flux": 4, "Flux-Q4_K_M": 8, "FLUX": 16}] * 3)

    @pytest.mark.parametrize("model_type", ["image", None])
    def test_image_names_match_exactly_or_without_case_and_are_never_stripped(
        self, model_type: ModelType | None
    ) -> None:
        status = [row("Flux", type="image")]
        merged = merge_category_with_horde_data(
            ["Flux fp8", "Flux"], status, self.IMAGE_USAGE, None, model_type=model_type
        )
        assert days(merged) == {"Flux fp8": 3, "Flux": 16}
        unlisted = unlisted_models(["Flux fp8", "Flux"], status, self.IMAGE_USAGE, model_type=model_type)
        assert days(unlisted) == {"koboldcpp/Flux": 4, "Flux-Q4_K_M": 8}

    def test_the_category_is_read_from_the_workers_where_status_is_unavailable(self) -> None:
        alchemist = HordeWorker(name="alchemist", type="interrogation")
        workers = [alchemist, worker("a", "Flux", type="image")]
        merged = merge_category_with_horde_data(["Flux"], None, self.IMAGE_USAGE, workers)
        assert (merged["Flux"].usage("day"), merged["Flux"].worker_count) == (16, 1)

    def test_rows_of_the_other_category_are_left_out(self) -> None:
        mixed = [row(KOBOLD, count=1), row(APHRODITE, count=8, type="image")]
        assert merged_cydonia(horde_status=mixed, model_type="text").thread_count == 1


class TestUnlisted:
    def test_each_api_name_that_belongs_to_no_model_has_its_own_figures(self) -> None:
        unlisted = unlisted_models(NAMES, STATUS, USAGE, WORKERS)
        assert set(unlisted) == {"koboldcpp/unheard-of", ""}
        found = unlisted["koboldcpp/unheard-of"]
        assert (found.thread_count, found.worker_count, found.queued, found.queued_jobs) == (5, 1, 7.0, 1)
        assert found.usage_stats == UsageStats(day=9, month=90, total=900)
        assert list(found.backend_variations or ()) == ["koboldcpp"]
        assert unlisted[""].usage_stats == UsageStats(day=1, month=5, total=6)

    def test_its_keys_are_the_api_names_to_the_letter(self) -> None:
        names = {"koboldcpp/X": 1, "koboldcpp/x": 2, "koboldcpp/X-Q4_K_M": 4, "X\n": 8}
        assert days(unlisted_models(NAMES, None, usage(names, names, names))) == names

    def test_of_a_whole_category_spellings_that_differ_in_case_are_one_under_the_most_used(self) -> None:
        names = {"koboldcpp/X": 1, "koboldcpp/x": 2, "KOBOLDCPP/X": 1, "koboldcpp/X-Q4_K_M": 4}
        unlisted = merge_everything(NAMES, None, usage(names, names, names), None, "text").unlisted
        assert days(unlisted) == {"koboldcpp/x": 4, "koboldcpp/X-Q4_K_M": 4}

    def test_an_ambiguous_name_belongs_to_no_model(self) -> None:
        names = {"koboldcpp/Twin-7B": 3, "one/Twin-7B": 1}
        merged = merge_everything(["one/Twin-7B", "two/Twin-7B"], None, usage(names, names, names), None, "text")
        assert days(merged.models) == {"one/Twin-7B": 1, "two/Twin-7B": 0}
        assert days(merged.unlisted) == {"koboldcpp/Twin-7B": 3}


class TestReconciliation:
    def test_models_and_unlisted_names_make_the_apis_own_sum(self) -> None:
        reconciliation = merge_everything(NAMES, STATUS, USAGE, WORKERS, "text").reconciliation
        parts = {
            **reconciliation.usage,
            **{f: getattr(reconciliation, f) for f in ("thread_count", "queued_jobs", "queued")},
        }
        assert {name: (part.attributed, part.unlisted, part.total) for name, part in parts.items()} == {
            "day": (10, 10, 20),
            "month": (100, 95, 195),
            "total": (1_000, 906, 1_906),
            "thread_count": (6, 5, 11),
            "queued_jobs": (7, 1, 8),
            "queued": (450, 7, 457),
        }
        assert reconciliation.total_usage("month") == 195

    def test_a_source_that_is_unavailable_has_no_parts_either(self) -> None:
        for names in (NAMES, []):
            reconciliation = merge_everything(names, None, None, None, "text").reconciliation
            parts = [*reconciliation.usage.values(), reconciliation.thread_count, reconciliation.queued]
            assert {figure for part in parts for figure in part.model_dump().values()} == {None}
            assert reconciliation.total_usage("month") is None

    def test_a_missing_period_has_no_parts_and_the_others_do(self) -> None:
        only_month = HordeModelStatsResponse(month={KOBOLD: 3})
        reconciliation = merge_everything(NAMES, [], only_month, [], "text").reconciliation
        assert (reconciliation.usage["day"].total, reconciliation.usage["month"].attributed) == (None, 3)
