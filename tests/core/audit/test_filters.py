"""Filters as data: what each asks, how several compose, and what a person reads."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from horde_core.audit import CategoryAuditResponse, LastSeen, ModelAuditInfo, Severity
from horde_core.audit.filters import FIGURES, filters_for, selection
from horde_core.numbers import ENGLISH
from horde_core.selection import Kind, Selection
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import THRESHOLDS, TYPES, audit, audited, days_ago, found, record, statistics
from tests.fixtures.snapshots import snapshot

DELIBERATE, ALBEDO, FLUX = "Deliberate", "AlbedoBase XL (SDXL)", "Flux.1-Schnell"
MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)

FILTER_OF = {one.key: one for one in filters_for("image")}


@pytest.fixture(scope="module")
def image() -> CategoryAuditResponse:
    return audited(snapshot("image"), {DELIBERATE: days_ago(900), FLUX: days_ago(3)})


@pytest.fixture(scope="module")
def text() -> CategoryAuditResponse:
    return audited(snapshot("text"))


def names(response: CategoryAuditResponse, **chosen: Any) -> list[str]:
    return [info.name for info in selection(response.model_type, chosen).select(response.models)]


CHOSEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, [DELIBERATE, ALBEDO, FLUX]),
    ({"preset": "critical"}, [FLUX]),
    ({"preset": "deletion_candidates"}, []),  # it is new
    ({"preset": "host_issues"}, [ALBEDO]),
    ({"severity": ["critical"]}, [FLUX]),
    ({"severity": ["critical", "none"]}, [DELIBERATE, FLUX]),
    ({"flag": ["low_usage", "unserved_queue"]}, [FLUX]),
    ({"flag_not": ["low_usage", "has_non_preferred_host"]}, [DELIBERATE]),
    ({"flag_unknown": ["low_usage"]}, []),
    ({"baseline": ["flux_1", "stable_diffusion_1"]}, [DELIBERATE, FLUX]),
    ({"host": ["civitai.com"]}, [ALBEDO]),
    ({"style": ["generalist"]}, [DELIBERATE, ALBEDO, FLUX]),
    ({"style": ["anime"]}, []),
    ({"tag": ["generalist"]}, [DELIBERATE, ALBEDO, FLUX]),
    ({"nsfw": ["sfw"]}, [DELIBERATE, ALBEDO, FLUX]),
    ({"nsfw": ["nsfw", "not_stated"]}, []),
    ({"size_from": 5}, [ALBEDO, FLUX]),
    ({"size_to": 7}, [DELIBERATE, ALBEDO]),
    ({"age_to": 3}, [FLUX]),
    ({"age_from": 4}, [DELIBERATE]),
    ({"day_from": 31}, [DELIBERATE]),
    ({"month_from": 900, "month_to": 2_999}, [ALBEDO]),
    ({"total_to": 0}, [FLUX]),
    ({"share_from": 50}, [DELIBERATE]),
    ({"threads_to": 0}, [FLUX]),
    ({"workers_from": 1}, [DELIBERATE, ALBEDO]),
    ({"search": "DELIB"}, [DELIBERATE]),
    ({"search": "(sdxl)"}, [ALBEDO]),
    ({"search": "nothing of that name"}, []),
]


@pytest.mark.parametrize(("chosen", "expected"), CHOSEN)
def test_each_filter_keeps_the_models_that_it_holds_of(
    image: CategoryAuditResponse, chosen: dict[str, Any], expected: list[str]
) -> None:
    assert names(image, **chosen) == expected


def test_a_backend_is_one_that_carries_requests_or_threads(text: CategoryAuditResponse) -> None:
    assert names(text, backend=["aphrodite"]) == [MISTRAL]
    assert names(text, backend=["koboldcpp", "tabbyapi"]) == [MISTRAL, CYDONIA]


@pytest.mark.parametrize("count", [2, 3])
def test_several_filters_select_what_each_of_them_does(image: CategoryAuditResponse, count: int) -> None:
    alone = {next(iter(chosen)): (chosen, set(kept)) for chosen, kept in CHOSEN if len(chosen) == 1}
    for several in combinations(alone.values(), count):
        chosen = {key: value for one, _ in several for key, value in one.items()}
        assert set(names(image, **chosen)) == set.intersection(*(kept for _, kept in several)), chosen


def test_a_preset_composes_with_the_other_filters(image: CategoryAuditResponse) -> None:
    assert names(image, preset="low_usage", baseline=["flux_1"]) == [FLUX]
    assert names(image, preset="low_usage", baseline=["stable_diffusion_1"]) == []


@pytest.mark.parametrize("empty", [None, "", [], ()])
def test_what_is_not_chosen_selects_everything(image: CategoryAuditResponse, empty: Any) -> None:
    chosen = {one.key: empty for one in filters_for("image")}
    assert selection("image", chosen) == Selection(filters_for("image"), {})
    assert names(image, **chosen) == [DELIBERATE, ALBEDO, FLUX]


def test_a_bound_of_zero_is_chosen() -> None:
    assert selection("image", {"month_to": 0}).chosen == {"month_to": 0}


def test_filters_of_the_other_category_and_unknown_keys_are_left_out() -> None:
    chosen = {"host": ["a"], "backend": ["b"], "size_to": 1, "no such filter": 1}
    assert set(selection("image", chosen).chosen) == {"host", "size_to"}
    assert set(selection("text", chosen).chosen) == {"backend"}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.key)
def test_an_unknown_figure_is_in_no_range(figure: Any) -> None:
    known = audit(added={"Model": days_ago(10)}, seen=LastSeen(None, 5, False, None, 5, False))
    unknown = known.model_copy(
        update=dict.fromkeys(
            (
                "size", "age_days", "usage_day", "usage_month", "usage_total", "usage_percentage_of_category",
                "thread_count", "worker_count", "unused_days", "unserved_days",
            )
        )
    )  # fmt: skip
    for end, bound in (("from", 0), ("to", 10**12)):
        keeps = FILTER_OF[f"{figure.key}_{end}"].keeps
        assert keeps([known, unknown], bound) == [True, False]
        assert keeps([known], figure.value(known)) == [True], "a bound is part of its range"


def test_what_is_unknown_is_selected_by_its_own_filter_only() -> None:
    infos = [found(low_usage=value) for value in (True, False, None)]

    def kept(key: str) -> list[bool]:
        return selection("image", {key: ["low_usage"]}).narrows(infos)

    assert [kept(key) for key in ("flag", "flag_not", "flag_unknown")] == [
        [True, False, False], [False, True, False], [False, False, True],
    ]  # fmt: skip
    assert selection("image", {"preset": "low_usage"}).narrows(infos) == [True, False, False]


def test_nsfw_that_is_not_stated_is_neither() -> None:
    infos = [audit(record(nsfw=value)) for value in (True, False, None)]
    kept = [selection("image", {"nsfw": [word]}).narrows(infos) for word in ("nsfw", "sfw", "not_stated")]
    assert kept == [[True, False, False], [False, True, False], [False, False, True]]


@pytest.mark.parametrize("model_type", TYPES)
def test_every_option_of_every_filter_has_a_word_and_a_sentence(model_type: ModelType) -> None:
    response, thresholds = audited(snapshot(model_type)), THRESHOLDS[model_type]
    for one in filters_for(model_type):
        options = one.options(response.models, thresholds)
        assert not options or one.kind in (Kind.ONE, Kind.SEVERAL), one.key
        for option in options:
            assert one.word(option)
            chosen = [option] if one.kind is Kind.SEVERAL else option
            selected = selection(model_type, {one.key: chosen})
            assert len(selected.narrows(response.models)) == len(response.models)
            assert one.word(option) in selected.sentences(thresholds, ENGLISH)[one.key]


def test_the_options_are_what_the_models_state(image: CategoryAuditResponse) -> None:
    def options(key: str) -> list[str]:
        return list(FILTER_OF[key].options(image.models, THRESHOLDS["image"]))

    assert options("baseline") == ["flux_1", "stable_diffusion_1", "stable_diffusion_xl"]
    assert options("host") == ["civitai.com", "huggingface.co"]
    assert options("severity") == [severity.value for severity in Severity]
    assert "uneven_backends" not in options("flag")


def test_sentences_are_in_the_order_of_the_filters_and_have_the_numbers() -> None:
    chosen = {"search": "xl", "month_to": 1_234.0, "flag": ["low_usage", "no_active_workers"], "severity": ["notice"]}
    assert selection("image", chosen).sentences(THRESHOLDS["image"], ENGLISH) == {
        "severity": "severity notice",
        "flag": "has low usage and no workers",
        "month_to": "usage, 30 days up to 1,234",
        "search": "name holds “xl”",
    }


def test_a_preset_is_told_with_its_rule() -> None:
    said = selection("image", {"preset": "low_usage"}).sentences(THRESHOLDS["image"], ENGLISH)["preset"]
    assert said == "Low usage: less than 0.0065 % of the category's images in 30 days"


def test_selecting_keeps_the_order_and_the_same_objects() -> None:
    infos: list[ModelAuditInfo] = [audit(record(name=name), statistics()) for name in ("c", "a", "b")]
    kept = selection("image", {"month_from": 1}).select(infos)
    assert all(one is other for one, other in zip(kept, infos, strict=True))


@pytest.mark.parametrize("key", ["unused", "unserved"])
def test_days_that_are_the_least_are_in_no_range_that_ends_above_them(key: str) -> None:
    exact, least = (audit(seen=LastSeen(None, 5, is_least, None, 5, is_least)) for is_least in (False, True))
    assert FILTER_OF[f"{key}_from"].keeps([exact, least], 5) == [True, True]
    assert FILTER_OF[f"{key}_from"].keeps([exact, least], 6) == [False, False]
    assert FILTER_OF[f"{key}_to"].keeps([exact, least], 9) == [True, False]
