"""Audit: which models of the reference need a look, why, and what to do about them."""

from __future__ import annotations

import streamlit as st

from horde_core.audit import Severity
from pages.common import data, filters, findings, panels, unavailable, words
from pages.common.unlisted import unlisted
from pages.sections.audit import controls, table, tabs

view = data.current_view()
snapshot = view.snapshot
model_type = snapshot.model_type
if not snapshot.reference.available:
    st.info(unavailable.sentence(view, ("reference",), "it is unknown what there is to audit"))
    st.stop()

controls.begin(model_type)
with st.container(horizontal=True, vertical_alignment="center"):
    level = filters.group(model_type)
    thresholds = controls.tried_thresholds(model_type)
controls.tried_note(thresholds, model_type)
audit = table.audited(view, data.audit(view, snapshot, thresholds, level))
summary = audit.response.summary
rows_are = controls.ROWS_ARE[level]
findings.unknown_notice(summary)
if level == "family" and not any(record.text_model_group for record in snapshot.reference.values()):
    st.info("This source of the reference states no families, so each model stands alone.")
panels.figures(
    f"audit {level}",
    panels.Figure(words.sentence_case(rows_are[1]), words.count(summary.models), controls.FROM_THE_REFERENCE[level]),
    *(
        panels.Figure(
            severity.value.capitalize(),
            words.count(summary.by_severity[severity]),
            findings.severity_rule(severity, thresholds),
            number=summary.by_severity[severity],
        )
        for severity in (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)
    ),
    panels.Figure("Nothing found", words.count(summary.by_severity[Severity.NONE]), "without any finding"),
)

panels.tabs(
    "audit_tab",
    {
        "Findings": lambda: tabs.found(audit),
        "Unlisted models": lambda: unlisted(view, "month"),
        **({"Uneven backends": lambda: tabs.uneven(audit)} if model_type == "text" else {}),
    },
)
panels.explanation(*findings.criteria(model_type, thresholds))
