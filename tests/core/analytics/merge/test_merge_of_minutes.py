"""A merge that builds on the one of the minute before: equal to one from nothing, with records made when asked for."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.groups import GroupLevel, group_models
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import CategoryMerge, Rows, merge_category_with_horde_data, merge_everything
from horde_core.analytics.merge.attribution import attribution_of
from horde_core.analytics.names.matching import NameIndex, Owner, name_index
from horde_core.analytics.records import CombinedModelStatistics, Live, LiveFigures
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.model_reference import ModelRecord
from horde_core.vocabulary import ModelType
from tests.core.analytics.merge.test_merge_properties import CASES, MODELS, names
from tests.fixtures.merge_sources import CYDONIA, IDLE, KOBOLD, NAMES, STATUS, STHENO, USAGE, WORKERS, row, worker
from tests.fixtures.merge_sources import usage as usage_of


class Sources(NamedTuple):
    """What is there in one minute; the same objects as in the minute before where nothing changed."""

    index: NameIndex
    status: IndexedHordeModelStatus | None
    usage: IndexedHordeModelStats | None
    workers: IndexedHordeWorkers | None

    def merged(self) -> CategoryMerge:
        return merge_everything(*self, self.index.model_type)

    def anew(self) -> Sources:
        """The same content as objects that nothing is known of."""
        index = NameIndex(self.index.model_names, model_type=self.index.model_type)
        return self._replace(index=index, usage=self.usage and IndexedHordeModelStats(self.usage.response))

    def models_merged(self) -> dict[str, CombinedModelStatistics]:
        return merge_category_with_horde_data(*self, True, model_type=self.index.model_type)

    def groups(self, level: GroupLevel) -> tuple[Any, ...]:
        reference = {name: ModelRecord(name=name, text_model_group=name[:1]) for name in self.index.model_names}
        return group_models(reference, *self[1:], level, model_type=self.index.model_type)


@st.composite
def minutes(draw: st.DrawFn) -> list[Sources]:
    """Up to five minutes of a category whose sources change, go and come back; each name in some of its spellings."""
    kind: ModelType = draw(st.sampled_from(("text", "image")))
    pool = draw(st.lists(names, min_size=1, max_size=5))
    spelled = st.sampled_from([case(name) for name in pool for case in CASES])
    figures = st.integers(0, 9)
    counts = st.none() | st.dictionaries(spelled, st.none() | figures, max_size=6)

    def changed(was: Sources | None) -> Sources:
        def new(source: str, make: Callable[[], Any]) -> Any:
            if was is not None and draw(st.booleans()):
                return getattr(was, source)
            return make() if source == "index" or draw(st.integers(0, 5)) else None

        return Sources(
            new("index", lambda: NameIndex(draw(st.lists(st.sampled_from((*MODELS, *pool)))), model_type=kind)),
            new("status", lambda: IndexedHordeModelStatus(draw(st.lists(st.builds(
                HordeModelStatus, name=spelled, count=figures, queued=figures, jobs=figures, performance=figures,
                type=st.sampled_from((kind, None))), max_size=4)))),
            new("usage", lambda: IndexedHordeModelStats(
                draw(st.builds(HordeModelStatsResponse, day=counts, month=counts, total=counts)))),
            new("workers", lambda: IndexedHordeWorkers(draw(st.lists(st.builds(
                HordeWorker, id=st.uuids().map(str), name=st.just(""), threads=figures, online=st.just(True),
                models=st.lists(spelled, max_size=3), maintenance_mode=st.sampled_from((False, True, None)),
                type=st.sampled_from((kind, "text", "image", None))), max_size=3))).of_type(kind)),
        )  # fmt: skip

    taken: list[Sources] = []
    for _ in range(draw(st.integers(1, 5))):
        taken.append(changed(taken[-1] if taken else None))
    return taken


@given(minutes())
def test_a_merge_after_others_equals_one_from_nothing(taken: list[Sources]) -> None:
    for sources in taken:
        merged, fresh = sources.merged(), sources.anew().merged()
        for part, expected in ((merged.models, fresh.models), (merged.unlisted, fresh.unlisted)):
            assert list(part.items()) == list(expected.items())
        assert merged.reconciliation == fresh.reconciliation
        assert merged.backends == fresh.backends
        assert sources.models_merged() == sources.anew().models_merged()


@given(minutes(), st.sampled_from(("exact", "model", "family")))
def test_groups_after_others_equal_those_from_nothing(taken: list[Sources], level: GroupLevel) -> None:
    one_by_one = [sources.groups(level) for sources in taken]
    for sources, groups in zip(taken, one_by_one, strict=True):
        name_index.cache_clear()
        assert sources.anew().groups(level) == groups


@given(minutes())
def test_a_merge_stays_what_it_was_when_later_ones_are_made(taken: list[Sources]) -> None:
    merges = [sources.merged() for sources in taken]
    for sources, merged in zip(taken, merges, strict=True):
        assert merged == sources.anew().merged()


@given(minutes())
def test_plain_rows_have_the_figures_of_the_records(taken: list[Sources]) -> None:
    for part in (part for sources in taken for part in sources.merged()[:2]):
        assert [row.name for row in part.rows()] == list(part)
        assert len(part) == len(list(part)) == len(set(part))
        for plain, (name, record) in zip(part.rows(), part.items(), strict=True):
            assert part.row(name) == plain
            assert (tuple(plain.names), plain.live) == (record.names, record.live)
            usage = record.usage_stats
            assert plain.requests == ((None,) * 3 if usage is None else (usage.day, usage.month, usage.total))
            assert [one.record() for one in plain.variations] == list((record.backend_variations or {}).values())
            assert plain.live == part.idle or {name, name.casefold()} & part.live.keys()


def test_plain_live_figures_are_the_fields_of_the_record() -> None:
    assert Live._fields == tuple(LiveFigures.model_fields)


MERGED = merge_everything(NAMES, STATUS, USAGE, WORKERS, "text")


@pytest.mark.parametrize("part", [MERGED.models, MERGED.unlisted], ids=["models", "unlisted"])
class TestMapping:
    def test_equals_the_dict_of_its_records(self, part: Rows) -> None:
        plain = dict(part)
        assert part == plain
        assert plain == part
        assert part != {**plain, next(iter(plain)): None}
        assert part != dict(list(plain.items())[1:])
        assert part.records() == plain

    def test_has_its_names_and_no_others(self, part: Rows) -> None:
        for name in part:
            assert name in part
            assert part.get(name) == part[name]
        for other in ("nothing of the kind", "", *map(str.swapcase, filter(None, part)), None, 7):
            if other not in list(part):
                assert other not in part
                assert other is None or isinstance(other, int) or part.get(other) is None

    def test_says_what_it_holds_in_short(self, part: Rows) -> None:
        assert str(len(part)) in repr(part)
        assert len(repr(part)) < 80

    def test_makes_frozen_records_that_dump_to_json(self, part: Rows) -> None:
        for record in part.values():
            with pytest.raises(ValueError, match="frozen"):
                record.names = ()  # type: ignore[misc]
        assert json.loads(json.dumps({name: one.model_dump() for name, one in part.items()})).keys() == part.keys()


def test_what_the_public_functions_return_may_be_changed() -> None:
    merged = merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS, model_type="text")
    assert type(merged) is dict
    merged.clear()
    assert list(merge_category_with_horde_data(NAMES, STATUS, USAGE, WORKERS, model_type="text")) == NAMES


class AskedIndex(NameIndex):
    """Keeps what it was asked."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.asked: list[str] = []

    def owners(self, api_names: Sequence[str]) -> list[Owner]:
        self.asked += api_names
        return super().owners(api_names)


