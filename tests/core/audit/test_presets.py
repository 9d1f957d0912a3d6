"""Presets: each selects by its flags, its severity and the grace period; what is unknown selects nothing."""

from __future__ import annotations

import pytest

from horde_core.audit import DOWNLOAD_FLAGS, FLAGS, Flag, ModelAuditInfo, Severity
from horde_core.audit.presets import PRESET_OF, PRESETS, presets_for
from horde_core.audit.rules import RULE_OF
from horde_core.numbers import ENGLISH
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import THRESHOLDS, TYPES, found

FLAGS_OF_PRESETS: dict[str, tuple[Flag, ...]] = {
    "zero_usage": ("zero_usage_month",),
    "no_workers": ("no_active_workers",),
    "low_usage": ("low_usage",),
    "missing_data": ("missing_description", "missing_baseline"),
    "host_issues": DOWNLOAD_FLAGS,
    "uneven_backends": ("uneven_backends",),
    "unserved_queue": ("unserved_queue",),
    "critical": (),
    "deletion_candidates": (),
}


def selects(key: str, info: ModelAuditInfo) -> bool | None:
    return PRESET_OF[key].selects(info)


def test_the_presets_are_those_of_the_rules() -> None:
    assert set(PRESET_OF) == set(FLAGS_OF_PRESETS)
    assert len(PRESET_OF) == len(PRESETS)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_is_selected_by_its_presets_only_and_only_when_true(flag: Flag) -> None:
    expected = {key for key, flags in FLAGS_OF_PRESETS.items() if flag in flags}
    assert {key for key in PRESET_OF if selects(key, found(**{flag: True}))} == expected
    for value in (False, None):
        assert not any(selects(key, found(**{flag: value})) for key in PRESET_OF)
    assert {key for key in PRESET_OF if selects(key, found(**{flag: None})) is None} == expected


class TestDeletionCandidates:
    @pytest.mark.parametrize(
        ("info", "is_candidate"),
        [
            (found(Severity.CRITICAL, True), True),
            (found(low_usage=True, no_active_workers=True), True),
            (found(low_usage=True, no_active_workers=False), False),
            (found(low_usage=False, no_active_workers=True), False),
            (found(low_usage=True, no_active_workers=None), None),
            (found(low_usage=None, no_active_workers=True), None),
            (found(is_critical=None), None),
            (found(is_critical=None, low_usage=True, no_active_workers=True), True),
        ],
    )
    def test_are_critical_or_little_used_and_unserved(self, info: ModelAuditInfo, is_candidate: bool | None) -> None:
        assert selects("deletion_candidates", info) is is_candidate

    @pytest.mark.parametrize(("is_new", "is_candidate"), [(True, False), (False, True), (None, None)])
    def test_are_never_within_their_days_of_grace(self, is_new: bool | None, is_candidate: bool | None) -> None:
        assert selects("deletion_candidates", found(Severity.CRITICAL, True, is_new=is_new)) is is_candidate

    @pytest.mark.parametrize("is_new", [True, False, None])
    def test_a_model_that_is_needed_is_none_whatever_its_age(self, is_new: bool | None) -> None:
        assert selects("deletion_candidates", found(is_new=is_new)) is False

    def test_a_new_model_is_none_whatever_cannot_be_known(self) -> None:
        assert selects("deletion_candidates", found(is_critical=None, is_new=True)) is False

    @pytest.mark.parametrize(("days", "said"), [(30, "30 days"), (1, "1 day")])
    def test_say_how_many_days_of_grace_there_are(self, days: int, said: str) -> None:
        thresholds = THRESHOLDS["image"].model_copy(update={"grace_days": days})
        assert said in PRESET_OF["deletion_candidates"].rule(thresholds, ENGLISH)

    def test_say_nothing_of_grace_where_there_is_none(self) -> None:
        thresholds = THRESHOLDS["image"].model_copy(update={"grace_days": 0})
        assert PRESET_OF["deletion_candidates"].rule(thresholds, ENGLISH) == "critical, or low usage and no workers"


def test_critical_is_the_severity_alone() -> None:
    assert [s for s in Severity if selects("critical", found(s))] == [Severity.CRITICAL]
    assert selects("critical", found(Severity.NOTICE, None)) is None


def test_any_true_flag_is_enough_even_where_another_is_unknown() -> None:
    assert selects("missing_data", found(missing_description=None, missing_baseline=True)) is True
    assert selects("missing_data", found(missing_description=None, missing_baseline=False)) is None


@pytest.mark.parametrize("model_type", TYPES)
def test_every_preset_has_a_label_and_a_rule_in_words(model_type: ModelType) -> None:
    said = [preset.rule(THRESHOLDS[model_type], ENGLISH) for preset in PRESETS]
    assert all(said)
    assert len({preset.label for preset in PRESETS}) == len(PRESETS)
    low_usage = RULE_OF["low_usage"].rule(THRESHOLDS[model_type], ENGLISH)
    assert PRESET_OF["low_usage"].rule(THRESHOLDS[model_type], ENGLISH) == low_usage


def test_a_category_offers_the_presets_that_can_select_anything() -> None:
    offered = {kind: {preset.key for preset in presets_for(kind, THRESHOLDS[kind])} for kind in TYPES}
    assert set(PRESET_OF) - offered["image"] == {"uneven_backends"}
    assert set(PRESET_OF) - offered["text"] == {"host_issues"}
    judging = THRESHOLDS["text"].model_copy(update={"ignores_downloads": False})
    assert [preset.key for preset in presets_for("text", judging)] == list(PRESET_OF)
