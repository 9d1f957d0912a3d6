"""Answers that hold nothing are believed only where every other source was heard and none says otherwise."""

from __future__ import annotations

import pytest

from horde_core.analytics.empty_answers import (
    Known,
    doubt_of_live,
    doubt_of_network,
    doubt_of_totals,
    doubt_of_usage,
    is_nothing_counted,
    is_nothing_queued,
    is_usage_missing,
    missing_types,
)
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.upstream.api_records import (
    HordeModelStatsResponse,
    HordeModelStatus,
    HordePerformance,
    HordeTotal,
    HordeTotals,
    HordeWorker,
)
from horde_core.vocabulary import MODEL_TYPES, ModelType

NOTHING = Known(
    IndexedHordeModelStatus(),
    IndexedHordeWorkers(),
    HordePerformance(worker_count=0, thread_count=0, text_worker_count=0, text_thread_count=0),
    HordeTotals(minute=HordeTotal(images=0, requests=0), total=HordeTotal(images=0, requests=0)),
    IndexedHordeModelStats(HordeModelStatsResponse(day={}, month={}, total={})),
)
LIVE_SIGNS = {
    "a row with threads": {"status": IndexedHordeModelStatus([HordeModelStatus(name="a", count=3)])},
    "a worker that lists models": {"workers": IndexedHordeWorkers([HordeWorker(name="w", models=("a",))])},
    "counted workers": {"performance": HordePerformance(worker_count=1, text_worker_count=1)},
    "counted threads": {"performance": HordePerformance(thread_count=4, text_thread_count=4)},
    "requests of the last minute": {"totals": HordeTotals(minute=HordeTotal(images=1, requests=1))},
}
PAST_SIGNS = {
    "requests of all time": {"totals": HordeTotals(total=HordeTotal(images=9, requests=9))},
    "requests of a month": {"totals": HordeTotals(month=HordeTotal(images=9, requests=9))},
    "usage that was held": {
        "usage": IndexedHordeModelStats(HordeModelStatsResponse(day={"a": 0}, month={"a": 0}, total={"a": 7}))
    },
}


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_where_all_agree_that_there_is_nothing_it_is_nothing(kind: ModelType) -> None:
    assert doubt_of_live(kind, NOTHING) is None
    assert doubt_of_totals(kind, NOTHING) is None
    assert NOTHING.usage is not None
    assert doubt_of_usage(NOTHING.usage, kind, NOTHING) is None


@pytest.mark.parametrize("kind", MODEL_TYPES)
@pytest.mark.parametrize("sign", LIVE_SIGNS)
def test_any_sign_of_work_is_a_reason_for_doubt(kind: ModelType, sign: str) -> None:
    known = NOTHING._replace(**LIVE_SIGNS[sign])
    for doubt in (doubt_of_live(kind, known), doubt_of_totals(kind, known)):
        assert doubt is not None
        assert doubt.startswith(f"The server sent nothing on {kind} models, although ")
        assert doubt.count(".") == 1


@pytest.mark.parametrize("kind", MODEL_TYPES)
@pytest.mark.parametrize("sign", PAST_SIGNS)
def test_the_past_says_that_there_was_usage_and_nothing_of_who_works_now(kind: ModelType, sign: str) -> None:
    known = NOTHING._replace(**PAST_SIGNS[sign])
    assert doubt_of_totals(kind, known) is not None
    assert doubt_of_live(kind, known) is None


@pytest.mark.parametrize("kind", MODEL_TYPES)
@pytest.mark.parametrize("source", ["status", "workers", "performance"])
def test_a_source_that_was_not_heard_confirms_nothing(kind: ModelType, source: str) -> None:
    known = NOTHING._replace(**{source: None})
    assert "not confirmed" in (doubt_of_live(kind, known) or "")
    assert "not confirmed" in (doubt_of_totals(kind, known) or "")


def test_what_is_of_one_type_says_nothing_of_the_other() -> None:
    known = NOTHING._replace(
        workers=IndexedHordeWorkers([HordeWorker(name="w", type="image", models=("a",))]),
        performance=HordePerformance(worker_count=1, thread_count=1, text_worker_count=0, text_thread_count=0),
    )
    assert doubt_of_live("text", known) is None
    assert doubt_of_live("image", known) == (
        "The server sent nothing on image models, although 1 image worker lists models."
    )


@pytest.mark.parametrize("present", [{"day"}, {"month"}, {"total"}, {"day", "month"}, {"day", "total"}])
@pytest.mark.parametrize("absent", [None, {}])
def test_usage_without_one_of_its_maps_is_none(present: set[str], absent: dict[str, int] | None) -> None:
    maps = {period: {"a": 1} if period in present else absent for period in ("day", "month", "total")}
    usage = IndexedHordeModelStats(HordeModelStatsResponse.model_validate(maps))
    assert is_usage_missing(usage)
    assert doubt_of_usage(usage, "image", NOTHING) == "The usage that the server sent lacks some of its periods."


def test_workers_without_a_type_may_be_of_any() -> None:
    assert missing_types(IndexedHordeWorkers([HordeWorker(name="w")])) == []
    assert missing_types(IndexedHordeWorkers([HordeWorker(name="w", type="text")])) == ["image"]
    assert missing_types(IndexedHordeWorkers([HordeWorker(name="w", type="interrogation")])) == ["image", "text"]


def test_a_network_in_which_something_is_counted_is_not_empty() -> None:
    zeros = HordePerformance.model_validate(dict.fromkeys(HordePerformance.model_fields, 0))
    assert is_nothing_counted(zeros)
    assert not is_nothing_counted(zeros.model_copy(update={"queued_tokens": 0.5}))
    assert not is_nothing_counted(zeros.model_copy(update={"queued_tokens": None})), "what is not told is not nothing"


IDLE = HordePerformance.model_validate({**dict.fromkeys(HordePerformance.model_fields, 0), "worker_count": 3})


@pytest.mark.parametrize("field", [name for name in HordePerformance.model_fields if name.startswith("queued_")])
def test_a_network_in_which_something_waits_or_is_not_told_is_no_empty_queue(field: str) -> None:
    assert is_nothing_queued(IDLE)
    assert not is_nothing_queued(IDLE.model_copy(update={field: 1}))
    assert not is_nothing_queued(IDLE.model_copy(update={field: None}))


@pytest.mark.parametrize("kind", MODEL_TYPES)
@pytest.mark.parametrize("waiting", [{"jobs": 2}, {"queued": 0.5}])
def test_a_queue_of_nothing_is_doubted_while_work_waits_for_a_model(kind: ModelType, waiting: dict[str, float]) -> None:
    rows = IndexedHordeModelStatus([HordeModelStatus(name="a", **waiting), HordeModelStatus(name="b", count=1)])
    known = dict.fromkeys(MODEL_TYPES, NOTHING)
    assert doubt_of_network(IDLE, known) is None
    assert doubt_of_network(IDLE, known | {kind: NOTHING._replace(status=rows)}) == (
        f"The server counts no work queued, although 1 {kind} model has work queued."
    )
    assert "not confirmed" in (doubt_of_network(IDLE, known | {kind: NOTHING._replace(status=None)}) or "")


def test_threads_without_work_are_no_reason_to_doubt_an_empty_queue() -> None:
    rows = IndexedHordeModelStatus([HordeModelStatus(name="a", count=5, jobs=0, queued=0)])
    assert doubt_of_network(IDLE, dict.fromkeys(MODEL_TYPES, NOTHING._replace(status=rows))) is None
