"""Audit: which models of the reference need a look, and why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from horde_core.audit import FLAGS, PRESETS, Severity
from horde_core.summaries import audit_summary
from pages.common import charts, data, filters, findings, panels, tables, words

view = data.current_view()
snapshot = view.snapshot
panels.headline("Audit", f"Which {snapshot.model_type} models of the reference should a maintainer look at, and why?")
if not snapshot.reference.available:
    st.info("The reference is unavailable, so there is nothing to audit.")
    st.stop()

summary = data.kept(("audit summary", snapshot.id), lambda: audit_summary(data.audits(snapshot)))
findings.unknown_notice(
    data.kept(("unknown findings", snapshot.id), lambda: findings.unknown_flags(data.audit_frame(snapshot)))
)
panels.figures(
    "audit",
    [
        panels.Figure("Models", words.count(summary.models), "in the reference"),
        *(
            panels.Figure(
                severity.value.capitalize(),
                words.count(summary.by_severity[severity]),
                findings.SEVERITY_RULES[severity](snapshot.model_type, data.THRESHOLDS),
                number=summary.by_severity[severity],
            )
            for severity in (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)
        ),
        panels.Figure("Nothing found", words.count(summary.by_severity[Severity.NONE]), "models without any finding"),
    ],
)

labels = {preset.key: preset.label for preset in PRESETS}
preset = filters.pills("Presets", list(labels), "preset", labels.__getitem__)
with st.container(horizontal=True, vertical_alignment="bottom"):
    severities = filters.several("Any severity", [severity.value for severity in Severity], "severity", str, 260)
    flags = filters.several("Has all of these findings", FLAGS, "flag", findings.label, 360)

tables.explore(
    tables.Table(
        key="audit",
        title=f"Audit of the {snapshot.model_type} reference",
        load=lambda: findings.in_words(
            findings.select(data.audit_frame(snapshot), data.audits(snapshot), preset, severities, flags)
        ),
        columns=findings.columns(snapshot.model_type),
        alt="Audit of the model reference",
        of=summary.models,
        ranges=("usage_month", "threads", "size") if snapshot.model_type == "image" else ("usage_month", "threads"),
        chosen=findings.conditions(preset, severities, flags),
        clear=("preset", "severity", "flag"),
        loosen="*Presets*, *Severity* or *findings*",
        links_to=snapshot.model_type,
        given=(preset, tuple(severities), tuple(flags)),
        height=560,
    ),
    view,
)


def counts_chart(title: str, count: Callable[[], pd.Series[Any]]) -> panels.Chart:
    """How many models each finding or preset has."""
    counts = count()
    return panels.Chart(
        title,
        f"All {words.plural(summary.models, 'model')} of the reference; a model may count in several",
        charts.count_bars(counts, "models"),
        words.ranking(list(counts.index), [words.count(value) for value in counts], title),
        counts.rename("models").rename_axis("name").reset_index(),
        {"name": tables.name_column("What"), "models": tables.count_column("Models")},
    )


counted: dict[str, Callable[[], pd.Series[Any]]] = {
    "finding": lambda: findings.counts(data.audit_frame(snapshot)),
    "preset": lambda: findings.preset_counts(summary),
}
for column, (what, count) in zip(st.columns(2), counted.items(), strict=True):
    with column:
        panels.chart(f"audit_{what}", (), partial(counts_chart, f"Models by {what}", count))

panels.explanation(*findings.criteria(snapshot.model_type, data.THRESHOLDS))
