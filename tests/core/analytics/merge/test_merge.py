"""Every rule of the merge on inputs small enough to add up by hand."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import merge_category_with_horde_data, merge_everything, merge_model_with_horde_data
from horde_core.analytics.records import CombinedModelStatistics, Split, UsageStats
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeWorker
from tests.fixtures.merge_sources import (
    APHRODITE,
    BARE_LOWER,
    CYDONIA,
    IDLE,
    KOBOLD,
    KOBOLD_QUANT,
    NAMES,
    STATUS,
    STHENO,
    USAGE,
    WORKERS,
    merged_cydonia,
    row,
    usage,
    worker,
)


def test_every_figure_of_a_model_served_under_several_names() -> None:
    merged = merged_cydonia()
    assert merged.names == (APHRODITE, KOBOLD, KOBOLD_QUANT, BARE_LOWER)
    assert merged.thread_count == 4
    assert (merged.worker_count, merged.worker_count_source) == (2, "workers")
    assert (merged.queued_jobs, merged.queued) == (6, 400.0)
    assert merged.performance == 25.0  # (1 x 10 + 3 x 30) / 4
    assert merged.eta == 4  # 400 / (1 x 10 + 3 x 30)
    assert merged.usage_stats == UsageStats(day=10, month=100, total=1_000)
    assert merged.unserved is False
    assert merged.worker_summaries is not None
    assert list(merged.worker_summaries) == ["a", "b", "c"]
    assert merged.backend_variations is None


def test_a_worker_summary_says_what_the_worker_said() -> None:
    speedy = worker("a", KOBOLD, threads=3, performance="7.4 tokens per second", trusted=True, uptime=86_400)
    summaries = merged_cydonia(workers=[speedy]).worker_summaries
    assert summaries is not None
    assert tuple(summaries["a"].model_dump().values()) == (
        "a", "worker a", 3, "7.4 tokens per second", True, False, True, 86_400,
    )  # fmt: skip


def test_models_come_in_the_order_asked_for_and_every_one_comes() -> None:
    for names in (NAMES, NAMES[::-1], [IDLE, CYDONIA, IDLE]):
        merged = merge_category_with_horde_data(names, STATUS, USAGE, WORKERS)
        assert list(merged) == list(dict.fromkeys(names))


def test_a_text_model_that_nobody_sends_has_no_requests_and_no_threads_and_an_unknown_queue() -> None:
    idle = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)[IDLE]
    assert idle == CombinedModelStatistics(
        names=(),
        thread_count=0,
        thread_count_source="workers",
        worker_count=0,
        worker_count_source="workers",
        queued_jobs=None,
        queued=None,
        performance=None,
        eta=None,
        usage_stats=UsageStats(day=0, month=0, total=0),
        worker_summaries={},
        backend_variations=None,
    )
    assert idle.unserved is None


def test_a_source_that_is_none_makes_what_depends_on_it_unknown_and_nothing_else() -> None:
    whole = merged_cydonia()
    depends_on = {
        "horde_status": {
            "thread_count",
            "thread_count_source",
            "queued_jobs",
            "queued",
            "performance",
            "eta",
            "unserved",
        },
        "horde_stats": {"usage_stats"},
        "workers": {"worker_summaries"},
    }
    for source, fields in depends_on.items():
        merged = merged_cydonia(**{source: None})
        assert {field for field in fields if getattr(merged, field) is not None} == set()
        kept = set(whole.model_dump()) - fields - {"names", "worker_count", "worker_count_source"}
        assert merged.model_dump(include=kept) == whole.model_dump(include=kept)


def test_an_unavailable_index_is_the_same_as_none() -> None:
    no_status, no_workers = IndexedHordeModelStatus.unavailable(), IndexedHordeWorkers.unavailable()
    assert merged_cydonia(horde_status=no_status) == merged_cydonia(horde_status=None)
    assert merged_cydonia(workers=no_workers) == merged_cydonia(workers=None)
    for no_usage in (IndexedHordeModelStats(), HordeModelStatsResponse()):
        assert merged_cydonia(horde_stats=no_usage) == merged_cydonia(horde_stats=None)


def test_lists_and_indexes_give_the_same() -> None:
    indexed = merged_cydonia(
        horde_status=IndexedHordeModelStatus(STATUS),
        horde_stats=IndexedHordeModelStats(USAGE),
        workers=IndexedHordeWorkers(WORKERS),
    )
    assert indexed == merged_cydonia()


class TestWorkerCount:
    def test_without_workers_it_is_threads_and_says_so(self) -> None:
        merged = merged_cydonia(workers=None)
        assert (merged.worker_count, merged.worker_count_source) == (4, "threads")

    def test_zero_workers_is_an_answer_and_not_replaced_by_threads(self) -> None:
        merged = merged_cydonia(workers=[])
        assert (merged.thread_count, merged.worker_count, merged.worker_count_source) == (4, 0, "workers")
        assert merged.worker_summaries == {}

    def test_without_workers_and_status_it_is_unknown(self) -> None:
        merged = merged_cydonia(workers=None, horde_status=None)
        assert (merged.worker_count, merged.worker_count_source) == (None, None)

    def test_without_status_workers_still_count(self) -> None:
        merged = merged_cydonia(horde_status=None)
        assert (merged.worker_count, merged.worker_count_source, merged.thread_count) == (2, "workers", None)

    def test_a_worker_that_lists_a_model_three_times_counts_once(self) -> None:
        greedy = [worker("a", KOBOLD, KOBOLD, KOBOLD, KOBOLD_QUANT, APHRODITE)]
        merged = merged_cydonia(workers=greedy)
        assert merged.worker_count == 1
        assert merged.worker_summaries is not None
        assert list(merged.worker_summaries) == ["a"]

    def test_workers_in_maintenance_or_offline_do_not_count_but_are_shown(self) -> None:
        merged = merged_cydonia(
            workers=[worker("a", KOBOLD), worker("b", KOBOLD, maintenance_mode=True), worker("c", KOBOLD, online=False)]
        )
        assert merged.worker_count == 1
        assert merged.worker_summaries is not None
        assert list(merged.worker_summaries) == ["a", "b", "c"]

    def test_a_missing_maintenance_mode_makes_the_count_unknown_for_that_model_only(self) -> None:
        workers = [worker("a", KOBOLD), worker("b", KOBOLD, maintenance_mode=None), worker("c", STHENO)]
        merged = merge_category_with_horde_data(NAMES, STATUS, USAGE, workers)
        assert (merged[CYDONIA].worker_count, merged[STHENO].worker_count) == (None, 1)

    def test_a_worker_that_hides_its_models_makes_every_count_unknown(self) -> None:
        workers = [worker("a", KOBOLD), HordeWorker(id="b", name="masked", type="text")]
        merged = merge_category_with_horde_data(NAMES, STATUS, USAGE, workers)
        assert {statistics.worker_count for statistics in merged.values()} == {None}

    def test_workers_of_other_types_are_no_workers_of_this_category(self) -> None:
        alchemist = HordeWorker(id="z", name="alchemist", type="interrogation", forms=("caption",))
        painter = worker("p", KOBOLD, type="image")
        assert merged_cydonia(workers=[alchemist, painter, *WORKERS]) == merged_cydonia()


class TestQueue:
    @pytest.mark.parametrize(
        ("threads", "queued", "unserved"),
        [(0, 5.0, True), (0, 0.0, False), (1, 5.0, False), (None, 5.0, None), (0, None, None)],
    )
    def test_unserved_is_queued_work_without_threads(
        self, threads: int | None, queued: float | None, unserved: bool | None
    ) -> None:
        merged = merged_cydonia(horde_status=[row(KOBOLD, count=threads, queued=queued)])
        assert merged.unserved is unserved

    def test_unserved_is_never_read_from_eta(self) -> None:
        assert merged_cydonia(horde_status=[row(KOBOLD, count=1, queued=5.0, eta=10_000)]).unserved is False
        assert merged_cydonia(horde_status=[row(KOBOLD, count=0, queued=5.0, eta=0)]).unserved is True

    def test_a_speed_of_zero_is_unknown_and_so_is_the_sentinel_eta(self) -> None:
        stheno = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)[STHENO]
        assert (stheno.performance, stheno.eta, stheno.queued) == (None, None, 50.0)

    def test_one_live_name_keeps_the_apis_eta(self) -> None:
        assert merged_cydonia(horde_status=[row(KOBOLD, queued=1_000.0, performance=1.0, eta=3)]).eta == 3

    @pytest.mark.parametrize(("field", "figure"), [("count", "thread_count"), ("queued", "queued")])
    def test_a_missing_field_makes_its_sum_unknown_never_smaller(self, field: str, figure: str) -> None:
        status = [row(KOBOLD, **{field: None}), *STATUS[1:]]
        merged = merged_cydonia(horde_status=status)
        assert getattr(merged, figure) is None
        assert merged.queued_jobs == 4  # that of aphrodite: the masked row has no jobs
        everything = merge_everything(NAMES, status, USAGE, WORKERS, "text")
        part: Split[Any] = getattr(everything.reconciliation, figure)
        assert (part.attributed, part.total) == (None, None)
        assert part.unlisted == (5 if field == "count" else 7.0)

    def test_a_missing_count_of_jobs_makes_jobs_unknown(self) -> None:
        assert merged_cydonia(horde_status=[row(KOBOLD, jobs=None), row(APHRODITE, jobs=3)]).queued_jobs is None


class TestUsage:
    def test_a_missing_period_is_unknown_and_the_others_are_known(self) -> None:
        merged = merged_cydonia(horde_stats=HordeModelStatsResponse(month={KOBOLD: 10}))
        assert merged.usage_stats == UsageStats(day=None, month=10, total=None)
        assert (merged.usage("day"), merged.usage("month")) == (None, 10)

    def test_listed_with_zeros_and_not_listed_are_both_zero(self) -> None:
        merged = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)
        assert merged[STHENO].usage_stats == merged[IDLE].usage_stats == UsageStats(day=0, month=0, total=0)

    def test_spellings_that_differ_in_case_are_summed(self) -> None:
        same = {STHENO: 1, STHENO.upper(): 2, STHENO.lower(): 4, f"koboldcpp/{STHENO.upper()}": 8}
        assert merge_category_with_horde_data([STHENO], None, usage(same, same, same), None)[STHENO].usage("day") == 15


class TestSpeedOfAWorker:
    @pytest.mark.parametrize(
        "sentence", ["1.0 megapixelsteps per second", "1.0 tokens per second", "No requests fulfilled yet", None]
    )
    def test_is_unknown_before_its_first_request(self, sentence: str | None) -> None:
        new = worker("a", KOBOLD, performance=sentence, requests_fulfilled=0)
        summaries = merged_cydonia(workers=[new]).worker_summaries
        assert new.speed is None
        assert summaries is not None
        assert summaries["a"].performance is None

    def test_is_what_the_api_says_after_it(self) -> None:
        used = worker("a", KOBOLD, performance="1.0 tokens per second", requests_fulfilled=1)
        assert used.speed is not None
        assert used.speed.value == 1.0


class TestBackendVariations:
    def variations(self, **sources: Any) -> dict[str, dict[str, Any]]:
        found = merged_cydonia(include_backend_variations=True, **sources).backend_variations
        assert found is not None
        return {backend: variation.model_dump() for backend, variation in found.items()}

    def test_one_for_each_backend_canonical_first_then_by_name(self) -> None:
        found = self.variations()
        assert list(found) == ["canonical", "aphrodite", "koboldcpp"]
        assert found["koboldcpp"] == {
            "backend": "koboldcpp",
            "names": (KOBOLD, KOBOLD_QUANT),
            "variant_name": KOBOLD_QUANT,
            "thread_count": 1,
            "thread_count_source": "status",
            "worker_count": 1,
            "worker_count_source": "workers",
            "queued": 100.0,
            "queued_jobs": 2,
            "performance": 10.0,
            "eta": 10,
            "usage_day": 3,
            "usage_month": 30,
            "usage_total": 300,
        }
        assert (found["canonical"]["names"], found["canonical"]["thread_count"]) == ((BARE_LOWER,), 0)
        assert (found["canonical"]["eta"], found["canonical"]["performance"]) == (None, None)

    def test_their_sums_are_the_models(self) -> None:
        whole, found = merged_cydonia(), self.variations().values()
        for field in ("thread_count", "queued", "queued_jobs"):
            assert sum(variation[field] for variation in found) == getattr(whole, field)
        for period in ("day", "month", "total"):
            assert sum(variation[f"usage_{period}"] for variation in found) == whole.usage(period)  # type: ignore[arg-type]

    def test_a_backend_with_neither_status_nor_usage_is_none(self) -> None:
        unused = {KOBOLD: 5, APHRODITE: 0}
        assert list(self.variations(horde_status=[], horde_stats=usage(unused, unused, unused), workers=[])) == [
            "koboldcpp"
        ]

    def test_unknown_figures_stay_unknown_in_the_parts(self) -> None:
        found = self.variations(horde_stats=None, workers=None)
        assert list(found) == ["aphrodite", "koboldcpp"]
        assert (found["aphrodite"]["usage_month"], found["aphrodite"]["worker_count_source"]) == (None, "threads")

    def test_asking_for_them_changes_no_other_field(self) -> None:
        plain = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)
        detailed = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS, include_backend_variations=True)
        assert detailed[IDLE].backend_variations == {}
        assert {n: s.model_copy(update={"backend_variations": None}) for n, s in detailed.items()} == plain

    def test_image_models_have_none(self) -> None:
        status = [row("Deliberate", type="image")]
        merged = merge_category_with_horde_data(["Deliberate"], status, None, None, include_backend_variations=True)
        assert merged["Deliberate"].backend_variations is None


def test_one_model_merges_as_it_does_in_its_category() -> None:
    category = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)
    for name in NAMES:
        assert merge_model_with_horde_data(name, STATUS, USAGE, WORKERS, model_names=NAMES) == category[name]


def test_the_rest_of_the_category_keeps_ambiguous_names_from_one_model() -> None:
    names = usage(*[{"koboldcpp/Twin-7B": 3}] * 3)
    alone = merge_model_with_horde_data("one/Twin-7B", None, names, None)
    among = merge_model_with_horde_data("one/Twin-7B", None, names, None, model_names=["two/Twin-7B"])
    assert (alone.usage("day"), among.usage("day")) == (3, 0)
