"""The audit in words: complete, from the thresholds in force, and selecting what it says."""

from __future__ import annotations

import pandas as pd
import pytest

from horde_core.audit import DOWNLOAD_FLAGS, FLAGS, PRESETS, AuditThresholds, Flag, ModelAuditInfo, Severity
from horde_core.frames import audit_frame
from horde_core.settings import Settings
from horde_core.summaries import audit_summary
from pages.common import filters, findings
from tests.fixtures.snapshots import snapshot

THRESHOLDS = AuditThresholds.from_settings(Settings())
FLUX, ALBEDO, DELIBERATE = "Flux.1-Schnell", "AlbedoBase XL (SDXL)", "Deliberate"


@pytest.fixture(scope="module")
def audits() -> dict[str, ModelAuditInfo]:
    return snapshot("image").audit(THRESHOLDS)


@pytest.fixture(scope="module")
def frame(audits: dict[str, ModelAuditInfo]) -> pd.DataFrame:
    return audit_frame(audits)


def test_every_flag_has_words_of_its_own() -> None:
    assert tuple(findings.FLAG_WORDS) == FLAGS
    assert len({findings.label(flag) for flag in FLAGS}) == len(FLAGS)
    assert all(rule for _, rule in findings.FLAG_WORDS.values())


class TestSelection:
    @pytest.mark.parametrize("preset", [preset.key for preset in PRESETS])
    def test_a_preset_selects_as_many_rows_as_it_announces(
        self, preset: str, frame: pd.DataFrame, audits: dict[str, ModelAuditInfo]
    ) -> None:
        chosen = findings.select(frame, audits, preset, [], [])
        assert len(chosen) == audit_summary(audits).by_preset[preset]

    @pytest.mark.parametrize(
        ("preset", "severities", "flags", "names"),
        [
            (None, [], [], [FLUX, ALBEDO, DELIBERATE]),
            ("host_issues", [], [], [ALBEDO]),
            (None, ["critical", "none"], [], [FLUX, DELIBERATE]),
            (None, [], ["zero_usage_day"], [FLUX]),
            (None, [], ["zero_usage_day", "has_non_preferred_host"], []),
            ("critical", ["critical"], ["low_usage", "unserved_queue"], [FLUX]),
            ("critical", ["warning"], [], []),
        ],
    )
    def test_filters_compose(
        self,
        preset: str | None,
        severities: list[str],
        flags: list[Flag],
        names: list[str],
        frame: pd.DataFrame,
        audits: dict[str, ModelAuditInfo],
    ) -> None:
        assert list(findings.select(frame, audits, preset, severities, flags)["name"]) == names

    @pytest.mark.parametrize(
        ("preset", "severities"), [("uneven_backends", []), (None, ["notice"]), ("critical", ["notice"])]
    )
    def test_what_selects_nothing_can_be_filtered_on(
        self, preset: str | None, severities: list[str], frame: pd.DataFrame, audits: dict[str, ModelAuditInfo]
    ) -> None:
        nothing = findings.select(frame, audits, preset, severities, ["low_usage"])
        assert list(nothing.columns) == list(frame.columns)
        assert len(filters.matching(nothing, "flux")) == 0
        assert len(findings.in_words(nothing)) == 0

    def test_an_unknown_flag_never_selects(self) -> None:
        audits = snapshot("image", usage=None, status=None).audit(THRESHOLDS)
        frame = audit_frame(audits)
        for preset in ("zero_usage", "low_usage", "unserved_queue", "critical"):
            assert len(findings.select(frame, audits, preset, [], [])) == 0
        assert len(findings.select(frame, audits, None, [], ["zero_usage_month"])) == 0

    def test_a_search_takes_text_as_it_is_and_ignores_case(self, frame: pd.DataFrame) -> None:
        assert list(filters.matching(frame, "(sdxl)")["name"]) == [ALBEDO]
        assert len(filters.matching(frame, ".*")) == 0
        assert len(filters.matching(frame, "")) == 3


