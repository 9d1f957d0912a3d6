"""Every flag as true, false and unknown, severities, and the words of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit import DOWNLOAD_FLAGS, Flag, Severity
from horde_core.audit.rules import RULE_OF
from horde_core.numbers import ENGLISH
from horde_core.unknowns import both, either
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import (
    GOOD_URL,
    NO_SOURCES,
    NOBODY,
    THRESHOLDS,
    TYPES,
    audit,
    flag_values,
    record,
    statistics,
)


def test_a_healthy_model_has_no_flag_and_no_severity() -> None:
    info = audit()
    assert set(flag_values(info).values()) == {False}
    assert (info.severity, info.at_risk, info.risk_score, info.is_critical) == (Severity.NONE, False, 0, False)


@pytest.mark.parametrize(
    ("flag", "when_true", "when_false"),
    [
        ("zero_usage_day", statistics(day=0), statistics(day=1)),
        ("zero_usage_month", statistics(month=0), statistics(month=1)),
        ("zero_usage_total", statistics(0, 0, 0), statistics(0, 0, 1)),
        ("low_usage", statistics(month=64), statistics(month=65)),
        ("no_active_workers", statistics(**NOBODY), statistics(worker_count=1, thread_count=0)),
        ("unserved_queue", statistics(thread_count=0, queued=5.0), statistics(thread_count=1, queued=5.0)),
    ],
)
def test_flags_of_the_live_sources_are_true_false_or_unknown(
    flag: Flag, when_true: CombinedModelStatistics, when_false: CombinedModelStatistics
) -> None:
    assert audit(None, when_true).flags.value(flag) is True
    assert audit(None, when_false).flags.value(flag) is False
    assert audit(None, NO_SOURCES).flags.value(flag) is None


@pytest.mark.parametrize(
    ("counts", "is_never_used"),
    [
        ((0, 0, 0), True),
        ((5, 5, 0), False),  # all time trails by up to 1,000 requests
        ((0, 5, 0), False),
        ((5, 0, 0), False),
        ((5, None, 0), False),
        ((None, 0, 7), False),
        ((None, 0, 0), None),
        ((0, None, 0), None),
        ((0, 0, None), None),
    ],
)
@pytest.mark.parametrize("model_type", TYPES)
def test_never_used_is_what_no_count_has_a_request_of(
    counts: tuple[int | None, int | None, int | None], is_never_used: bool | None, model_type: ModelType
) -> None:
    info = audit(None, statistics(*counts), model_type)
    assert info.flags.zero_usage_total is is_never_used
    why = RULE_OF["zero_usage_total"].why(info, is_never_used, THRESHOLDS[model_type], ENGLISH)
    assert why.startswith("0 ") is (is_never_used is True)


@pytest.mark.parametrize("counts", [(5, 5, 0), (5, 5, 4), (7, 5, 900), (0, 1, 0)])
def test_no_ratio_is_above_one(counts: tuple[int, int, int]) -> None:
    info = audit(None, statistics(*counts))
    for ratio in (info.day_to_month_ratio, info.month_to_total_ratio):
        assert ratio is None or 0 <= ratio <= 1
    assert info.month_to_total_ratio is None or counts[1] <= counts[2]


@pytest.mark.parametrize(
    ("workers", "threads", "is_unserved", "said"),
    [
        (0, 0, True, "0 workers serve it"),
        (0, 3, False, "3 threads serve it (no worker lists it now)"),
        (1, 0, False, "1 worker serves it"),
        (2, 5, False, "2 workers serve it"),
        (None, 0, True, "0 threads serve it (workers are unknown)"),
        (None, 4, False, "4 threads serve it (workers are unknown)"),
        (0, None, True, "0 workers serve it"),
        (2, None, False, "2 workers serve it"),
        (None, None, None, "unknown, as who works is unavailable or incomplete"),
    ],
)
def test_nobody_works_only_where_both_sources_that_are_known_say_none(
    workers: int | None, threads: int | None, is_unserved: bool | None, said: str
) -> None:
    info = audit(None, statistics(0, 0, 0, worker_count=workers, thread_count=threads))
    assert info.flags.no_active_workers is is_unserved
    assert info.is_critical is is_unserved
    assert RULE_OF["no_active_workers"].why(info, is_unserved, THRESHOLDS["image"], ENGLISH) == said


@pytest.mark.parametrize("queued", [None, 0.0, 5.0])
@pytest.mark.parametrize("threads", [None, 0, 2])
def test_a_queue_is_unserved_only_where_queue_and_threads_are_known(queued: float | None, threads: int | None) -> None:
    info = audit(None, statistics(queued=queued, thread_count=threads))
    expected = None if queued is None or threads is None else queued > 0 and threads == 0
    assert info.flags.unserved_queue is expected


@pytest.mark.parametrize(
    ("flag", "fields"),
    [
        ("missing_description", {"description": None}),
        ("missing_description", {"description": " \n"}),
        ("missing_baseline", {"baseline": None}),
        ("missing_baseline", {"baseline": ""}),
        ("no_download_urls", {"downloads": ()}),
        ("has_multiple_hosts", {"downloads": (GOOD_URL, "https://cdn-lfs.huggingface.co/x")}),
        ("has_non_preferred_host", {"downloads": ("https://civitai.com/x",)}),
        ("has_unknown_host", {"downloads": (GOOD_URL, "model.safetensors")}),
    ],
)
def test_flags_of_the_record_are_set_alone_and_never_unknown(flag: Flag, fields: dict[str, Any]) -> None:
    assert audit(record(**fields)).flags.set_flags() == (flag,)
    assert audit(record(**fields), NO_SOURCES).flags.set_flags() == (flag,)


def test_no_active_workers_falls_back_on_threads_and_is_unknown_without_either() -> None:
    by_threads = {"worker_count_source": "threads"}
    assert audit(None, statistics(thread_count=0, worker_count=0, **by_threads)).flags.no_active_workers is True
    assert audit(None, statistics(thread_count=3, worker_count=3, **by_threads)).flags.no_active_workers is False
    assert audit(None, statistics(thread_count=3, worker_count=None)).flags.no_active_workers is False
    assert audit(None, statistics(thread_count=None, worker_count=0)).flags.no_active_workers is True


@pytest.mark.parametrize(("model_type", "threshold"), [("image", 0.0065), ("text", 0.02)])
def test_low_usage_is_below_the_categorys_threshold_and_not_at_it(model_type: ModelType, threshold: float) -> None:
    assert THRESHOLDS[model_type].low_usage_percentage == threshold
    at = round(threshold / 100 * 10_000_000)
    assert audit(None, statistics(month=at), model_type, 10_000_000).flags.low_usage is False
    assert audit(None, statistics(month=at - 1), model_type, 10_000_000).flags.low_usage is True


def test_low_usage_is_also_below_a_minimum_of_requests_where_one_is_set() -> None:
    assert audit(None, statistics(month=99), minimum_month_usage=100).flags.low_usage is True
    assert audit(None, statistics(month=100), minimum_month_usage=100).flags.low_usage is False
    assert audit(None, statistics(month=99), category_month=None, minimum_month_usage=100).flags.low_usage is True
    assert audit(None, NO_SOURCES, minimum_month_usage=100).flags.low_usage is None


class TestSeverity:
    @pytest.mark.parametrize(
        ("month", "live", "expected"),
        [
            (0, NOBODY, Severity.CRITICAL),
            (1, NOBODY, Severity.NOTICE),
            (0, {}, Severity.NOTICE),
            (None, NOBODY, Severity.UNKNOWN),
            (0, {"thread_count": None, "worker_count": None}, Severity.UNKNOWN),
            (0, {"thread_count": 0, "worker_count": None}, Severity.CRITICAL),
        ],
    )
    def test_an_image_model_is_critical_without_month_usage_and_workers(
        self, month: int | None, live: dict[str, Any], expected: Severity
    ) -> None:
        assert audit(None, statistics(month=month, **live)).severity is expected

    @pytest.mark.parametrize(
        ("month", "live", "expected"),
        [(9, NOBODY, Severity.CRITICAL), (10, NOBODY, Severity.NOTICE), (9, {}, Severity.NOTICE)],
    )
    def test_a_text_model_is_critical_below_ten_requests_without_workers(
        self, month: int, live: dict[str, Any], expected: Severity
    ) -> None:
        assert audit(None, statistics(month=month, **live), "text").severity is expected

    @pytest.mark.parametrize(
        ("month", "live", "is_critical"),
        [
            (0, NOBODY, True),
            (None, NOBODY, None),
            (0, {"thread_count": None, "worker_count": None}, None),
            (None, {}, False),
            (1, {"thread_count": None, "worker_count": None}, False),
        ],
    )
    def test_whether_a_model_is_critical_is_unknown_only_where_what_is_missing_decides_it(
        self, month: int | None, live: dict[str, Any], is_critical: bool | None
    ) -> None:
        assert audit(None, statistics(month=month, **live)).is_critical is is_critical

    @pytest.mark.parametrize("model_type", TYPES)
    def test_the_thresholds_of_usage_and_workers_can_be_tried(self, model_type: ModelType) -> None:
        used = statistics(month=99, thread_count=1, worker_count=1)
        assert audit(None, used, model_type).severity is not Severity.CRITICAL
        strict = audit(None, used, model_type, critical_usage=100, critical_workers=2)
        assert strict.severity is Severity.CRITICAL

    @pytest.mark.parametrize("model_type", TYPES)
    @pytest.mark.parametrize("critical_usage", [0, 1, 10])
    @pytest.mark.parametrize("critical_workers", [0, 1])
    def test_a_never_used_model_that_nobody_serves_is_critical_whatever_the_thresholds(
        self, model_type: ModelType, critical_usage: int, critical_workers: int
    ) -> None:
        tried = {"critical_usage": critical_usage, "critical_workers": critical_workers}
        assert audit(None, statistics(0, 0, 0, **NOBODY), model_type, **tried).severity is Severity.CRITICAL

    @pytest.mark.parametrize(
        "downloads", [(), ("https://civitai.com/x",), ("no url",), (GOOD_URL, "https://a.huggingface.co/x")]
    )
    def test_any_host_or_download_flag_is_a_warning(self, downloads: tuple[str, ...]) -> None:
        assert audit(record(downloads=downloads), statistics(day=0)).severity is Severity.WARNING
        assert audit(record(downloads=downloads), statistics(month=0, **NOBODY)).severity is Severity.CRITICAL

    def test_any_other_flag_is_a_notice(self) -> None:
        assert audit(record(description=None)).severity is Severity.NOTICE
        assert audit(None, statistics(thread_count=0, queued=1.0)).severity is Severity.NOTICE

    def test_what_cannot_be_known_is_neither_a_finding_nor_a_clean_bill(self) -> None:
        info = audit(None, NO_SOURCES)
        assert (info.severity, info.at_risk, info.risk_score) == (Severity.UNKNOWN, False, 0)
        assert info.flags.set_flags() == ()
        assert info.flags.unknown_flags() == (
            "zero_usage_day", "zero_usage_month", "zero_usage_total", "no_active_workers", "low_usage",
            "unserved_queue",
        )  # fmt: skip

    def test_the_risk_score_counts_true_flags(self) -> None:
        info = audit(record(description=None, downloads=()), statistics(0, 0, 5, **NOBODY))
        assert info.flags.set_flags() == (
            "zero_usage_day", "zero_usage_month", "no_active_workers", "no_download_urls", "missing_description",
            "low_usage",
        )  # fmt: skip
        assert (info.risk_score, info.at_risk) == (6, True)


class TestHosts:
    @pytest.mark.parametrize(
        ("url", "is_other"),
        [
            ("https://huggingface.co/x", False),
            ("https://cdn-lfs.HuggingFace.co/x", False),
            ("https://nothuggingface.co/x", True),
            ("https://huggingface.co.evil.invalid/x", True),
            ("https://huggingface.co@evil.invalid/x", True),
        ],
    )
    def test_a_preferred_host_is_exact_or_a_sub_domain(self, url: str, is_other: bool) -> None:
        assert audit(record(downloads=(url,))).flags.has_non_preferred_host is is_other

    def test_one_other_host_among_preferred_ones_is_enough(self) -> None:
        flags = audit(record(downloads=(GOOD_URL, "https://civitai.com/x"))).flags
        assert flags.set_flags() == ("has_multiple_hosts", "has_non_preferred_host")

    def test_the_same_host_twice_is_one(self) -> None:
        info = audit(record(downloads=(GOOD_URL, "https://HUGGINGFACE.co/y", "no url")))
        assert info.hosts == ("huggingface.co",)
        assert info.flags.set_flags() == ("has_unknown_host",)

    def test_without_preferred_hosts_every_host_is_another(self) -> None:
        assert audit(preferred_hosts=()).flags.set_flags() == ("has_non_preferred_host",)

    def test_text_skips_the_four_download_flags_by_default(self) -> None:
        bad = record(downloads=("https://civitai.com/x", "https://huggingface.co/x", "no url"))
        for the_record in (bad, record(downloads=())):
            flags = audit(the_record, model_type="text").flags
            assert [flags.value(flag) for flag in DOWNLOAD_FLAGS] == [False] * 4
        told = audit(bad, model_type="text", ignores_downloads=False).flags
        assert [told.value(flag) for flag in DOWNLOAD_FLAGS] == [True, True, True, False]


@pytest.mark.parametrize(
    ("first", "second", "are_both", "is_either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, None, None, None),
    ],
)
def test_what_is_unknown_decides_only_where_it_makes_a_difference(
    first: bool | None, second: bool | None, are_both: bool | None, is_either: bool | None
) -> None:
    assert both(first, second) is both(second, first) is are_both
    assert either(first, second) is either(second, first) is is_either


def test_a_model_without_requests_has_low_usage_whatever_the_category_has() -> None:
    assert audit(None, statistics(month=0), category_month=0).flags.low_usage is True
    assert audit(None, statistics(month=0), category_month=None).flags.low_usage is True
