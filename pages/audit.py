"""Audit: which models of the reference need a look, and why."""

from functools import partial

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
preset = st.pills("Presets", list(labels), format_func=labels.__getitem__, key="preset", bind="query-params")
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
        of=len(frame),
        ranges=("usage_month", "threads", "size") if snapshot.model_type == "image" else ("usage_month", "threads"),
        chosen=findings.conditions(preset, severities, flags),
        clear=("preset", "severity", "flag"),
        loosen="*Presets*, *Severity* or *findings*",
        links_to=snapshot.model_type,
        height=560,
    ),
    view,
)

by_finding, by_preset = findings.counts(frame), findings.preset_counts(summary)
for column, (title, counts) in zip(
    st.columns(2), (("Models by finding", by_finding), ("Models by preset", by_preset)), strict=True
):
    with column:
        panels.chart(
            panels.Chart(
                key=f"audit_{title.rpartition(' ')[2]}",
                title=title,
                scope=f"All {words.plural(len(frame), 'model')} of the reference; a model may count in several",
                draw=partial(charts.count_bars, counts, "models"),
                alt=words.ranking(list(counts.index), [words.count(value) for value in counts], title),
                rows=counts.rename("models").rename_axis("name").reset_index(),
                columns={"name": tables.name_column("What"), "models": tables.count_column("Models")},
            )
        )

panels.explanation(*findings.criteria(snapshot.model_type, data.THRESHOLDS))
