"""The audit in words: complete, from the thresholds in force, and the same as what the engine judges by."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from horde_core.audit import DOWNLOAD_FLAGS, FLAGS, AuditThresholds, CategoryAuditResponse, Severity, worst_first
from horde_core.audit.presets import PRESETS, presets_for
from horde_core.audit.rules import RULES, SEVERITY_RULES
from horde_core.frames.audit import audit_frame
from horde_core.settings import Settings
from horde_core.vocabulary import ModelType
from pages.common import findings, words
from tests.fixtures.snapshots import snapshot

TODAY = date(2026, 1, 1)


def thresholds(model_type: ModelType = "image", **tried: Any) -> AuditThresholds:
    return AuditThresholds.from_settings(Settings(), model_type).model_copy(update=tried)


@pytest.fixture(scope="module")
def image() -> CategoryAuditResponse:
    return snapshot("image").audit(thresholds(), TODAY, {})


@pytest.fixture(scope="module")
def frame(image: CategoryAuditResponse) -> pd.DataFrame:
    return audit_frame(worst_first(image.models), image.thresholds, words.numbers())


def test_every_flag_has_words_of_its_own() -> None:
    assert len({findings.label(flag) for flag in FLAGS}) == len(FLAGS)


class TestWords:
    def test_severities_findings_and_reasons_are_told_in_words(self, frame: pd.DataFrame) -> None:
        told = findings.in_words(frame)
        assert list(told["severity"]) == ["■ critical", "▲ warning", "✓ none"]
        assert list(told["findings"])[1:] == [[findings.label("has_non_preferred_host")], []]
        assert list(told["reasons"])[1:] == ["downloads on civitai.com; preferred: huggingface.co", ""]

    def test_every_severity_has_a_mark(self) -> None:
        every = pd.DataFrame(
            {
                "severity": [severity.value for severity in Severity],
                "findings": [[]] * len(Severity),
                "reasons": [[]] * len(Severity),
            }
        )
        assert findings.in_words(every)["severity"].notna().all()

    @pytest.mark.parametrize("model_type", ["image", "text"])
    def test_columns_are_columns_of_the_frame(self, frame: pd.DataFrame, model_type: ModelType) -> None:
        assert set(findings.columns(model_type)) <= set(frame.columns)
        assert list(findings.columns(model_type))[:2] == ["name", "severity"]
        assert set(findings.HIDDEN) <= set(findings.columns("image"))

    def test_one_row_tells_every_judged_flag_with_its_reason(self, image: CategoryAuditResponse) -> None:
        info = next(one for one in image.models if one.name == "Flux.1-Schnell")
        told = findings.explanation_frame(info, image.thresholds).set_index("what")
        assert len(told) == 1 + len(FLAGS) - 1, "image models have no backends"
        assert told.loc["Severity", "value"] == "■ critical"
        assert tuple(told.loc["Unserved queue"]) == ("■ yes", "2.10 megapixelsteps queued, 0 threads to serve it")
        assert told.loc["Unreadable URL", "value"] == "✓ no"
        assert (told["why"] != "").all()

    def test_figures_are_written_in_the_visitors_language(self, image: CategoryAuditResponse) -> None:
        deliberate = next(one for one in image.models if one.name == "Deliberate")
        words.speak("de", "UTC")
        try:
            told = findings.explanation_frame(deliberate, image.thresholds).set_index("what")["why"]
        finally:
            words.speak("en", "UTC")
        assert told["Unused for 30 days"] == "3.000 images in 30 days"
        assert "threshold 0,0065 %" in told["Low usage"]


class TestCriteria:
    def test_the_thresholds_quoted_are_those_in_force(self) -> None:
        tried = {
            "low_usage_percentage": 1.5,
            "minimum_month_usage": 200,
            "backend_imbalance": 0.45,
            "critical_usage": 77,
            "critical_workers": 3,
            "grace_days": 12,
            "preferred_hosts": ("example.org", "example.net"),
        }
        image, text = ("\n".join(findings.criteria(kind, thresholds(kind, **tried))) for kind in ("image", "text"))
        for panel, noun in ((image, "images"), (text, "requests")):
            assert "less than 1.5 % of the category" in panel
            assert f"fewer than 200 {noun} in 30 days" in panel
            assert f"fewer than 77 {noun} in 30 days and fewer than 3 workers" in panel
            assert "12 days after they were added" in panel
        assert "imbalance of 0.45 or more" in text
        assert "example.org, example.net" in image

    @pytest.mark.parametrize("model_type", ["image", "text"])
    def test_every_judged_flag_severity_and_preset_has_its_rule(self, model_type: ModelType) -> None:
        own = thresholds(model_type)
        panel = "\n".join(findings.criteria(model_type, own))
        for rule in RULES:
            is_told = f"- **{rule.label}**: {rule.rule(own, words)}" in panel
            assert is_told is rule.judges(model_type, own)
        for preset in PRESETS:
            is_told = f"- **{preset.label}**: {preset.rule(own, words)}" in panel
            assert is_told is (preset in presets_for(model_type, own))
        for severity in SEVERITY_RULES:
            assert f"- **{severity}**: " in panel

    def test_text_names_the_host_findings_only_where_they_are_made(self) -> None:
        for flag in DOWNLOAD_FLAGS:
            rule = f"- **{findings.label(flag)}**"
            assert rule not in "\n".join(findings.criteria("text", thresholds("text")))
            assert rule in "\n".join(findings.criteria("text", thresholds("text", ignores_downloads=False)))
