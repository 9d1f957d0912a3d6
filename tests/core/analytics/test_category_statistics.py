"""Statistics of a category, on small hand-made snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.category_statistics import (
    PARAMETER_SIZES,
    CategoryStatistics,
    Part,
    category_statistics,
    herfindahl,
    parameter_size,
)
from horde_core.analytics.records import UsageStats
from horde_core.vocabulary import ModelType
from tests.fixtures import horde_bodies
from tests.fixtures.snapshots import snapshot


def statistics(model_type: ModelType, **bodies: Any) -> CategoryStatistics:
    taken = snapshot(model_type, **bodies)
    return category_statistics(taken.reference, taken.merged, model_type)


def records(**fields: list[Any]) -> dict[str, Any]:
    """Image records A, B, C... with one field's value each."""
    (field, values), *more = fields.items()
    names = [chr(ord("A") + number) for number in range(len(values))]
    made = {name: {"name": name, field: value} for name, value in zip(names, values, strict=True)}
    for other, others in more:
        for name, value in zip(names, others, strict=True):
            made[name][other] = value
    return made


def by_label(parts: tuple[Part, ...]) -> dict[str | None, int]:
    return {part.label: part.models for part in parts}


def usage(**month: int) -> dict[str, Any]:
    return {"day": month, "month": month, "total": month}


class TestCatalogue:
    def test_models_are_counted_by_nsfw_and_what_is_not_stated_is_neither(self) -> None:
        catalogue = statistics("image", reference=records(nsfw=[True, False, None, True])).catalogue
        assert catalogue is not None
        assert (catalogue.models, catalogue.nsfw, catalogue.sfw) == (4, 2, 1)
        assert by_label(catalogue.by_nsfw) == {"NSFW": 2, "SFW": 1, None: 1}

    def test_where_everything_is_stated_nothing_is_said_of_what_is_not(self) -> None:
        catalogue = statistics("image", reference=records(nsfw=[False])).catalogue
        assert catalogue is not None
        assert by_label(catalogue.by_nsfw) == {"NSFW": 0, "SFW": 1}

    def test_baselines_come_with_their_requests_and_threads_most_models_first(self) -> None:
        catalogue = statistics(
            "image",
            reference=records(baseline=["flux_1", "sdxl", "sdxl", None]),
            usage={"day": {"A": 1, "B": 2}, "month": {"A": 10, "B": 20, "C": 40, "lost": 9}, "total": {"D": 7}},
            status=[
                horde_bodies.status_row("image", name, count=3, performance=1.0, queued=0.0, jobs=0.0, eta=0)
                for name in ("B", "C")
            ],
        ).catalogue
        assert catalogue is not None
        assert catalogue.by_baseline == (
            Part(label="sdxl", models=2, usage_stats=UsageStats(day=2, month=60, total=0), thread_count=6),
            Part(label="flux_1", models=1, usage_stats=UsageStats(day=1, month=10, total=0), thread_count=0),
            Part(label=None, models=1, usage_stats=UsageStats(day=0, month=0, total=7), thread_count=0),
        )

    def test_a_model_counts_under_each_of_its_tags_once(self) -> None:
        catalogue = statistics("image", reference=records(tags=[["anime", "cg", "anime"], ["anime"], []])).catalogue
        assert catalogue is not None
        assert by_label(catalogue.by_tag) == {"anime": 2, "cg": 1}

    def test_styles_are_split_whatever_their_case(self) -> None:
        catalogue = statistics("image", reference=records(style=["Anime", "anime", ""])).catalogue
        assert catalogue is not None
        assert by_label(catalogue.by_style) == {"anime": 2, None: 1}

    def test_hosts_and_sizes_of_the_downloads(self) -> None:
        def config(*urls: str) -> dict[str, Any]:
            return {"download": [{"file_url": url} for url in urls]}

        catalogue = statistics(
            "image",
            reference=records(
                config=[
                    config("https://HuggingFace.co/a", "https://huggingface.co/b", "https://civitai.com/c"),
                    config("https://huggingface.co/d"),
                    config("ftp://somewhere"),
                    config(),
                ],
                size_on_disk_bytes=[100, 300, None, 200],
            ),
        ).catalogue
        assert catalogue is not None
        assert [(host.host, host.models) for host in catalogue.hosts] == [
            ("huggingface.co", 2),
            (None, 1),
            ("civitai.com", 1),
        ]
        assert catalogue.without_download == 1
        assert catalogue.sizes.model_dump() == {"stated": 3, "total": 600, "median": 200, "largest": 300}

    def test_text_models_are_split_by_size_in_order_empty_ones_included(self) -> None:
        catalogue = statistics("text").catalogue
        assert catalogue is not None
        assert [(part.label, part.models) for part in catalogue.by_parameter_size] == [
            ("under 4 B", 0),
            ("4 to 10 B", 2),
            ("10 to 20 B", 0),
            ("20 to 40 B", 1),
            ("40 to 80 B", 0),
            ("80 B and more", 0),
        ]
        usage_stats = catalogue.by_parameter_size[1].usage_stats
        assert usage_stats == UsageStats(day=250, month=6_500, total=70_000)

    def test_a_part_without_a_model_has_no_figure_that_is_unknown_of_the_others(self) -> None:
        for bodies, usage_stats, threads in (
            ({"usage": None}, None, 0),
            ({"status": None}, UsageStats(day=0, month=0, total=0), None),
            ({"usage": {"month": {}}}, UsageStats(day=None, month=0, total=None), 0),
        ):
            catalogue = statistics("text", **bodies).catalogue
            assert catalogue is not None
            empty = catalogue.by_parameter_size[0]
            assert (empty.models, empty.usage_stats, empty.thread_count) == (0, usage_stats, threads)

    def test_image_models_are_not_split_by_parameters(self) -> None:
        catalogue = statistics("image").catalogue
        assert catalogue is not None
        assert catalogue.by_parameter_size == ()


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        (None, None),
        (0, "under 4 B"),
        (3_999_999_999, "under 4 B"),
        (4_000_000_000, "4 to 10 B"),
        (14_000_000_000, "10 to 20 B"),
        (79_999_999_999, "40 to 80 B"),
        (80_000_000_000, "80 B and more"),
        (10**15, "80 B and more"),
    ],
)
def test_a_bound_belongs_to_the_bucket_above_it(parameters: int | None, label: str | None) -> None:
    assert parameter_size(parameters) == label


