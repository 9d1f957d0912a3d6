"""Every rule of the merge on inputs small enough to add up by hand."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import (
    merge_category_with_horde_data,
    merge_everything,
    merge_model_with_horde_data,
    unlisted_models,
)
from horde_core.analytics.records import CombinedModelStatistics, Split, UsageStats
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.vocabulary import ModelType

CYDONIA, STHENO, IDLE = "TheDrummer/Cydonia-24B-v4.1", "Sao10K/L3-8B-Stheno-v3.2", "mistralai/Mistral-7B-v0.1"
NAMES = [CYDONIA, STHENO, IDLE]

KOBOLD, KOBOLD_QUANT = "koboldcpp/Cydonia-24B-v4.1", "koboldcpp/Cydonia-24B-v4.1-Q4_K_M"
APHRODITE, BARE_LOWER = "aphrodite/TheDrummer/Cydonia-24B-v4.1", "thedrummer/cydonia-24b-v4.1"


def row(name: str, **fields: Any) -> HordeModelStatus:
    known = {"count": 1, "performance": 10.0, "queued": 0.0, "jobs": 0, "eta": 0, "type": "text"}
    return HordeModelStatus.model_validate({"name": name, **known, **fields})


def usage(day: dict[str, int], month: dict[str, int], total: dict[str, int]) -> HordeModelStatsResponse:
    return HordeModelStatsResponse(day=day, month=month, total=total)


def worker(identity: str, *models: str, **fields: Any) -> HordeWorker:
    known = {"type": "text", "online": True, "maintenance_mode": False, "threads": 1}
    return HordeWorker.model_validate(
        {"id": identity, "name": f"worker {identity}", "models": models, **known, **fields}
    )


STATUS = [
    row(KOBOLD, count=1, performance=10.0, queued=100.0, jobs=2, eta=10),
    row(APHRODITE, count=3, performance=30.0, queued=300.0, jobs=4, eta=3),
    row(STHENO, count=2, performance=0.0, queued=50.0, jobs=1, eta=10_000),
    row("koboldcpp/unheard-of", count=5, queued=7.0, jobs=1, eta=1),
]
USAGE = usage(
    day={KOBOLD: 1, KOBOLD_QUANT: 2, APHRODITE: 3, BARE_LOWER: 4, STHENO: 0, "koboldcpp/unheard-of": 9, "": 1},
    month={KOBOLD: 10, KOBOLD_QUANT: 20, APHRODITE: 30, BARE_LOWER: 40, STHENO: 0, "koboldcpp/unheard-of": 90, "": 5},
    total={KOBOLD: 100, KOBOLD_QUANT: 200, APHRODITE: 300, BARE_LOWER: 400, "koboldcpp/unheard-of": 900, "": 6},
)
WORKERS = [
    worker("a", KOBOLD, KOBOLD_QUANT, KOBOLD, "koboldcpp/unheard-of"),
    worker("b", APHRODITE),
    worker("c", APHRODITE, maintenance_mode=True),
    worker("d", STHENO),
]


def days(merged: dict[str, CombinedModelStatistics]) -> dict[str, int | None]:
    return {name: statistics.usage("day") for name, statistics in merged.items()}


def merged_cydonia(**sources: Any) -> CombinedModelStatistics:
    given = {"horde_status": STATUS, "horde_stats": USAGE, "workers": WORKERS, **sources}
    return merge_category_with_horde_data(NAMES, **given)[CYDONIA]


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


ON, OFF = "AlbedoBase XL (SDXL)", "Deliberate"
IMAGE_NAMES = [ON, OFF]
IMAGE_STATUS = [row(ON, type="image", count=2, queued=8.0, jobs=3)]
NOTHING_KNOWN = (None, None, None, None, None)


def without_a_row(*workers: HordeWorker, model: str = OFF, names: list[str] | None = None) -> tuple[Any, ...]:
    """What is told of an image model of which the status has no row."""
    merged = merge_category_with_horde_data(
        names or IMAGE_NAMES, IMAGE_STATUS, None, list(workers), model_type="image"
    )[model]
    return merged.thread_count, merged.thread_count_source, merged.queued_jobs, merged.queued, merged.unserved


class TestModelWithoutARow:
    """The status list has one row a name over both types, and idle models only where they are known images."""

    def test_an_image_model_that_nobody_serves_has_nothing_queued(self) -> None:
        assert without_a_row(worker("a", ON, type="image")) == (0, "workers", 0, 0, False)

    def test_threads_are_those_of_the_workers_that_serve_it_and_its_queue_is_unknown(self) -> None:
        painters = [worker(str(n), OFF, type="image", threads=2) for n in range(3)]
        resting = worker("rests", OFF, type="image", threads=8, maintenance_mode=True)
        gone = worker("gone", OFF, type="image", threads=8, online=False)
        assert without_a_row(*painters, resting, gone) == (6, "workers", None, None, None)

    def test_a_worker_of_several_of_its_names_offers_its_threads_once(self) -> None:
        merged = merge_category_with_horde_data([STHENO], [], None, [worker("a", STHENO, STHENO.lower(), threads=3)])
        assert merged[STHENO].thread_count == 3

    @pytest.mark.parametrize("served", [OFF, OFF.upper()])
    def test_a_text_worker_with_its_name_may_hide_its_row(self, served: str) -> None:
        told = without_a_row(worker("a", served, type="text"))
        assert told == ((0, "workers", None, None, None) if served == OFF else (0, "workers", 0, 0, False))

    def test_so_it_may_where_workers_come_as_an_index_of_one_type(self) -> None:
        workers = IndexedHordeWorkers([worker("a", OFF, type="text"), worker("b", ON, type="image")])
        merged = merge_category_with_horde_data(
            IMAGE_NAMES, IMAGE_STATUS, None, workers.of_type("image"), model_type="image"
        )
        assert (merged[OFF].queued, merged[ON].queued) == (None, 8)

    def test_a_text_worker_in_maintenance_hides_nothing(self) -> None:
        assert without_a_row(worker("a", OFF, type="text", maintenance_mode=True)) == (0, "workers", 0, 0, False)

    @pytest.mark.parametrize("unclear", [{"maintenance_mode": None}, {"models": None}, {"threads": None}])
    def test_what_a_worker_does_not_say_makes_threads_unknown(self, unclear: dict[str, Any]) -> None:
        threads, _, jobs, queued, _ = without_a_row(worker("a", OFF, type="image").model_copy(update=unclear))
        assert (threads, jobs, queued) == (None, None, None)

    def test_without_workers_nothing_is_known_of_it(self) -> None:
        merged = merge_category_with_horde_data(IMAGE_NAMES, IMAGE_STATUS, None, None, model_type="image")
        off = merged[OFF]
        assert (off.thread_count, off.thread_count_source, off.queued, off.worker_count, off.unserved) == NOTHING_KNOWN
        assert (merged[ON].thread_count, merged[ON].thread_count_source) == (2, "status")

    def test_without_the_status_threads_are_unknown_whoever_serves_it(self) -> None:
        merged = merge_category_with_horde_data(IMAGE_NAMES, None, None, [worker("a", OFF, type="image")])
        assert (merged[OFF].thread_count, merged[OFF].thread_count_source, merged[OFF].worker_count) == (None, None, 1)

    @pytest.mark.parametrize("model_type", ["text", "image"])
    def test_the_queue_of_an_unlisted_name_is_unknown(self, model_type: ModelType) -> None:
        names = usage(*[{"Custom": 5}] * 3)
        custom = unlisted_models(IMAGE_NAMES, IMAGE_STATUS, names, [], model_type=model_type)["Custom"]
        assert (custom.thread_count, custom.queued, custom.unserved) == (0, None, None)

    def test_a_row_by_any_of_its_names_tells_of_the_whole_model(self) -> None:
        assert (merged_cydonia().thread_count, merged_cydonia().thread_count_source) == (4, "status")

    def test_totals_are_over_the_rows_that_the_api_lists(self) -> None:
        workers = [worker("a", OFF, type="image", threads=6), worker("b", ON, type="image", threads=2)]
        everything = merge_everything(IMAGE_NAMES, IMAGE_STATUS, None, workers, "image")
        assert everything.models[OFF].thread_count == 6
        for split, expected in (
            (everything.reconciliation.thread_count, 2),
            (everything.reconciliation.queued_jobs, 3),
            (everything.reconciliation.queued, 8),
        ):
            assert (split.attributed, split.unlisted, split.total) == (expected, 0, expected)


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


def test_one_model_merges_as_it_does_in_its_category() -> None:
    category = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS)
    for name in NAMES:
        assert merge_model_with_horde_data(name, STATUS, USAGE, WORKERS, model_names=NAMES) == category[name]


def test_the_rest_of_the_category_keeps_ambiguous_names_from_one_model() -> None:
    names = usage(*[{"koboldcpp/Twin-7B": 3}] * 3)
    alone = merge_model_with_horde_data("one/Twin-7B", None, names, None)
    among = merge_model_with_horde_data("one/Twin-7B", None, names, None, model_names=["two/Twin-7B"])
    assert (alone.usage("day"), among.usage("day")) == (3, 0)
