"""One model's sheet: what the reference says of it, what is asked of it, who serves it, and what the audit found."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from horde_core.analytics import formulas
from horde_core.audit.rules import Explanation, explain
from horde_core.frames.backends import variation_frame
from horde_core.frames.workers import worker_rows
from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.vocabulary import PERIODS, WORK_UNIT
from pages.common import data, findings, freshness_header, panels, tables, unavailable, words
from pages.sections.model import over_time, record
from pages.sections.model.facts import audit_of, row_of

HOW_WORDS = {
    "exact": "is the model's own name",
    "case": "is the model's own name in another case",
    "segment": "is the model's name behind a backend or without its author",
    "quantisation": "is the model's name with a quantisation",
    "key": "is the model's name with other separators",
    "key+quantisation": "is the model's name with other separators and a quantisation",
}


def draw(view: PageView, model: Found) -> None:
    """Draw everything about one model."""
    snapshot = view.categories[model.model_type]
    row = row_of(snapshot, model)
    given = (view.id, model.model_type, model.name, words.numbers())
    data.kept(("model's title", *given, model.asked), lambda: _title(snapshot, model))
    _usage(view, snapshot, row)
    _live(view, row, model)
    over_time.draw(view, [model])
    left, right = st.columns(2)
    with left:
        record.draw(view, model, given)
    with right:
        data.kept(("model's findings", *given), lambda: _findings(view, model))
    data.kept(("model's tables", *given), lambda: _tables(view, snapshot, model))


def _tables(view: PageView, snapshot: Snapshot, model: Found) -> None:
    _workers(snapshot, model)
    if model.model_type == "text":
        _backends(view, model)
    _names(view, model)


def _title(snapshot: Snapshot, model: Found) -> None:
    st.subheader(":material/deployed_code: " + model.model_type.capitalize() + " model", anchor=False)
    st.text(words.one_line(model.name, 200))
    with st.container(horizontal=True, vertical_alignment="center"):
        if model.record is not None:
            st.badge("In the reference", icon=":material/check_circle:", color="green")
        elif snapshot.reference.available:
            st.badge("Not in the reference", icon=":material/help:", color="gray")
        else:
            st.badge("Not known whether in the reference", icon=":material/help:", color="gray")
    if model.asked != model.name:
        st.caption(f"The name that was asked for {HOW_WORDS.get(model.how, 'is written in another way there')}:")
        st.text(words.one_line(model.asked, 200))


def _usage(view: PageView, snapshot: Snapshot, row: dict[str, Any]) -> None:
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    panels.figures(
        f"model {row['name']}",
        *(
            panels.Figure(
                f"{noun.capitalize()}, {tables.PERIOD_WORDS[period].lower()}",
                words.count(row[f"usage_{period}"]),
                f"{words.share(row[f'share_{period}'])} · rank {words.count(row[f'rank_{period}'])}",
                f"Share of all {noun} of the category, and place among all its names.",
                None if words.is_unknown(row[f"usage_{period}"]) else row[f"usage_{period}"],
            )
            for period in PERIODS
        ),
        panels.Figure(
            "Momentum",
            words.ratio(row["momentum"]),
            freshness_header.usage_age(view, snapshot.model_type),
            formulas.MOMENTUM.help,
        ),
    )


def _live(view: PageView, row: dict[str, Any], model: Found) -> None:
    unit = WORK_UNIT[model.model_type][0]
    is_known = view.categories[model.model_type].status.available
    speed = words.queue_state(row) or words.pace(row["performance"], unit) if is_known else "the queue is unavailable"
    panels.figures(
        f"model live {row['name']}",
        panels.Figure(
            words.bounded("Work queued", model.model_type, row["queued"]),
            words.amount(row["queued"]),
            f"{unit}, {words.count(row['jobs'])} jobs",
            formulas.QUEUED.help,
        ),
        panels.Figure("Threads", words.count(row["threads"]), "serve it now"),
        panels.Figure("Workers", words.count(row["workers"]), "not in maintenance"),
        panels.Figure(
            words.bounded("Drain time", model.model_type, row["eta"]),
            words.duration(None if words.is_unknown(row["eta"]) else row["eta"]),
            speed,
            formulas.MODEL_DRAIN.help,
        ),
    )


def _findings(view: PageView, model: Found) -> None:
    audit = audit_of(view.categories[model.model_type], model)
    with st.container(border=True):
        st.markdown("**Findings of the audit**")
        if audit is None:
            st.info(
                unavailable.sentence(
                    view,
                    ("reference",),
                    "it is unknown what the audit finds",
                    "Only models of the reference are audited.",
                    model.model_type,
                )
            )
            return
        st.caption(f"Severity: {findings.severity_words(audit.severity)}")
        thresholds = data.THRESHOLDS[model.model_type]
        found = [one for one in explain(audit, thresholds, words.numbers()) if one.value]
        if found:
            tables.show(
                pd.DataFrame(found, columns=Explanation._fields),
                {"label": tables.name_column("Finding"), "why": tables.text_column("Why", width="large")},
                alt="Findings of the audit and why they are made",
                key="model_findings",
            )
        unknown = audit.flags.unknown_flags()
        if not found and unknown:
            st.info("Nothing was found in what is known.")
        elif not found:
            st.success("Nothing was found.", icon=":material/check_circle:")
        if unknown:
            st.caption(f"Unknown now: {words.listing([findings.label(flag) for flag in unknown])}.")


def _workers(snapshot: Snapshot, model: Found) -> None:
    st.subheader("Workers", anchor=False)
    rows = worker_rows(model.statistics)
    if rows is None:
        st.info("Workers are unavailable, so it is unknown who serves it.")
    elif not len(rows):
        st.info("No worker serves it now.")
    else:
        tables.show(
            rows,
            {
                "name": tables.name_column("Worker"),
                "threads": tables.count_column("Threads", "Of the worker, for all its models together."),
                "performance": tables.text_column("Speed"),
                "trusted": tables.flag_column("Trusted"),
                "maintenance": tables.flag_column("Maintenance"),
                "uptime": tables.duration_column("Uptime", "Over its whole life."),
            },
            alt="Workers that serve this model",
            key="model_workers",
        )


def _backends(view: PageView, model: Found) -> None:
    missing = unavailable.clause(view, "usage", "status", model_type=model.model_type)
    st.subheader("Backends", anchor=False)
    rows = variation_frame(model.statistics)
    if not len(rows):
        known = "No backend has requests for it or serves it."
        st.info(f"{missing}, so its backends are unknown." if missing else known)
        return
    if missing:
        st.caption(f"{missing}, so there may be more.")
    tables.show(
        rows,
        {
            "backend": tables.name_column("Backend"),
            **tables.usage_columns("text"),
            "usage_share": tables.percent_column("% of its 30-day requests"),
            "threads": tables.count_column("Threads"),
            "thread_share": tables.percent_column("% of its threads"),
            "queued": tables.amount_column("Queued (tokens)"),
            "names": tables.count_column("Names"),
        },
        alt="The model's requests and threads by backend",
        key="model_backends",
    )


def _names(view: PageView, model: Found) -> None:
    names = model.statistics.names
    missing = unavailable.clause(view, "usage", "status", model_type=model.model_type)
    st.subheader("Names that workers send for it", anchor=False)
    if missing and not names:
        st.caption(f"{missing}, so its names are unknown.")
    else:
        known = f"{words.plural(len(names), 'name')}, all added up above."
        st.caption(f"{known} {missing}, so there may be more." if missing else known)
    if names:
        tables.show(
            pd.DataFrame({"name": list(names)}),
            {"name": st.column_config.TextColumn("Name", width="large")},
            alt="API names that were attributed to this model",
            key="model_names",
            height=300,
        )
