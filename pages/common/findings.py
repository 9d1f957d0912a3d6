"""The audit's findings in words and columns, from the rules by which models are judged."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from horde_core.analytics import formulas
from horde_core.audit import AuditSummary, AuditThresholds, Flag, ModelAuditInfo, Severity
from horde_core.audit.presets import presets_for
from horde_core.audit.rules import RULE_OF, RULES, SEVERITY_RULES, explain, rules_for, severity_reason
from horde_core.vocabulary import ModelType
from pages.common import tables, words

_SEVERITY_MARKS = {
    "critical": "■ critical",
    "warning": "▲ warning",
    "notice": "● notice",
    "unknown": "? unknown",
    "none": "✓ none",
}
_VALUE_MARKS = {True: "■ yes", False: "✓ no", None: "? unknown"}


_AS_RECORDED = (
    "From the history of this installation; n/a where it does not reach. Reasons say where it may be more days."
)


def label(flag: Flag) -> str:
    """A flag in two or three words."""
    return RULE_OF[flag].label


def severity_words(severity: Severity) -> str:
    """A severity as mark and word."""
    return _SEVERITY_MARKS[severity.value]


def severity_rule(severity: Severity, thresholds: AuditThresholds) -> str:
    """What a severity means, with the thresholds in force."""
    return SEVERITY_RULES[severity](thresholds, words.numbers())


def columns(model_type: ModelType, name: str = "Model") -> dict[str, Any]:
    """The columns of the audit table; severity first."""
    chosen: dict[str, Any] = {
        "name": tables.name_column(name),
        "severity": st.column_config.TextColumn("Severity", width="small"),
        "findings": st.column_config.ListColumn("Findings", width="medium"),
        "reasons": st.column_config.TextColumn("Reasons", width="large", help="Why each finding is one, with figures."),
        "unused_days": tables.count_column(
            "Unused for at least (days)", f"Whole days without a request. {_AS_RECORDED}"
        ),
        "last_used": tables.text_column("Last recorded use", f"The last day with requests, in UTC. {_AS_RECORDED}"),
        **tables.usage_columns(model_type),
        "share_month": tables.percent_column("Share, 30 days", "Percent of the category's 30-day requests."),
        "momentum": tables.amount_column("Momentum", formulas.MOMENTUM.help, 2),
        "threads": tables.count_column("Threads"),
        "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
        "unserved_days": tables.count_column(
            "Not served for at least (days)", f"Without a thread or a worker. {_AS_RECORDED}"
        ),
        "last_served": tables.text_column(
            "Last recorded as served", f"The last day with a thread or a worker, in UTC. {_AS_RECORDED}"
        ),
    }
    if model_type == "text":
        chosen["backends"] = tables.list_column("Backends", "Those with requests in 30 days or threads now.")
        chosen["parameters"] = tables.amount_column("Parameters (billions)")
    else:
        chosen["size"] = tables.amount_column("Size (GB)", "On disk; 1 GB is 10⁹ bytes.", 2)
        chosen["cost_benefit_percentile"] = tables.FigureColumn(
            "Cost-benefit percentile", formulas.COST_BENEFIT_PERCENTILE.help, least_decimals=0, bar_to=100.0
        )
        chosen["inpainting"] = tables.flag_column("Inpainting", "Made for inpainting, as the reference states it.")
        chosen["requirements"] = tables.list_column("Requirements", "What requests must ask for.")
        chosen["hosts"] = tables.list_column("Hosts")
        chosen["age"] = tables.count_column("Age (days)", "Since it was added to the reference.")
    chosen["baseline"] = tables.text_column("Baseline")
    chosen["style"] = tables.text_column("Style")
    chosen["tags"] = tables.list_column("Tags")
    chosen["nsfw"] = tables.flag_column("NSFW", "As the reference states it.")
    return chosen


HIDDEN = (
    *("style", "tags", "nsfw", "inpainting", "requirements"),
    *("last_used", "unserved_days", "last_served"),
)
"""Columns that are there for who asks for them."""


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with severity as word and mark, findings as words, and reasons as one text."""
    return frame.assign(
        severity=frame["severity"].map(_SEVERITY_MARKS),
        findings=frame["findings"].map(lambda found: [label(flag) for flag in found]),
        reasons=frame["reasons"].map("; ".join),
    )


def explanation_frame(info: ModelAuditInfo, thresholds: AuditThresholds) -> pd.DataFrame:
    """One row a flag that is judged of a model: whether it is true, and why; the severity first."""
    rows = [("Severity", severity_words(info.severity), severity_reason(info, thresholds, words.numbers()))]
    rows += [
        (words.sentence_case(one.label), _VALUE_MARKS[one.value], one.why)
        for one in explain(info, thresholds, words.numbers())
    ]
    return pd.DataFrame(rows, columns=["what", "value", "why"])


def unknown_notice(summary: AuditSummary) -> None:
    """Say which findings cannot be known now, and of how many models AI Horde does not list the queue."""
    unlisted = summary.by_flag["unserved_queue"].unknown
    is_of_some = 0 < unlisted < summary.models
    named = [label(flag) for flag in summary.unknown_flags if not (is_of_some and flag == "unserved_queue")]
    if summary.by_preset["critical"] is None:
        named.append("who is critical, and so every severity")
    if summary.by_preset["deletion_candidates"] is None:
        named.append("who is a deletion candidate")
    if named:
        st.warning(
            "Unknown now, because a source is unavailable or incomplete: "
            f"{words.listing(named)}. "
            "What is unknown is not counted, and no preset selects it.",
            icon=":material/help:",
        )
    if is_of_some:
        st.caption(
            f"AI Horde lists no queue for {words.count(unlisted)} of these models, so whether work waits for them is "
            "unknown."
        )


def criteria(model_type: ModelType, thresholds: AuditThresholds) -> list[str]:
    """Every rule with the threshold in force."""
    numbers = words.numbers()
    rules = [f"- **{rule.label}**: {rule.rule(thresholds, numbers)}" for rule in rules_for(model_type, thresholds)]
    severities = [f"- **{severity}**: {rule(thresholds, numbers)}" for severity, rule in SEVERITY_RULES.items()]
    presets = [
        f"- **{preset.label}**: {preset.rule(thresholds, numbers)}" for preset in presets_for(model_type, thresholds)
    ]
    skipped = [rule.label for rule in RULES if not rule.judges(model_type, thresholds)]
    return [
        "**Findings.** Each is true, false or unknown: it is unknown while the source it rests on is unavailable.",
        "\n".join(rules),
        *([f"Not judged of {model_type} models: {words.listing(skipped)}."] if skipped else []),
        "**Severity**, worst first:",
        "\n".join(severities),
        "**Presets.** Each selects the models of which it is certain:",
        "\n".join(presets),
    ]
