"""The audit of a category: its models or groups, its inputs, and counts of findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from typing import Any

import pytest

from horde_core.analytics.merge import merge_everything
from horde_core.audit import (
    FLAGS,
    CategoryAuditResponse,
    ModelAuditInfo,
    ModelAuditInfoFactory,
    Severity,
    audit_category,
    model_subjects,
)
from horde_core.audit.judge import audit_subject
from horde_core.audit.presets import PRESET_OF
from horde_core.audit.records import FlagCount
from horde_core.audit.summary import summarise
from horde_core.upstream.api_records import HordeModelStatsResponse
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import AS_OF, THRESHOLDS, TYPES, audited, days_ago, found, record, subject
from tests.fixtures.horde_bodies import TEXT_USAGE
from tests.fixtures.snapshots import snapshot


def test_the_percentage_is_of_the_categorys_month_unlisted_names_included() -> None:
    usage = HordeModelStatsResponse(day={}, month={"Model": 1, "nobody knows it": 3}, total={})
    merged = merge_everything(["Model"], [], usage, [], "image")
    subjects = model_subjects({"Model": record()}, merged.models)
    month = merged.reconciliation.total_usage("month")
    (info,) = audit_category(subjects, "image", THRESHOLDS["image"], month, as_of=AS_OF).models
    assert info.usage_percentage_of_category == 25.0


@pytest.mark.parametrize("model_type", TYPES)
def test_an_audit_names_what_it_was_computed_from(model_type: ModelType) -> None:
    taken = snapshot(model_type)
    response = audited(taken, level="family", critical_usage=7)
    assert (response.model_type, response.level, response.snapshot, response.as_of) == (
        model_type, "family", taken.id, AS_OF,
    )  # fmt: skip
    assert response.thresholds == THRESHOLDS[model_type].model_copy(update={"critical_usage": 7})
    assert response.category_month_usage == sum((taken.usage.response.period("month") or {}).values())  # type: ignore[arg-type]


def test_models_are_in_the_references_order() -> None:
    taken = snapshot("image")
    assert [info.name for info in audited(taken).models] == list(taken.reference)


def test_without_a_reference_there_is_nothing_to_audit() -> None:
    response = audited(snapshot("text", reference=None))
    assert (response.models, response.summary.models) == ((), 0)
    assert set(response.summary.by_preset.values()) == {0}


@pytest.mark.parametrize("model_type", TYPES)
@pytest.mark.parametrize("level", ["exact", "model", "family"])
def test_an_audit_survives_a_json_round_trip(model_type: ModelType, level: Any) -> None:
    response = audited(snapshot(model_type), {"Deliberate": days_ago(2)}, level)
    assert CategoryAuditResponse.model_validate_json(response.model_dump_json()) == response


def test_models_are_counted_by_severity_and_preset() -> None:
    summary = audited(snapshot("image")).summary
    assert summary.models == 3
    assert summary.by_severity == {
        Severity.CRITICAL: 1, Severity.WARNING: 1, Severity.NOTICE: 0, Severity.UNKNOWN: 0, Severity.NONE: 1,
    }  # fmt: skip
    assert summary.by_preset == {
        "deletion_candidates": 1, "critical": 1, "zero_usage": 1, "no_workers": 1, "low_usage": 1,
        "missing_data": 0, "host_issues": 1, "uneven_backends": 0, "unserved_queue": 1,
    }  # fmt: skip
    assert summary.unknown_flags == []


@pytest.mark.parametrize("model_type", TYPES)
def test_severities_and_flags_add_up_to_the_models(model_type: ModelType) -> None:
    summary = audited(snapshot(model_type)).summary
    assert sum(count or 0 for count in summary.by_severity.values()) == summary.models == 3
    assert list(summary.by_flag) == list(FLAGS)
    assert {sum(astuple(count)) for count in summary.by_flag.values()} == {3}


def test_a_new_model_is_no_deletion_candidate() -> None:
    taken = snapshot("image")
    assert audited(taken, {"Flux.1-Schnell": days_ago(29)}).summary.by_preset["deletion_candidates"] == 0
    assert audited(taken, {"Flux.1-Schnell": days_ago(30)}).summary.by_preset["deletion_candidates"] == 1


def test_without_ages_the_candidates_of_images_are_unknown_and_those_of_text_are_not() -> None:
    image, text = (snapshot(kind).audit(THRESHOLDS[kind], AS_OF, None) for kind in TYPES)
    assert image.summary.by_preset["deletion_candidates"] is None
    assert {info.is_new for info in image.models} == {None}
    assert text.summary.by_preset["deletion_candidates"] == 1
    assert {info.is_new for info in text.models} == {False}


def test_ages_of_image_models_say_nothing_of_text_models() -> None:
    taken = snapshot("text")
    aged = audited(taken, dict.fromkeys(taken.reference, AS_OF))
    assert {info.age_days for info in aged.models} == {None}


def test_a_factory_of_ones_own_audits_the_category() -> None:
    factory = ModelAuditInfoFactory([lambda one, among: audit_subject(one, among).model_copy(update={"names": 77})])
    subjects = [subject(record(name=name)) for name in ("a", "b")]
    response = audit_category(subjects, "image", THRESHOLDS["image"], 1, as_of=AS_OF, factory=factory)
    assert [info.names for info in response.models] == [77, 77]


class TestSummary:
    def test_of_nothing_is_nothing_and_known(self) -> None:
        summary = summarise([])
        assert summary.models == 0
        assert set(summary.by_severity.values()) | set(summary.by_preset.values()) == {0}

    def test_equal_findings_are_counted_however_many_objects_they_are(self) -> None:
        infos = [found(low_usage=True) for _ in range(5)] + [found()] * 3
        summary = summarise(infos)
        assert summary.by_flag["low_usage"] == FlagCount(5, 3, 0)
        assert summary.by_preset["low_usage"] == 5

    def test_while_one_may_be_critical_no_severity_has_a_count(self) -> None:
        summary = summarise([found(), found(Severity.UNKNOWN, None, zero_usage_month=None)])
        assert summary.by_severity == {
            Severity.CRITICAL: None, Severity.WARNING: None, Severity.NOTICE: None, Severity.UNKNOWN: 1,
            Severity.NONE: None,
        }  # fmt: skip
        assert summary.unknown_flags == ["zero_usage_month"]

    def test_while_one_may_have_nothing_to_find_that_has_no_count(self) -> None:
        summary = summarise([found(Severity.NONE), found(Severity.UNKNOWN, unserved_queue=None)])
        assert summary.by_severity[Severity.NONE] is None
        assert (summary.by_severity[Severity.CRITICAL], summary.by_severity[Severity.UNKNOWN]) == (0, 1)

    def test_while_one_may_have_something_to_find_notices_have_no_count(self) -> None:
        summary = summarise([found(Severity.NOTICE), found(Severity.UNKNOWN, unserved_queue=None)])
        assert summary.by_severity[Severity.NOTICE] is None

    def test_one_unknown_leaves_its_presets_without_a_count_and_the_others_with_theirs(self) -> None:
        summary = summarise([found(low_usage=True), found(low_usage=None), found(no_active_workers=True)])
        assert (summary.by_preset["low_usage"], summary.by_preset["no_workers"]) == (None, 1)


def plain_counts(infos: tuple[ModelAuditInfo, ...]) -> dict[str, Counter[bool | None]]:
    return {key: Counter(preset.selects(info) for info in infos) for key, preset in PRESET_OF.items()}


@pytest.mark.parametrize("missing", [(), ("status",), ("usage",), ("workers",), ("status", "workers")])
@pytest.mark.parametrize("model_type", TYPES)
def test_presets_count_what_they_select(model_type: ModelType, missing: tuple[str, ...]) -> None:
    response = audited(snapshot(model_type, **dict.fromkeys(missing)))
    for key, counted in plain_counts(response.models).items():
        assert response.summary.by_preset[key] == (None if counted[None] else counted[True]), key


class TestGroups:
    def test_a_familys_usage_is_the_sum_and_its_percentage_is_computed_from_it(self) -> None:
        reference = {
            name: {"name": name, "text_model_group": "One", "baseline": None if name == "A-2B" else "x", "size": 1}
            for name in ("A-2B", "A-7B")
        }
        month = {"A-2B": 1, "A-7B": 5_000, "unlisted": 4_999}
        usage = dict.fromkeys(PERIODS, month)
        taken = snapshot("text", reference=reference, usage=usage, status=[], workers=[])
        (family,) = audited(taken, level="family").models
        assert (family.usage_month, family.usage_percentage_of_category) == (5_001, pytest.approx(50.01))
        assert family.members == ("A-2B", "A-7B")
        assert (family.flags.missing_baseline, family.flags.missing_description) == (True, True)
        idle = next(info for info in audited(taken).models if info.name == "A-2B")
        assert (idle.flags.low_usage, family.flags.low_usage) == (True, False)

    def test_by_model_quantisations_are_merged_and_by_exact_name_they_are_not(self) -> None:
        taken = snapshot("text")
        by_name = {info.name: info.usage_month for info in audited(taken, level="exact").models}
        assert by_name == {
            "aphrodite/mistralai/Mistral-7B-Instruct-v0.3": 5_000,
            "koboldcpp/Mistral-7B-Instruct-v0.3": 1_500,
            "koboldcpp/Cydonia-24B-v4.1-Q4_K_M": 400,
            "Sao10K/L3-8B-Stheno-v3.2": 0,
        }
        assert sum(info.usage_month or 0 for info in audited(taken).models) == sum(
            count or 0 for count in by_name.values()
        )

    def test_a_group_of_several_has_no_age(self) -> None:
        reference = {name: {"name": name, "text_model_group": "One"} for name in ("A-2B", "A-7B")}
        taken = snapshot("text", reference=reference, usage=TEXT_USAGE)
        assert [info.age_days for info in audited(taken, level="family").models] == [None]
