"""Look-ups by name: the exact spelling, else the sum of the others; unknown stays unknown."""

from __future__ import annotations

import pytest

from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    SourceRows,
    combined_eta,
    combined_performance,
    is_available,
)
from horde_core.unknowns import sum_or_unknown
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker


def row(
    name: str = "A",
    count: int | None = 1,
    performance: float | None = 10.0,
    queued: float | None = 0.0,
    jobs: int | None = 0,
    eta: int | None = 0,
) -> HordeModelStatus:
    return HordeModelStatus(
        name=name, count=count, performance=performance, queued=queued, jobs=jobs, eta=eta, type="text"
    )


def worker(identity: str, *models: str, type: str = "text") -> HordeWorker:
    return HordeWorker.model_validate({"id": identity, "name": f"worker {identity}", "models": models, "type": type})


class TestStatus:
    def test_the_exact_spelling_answers_for_itself_alone(self) -> None:
        exact = row("Cydonia", count=2)
        assert IndexedHordeModelStatus([row("cydonia", count=5), exact]).get("Cydonia") is exact

    def test_an_unlisted_spelling_answers_for_the_sum_of_the_others(self) -> None:
        index = IndexedHordeModelStatus(
            [
                row("cydonia", count=1, performance=10.0, queued=100.0, jobs=2, eta=10),
                row("CYDONIA", count=3, performance=30.0, queued=200.5, jobs=1, eta=2),
                row("other", count=7, queued=9.0),
            ]
        )
        # (1 x 10 + 3 x 30) / 4 = 25; 300.5 tokens at 100 tokens a second take 3 s.
        assert index.get("Cydonia") == row("Cydonia", count=4, performance=25.0, queued=300.5, jobs=3, eta=3)

    def test_one_other_spelling_keeps_its_own_row(self) -> None:
        other = row("CYDONIA", queued=50.0, eta=10_000)
        assert IndexedHordeModelStatus([other]).get("cydonia") is other

    def test_a_name_that_is_listed_twice_is_summed(self) -> None:
        summed = IndexedHordeModelStatus([row("A", count=1), row("A", count=2)]).get("A")
        assert summed is not None
        assert summed.count == 3

    @pytest.mark.parametrize("field", ["count", "queued", "jobs"])
    def test_a_sum_with_an_unknown_part_is_unknown(self, field: str) -> None:
        known = {"count": 3, "queued": 5.0, "jobs": 2}
        summed = IndexedHordeModelStatus([row("Aa", **known), row("aA", **{**known, field: None})]).get("AA")
        assert summed is not None
        assert getattr(summed, field) is None
        rest = known.keys() - {field}
        assert summed.model_dump(include=rest) == {name: 2 * known[name] for name in rest}

    def test_a_name_that_is_not_listed_has_no_row(self) -> None:
        assert IndexedHordeModelStatus([row("A")]).get("B") is None

    def test_an_empty_answer_is_available_and_an_unavailable_source_is_not(self) -> None:
        assert IndexedHordeModelStatus([]).available
        assert not IndexedHordeModelStatus.unavailable().available
        assert not IndexedHordeModelStatus(SourceRows.unavailable()).available
        assert not IndexedHordeModelStatus(IndexedHordeModelStatus.unavailable()).available  # type: ignore[arg-type]

    def test_what_is_returned_is_nobody_elses(self) -> None:
        rows = [row("A"), row("B")]
        index = IndexedHordeModelStatus(rows)
        rows.clear()
        index.get_all().clear()
        assert [row.name for row in index.get_all()] == [row.name for row in index] == ["A", "B"]
        assert len(index) == 2