def test_the_buckets_begin_at_zero_and_rise() -> None:
    bounds = [bucket.from_parameters for bucket in PARAMETER_SIZES]
    assert bounds[0] == 0
    assert bounds == sorted(set(bounds))


class TestCoverage:
    def test_it_is_what_a_thread_serves_and_what_that_carries_of_all_requests(self) -> None:
        coverage = statistics("image").coverage
        assert coverage is not None
        assert coverage.served == 2
        assert coverage.served_percentage == pytest.approx(200 / 3)
        assert coverage.usage_percentage["month"] == pytest.approx(3_900 / 4_300 * 100)
        assert coverage.usage_percentage["day"] == 100

    def test_without_the_status_it_is_unknown(self) -> None:
        coverage = statistics("image", status=None).coverage
        assert coverage is not None
        assert (coverage.served, coverage.served_percentage) == (None, None)
        assert set(coverage.usage_percentage.values()) == {None}

    def test_without_the_usage_its_share_is_unknown(self) -> None:
        coverage = statistics("image", usage=None).coverage
        assert coverage is not None
        assert coverage.served == 2
        assert set(coverage.usage_percentage.values()) == {None}


class TestConcentration:
    def test_it_is_of_all_requests_unlisted_names_included(self) -> None:
        month = statistics("image", usage=usage(Deliberate=50, Lost=30, **{"Flux.1-Schnell": 20})).concentration[
            "month"
        ]
        assert month is not None
        assert (month.requests, month.used, month.for_half) == (100, 3, 1)
        assert [(point.top, point.percentage) for point in month.pareto] == [(1, 50.0), (3, 100.0)]
        assert month.herfindahl == pytest.approx(0.25 + 0.09 + 0.04)

    def test_half_is_reached_by_the_fewest_names(self) -> None:
        names = {f"name {number}": 10 for number in range(10)}
        month = statistics("image", usage=usage(**names)).concentration["month"]
        assert month is not None
        assert (month.for_half, month.herfindahl) == (5, pytest.approx(0.1))

    def test_names_without_requests_do_not_count(self) -> None:
        month = statistics("image", usage=usage(Deliberate=1, Lost=0)).concentration["month"]
        assert month is not None
        assert (month.used, month.herfindahl) == (1, 1.0)

    def test_without_any_request_there_is_nothing_to_share(self) -> None:
        month = statistics("image", usage=usage(Deliberate=0)).concentration["month"]
        assert month is not None
        assert (month.requests, month.used, month.pareto, month.for_half, month.herfindahl) == (0, 0, (), 0, None)

    @pytest.mark.parametrize("source", ["usage", "reference"])
    def test_it_is_unknown_without_its_sources(self, source: str) -> None:
        assert set(statistics("image", **{source: None}).concentration.values()) == {None}

    def test_a_missing_map_leaves_its_period_unknown(self) -> None:
        concentration = statistics("image", usage={"month": {"Deliberate": 1}}).concentration
        assert [period for period, found in concentration.items() if found] == ["month"]


