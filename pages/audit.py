"""Audit: which models of the reference need a look, and why."""

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

audits = data.audits(snapshot)
summary = audit_summary(audits)
frame = data.audit_frame(snapshot)
findings.unknown_notice(frame)
panels.figures(
    [
        panels.Figure("Models", words.count(summary.models), "in the reference"),
        *(
            panels.Figure(
                severity.value.capitalize(),
                words.count(summary.by_severity[severity]),
                findings.SEVERITY_RULES[severity](snapshot.model_type, data.THRESHOLDS),
            )
            for severity in (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)
        ),
        panels.Figure("Nothing found", words.count(summary.by_severity[Severity.NONE]), "models without any finding"),
    ]
)

labels = {preset.key: preset.label for preset in PRESETS}
preset = st.pills("Presets", list(labels), format_func=labels.__getitem__, key="preset", bind="query-params")
with st.container(horizontal=True, vertical_alignment="bottom"):
    severities = st.multiselect(
        "Severity", [severity.value for severity in Severity], key="severity", bind="query-params", width=260
    )
    flags = st.multiselect(
        "Has all of these findings", FLAGS, format_func=findings.label, key="flag", bind="query-params", width=360
    )
    text = filters.search("audit_name")

chosen = findings.select(frame, audits, preset, severities, flags)
chosen = filters.matching(chosen, text)
st.caption(findings.sentence(len(chosen), len(frame), preset, severities, flags, text))
if len(chosen):
    tables.show(
        findings.in_words(chosen),
        findings.columns(snapshot.model_type),
        alt="Audit of the model reference",
        key="audit_table",
        height=560,
    )
    tables.download(findings.in_words(chosen), f"audit-{snapshot.model_type}", "audit_download")
else:
    filters.nothing_matches(
        ["preset", "severity", "flag", "audit_name"], "*Presets*, *Severity*, *findings* or *Search*"
    )

by_finding, by_preset = findings.counts(frame), findings.preset_counts(summary)
for column, (title, counts) in zip(
    st.columns(2), (("Models by finding", by_finding), ("Models by preset", by_preset)), strict=True
):
    with column:
        panels.chart(
            title,
            f"All {words.plural(len(frame), 'model')} of the reference; a model may count in several",
            charts.count_bars(counts, "models"),
            alt=words.ranking(list(counts.index), [words.count(value) for value in counts], title),
            key=f"audit_{title}",
        )

panels.explanation(*findings.criteria(snapshot.model_type, data.THRESHOLDS))
