"""Audits of subjects: figures, ratios, ages, percentiles, and custom handlers."""

from __future__ import annotations

from datetime import date

import pytest

from horde_core.audit import ModelAuditInfo, ModelAuditInfoFactory, Setting, Subject
from horde_core.audit.judge import audit_subject, percentile
from horde_core.audit.rules import active
from horde_core.vocabulary import GIBIBYTE
from tests.fixtures.audits import (
    AS_OF,
    NO_SOURCES,
    NOBODY,
    THRESHOLDS,
    audit,
    days_ago,
    record,
    setting,
    statistics,
    subject,
)


def test_threads_are_never_reported_as_workers() -> None:
    assert audit(None, statistics(worker_count=3, worker_count_source="threads")).worker_count is None
    assert audit(None, statistics(worker_count=3)).worker_count == 3


def test_who_is_active_are_workers_else_threads_else_unknown() -> None:
    assert active(audit(None, statistics(worker_count=3, thread_count=9))) == 3
    assert active(audit(None, statistics(worker_count=9, thread_count=9, worker_count_source="threads"))) == 9
    assert active(audit(None, NO_SOURCES)) is None


def test_ratios_and_cost_benefit() -> None:
    info = audit(record(size=GIBIBYTE * 3 // 2), statistics(day=200, month=3_000, total=60_000))
    assert info.day_to_month_ratio == pytest.approx(200 / 3_000)
    assert info.month_to_total_ratio == 0.05
    assert info.momentum == pytest.approx(2.0)
    assert info.cost_benefit_score == pytest.approx(2_000.0)


def test_ratios_are_unknown_where_the_divisor_is_zero_or_unknown() -> None:
    none_used = audit(record(size=0), statistics(5, 0, 0), category_month=0)
    assert none_used.day_to_month_ratio is none_used.month_to_total_ratio is none_used.momentum is None
    assert none_used.cost_benefit_score is none_used.usage_percentage_of_category is None
    assert audit(record(size=None)).cost_benefit_score is None
    assert audit(None, statistics(day=None)).momentum is None


def test_an_unknown_category_makes_the_percentage_and_low_usage_unknown() -> None:
    info = audit(category_month=None)
    assert (info.usage_percentage_of_category, info.flags.low_usage, info.usage_month) == (None, None, 3_000)


class TestPercentile:
    def test_it_is_the_percent_of_the_others_that_score_lower(self) -> None:
        scores = [1.0, 2.0, 2.0, 5.0, 9.0]
        assert [percentile(score, scores) for score in (1.0, 2.0, 5.0, 9.0)] == [0, 25, 75, 100]

    @pytest.mark.parametrize(("score", "scores"), [(None, [1.0, 2.0]), (1.0, [1.0]), (None, [])])
    def test_without_a_score_or_another_model_there_is_none(self, score: float | None, scores: list[float]) -> None:
        assert percentile(score, scores) is None

    def test_models_of_a_category_are_ranked_among_those_with_a_size(self) -> None:
        sizes = {"light": GIBIBYTE, "heavy": 3 * GIBIBYTE, "not stated": None, "middle": 2 * GIBIBYTE}
        subjects = [subject(record(name=name, size=size)) for name, size in sizes.items()]
        infos = ModelAuditInfoFactory().create_category(subjects, "image", THRESHOLDS["image"], 9_000, AS_OF)
        assert {info.name: info.cost_benefit_percentile for info in infos} == {
            "light": 100, "heavy": 0, "not stated": None, "middle": 50,
        }  # fmt: skip


class TestAge:
    @pytest.mark.parametrize(("age", "is_new"), [(0, True), (29, True), (30, False), (31, False), (4_000, False)])
    def test_a_model_is_new_until_its_days_of_grace_are_over(self, age: int, is_new: bool) -> None:
        info = audit(added={"Model": days_ago(age), "Another": days_ago(5)})
        assert (info.age_days, info.is_new) == (age, is_new)

    def test_a_model_without_a_date_is_not_new(self) -> None:
        assert (audit(added={"Another": AS_OF}).age_days, audit(added={"Another": AS_OF}).is_new) == (None, False)

    def test_a_date_to_come_is_an_age_of_zero(self) -> None:
        info = audit(added={"Model": days_ago(-3)})
        assert (info.age_days, info.is_new) == (0, True)

    def test_without_the_source_of_ages_it_is_unknown_who_is_new_unless_no_grace_is_granted(self) -> None:
        def info(grace_days: int) -> ModelAuditInfo:
            asked = setting(grace_days=grace_days)
            return audit_subject(subject(), Setting(asked.model_type, asked.thresholds, 1_000_000, AS_OF, None))

        assert (info(30).age_days, info(30).is_new) == (None, None)
        assert info(0).is_new is False

    def test_with_no_days_of_grace_nobody_is_new(self) -> None:
        assert audit(added={"Model": AS_OF}, grace_days=0).is_new is False


class TestHandlers:
    def only_named(self, name: str, says: int) -> tuple[list[Subject], ModelAuditInfoFactory]:
        factory = ModelAuditInfoFactory()
        asked: list[Subject] = []

        def handler(one: Subject, among: Setting) -> ModelAuditInfo | None:
            asked.append(one)
            return audit_subject(one, among).model_copy(update={"risk_score": says}) if one.name == name else None

        factory.register(handler)
        return asked, factory

    def test_a_handler_audits_what_is_of_its_kind_and_the_rules_do_the_rest(self) -> None:
        asked, factory = self.only_named("special", 99)
        special, usual = (subject(record(name=name)) for name in ("special", "usual"))
        assert factory.create(special, setting()).risk_score == 99
        assert factory.create(usual, setting()) == audit_subject(usual, setting())
        assert asked == [special, usual]

    def test_the_handler_that_was_registered_last_is_asked_first(self) -> None:
        asked, factory = self.only_named("special", 99)
        factory.register(lambda one, among: audit_subject(one, among).model_copy(update={"risk_score": 7}))
        assert factory.create(subject(record(name="special")), setting()).risk_score == 7
        assert asked == []

    def test_handlers_given_at_the_start_are_asked_in_their_order(self) -> None:
        def saying(score: int) -> ModelAuditInfoFactory:
            one, other = (
                lambda a, b, says=says: audit_subject(a, b).model_copy(update={"risk_score": says})
                for says in (score, score + 1)
            )
            return ModelAuditInfoFactory([one, other])

        assert saying(3).create(subject(), setting()).risk_score == 3


def test_a_category_is_audited_in_the_order_given() -> None:
    names = ["b", "a", "c"]
    subjects = [subject(record(name=name)) for name in names]
    infos = ModelAuditInfoFactory().create_category(subjects, "image", THRESHOLDS["image"], None, AS_OF)
    assert [info.name for info in infos] == names


def test_an_audit_is_frozen_and_survives_a_json_round_trip() -> None:
    info = audit(None, statistics(backends={"a": (75, 1), "b": (25, 3)}), "text")
    assert ModelAuditInfo.model_validate_json(info.model_dump_json()) == info
    with pytest.raises(ValueError, match="frozen"):
        info.name = "other"  # type: ignore[misc]


def test_two_audits_of_the_same_are_equal_and_share_no_state() -> None:
    one, other = audit(None, statistics(**NOBODY)), audit(None, statistics(**NOBODY))
    assert one == other
    assert one is not other
    assert one.model_copy(update={"name": "x"}).name == "x"
    assert one == other


def test_the_day_is_given_and_not_read() -> None:
    asked = setting(added={"Model": date(2000, 1, 1)})
    long_ago = Setting(asked.model_type, asked.thresholds, asked.month_usage, date(2000, 1, 2), asked.added)
    assert audit_subject(subject(), long_ago).age_days == 1