class TestUsage:
    INDEX = IndexedHordeModelStats(
        HordeModelStatsResponse(
            day={"Foo": 1, "foo": 2, "FOO": 4, "": 3},
            month={"Foo": 10, "foo": 20, "FOO": 40, "": 30},
            total={"Foo": 100, "foo": 200, "FOO": 400, "": 0},
        )
    )

    def test_the_exact_spelling_answers_for_itself_alone(self) -> None:
        assert (self.INDEX.get_day("foo"), self.INDEX.get_month("Foo"), self.INDEX.get_total("FOO")) == (2, 10, 400)

    def test_an_unlisted_spelling_answers_for_the_sum_of_the_others(self) -> None:
        assert (self.INDEX.get_day("fOO"), self.INDEX.get_month("fOO"), self.INDEX.get_total("fOO")) == (7, 70, 700)

    def test_the_empty_name_is_a_name_and_zero_is_an_answer(self) -> None:
        assert (self.INDEX.get_month(""), self.INDEX.get_total("")) == (30, 0)
        assert self.INDEX.has_stats("")

    def test_a_name_that_is_not_listed_is_none_not_zero(self) -> None:
        assert self.INDEX.get_day("Bar") is self.INDEX.get_month("Bar") is self.INDEX.get_total("Bar") is None
        assert not self.INDEX.has_stats("Bar")

    def test_a_spelling_that_one_period_lacks_adds_nothing_to_it(self) -> None:
        usage = IndexedHordeModelStats(HordeModelStatsResponse(day={"foo": 2}, month={"foo": 5, "FOO": 7}))
        assert (usage.get_day("Foo"), usage.get_month("Foo")) == (2, 12)

    def test_a_sum_with_an_unknown_part_is_unknown(self) -> None:
        assert IndexedHordeModelStats(HordeModelStatsResponse(day={"foo": 2, "FOO": None})).get_day("Foo") is None

    def test_a_missing_map_is_unknown_and_the_others_answer(self) -> None:
        usage = IndexedHordeModelStats(HordeModelStatsResponse(month={"foo": 5}))
        assert usage.available
        assert (usage.get_day("foo"), usage.get_month("foo"), usage.get_day("FOO")) == (None, 5, None)

    def test_usage_without_any_map_is_unavailable_and_with_an_empty_one_it_is_not(self) -> None:
        assert not IndexedHordeModelStats().available
        assert not IndexedHordeModelStats(HordeModelStatsResponse()).available
        assert IndexedHordeModelStats(HordeModelStatsResponse(day={})).available

    def test_names_are_those_of_all_maps_once(self) -> None:
        response = HordeModelStatsResponse(day={"a": 1, "b": 1}, month={"b": 1, "c": 1}, total={"a": 1, "d": 1})
        assert IndexedHordeModelStats(response).names == ("a", "b", "c", "d")


class TestWorkers:
    def test_the_exact_spelling_answers_for_itself_alone(self) -> None:
        exact, other = worker("1", "Foo"), worker("2", "foo")
        assert IndexedHordeWorkers([exact, other]).get("Foo") == [exact]

    def test_an_unlisted_spelling_answers_with_the_workers_of_the_others(self) -> None:
        first, second = worker("1", "Foo", "foo"), worker("2", "FOO", "bar")
        assert IndexedHordeWorkers([first, second]).get("fOO") == [first, second]

    def test_a_worker_that_lists_a_model_three_times_is_returned_once(self) -> None:
        greedy = worker("1", "Foo", "Foo", "Foo", "foo")
        index = IndexedHordeWorkers([greedy])
        assert index.get("Foo") == index.get("FOO") == [greedy]

    def test_a_name_that_nobody_serves_has_no_workers(self) -> None:
        assert IndexedHordeWorkers([worker("1", "Foo")]).get("Bar") == []

    def test_a_worker_is_found_by_its_id_else_by_its_name(self) -> None:
        known, nameless = worker("1", "Foo"), HordeWorker(name="no id")
        index = IndexedHordeWorkers([known, nameless])
        assert index.get_by_id("1") is known
        assert index.get_by_id("no id") is nameless
        assert index.get_by_id("worker 1") is None

    def test_a_type_is_the_same_object_each_time(self) -> None:
        painter, scribe = worker("1", "Foo", type="image"), worker("2", "Foo")
        index = IndexedHordeWorkers([painter, scribe])
        assert index.of_type("image") is index.of_type("image")
        assert index.of_type("image").get_all() == [painter]
        assert index.of_type("text").get("foo") == [scribe]
        assert index.of_type("interrogation").get_all() == []

    def test_a_type_is_as_available_as_the_whole(self) -> None:
        assert IndexedHordeWorkers([]).of_type("text").available
        assert not IndexedHordeWorkers.unavailable().of_type("text").available

    def test_what_is_returned_is_nobody_elses(self) -> None:
        index = IndexedHordeWorkers([worker("1", "Foo")])
        for returned in (index.get_all(), index.get("Foo"), index.get("FOO")):
            returned.clear()
        assert len(index.get_all()) == len(index.get("Foo")) == len(index.get("FOO")) == len(index) == 1


