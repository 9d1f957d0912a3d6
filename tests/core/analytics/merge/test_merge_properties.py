"""Properties of the merge for any names, cases, prefixes, suffixes and duplicates."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.category_statistics import CategoryStatistics, category_statistics
from horde_core.analytics.groups import GroupLevel, group_models
from horde_core.analytics.merge import CategoryMerge, merge_category_with_horde_data, merge_everything, unlisted_models
from horde_core.analytics.names.matching import NameIndex
from horde_core.analytics.records import CombinedModelStatistics, Reconciliation, Split
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.model_reference import ModelRecord, ModelReference
from horde_core.vocabulary import PERIODS, ModelType

MODELS = (
    "TheDrummer/Cydonia-24B-v4.1",
    "TheDrummer/Cydonia-24B-v4",
    "Sao10K/L3-8B-Stheno-v3.2",
    "mistralai/Mistral-7B-v0.1",
    "elsewhere/Mistral-7B-v0.1",
    "concedo/Beepo-22B",
    "Author_Of/Some_Model",
    "Some.Model",
    "Flux.1-Schnell fp8",
    "Flux.1-Schnell",
)
PREFIXES = ("", "koboldcpp/", "Aphrodite/", "koboldcpp/aphrodite/", "tabbyapi/", "TheDrummer/", "Author_", " ")
SUFFIXES = ("", "-Q4_K_M", ".Q8_0.gguf", "-GPTQ-Int4", ".i1-IQ3_XXS", "::owner#123", "-v2", "\n")
CASES = (str, str.upper, str.lower, str.swapcase)


# Every model of the reference as every bridge may write it.
WRITTEN = tuple(
    case(prefix + part + suffix)
    for model in MODELS
    for part in (model, model.rpartition("/")[2])
    for prefix in PREFIXES
    for suffix in SUFFIXES
    for case in CASES
)
names = st.sampled_from(WRITTEN) | st.sampled_from(MODELS) | st.text(max_size=8)
# Quarters: parts of tokens exist, and sums of these are exact in whatever order.
amounts = st.integers(0, 10**9).map(lambda quarters: quarters / 4)
maps = st.none() | st.dictionaries(names, st.integers(0, 10**12), max_size=8)
usages = st.builds(HordeModelStatsResponse, day=maps, month=maps, total=maps)
rows = st.tuples(names, st.integers(0, 50), st.just(0.0) | amounts, amounts, st.integers(0, 50), st.integers(0, 10_000))
rosters = st.tuples(st.lists(names, max_size=3), st.booleans())


def status_of(drawn: list[tuple[Any, ...]], model_type: ModelType) -> list[HordeModelStatus]:
    fields = ("name", "count", "performance", "queued", "jobs", "eta")
    return [HordeModelStatus(**dict(zip(fields, row, strict=True)), type=model_type) for row in drawn]


def workers_of(drawn: list[tuple[list[str], bool]], model_type: ModelType) -> list[HordeWorker]:
    return [
        HordeWorker(id=f"{n}", name="", type=model_type, models=tuple(models), online=True, maintenance_mode=rests)
        for n, (models, rests) in enumerate(drawn)
    ]


class Category(NamedTuple):
    """The inputs of one merge."""

    models: list[str]
    status: list[HordeModelStatus] | None
    usage: HordeModelStatsResponse | None
    workers: list[HordeWorker] | None
    model_type: ModelType

    def merged(self) -> CategoryMerge:
        return merge_everything(*self)

    def models_merged(self, include_backend_variations: bool = False) -> dict[str, CombinedModelStatistics]:
        return merge_category_with_horde_data(*self[:4], include_backend_variations, model_type=self.model_type)

    def unlisted(self) -> dict[str, CombinedModelStatistics]:
        return unlisted_models(*self[:4], model_type=self.model_type)


@st.composite
def categories(draw: st.DrawFn, complete: bool = False) -> Category:
    model_type: ModelType = draw(st.sampled_from(("text", "image")))
    given_sources = (True, True, True) if complete else draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    has_status, has_usage, has_workers = given_sources
    return Category(
        draw(st.lists(st.sampled_from(MODELS), unique=True)),
        status_of(draw(st.lists(rows, max_size=6)), model_type) if has_status else None,
        draw(usages) if has_usage else None,
        workers_of(draw(st.lists(rosters, max_size=3)), model_type) if has_workers else None,
        model_type,
    )


def total(merged: Iterable[CombinedModelStatistics], figure: str) -> Any:
    """The sum of a figure over what the status lists."""
    return sum(getattr(statistics, figure) for statistics in merged if statistics.thread_count_source == "status")


@given(categories())
def test_models_and_unlisted_names_make_the_apis_sum_for_every_period(category: Category) -> None:
    models, everything = category.models_merged(), category.merged()
    for unlisted in (category.unlisted(), everything.unlisted):
        for period in PERIODS:
            counts = category.usage.period(period) if category.usage else None
            figures = [statistics.usage(period) for statistics in [*models.values(), *unlisted.values()]]
            if counts is None:
                assert set(figures) <= {None}
            else:
                assert sum(figure for figure in figures if figure is not None) == sum(counts.values())
                assert None not in figures
                assert everything.reconciliation.total_usage(period) == sum(counts.values())


@given(categories(complete=True))
def test_models_and_unlisted_names_make_the_apis_threads_jobs_and_queue(category: Category) -> None:
    assert category.status is not None
    models, everything = category.models_merged(), category.merged()
    for field, figure in (("count", "thread_count"), ("jobs", "queued_jobs"), ("queued", "queued")):
        expected = sum(getattr(row, field) for row in category.status)
        part: Split[Any] = getattr(everything.reconciliation, figure)
        assert part.total == expected
        assert part.attributed == total(models.values(), figure)
        for unlisted in (category.unlisted(), everything.unlisted):
            assert total([*models.values(), *unlisted.values()], figure) == expected
        assert part.attributed + part.unlisted == expected


@given(categories())
def test_what_no_row_names_has_no_known_queue_unless_it_is_an_image_model_that_nobody_serves(
    category: Category,
) -> None:
    everything = category.merged()
    for name, statistics in (*everything.models.items(), *everything.unlisted.items()):
        if statistics.thread_count_source != "status":
            is_idle_image = (
                category.model_type == "image" and name in everything.models and statistics.worker_count == 0
            )
            is_known = is_idle_image and category.status is not None
            assert (statistics.queued_jobs, statistics.queued) == ((0, 0) if is_known else (None, None))
            assert statistics.eta is None
            assert statistics.unserved is (False if is_known else None)
            assert statistics.thread_count is None or category.workers is not None


@given(categories())
def test_every_api_name_is_in_one_place(category: Category) -> None:
    status, usage, workers = category.status or (), category.usage or HordeModelStatsResponse(), category.workers or ()
    sent = {row.name for row in status} | {name for worker in workers for name in worker.models or ()}
    sent |= {name for period in PERIODS for name in usage.period(period) or ()}
    unlisted = category.unlisted()
    placed = [name for statistics in category.models_merged().values() for name in statistics.names]
    assert sorted([*placed, *unlisted]) == sorted(sent)
    assert all(statistics.names == (name,) for name, statistics in unlisted.items())


@given(categories())
def test_nothing_of_an_image_name_is_stripped(category: Category) -> None:
    merged = category._replace(model_type="image").models_merged()
    for model, statistics in merged.items():
        assert {name.casefold() for name in statistics.names} <= {model.casefold()}


@given(categories(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_does_not_change_results(category: Category, chance: random.Random) -> None:
    def shuffled(items: Iterable[Any]) -> list[Any]:
        mixed = list(items)
        chance.shuffle(mixed)
        return mixed

    usage = category.usage
    other = category._replace(
        models=shuffled(category.models),
        status=category.status and shuffled(category.status),
        usage=usage
        and HordeModelStatsResponse.model_validate(
            {period: counts and dict(shuffled(counts.items())) for period, counts in usage.model_dump().items()}
        ),
        workers=category.workers and shuffled(category.workers),
    )
    assert other.models_merged(True) == category.models_merged(True)
    assert other.unlisted() == category.unlisted()
    assert other.merged() == category.merged()
    assert list(other.models_merged()) == other.models


@given(categories())
def test_backend_variations_change_no_other_field_and_add_up(category: Category) -> None:
    plain, detailed = category.models_merged(), category.models_merged(include_backend_variations=True)
    for model, statistics in detailed.items():
        assert statistics.model_copy(update={"backend_variations": None}) == plain[model]
        if category.model_type == "image":
            assert statistics.backend_variations is None
            continue
        variations = list((statistics.backend_variations or {}).values())
        is_listed = statistics.thread_count_source == "status"
        figures = {"thread_count", "queued_jobs", "queued"} if is_listed else set()
        for figure in figures:
            assert sum(getattr(variation, figure) for variation in variations) == getattr(statistics, figure)
        for period in PERIODS:
            if statistics.usage(period) is not None:
                parts = [getattr(variation, f"usage_{period}") for variation in variations]
                assert sum(parts) == statistics.usage(period)
        backends = [variation.backend for variation in variations]
        assert backends == sorted(backends, key=lambda backend: (backend != "canonical", backend))


@given(categories())
def test_merging_is_pure(category: Category) -> None:
    before = repr(category)
    first, second = category.merged(), category.merged()
    assert first == second
    assert repr(category) == before


@given(categories())
def test_everything_survives_a_json_round_trip(category: Category) -> None:
    everything = category.merged()
    for statistics in [*category.models_merged(True).values(), *everything.unlisted.values()]:
        assert CombinedModelStatistics.model_validate_json(statistics.model_dump_json()) == statistics
    as_json = everything.reconciliation.model_dump_json()
    assert Reconciliation.model_validate_json(as_json) == everything.reconciliation


@given(categories())
def test_an_unavailable_source_leaves_no_figure_behind(category: Category) -> None:
    everything = category._replace(status=None, usage=None, workers=None).merged()
    for statistics in everything.models.values():
        figures = statistics.model_dump(exclude={"names", "backend_variations"})
        assert set(figures.values()) == {None}
    assert everything.unlisted == {}


@given(categories(complete=True), st.sampled_from(("exact", "model", "family")))
def test_groups_of_every_level_add_up_to_what_the_models_have(category: Category, level: GroupLevel) -> None:
    families = ("even", "odd", None)
    reference = {
        name: ModelRecord(name=name, text_model_group=families[place % 3]) for place, name in enumerate(category.models)
    }
    groups = group_models(reference, *category[1:4], level, model_type=category.model_type)
    models = category.models_merged()
    for figure in ("thread_count", "queued_jobs", "queued"):
        assert total(groups, figure) == total(models.values(), figure)
    for period in PERIODS:
        known = [statistics.usage(period) or 0 for statistics in models.values()]
        assert sum(group.usage(period) or 0 for group in groups) == sum(known)
    assert sorted(name for group in groups for name in group.names) == sorted(
        name for statistics in models.values() for name in statistics.names
    )
    if level != "exact":
        assert sorted(member for group in groups for member in group.members) == sorted(category.models)


@given(categories())
def test_what_an_index_remembers_of_one_day_changes_nothing_of_the_next(category: Category) -> None:
    index = NameIndex(category.models, model_type=category.model_type)
    merge_everything(index, None, HordeModelStatsResponse(total=dict.fromkeys(WRITTEN[::7], 1)), None, index.model_type)
    assert merge_everything(index, *category[1:]) == category.merged()


@given(categories())
def test_statistics_survive_a_json_round_trip_and_count_each_model_once(category: Category) -> None:
    reference = ModelReference({name: ModelRecord(name=name, nsfw=None) for name in category.models})
    statistics = category_statistics(reference, category.merged(), category.model_type)
    assert CategoryStatistics.model_validate_json(statistics.model_dump_json()) == statistics
    assert statistics.catalogue is not None
    assert sum(part.models for part in statistics.catalogue.by_nsfw) == len(category.models)
    for period, concentration in statistics.concentration.items():
        requests = category.merged().reconciliation.total_usage(period)
        assert (concentration.requests if concentration else None) == requests
