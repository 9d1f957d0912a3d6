"""The words of each rule: labels, reasons and explanations, with the figures behind them."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.audit import FLAGS, ModelAuditInfo, Severity
from horde_core.audit.rules import RULE_OF, RULES, SEVERITY_RULES, explain, reasons, rules_for, severity_reason
from horde_core.numbers import ENGLISH
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import NO_SOURCES, NOBODY, THRESHOLDS, TYPES, audit, record, statistics

WRONG_IN_EVERY_WAY = record(
    description=None, baseline=None, downloads=("https://civitai.com/x", "https://a.invalid/y", "no url")
)


UNEVEN_AND_UNUSED = statistics(0, 0, 0, thread_count=0, worker_count=0, queued=5.0, queued_jobs=1, backends={})


class TestWords:
    def infos(self, model_type: ModelType) -> list[ModelAuditInfo]:
        spread = {"a": (90, 1), "b": (10, 9)}
        cases: list[tuple[Any, Any]] = [
            (None, None),
            (None, NO_SOURCES),
            (WRONG_IN_EVERY_WAY, UNEVEN_AND_UNUSED),
            (record(downloads=()), statistics(month=1, backends=spread)),
            (None, statistics(worker_count=None, thread_count=0, backends={"a": (1, 1)})),
        ]
        return [audit(*case, model_type) for case in cases]

    def test_there_is_one_rule_a_flag_with_words_of_its_own(self) -> None:
        assert tuple(RULE_OF) == FLAGS
        assert len({rule.label for rule in RULES}) == len(RULES)
        said = [rule.rule(THRESHOLDS["image"], ENGLISH) for rule in RULES]
        assert len(set(said)) == len(RULES)

    def test_the_thresholds_that_are_quoted_are_those_that_are_used(self) -> None:
        tried = THRESHOLDS["text"].model_copy(
            update={
                "low_usage_percentage": 0.75,
                "minimum_month_usage": 1_234,
                "critical_usage": 56,
                "critical_workers": 7,
            }
        )
        assert "0.75 %" in RULE_OF["low_usage"].rule(tried, ENGLISH)
        assert "1,234 requests" in RULE_OF["low_usage"].rule(tried, ENGLISH)
        said = SEVERITY_RULES[Severity.CRITICAL](tried, ENGLISH)
        assert said == "fewer than 56 requests in 30 days and fewer than 7 workers"
        uneven = tried.model_copy(update={"backend_imbalance": 0.45})
        assert "0.45" in RULE_OF["uneven_backends"].rule(uneven, ENGLISH)
        hosts = tried.model_copy(update={"preferred_hosts": ("a.invalid", "b.invalid")})
        assert "a.invalid, b.invalid" in RULE_OF["has_non_preferred_host"].rule(hosts, ENGLISH)

    @pytest.mark.parametrize("critical_usage", [0, 1])
    def test_an_image_model_is_called_critical_by_no_images_and_no_workers(self, critical_usage: int) -> None:
        thresholds = THRESHOLDS["image"].model_copy(update={"critical_usage": critical_usage})
        assert SEVERITY_RULES[Severity.CRITICAL](thresholds, ENGLISH) == "no images in 30 days and no workers"

    @pytest.mark.parametrize("model_type", TYPES)
    def test_every_judged_flag_of_every_model_is_explained(self, model_type: ModelType) -> None:
        thresholds = THRESHOLDS[model_type]
        judged = [rule.flag for rule in rules_for(model_type, thresholds)]
        for info in self.infos(model_type):
            told = explain(info, thresholds, ENGLISH)
            assert [one.flag for one in told] == judged
            for one in told:
                assert one.value is info.flags.value(one.flag)
                assert one.why.startswith("unknown, as") is (one.value is None)

    @pytest.mark.parametrize("model_type", TYPES)
    def test_a_reason_is_told_for_what_was_found_and_is_not_implied_by_another(self, model_type: ModelType) -> None:
        for info in self.infos(model_type):
            found = info.flags.set_flags()
            told = reasons(info, THRESHOLDS[model_type], ENGLISH)
            assert len(told) == len([flag for flag in found if RULE_OF[flag].implied_by not in found])
            assert len(set(told)) == len(told)

    def test_never_used_says_all_that_it_implies(self) -> None:
        info = audit(None, statistics(0, 0, 0))
        assert info.flags.set_flags() == ("zero_usage_day", "zero_usage_month", "zero_usage_total", "low_usage")
        assert reasons(info, THRESHOLDS["image"], ENGLISH) == ["0 images of all time"]

    def test_reasons_have_the_numbers(self) -> None:
        spread = statistics(month=10, backends={"a": (90, 1), "b": (10, 9)}, worker_count=None, thread_count=0)
        assert reasons(audit(None, spread, "text"), THRESHOLDS["text"], ENGLISH) == [
            "0 threads serve it (workers are unknown)",
            "10 requests in 30 days: 0.0010 % of the category, threshold 0.02 %",
            "imbalance 0.800, threshold 0.3: a has 90.0 % of its requests and 10.0 % of its threads",
        ]
        told = reasons(audit(WRONG_IN_EVERY_WAY), THRESHOLDS["image"], ENGLISH)
        assert told == [
            "downloads on 2 hosts: civitai.com, a.invalid",
            "downloads on civitai.com, a.invalid; preferred: huggingface.co",
            "1 of 3 download URLs without an http(s) host",
            "the record has no description",
            "the record has no baseline",
        ]

    def test_an_unserved_queue_is_told_by_the_work_that_decides_it(self) -> None:
        in_progress = statistics(thread_count=0, queued=0.0, queued_jobs=2)
        waiting = statistics(thread_count=0, queued=2_500_000.0, queued_jobs=0)
        why = RULE_OF["unserved_queue"].reason
        assert audit(None, in_progress).flags.unserved_queue is False
        assert (
            why(audit(None, in_progress), THRESHOLDS["image"], ENGLISH)
            == "0 megapixelsteps queued, 0 threads to serve it"
        )
        assert audit(None, waiting).flags.unserved_queue is True
        assert (
            why(audit(None, waiting), THRESHOLDS["image"], ENGLISH)
            == "2.50 megapixelsteps queued, 0 threads to serve it"
        )

    def test_what_is_not_judged_of_a_category_says_so(self) -> None:
        why = RULE_OF["no_download_urls"].why(audit(model_type="text"), False, THRESHOLDS["text"], ENGLISH)
        assert why == "not judged of text models"

    @pytest.mark.parametrize("model_type", TYPES)
    def test_every_severity_has_a_reason(self, model_type: ModelType) -> None:
        for info in self.infos(model_type):
            assert severity_reason(info, THRESHOLDS[model_type], ENGLISH)
        critical = audit(None, statistics(0, 0, 0, **NOBODY), model_type)
        said = severity_reason(critical, THRESHOLDS[model_type], ENGLISH)
        assert said == f"0 {THRESHOLDS[model_type].noun}s in 30 days, 0 workers serve it"