class TestSums:
    def test_a_sum_is_never_made_smaller_by_what_is_not_known(self) -> None:
        assert sum_or_unknown([1.5, 2]) == 3.5
        assert sum_or_unknown([1.5, None, 2]) is None
        assert sum_or_unknown([1, 2]) == 3
        assert sum_or_unknown([None]) is None

    def test_the_sum_of_nothing_is_zero(self) -> None:
        assert sum_or_unknown([]) == 0

    def test_any_plain_sequence_is_available_and_none_is_not(self) -> None:
        assert is_available([])
        assert is_available(SourceRows([row()]))
        assert not is_available(SourceRows.unavailable())
        assert not is_available(None)


class TestPerformance:
    def test_speeds_are_weighted_by_threads(self) -> None:
        assert combined_performance([row(count=1, performance=10.0), row(count=3, performance=50.0)]) == 40.0

    def test_a_speed_of_zero_is_unknown_and_does_not_slow_the_mean(self) -> None:
        assert combined_performance([row(count=9, performance=0.0), row(count=1, performance=50.0)]) == 50.0
        assert combined_performance([row(count=9, performance=None), row(count=1, performance=50.0)]) == 50.0

    def test_without_a_known_speed_it_is_unknown(self) -> None:
        assert combined_performance([row(performance=0.0), row(performance=None)]) is None
        assert combined_performance([]) is None

    def test_known_speeds_without_threads_weigh_the_same(self) -> None:
        assert combined_performance([row(count=0, performance=10.0), row(count=0, performance=30.0)]) == 20.0


class TestEta:
    def test_one_name_keeps_the_apis_value(self) -> None:
        assert combined_eta([row(queued=1_000.0, performance=10.0, count=1, eta=77)]) == 77
        assert combined_eta([row(eta=0)]) == 0

    def test_ten_thousand_is_no_number_of_seconds(self) -> None:
        assert combined_eta([row(queued=50.0, eta=10_000)]) is None
        assert combined_eta([row(queued=50.0, eta=9_999)]) == 9_999

    def test_a_missing_eta_is_unknown(self) -> None:
        assert combined_eta([row(eta=None)]) is None

    def test_several_names_drain_together(self) -> None:
        rows = [
            row(count=1, performance=10.0, queued=100.0, eta=10),
            row(count=3, performance=30.0, queued=200.0, eta=2),
        ]
        assert combined_eta(rows) == 3

    def test_a_sentinel_among_several_names_is_not_used(self) -> None:
        rows = [
            row(count=1, performance=0.0, queued=100.0, eta=10_000),
            row(count=2, performance=25.0, queued=0.0, eta=0),
        ]
        assert combined_eta(rows) == 2

    def test_several_names_without_any_speed_are_unknown(self) -> None:
        rows = [row(performance=0.0, queued=10.0, eta=10_000), row(performance=0.0, queued=0.0)]
        assert combined_eta(rows) is None

    def test_several_names_without_a_queue_take_no_time(self) -> None:
        assert combined_eta([row(performance=0.0), row(performance=0.0)]) == 0

    def test_an_unknown_queue_takes_an_unknown_time(self) -> None:
        assert combined_eta([row(queued=None), row(queued=10.0)]) is None

    def test_nobody_live_has_no_time(self) -> None:
        assert combined_eta([]) is None
