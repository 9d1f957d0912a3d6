"""The audit's findings in words and columns, from the same data the engine uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from horde_core.audit import DOWNLOAD_FLAGS, FLAGS, PRESETS, AuditThresholds, Flag, ModelAuditInfo, Severity
from horde_core.models import ModelType
from horde_core.summaries import AuditSummary
from pages.common import tables, words

FLAG_WORDS: Mapping[Flag, tuple[str, str]] = {
    "zero_usage_day": ("unused for a day", "no requests in the last counted 24 hours"),
    "zero_usage_month": ("unused for 30 days", "no requests in 30 days"),
    "zero_usage_total": ("never used", "no requests of all time"),
    "no_active_workers": (
        "no workers",
        "no online worker outside maintenance serves it; threads where workers are unknown",
    ),
    "has_multiple_hosts": ("several hosts", "its downloads lie on more than one host"),
    "has_non_preferred_host": ("other host", "a download lies on a host that is not preferred"),
    "has_unknown_host": ("unreadable URL", "a download URL has no http(s) host"),
    "no_download_urls": ("no download", "the record has no download URL"),
    "missing_description": ("no description", "the record has no description"),
    "missing_baseline": ("no baseline", "the record has no baseline"),
    "low_usage": ("low usage", "its share of the category's 30-day requests is below the threshold"),
    "uneven_backends": ("uneven backends", "its requests and its threads spread differently over its backends"),
    "unserved_queue": ("unserved queue", "jobs wait and no thread serves it"),
}
"""Each flag in two or three words, and its rule."""

SEVERITY_RULES: Mapping[Severity, Callable[[ModelType, AuditThresholds], str]] = {
    Severity.CRITICAL: lambda model_type, thresholds: (
        "unused for 30 days, no workers"
        if model_type == "image"
        else f"under {thresholds.text_critical_usage} requests in 30 days, "
        + (
            "no workers"
            if thresholds.text_critical_workers == 1
            else f"under {thresholds.text_critical_workers} workers"
        )
    ),
    Severity.WARNING: lambda _type, _thresholds: "a host or download finding",
    Severity.NOTICE: lambda _type, _thresholds: "any other finding",
}

_SEVERITY_MARKS = {
    "critical": "■ critical",
    "warning": "▲ warning",
    "notice": "● notice",
    "unknown": "? unknown",
    "none": "✓ none",
}


def label(flag: Flag) -> str:
    """A flag in two or three words."""
    return FLAG_WORDS[flag][0]


def severity_words(severity: Severity) -> str:
    """A severity as mark and word."""
    return _SEVERITY_MARKS[severity.value]


def select(
    frame: pd.DataFrame,
    audits: Mapping[str, ModelAuditInfo],
    preset: str | None,
    severities: Sequence[str],
    flags: Sequence[Flag],
) -> pd.DataFrame:
    """The rows that all filters let through; an unknown flag never selects."""
    if preset is not None:
        selects = next(one.selects for one in PRESETS if one.key == preset)
        frame = frame[frame["name"].map(lambda name: selects(audits[name])).astype(bool)]
    if severities:
        frame = frame[frame["severity"].isin(severities)]
    if flags:
        frame = frame[frame["findings"].map(lambda found: set(flags) <= set(found)).astype(bool)]
    return frame


def conditions(preset: str | None, severities: Sequence[str], flags: Sequence[Flag]) -> list[str]:
    """What was chosen, in words."""
    chosen = [one.rule for one in PRESETS if one.key == preset]
    if severities:
        chosen.append(f"severity {' or '.join(severities)}")
    if flags:
        chosen.append(f"has {words.listing([label(flag) for flag in flags])}")
    return chosen


def columns(model_type: ModelType) -> dict[str, Any]:
    """The columns of the audit table; severity first."""
    chosen: dict[str, Any] = {
        "name": tables.name_column(),
        "severity": st.column_config.TextColumn("Severity", width="small"),
        "findings": st.column_config.ListColumn("Findings", width="large"),
        **tables.usage_columns(model_type),
        "share_month": st.column_config.NumberColumn(
            "Share, 30 days", format="%.4f %%", help="Percent of the category's 30-day requests."
        ),
        "momentum": st.column_config.NumberColumn("Momentum", format="%.2f", help="Day x 30 / 30 days: above 1 rises."),
        "threads": tables.count_column("Threads"),
        "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
    }
    if model_type == "image":
        chosen["size"] = st.column_config.NumberColumn("Size (GiB)", format="%.2f")
        chosen["cost_benefit_score"] = st.column_config.NumberColumn(
            "Requests per GiB", format="%,.1f", help="30-day requests for each GiB on disk."
        )
        chosen["hosts"] = st.column_config.ListColumn("Hosts")
    else:
        chosen["backends"] = st.column_config.ListColumn("Backends")
    chosen["baseline"] = st.column_config.TextColumn("Baseline")
    return chosen


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with severity as word and mark, and findings as words."""
    return frame.assign(
        severity=frame["severity"].map(_SEVERITY_MARKS),
        findings=frame["findings"].map(lambda found: [label(flag) for flag in found]),
    )


def counts(frame: pd.DataFrame) -> pd.Series[Any]:
    """Models by finding, most first."""
    found = frame["findings"].explode().dropna().value_counts()
    return found.rename(index={flag: label(flag) for flag in FLAGS})


def preset_counts(summary: AuditSummary) -> pd.Series[Any]:
    """Models by preset, most first."""
    labels = {preset.key: preset.label for preset in PRESETS}
    counted = pd.Series({labels[key]: count for key, count in summary.by_preset.items() if count}, dtype="int64")
    return counted.sort_values(ascending=False, kind="stable")


def unknown_flags(frame: pd.DataFrame) -> list[Flag]:
    """The findings that cannot be known now of some model."""
    unknown = set(frame["unknown"].explode().dropna())
    return [flag for flag in FLAGS if flag in unknown]


def unknown_notice(unknown: Sequence[Flag]) -> None:
    """Say which findings cannot be known now."""
    if unknown:
        st.warning(
            "Unknown now, because a source is unavailable or incomplete: "
            f"{words.listing([label(flag) for flag in unknown])}. "
            "What is unknown is neither a finding nor a clean bill, and no preset selects it.",
            icon=":material/help:",
        )


def criteria(model_type: ModelType, thresholds: AuditThresholds) -> list[str]:
    """Every rule with the threshold in force."""
    skipped = DOWNLOAD_FLAGS if model_type == "text" and thresholds.text_ignores_downloads else ()
    rules = [f"- **{label(flag)}**: {rule}" for flag, (_, rule) in FLAG_WORDS.items() if flag not in skipped]
    severities = [f"**{severity}**: {rule(model_type, thresholds)}" for severity, rule in SEVERITY_RULES.items()]
    presets = [f"- **{preset.label}**: {preset.rule}" for preset in PRESETS]
    return [
        "A finding is true, false or unknown: it is unknown while the source it rests on is unavailable.",
        "\n".join(rules),
        f"The threshold of **{label('low_usage')}** is {thresholds.low_usage_percentage[model_type]:g} % of the "
        f"category's 30-day requests; of **{label('uneven_backends')}** an imbalance of "
        f"{thresholds.backend_imbalance:g}. Preferred hosts: {', '.join(thresholds.preferred_hosts)}."
        + (" Text models skip the host and download findings: no text record has a download." if skipped else ""),
        "Severity: " + "; ".join(severities) + ".",
        "Presets:",
        "\n".join(presets),
        "The age of a model is not known to the audit, so a new model may be among the candidates.",
    ]