class TestOverlay:
    """A minute touches what is live, and keeps the rest of the day."""

    INDEX = NameIndex(NAMES)
    DAY = IndexedHordeModelStats(USAGE)

    def test_only_rows_with_a_name_in_the_status_or_a_worker_are_live(self) -> None:
        merged = merge_everything(self.INDEX, [row(KOBOLD)], self.DAY, [worker("a", STHENO, "who/knows")], "text")
        assert set(merged.models.live) == {CYDONIA, STHENO}
        assert set(merged.unlisted.live) == {"who/knows"}
        assert merged.models.row(IDLE).live == merged.models.idle

    @pytest.mark.parametrize("name", ["Flux", "FLUX"], ids=["its own name", "another of its names"])
    def test_an_image_model_whose_row_a_text_worker_may_hide_is_live(self, name: str) -> None:
        index, day = (
            NameIndex(["Flux", "Other"], model_type="image"),
            IndexedHordeModelStats(usage_of({"FLUX": 1}, {}, {})),
        )
        staff = IndexedHordeWorkers([worker("a", name)]).of_type("image")
        models = merge_everything(index, [], day, staff, "image").models
        assert set(models.live) == {"Flux"}
        assert (models["Flux"].queued, models["Other"].queued, models.idle.queued) == (None, 0, 0)

    def test_the_names_of_a_day_are_the_same_object_in_each_minute(self) -> None:
        first = merge_everything(self.INDEX, STATUS, self.DAY, WORKERS, "text")
        later = merge_everything(self.INDEX, STATUS[:1], self.DAY, None, "text")
        assert later.models.names is first.models.names
        assert later.unlisted.names is first.unlisted.names
        other = merge_everything(self.INDEX, STATUS, IndexedHordeModelStats(USAGE), WORKERS, "text")
        assert other.models.names is not first.models.names

    def test_a_live_spelling_that_usage_lacks_joins_its_entry_and_may_name_it(self) -> None:
        day = IndexedHordeModelStats(usage_of(*[{"who/knows": 0, "last": 1}] * 3))
        assert list(merge_everything(self.INDEX, [], day, [], "text").unlisted) == ["who/knows", "last"]
        merged = merge_everything(self.INDEX, [row("WHO/knows", count=2), row("new")], day, [], "text")
        assert list(merged.unlisted) == ["WHO/knows", "last", "new"]
        assert merged.unlisted["WHO/knows"].names == ("WHO/knows", "who/knows")
        assert merged.unlisted["WHO/knows"].thread_count == 2
        assert "who/knows" not in merged.unlisted

    def test_only_new_names_are_looked_up_when_the_usage_changes(self) -> None:
        index = AskedIndex(NAMES)
        attribution_of(index, IndexedHordeModelStats(usage_of({KOBOLD: 1, "x": 1}, {}, {})))
        assert index.asked == [KOBOLD, "x"]
        later = attribution_of(index, IndexedHordeModelStats(usage_of({"y": 1, KOBOLD: 1, "x": 1}, {}, {})))
        assert index.asked == [KOBOLD, "x", "y"]
        assert (list(later.unlisted), later.model_of[KOBOLD]) == (["y", "x"], CYDONIA)

    def test_an_unavailable_usage_forgets_nothing(self) -> None:
        kept = attribution_of(self.INDEX, self.DAY)
        assert attribution_of(self.INDEX, IndexedHordeModelStats()).unlisted == {}
        assert attribution_of(self.INDEX, self.DAY) is kept

    def test_nothing_outlives_its_reference(self) -> None:
        index = NameIndex(NAMES)
        kept = weakref.ref(attribution_of(index, IndexedHordeModelStats(USAGE)))
        assert kept() is not None
        del index
        gc.collect()
        assert kept() is None

    def test_threads_that_merge_at_a_time_get_equal_results(self) -> None:
        days = [IndexedHordeModelStats(USAGE), IndexedHordeModelStats(usage_of({KOBOLD: 7, "z": 1}, {}, {}))]
        index = NameIndex(NAMES)

        def merge(number: int) -> CategoryMerge:
            return merge_everything(index, STATUS, days[number % 2], WORKERS, "text")

        with ThreadPoolExecutor(8) as threads:
            merges = list(threads.map(merge, range(64)))
        expected = [merge_everything(NameIndex(NAMES), STATUS, day, WORKERS, "text") for day in days]
        assert all(merged == expected[number % 2] for number, merged in enumerate(merges))
