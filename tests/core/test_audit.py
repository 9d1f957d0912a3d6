"""Every flag as true, false and unknown; severities, ratios, hosts, backends and presets."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.audit import (
    DOWNLOAD_FLAGS,
    FLAGS,
    GIBIBYTE,
    PRESETS,
    AuditThresholds,
    DeletionRiskFlags,
    Flag,
    ModelAuditInfo,
    ModelAuditInfoFactory,
    Severity,
    backend_balance,
    host_of,
)
from horde_core.combined import BackendVariation, CombinedModelStatistics, UsageStats
from horde_core.merger import merge_everything
from horde_core.models import HordeModelStatsResponse, ModelType
from horde_core.reference import ModelRecord
from horde_core.settings import Settings

THRESHOLDS = AuditThresholds.from_settings(Settings())
CATEGORY_MONTH = 1_000_000
GOOD_URL = "https://huggingface.co/someone/model.safetensors"


def record(**fields: Any) -> ModelRecord:
    known = {"name": "Model", "baseline": "sdxl", "description": "Draws.", "downloads": (GOOD_URL,), "size": GIBIBYTE}
    return ModelRecord.model_validate({**known, **fields})


def variation(backend: str, usage_month: int | None, threads: int | None) -> BackendVariation:
    return BackendVariation(
        backend=backend,
        names=(backend,),
        variant_name=backend,
        usage_day=0,
        usage_month=usage_month,
        usage_total=0,
        thread_count=threads,
        worker_count=None,
        worker_count_source=None,
        queued_jobs=0,
        queued=0.0,
        performance=None,
        eta=None,
    )


def statistics(
    day: int | None = 100,
    month: int | None = 3_000,
    total: int | None = 90_000,
    backends: dict[str, tuple[int, int]] | None = None,
    **live: Any,
) -> CombinedModelStatistics:
    known = {"thread_count": 2, "worker_count": 1, "worker_count_source": "workers", "queued_jobs": 0, "queued": 0.0}
    variations = {name: variation(name, *figures) for name, figures in (backends or {}).items()}
    return CombinedModelStatistics.model_validate(
        {
            **known,
            "performance": None,
            "eta": None,
            "names": ("Model",),
            "usage_stats": None if day is month is total is None else UsageStats(day=day, month=month, total=total),
            "worker_summaries": None,
            "backend_variations": None if backends is None else variations,
            **live,
        }
    )


def audit(
    the_record: ModelRecord | None = None,
    the_statistics: CombinedModelStatistics | None = None,
    model_type: ModelType = "image",
    category_month: int | None = CATEGORY_MONTH,
    **thresholds: Any,
) -> ModelAuditInfo:
    factory = ModelAuditInfoFactory(THRESHOLDS.model_copy(update=thresholds))
    return factory.create(the_record or record(), the_statistics or statistics(), category_month, model_type)


NO_SOURCES = statistics(
    None, None, None, thread_count=None, worker_count=None, worker_count_source=None, queued=None, queued_jobs=None
)
NOBODY: dict[str, Any] = {"thread_count": 0, "worker_count": 0}


def test_a_healthy_model_has_no_flag_and_no_severity() -> None:
    info = audit()
    assert set(info.flags.model_dump().values()) == {False}
    assert (info.severity, info.at_risk, info.risk_score) == (Severity.NONE, False, 0)


@pytest.mark.parametrize(
    ("flag", "when_true", "when_false"),
    [
        ("zero_usage_day", statistics(day=0), statistics(day=1)),
        ("zero_usage_month", statistics(month=0), statistics(month=1)),
        ("zero_usage_total", statistics(total=0), statistics(total=1)),
        ("low_usage", statistics(month=64), statistics(month=65)),
        ("no_active_workers", statistics(worker_count=0), statistics(worker_count=1, thread_count=0)),
        ("unserved_queue", statistics(thread_count=0, queued=5.0), statistics(thread_count=1, queued=5.0)),
    ],
)
def test_flags_of_the_live_sources_are_true_false_or_unknown(
    flag: Flag, when_true: CombinedModelStatistics, when_false: CombinedModelStatistics
) -> None:
    assert getattr(audit(None, when_true).flags, flag) is True
    assert getattr(audit(None, when_false).flags, flag) is False
    assert getattr(audit(None, NO_SOURCES).flags, flag) is None


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


def test_threads_are_never_reported_as_workers() -> None:
    assert audit(None, statistics(worker_count=3, worker_count_source="threads")).worker_count is None
    assert audit(None, statistics(worker_count=3)).worker_count == 3


@pytest.mark.parametrize(("model_type", "threshold"), [("image", 0.0065), ("text", 0.02)])
def test_low_usage_is_below_the_categorys_threshold_and_not_at_it(model_type: ModelType, threshold: float) -> None:
    assert THRESHOLDS.low_usage_percentage[model_type] == threshold
    at = round(threshold / 100 * 10_000_000)
    assert audit(None, statistics(month=at), model_type, 10_000_000).flags.low_usage is False
    assert audit(None, statistics(month=at - 1), model_type, 10_000_000).flags.low_usage is True


def test_the_percentage_is_of_the_categorys_month_unlisted_names_included() -> None:
    usage = HordeModelStatsResponse(day={}, month={"Model": 1, "nobody knows it": 3}, total={})
    merged = merge_everything(["Model"], [], usage, [], "image")
    factory = ModelAuditInfoFactory(THRESHOLDS)
    (info,) = factory.create_category({"Model": record()}, merged.models, merged.reconciliation, "image").values()
    assert info.usage_percentage_of_category == 25.0


def test_an_unknown_category_makes_the_percentage_and_low_usage_unknown() -> None:
    info = audit(category_month=None)
    assert (info.usage_percentage_of_category, info.flags.low_usage, info.usage_month) == (None, None, 3_000)


class TestSeverity:
    @pytest.mark.parametrize(
        ("month", "live", "expected"),
        [
            (0, NOBODY, Severity.CRITICAL),
            (1, NOBODY, Severity.NOTICE),
            (0, {}, Severity.NOTICE),
            (None, NOBODY, Severity.NOTICE),
            (0, {"thread_count": None, "worker_count": None}, Severity.NOTICE),
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

    def test_the_text_thresholds_are_settings(self) -> None:
        used = statistics(month=99, thread_count=1, worker_count=1)
        assert audit(None, used, "text").severity is not Severity.CRITICAL
        strict = audit(None, used, "text", text_critical_usage=100, text_critical_workers=2)
        assert strict.severity is Severity.CRITICAL

    @pytest.mark.parametrize("model_type", ["image", "text"])
    def test_a_never_used_model_that_nobody_serves_is_critical(self, model_type: ModelType) -> None:
        assert audit(None, statistics(0, 0, 0, **NOBODY), model_type).severity is Severity.CRITICAL

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
        ("url", "host"),
        [
            ("https://HuggingFace.CO/x", "huggingface.co"),
            ("http://cdn-lfs.huggingface.co:8080/x", "cdn-lfs.huggingface.co"),
            (" https://huggingface.co/x\n", "huggingface.co"),
            ("HTTPS://huggingface.co", "huggingface.co"),
            ("https://huggingface.co@evil.invalid/x", "evil.invalid"),
            ("ftp://huggingface.co/x", None),
            ("huggingface.co/x", None),
            ("https:///x", None),
            ("https://[broken", None),
            ("", None),
        ],
    )
    def test_the_host_of_a_url(self, url: str, host: str | None) -> None:
        assert host_of(url) == host

    @pytest.mark.parametrize(
        ("url", "is_other"),
        [
            ("https://huggingface.co/x", False),
            ("https://cdn-lfs.HuggingFace.co/x", False),
            ("https://nothuggingface.co/x", True),
            ("https://huggingface.co.evil.invalid/x", True),
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

    def test_text_skips_all_four_flags_unless_told_otherwise(self) -> None:
        bad = record(downloads=("https://civitai.com/x", "https://huggingface.co/x", "no url"))
        for the_record in (bad, record(downloads=())):
            flags = audit(the_record, model_type="text").flags
            assert [getattr(flags, flag) for flag in DOWNLOAD_FLAGS] == [False] * 4
        told = audit(bad, model_type="text", text_ignores_downloads=False).flags
        assert [getattr(told, flag) for flag in DOWNLOAD_FLAGS] == [True, True, True, False]


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


class TestBackends:
    @pytest.mark.parametrize(
        ("backends", "imbalance"),
        [
            ({"a": (50, 2), "b": (50, 2)}, 0.0),
            ({"a": (100, 0), "b": (0, 4)}, 1.0),
            ({"a": (75, 1), "b": (25, 1)}, 0.25),
            ({"a": (60, 1), "b": (40, 1), "c": (0, 2)}, 0.5),
            ({"a": (4, 7), "b": (6, 3)}, 0.3),
            ({"a": (100, 2)}, None),
            ({"a": (0, 2), "b": (0, 2)}, None),
            ({"a": (5, 0), "b": (5, 0)}, None),
            ({"a": (5, 1), "b": (0, 0)}, None),
            ({}, None),
        ],
    )
    def test_imbalance_is_half_the_sum_of_the_differences_of_shares(
        self, backends: dict[str, tuple[int, int]], imbalance: float | None
    ) -> None:
        balance = backend_balance(statistics(backends=backends))
        assert balance is not None
        assert balance.imbalance == imbalance
        assert balance.backends == tuple(name for name, figures in backends.items() if any(figures))
        flags = audit(None, statistics(backends=backends), "text").flags
        assert flags.uneven_backends is (imbalance is not None and imbalance >= 0.3)

    def test_the_largest_shares_are_shown_beside_it(self) -> None:
        balance = backend_balance(statistics(backends={"a": (75, 1), "b": (25, 3)}))
        assert balance is not None
        assert (balance.largest_usage_share, balance.largest_thread_share) == (0.75, 0.75)
        unused = backend_balance(statistics(backends={"a": (0, 1)}))
        assert unused is not None
        assert (unused.largest_usage_share, unused.largest_thread_share) == (None, 1.0)

    @pytest.mark.parametrize("unknown", [{"month": None}, {"thread_count": None}, {"backends": None}])
    def test_without_usage_threads_or_backends_it_is_unknown(self, unknown: dict[str, Any]) -> None:
        info = audit(None, statistics(**{"backends": {"a": (5, 1), "b": (5, 1)}, **unknown}), "text")
        assert info.balance is None
        assert info.flags.uneven_backends is None

    def test_image_models_have_no_backends(self) -> None:
        info = audit(None, statistics(backends={"a": (9, 0), "b": (0, 9)}))
        assert (info.balance, info.flags.uneven_backends) == (None, False)


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
SELECTS = {preset.key: preset.selects for preset in PRESETS}


class TestPresets:
    def info(self, severity: Severity = Severity.NOTICE, **flags: bool | None) -> ModelAuditInfo:
        all_flags = DeletionRiskFlags.model_validate({**dict.fromkeys(FLAGS, False), **flags})
        return audit().model_copy(update={"flags": all_flags, "severity": severity})

    def test_the_presets_are_those_of_the_rules(self) -> None:
        assert set(SELECTS) == set(FLAGS_OF_PRESETS)

    @pytest.mark.parametrize("flag", FLAGS)
    def test_a_flag_is_selected_by_its_presets_only_and_only_when_true(self, flag: Flag) -> None:
        expected = {key for key, flags in FLAGS_OF_PRESETS.items() if flag in flags}
        assert {key for key, selects in SELECTS.items() if selects(self.info(**{flag: True}))} == expected
        for value in (False, None):
            assert not any(selects(self.info(**{flag: value})) for selects in SELECTS.values())

    def test_deletion_candidates_are_critical_or_little_used_and_unserved(self) -> None:
        selects = SELECTS["deletion_candidates"]
        assert selects(self.info(Severity.CRITICAL))
        assert selects(self.info(low_usage=True, no_active_workers=True))
        assert not selects(self.info(low_usage=True, no_active_workers=None))
        assert not selects(self.info(low_usage=None, no_active_workers=True))

    def test_critical_is_the_severity_alone(self) -> None:
        assert [s for s in Severity if SELECTS["critical"](self.info(s))] == [Severity.CRITICAL]


def test_an_audit_survives_a_json_round_trip() -> None:
    info = audit(None, statistics(backends={"a": (75, 1), "b": (25, 3)}), "text")
    assert ModelAuditInfo.model_validate_json(info.model_dump_json()) == info
