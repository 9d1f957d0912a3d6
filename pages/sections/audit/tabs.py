"""The tabs of the audit: what was found, and models whose backends are uneven."""

from __future__ import annotations

import streamlit as st

from horde_core.analytics import formulas
from horde_core.analytics.groups import GroupLevel
from horde_core.frames.audit import uneven_frame
from pages.common import data, filters, panels, tables, unavailable
from pages.sections.audit import charts, controls, table
from pages.sections.audit.selection import act
from pages.sections.audit.table import Audited


def found(audit: Audited) -> None:
    """The findings: presets, filters, the table, what a selection adds up to, and charts of what is shown."""
    response = audit.response
    model_type, level, thresholds, summary = response.model_type, response.level, response.thresholds, response.summary
    preset = controls.presets(summary, model_type, thresholds, level)
    with st.container(horizontal=True, vertical_alignment="center"):
        selection = controls.choose(audit.infos, model_type, thresholds, preset)
        columns = table.columns(audit)
    shown = table.shown(audit, selection, columns)
    infos = shown.infos
    unknown = unavailable.clause(audit.view, *sorted(selection.needs))
    controls.active_line(selection, thresholds, len(infos), summary.models, level, unknown)
    if infos:
        table.table(audit, shown)
    else:
        said = f"{unknown}, so it is unknown which model matches." if unknown else "No model matches."
        filters.nothing_matches("audit_nothing", said, "a filter", list(selection.chosen), controls.clear)
    act(audit, infos, selection)
    # What somebody typed is not kept for all.
    inputs = (level, thresholds.digest, selection.key, response.as_of, response.recorded)
    given = None if "search" in selection.chosen else inputs
    rows_are = controls.ROWS_ARE[level]
    left, right = st.columns(2)
    with left:
        panels.chart("audit_finding", given, lambda: charts.by_finding(infos, rows_are))
    with right:
        if level != "exact":
            panels.chart(
                "audit_size", given, lambda: charts.usage_against_size(infos, model_type, controls.ROWS_ARE[level])
            )


def uneven(audit: Audited) -> None:
    """Models whose requests and threads spread differently over their backends; an API name is on one by what it is."""
    view, thresholds = audit.view, audit.response.thresholds
    of: GroupLevel = "model" if audit.response.level == "exact" else audit.response.level
    response = data.audit(view, audit.snapshot, thresholds, of)
    given = (of, thresholds.digest, response.as_of)
    if response.models and all(info.balance is None for info in response.models):
        spread = "it is unknown how requests and threads spread over backends"
        st.info(unavailable.sentence(view, ("usage", "status", "workers"), spread))
        return
    frame = data.kept(("uneven", audit.snapshot.id, *given), lambda: uneven_frame(response.models))
    panels.chart("uneven_chart", given, lambda: charts.uneven(frame, unavailable.clause(view, "usage", "status")))
    tables.Table(
        key="uneven",
        title="Text models on two or more backends, by how unevenly",
        load=lambda: frame,
        columns={
            "name": tables.name_column(table.NAMES[of]),
            "imbalance": tables.amount_column(
                "Imbalance", f"{formulas.IMBALANCE.help} n/a without requests or threads.", 3
            ),
            "is_uneven": tables.flag_column("Uneven", "The imbalance reaches the threshold in force."),
            "backend": tables.text_column("Backend"),
            "usage_share": tables.percent_column("% of its requests"),
            "thread_share": tables.percent_column("% of its threads"),
            "difference": tables.amount_column("Difference", "Percentage points: requests less threads."),
            "usage_month": tables.count_column("Requests, 30 days", "Of the model, on all its backends."),
            "threads": tables.count_column("Threads", "Of the model, on all its backends."),
        },
        alt="Models on two or more backends: share of requests and of threads on each",
        rows_are=("model and backend", "models and backends"),
        ranges=("imbalance", "usage_month", "threads"),
        search=("name", "backend"),
        note="The most uneven first.",
        incomplete=unavailable.clause(view, "usage", "status"),
        given=given,
    ).explore(view)