class TestSupply:
    def test_models_are_counted_by_their_workers(self) -> None:
        supply = statistics("text").supply
        assert supply is not None
        assert supply.workers_per_model is not None
        assert [(entry.workers, entry.models) for entry in supply.workers_per_model] == [(0, 1), (1, 1), (2, 1)]
        assert (supply.without_worker, supply.single_worker, supply.mean_workers) == (1, 1, 1.5)

    def test_threads_spread_over_models_and_unlisted_names(self) -> None:
        supply = statistics("text").supply  # threads: 4, 1, and 1 each of two unlisted names
        assert supply is not None
        assert supply.herfindahl == pytest.approx((16 + 1 + 1 + 1) / 49)

    def test_threads_are_never_taken_for_workers(self) -> None:
        supply = statistics("text", workers=None).supply
        assert supply is not None
        assert (supply.workers_per_model, supply.without_worker, supply.single_worker) == (None, None, None)
        assert supply.herfindahl is not None

    def test_where_nobody_works_there_is_no_mean(self) -> None:
        supply = statistics("image", workers=[], status=[]).supply
        assert supply is not None
        assert (supply.without_worker, supply.mean_workers, supply.herfindahl) == (3, None, None)


def test_without_the_reference_nothing_is_said_of_its_models() -> None:
    found = statistics("text", reference=None)
    assert (found.catalogue, found.coverage, found.supply) == (None, None, None)


@pytest.mark.parametrize("model_type", ["image", "text"])
@pytest.mark.parametrize("missing", [(), ("status",), ("usage",), ("workers",), ("reference",)])
def test_statistics_survive_a_json_round_trip(model_type: ModelType, missing: tuple[str, ...]) -> None:
    found = statistics(model_type, **dict.fromkeys(missing))
    assert CategoryStatistics.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("model_type", ["image", "text"])
def test_every_split_adds_up_to_all_models_and_their_requests(model_type: ModelType) -> None:
    taken = snapshot(model_type)
    catalogue = category_statistics(taken.reference, taken.merged, model_type).catalogue
    assert catalogue is not None
    attributed = taken.merged.reconciliation.usage["month"].attributed
    splits = [catalogue.by_baseline, catalogue.by_nsfw, catalogue.by_style]
    for parts in [*splits, catalogue.by_parameter_size] if model_type == "text" else splits:
        assert sum(part.models for part in parts) == catalogue.models
        assert sum(part.usage_stats.month or 0 for part in parts if part.usage_stats) == attributed


@pytest.mark.parametrize(("figures", "index"), [([], None), ([0, 0], None), ([5], 1.0), ([1, 1], 0.5), ([3, 1], 0.625)])
def test_the_herfindahl_index(figures: list[float], index: float | None) -> None:
    assert herfindahl(figures) == index
