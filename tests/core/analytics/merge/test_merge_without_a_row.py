"""A model that the API's list leaves out: its queue is unknown, its threads come from the workers."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.indexes import IndexedHordeWorkers
from horde_core.analytics.merge import merge_category_with_horde_data, merge_everything, unlisted_models
from horde_core.upstream.api_records import HordeWorker
from horde_core.vocabulary import ModelType
from tests.fixtures.merge_sources import STHENO, merged_cydonia, row, usage, worker

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

    def test_a_text_worker_may_hide_its_row_from_an_index_of_one_type_too(self) -> None:
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