class TestWords:
    def test_the_conditions_say_the_whole_selection(self) -> None:
        assert findings.conditions(None, [], []) == []
        assert findings.conditions("critical", ["critical", "notice"], ["low_usage", "unserved_queue"]) == [
            "severity is critical",
            "severity critical or notice",
            f"has {findings.label('low_usage')} and {findings.label('unserved_queue')}",
        ]

    def test_severities_and_findings_are_told_by_word_and_mark(self, frame: pd.DataFrame) -> None:
        told = findings.in_words(frame)
        assert list(told["severity"]) == ["■ critical", "▲ warning", "✓ none"]
        assert list(told["findings"])[1:] == [[findings.label("has_non_preferred_host")], []]
        assert set(findings.in_words(frame.assign(severity=[*Severity][:3]))["severity"].str[0]) == {"■", "▲", "●"}

    def test_every_severity_has_a_mark(self) -> None:
        every = pd.DataFrame({"severity": [severity.value for severity in Severity], "findings": [[]] * len(Severity)})
        assert findings.in_words(every)["severity"].notna().all()

    def test_counts_are_models_by_finding_most_first(self, frame: pd.DataFrame) -> None:
        albedo, flux = frame["findings"][1], frame["findings"][0]
        counts = findings.counts(pd.concat([frame, frame.tail(2).assign(findings=[albedo, albedo])]))
        assert counts.iloc[0] == 3
        assert counts.to_dict() == {findings.label(albedo[0]): 3, **{findings.label(flag): 1 for flag in flux}}
        assert len(findings.counts(frame.tail(1))) == 0

    def test_presets_that_select_something_are_counted_most_first(self, audits: dict[str, ModelAuditInfo]) -> None:
        summary = audit_summary(audits)._replace(by_preset={"critical": 1, "low_usage": 3, "host_issues": 0})
        assert list(findings.preset_counts(summary).items()) == [("Low usage", 3), ("Critical", 1)]

    def test_columns_are_columns_of_the_frame(self, frame: pd.DataFrame) -> None:
        assert set(findings.columns("image")) | set(findings.columns("text")) <= set(frame.columns)
        assert list(findings.columns("text"))[:2] == ["name", "severity"]


class TestCriteria:
    def test_the_thresholds_quoted_are_those_in_force(self) -> None:
        other = THRESHOLDS.model_copy(
            update={
                "low_usage_percentage": {"image": 1.5, "text": 2.5},
                "backend_imbalance": 0.45,
                "text_critical_usage": 77,
                "preferred_hosts": ("example.org", "example.net"),
            }
        )
        image, text = ("\n".join(findings.criteria(kind, other)) for kind in ("image", "text"))
        assert "1.5 %" in image
        assert "2.5 %" in text
        assert "under 77 requests in 30 days" in text
        assert all("0.45" in panel and "example.org, example.net" in panel for panel in (image, text))
        assert "0.0065" in "\n".join(findings.criteria("image", THRESHOLDS))

    def test_every_flag_severity_and_preset_has_its_rule(self) -> None:
        panel = "\n".join(findings.criteria("image", THRESHOLDS))
        for flag in FLAGS:
            label, rule = findings.FLAG_WORDS[flag]
            assert f"**{label}**: {rule}" in panel
        for preset in PRESETS:
            assert f"**{preset.label}**: {preset.rule}" in panel
        for severity in findings.SEVERITY_RULES:
            assert f"**{severity}**" in panel

    def test_text_names_the_host_findings_only_where_they_are_made(self) -> None:
        made = THRESHOLDS.model_copy(update={"text_ignores_downloads": False})
        for flag in DOWNLOAD_FLAGS:
            rule = f"**{findings.label(flag)}**"
            assert rule not in "\n".join(findings.criteria("text", THRESHOLDS))
            assert rule in "\n".join(findings.criteria("text", made))
