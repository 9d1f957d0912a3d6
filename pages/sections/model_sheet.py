"""One model's sheet: what the reference says of it, what is asked of it, who serves it, and what the audit found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from horde_core.analytics import formulas
from horde_core.audit import ModelAuditInfo
from horde_core.audit.rules import Explanation, explain
from horde_core.frames.backends import variation_frame
from horde_core.frames.workers import worker_rows
from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.upstream.web_address import host_of
from horde_core.vocabulary import GIGABYTE, PERIODS, WORK_UNIT
from pages.common import bars, data, freshness_header, panels, tables, words
from pages.common.chart_frame import MEASURE_COLOURS
from pages.sections import findings

HOW_WORDS = {
    "exact": "is the model's own name",
    "case": "is the model's own name in another case",
    "segment": "is the model's name behind a backend or without its author",
    "quantisation": "is the model's name with a quantisation",
    "key": "is the model's name with other separators",
    "key+quantisation": "is the model's name with other separators and a quantisation",
    "none": "is not in the reference",
}


def one(view: PageView, model: Found) -> None:
    """Everything about one model."""
    snapshot = view.categories[model.model_type]
    row = _row(snapshot, model)
    audit = _audit(snapshot, model)
    _title(model)
    _usage(view, snapshot, row)
    _live(snapshot, row, model)
    left, right = st.columns(2)
    with left:
        _record(model)
    with right:
        _findings(model, audit)
    _workers(snapshot, model)
    if model.model_type == "text":
        _backends(snapshot, model)
    _names(model)


def side_by_side(view: PageView, models: Sequence[Found]) -> None:
    """Up to four models, a column each, and their shares as a chart."""
    rows = {model.name: _row(view.categories[model.model_type], model) for model in models}
    names = [model.name for model in models]
    ages = {
        f"{kind}: {freshness_header.usage_age(view, kind)}": None for kind in (model.model_type for model in models)
    }
    panels.chart("compare_chart", tuple(names), partial(_comparison, rows), "; ".join(ages))
    facts = {model.name: _facts(view.categories[model.model_type], model, rows[model.name]) for model in models}
    compared = pd.DataFrame(facts)
    compared.insert(0, "fact", list(compared.index))
    compared.columns = ["fact", *(f"model {place}" for place in range(1, len(models) + 1))]
    titles = [tables.text_column(words.one_line(name, 50)) for name in names]
    tables.show(
        compared,
        {"fact": tables.name_column("Figure")} | dict(zip(compared.columns[1:], titles, strict=True)),
        alt="Models side by side",
        key="compare_table",
        height=720,
    )


def _comparison(rows: Mapping[str, Mapping[str, Any]]) -> panels.Chart:
    shares = {
        tables.PERIOD_WORDS[period]: words.known(row[f"share_{period}"] for row in rows.values()) for period in PERIODS
    }
    names = list(rows)
    return panels.Chart(
        "Share of all requests of the category, by model and period",
        "",
        bars.grouped_bars(names, shares, "% of the category", MEASURE_COLOURS),
        words.ranking(names, [words.share(share) for share in shares["30 days"]], "Share in 30 days"),
        pd.DataFrame({"name": names, **shares}),
        {"name": tables.name_column()} | {period: tables.percent_column(f"{period}, %") for period in shares},
    )


def _row(snapshot: Snapshot, model: Found) -> dict[str, Any]:
    def find() -> dict[Any, Any]:
        frame = data.category_frame(snapshot)
        found: dict[Any, Any] = frame[frame["name"] == model.name].iloc[0].to_dict()
        return found

    return data.kept(("row", snapshot.id, model.name), find)


def _audit(snapshot: Snapshot, model: Found) -> ModelAuditInfo | None:
    """The model's audit; None outside the reference."""
    return data.kept(("audit of", snapshot.id, model.name), lambda: data.audits(snapshot).get(model.name))


def _facts(snapshot: Snapshot, model: Found, row: dict[str, Any]) -> dict[str, str]:
    """A model's figures in words, the same for every model."""
    noun, unit = tables.REQUEST_WORDS[model.model_type].capitalize(), WORK_UNIT[model.model_type][0]
    usage = {
        f"Requests, {tables.PERIOD_WORDS[period].lower()}": f"{words.count(row[f'usage_{period}'])} {noun.lower()}, "
        f"{words.share(row[f'share_{period}'])}, rank {words.count(row[f'rank_{period}'])}"
        for period in PERIODS
    }
    audit = _audit(snapshot, model)
    found = [findings.label(flag) for flag in audit.flags.set_flags()] if audit else []
    return {
        "Category": model.model_type,
        "In the reference": "yes" if model.record else "no",
        **usage,
        "Momentum": words.ratio(row["momentum"]),
        "Work queued": f"{words.amount(row['queued'])} {unit}",
        "Jobs": words.count(row["jobs"]),
        "Threads": words.count(row["threads"]),
        "Workers": words.count(row["workers"]),
        "Drain time": words.duration(None if words.is_unknown(row["eta"]) else row["eta"]),
        "Baseline": row["baseline"] or words.UNKNOWN,
        "Size on disk": _gigabytes(model),
        "Parameters": _parameters(model),
        "Backends": row["backends"] or "none",
        "Findings": ", ".join(found) or ("none" if audit else words.UNKNOWN),
    }


def _title(model: Found) -> None:
    st.subheader(":material/deployed_code: " + model.model_type.capitalize() + " model", anchor=False)
    st.text(words.one_line(model.name, 200))
    with st.container(horizontal=True, vertical_alignment="center"):
        if model.record is None:
            st.badge("Not in the reference", icon=":material/help:", color="gray")
        else:
            st.badge("In the reference", icon=":material/check_circle:", color="green")
    if model.asked != model.name:
        st.caption(f"The name that was asked for {HOW_WORDS.get(model.how, 'is written in another way')}:")
        st.text(words.one_line(model.asked, 200))


def _usage(view: PageView, snapshot: Snapshot, row: dict[str, Any]) -> None:
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    panels.figures(
        f"model {row['name']}",
        [
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
        ],
    )


def _live(snapshot: Snapshot, row: dict[str, Any], model: Found) -> None:
    unit = WORK_UNIT[snapshot.model_type][0]
    panels.figures(
        f"model live {row['name']}",
        [
            panels.Figure("Work queued", words.amount(row["queued"]), f"{unit}, {words.count(row['jobs'])} jobs"),
            panels.Figure("Threads", words.count(row["threads"]), "serve it now"),
            panels.Figure("Workers", words.count(row["workers"]), "not in maintenance"),
            panels.Figure(
                "Drain time",
                words.duration(None if words.is_unknown(row["eta"]) else row["eta"]),
                words.queue_state(row) or words.pace(row["performance"], unit),
                formulas.MODEL_DRAIN.help,
            ),
        ],
    )


def _record(model: Found) -> None:
    record = model.record
    if record is None:
        st.markdown("**Reference**")
        st.info("The reference has no record of it, so nothing is known of its size, baseline or purpose.")
        return
    with st.container(border=True):
        st.markdown("**Reference**")
        st.text(record.description or "No description.")
        facts = {
            "Baseline": record.baseline or "not stated",
            "Size on disk": _gigabytes(model),
            "Parameters": _parameters(model),
            "NSFW": {True: "yes", False: "no", None: "not stated"}[record.nsfw],
            "Style": record.style or "not stated",
            "Family": record.text_model_group or "not stated",
            "Tags": ", ".join(record.tags) or "none",
        }
        tables.show(
            pd.DataFrame({"fact": list(facts), "value": list(facts.values())}),
            {"fact": tables.text_column("Fact", width="small"), "value": tables.text_column("Value", width="large")},
            alt="What the reference states of the model",
            key="record_table",
        )
        with st.container(horizontal=True):
            for place, (title, url) in enumerate(_links(model)):
                st.link_button(title, url, icon=":material/open_in_new:", key=f"link_{place}")


def _links(model: Found) -> list[tuple[str, str]]:
    """The record's home page and downloads: http(s) only, named by their host."""
    record = model.record
    if record is None:
        return []
    urls = [("Home page", record.url or ""), *(("Download", url) for url in record.downloads)]
    return [(f"{title} ({host})", url) for title, url in urls if (host := host_of(url))]


def _findings(model: Found, audit: ModelAuditInfo | None) -> None:
    with st.container(border=True):
        st.markdown("**Findings of the audit**")
        if audit is None:
            st.info("Only models of the reference are audited.")
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
        else:
            st.success("Nothing found.", icon=":material/check_circle:")
        unknown = audit.flags.unknown_flags()
        if unknown:
            st.caption(f"Unknown now: {words.listing([findings.label(flag) for flag in unknown])}.")


def _workers(snapshot: Snapshot, model: Found) -> None:
    st.subheader("Workers", anchor=False)
    rows = data.kept(("model's workers", snapshot.id, model.name), lambda: worker_rows(model.statistics))
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


def _backends(snapshot: Snapshot, model: Found) -> None:
    st.subheader("Backends", anchor=False)
    rows = data.kept(("model's backends", snapshot.id, model.name), lambda: variation_frame(model.statistics))
    if not len(rows):
        st.info("No backend has requests for it or serves it.")
        return
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


def _names(model: Found) -> None:
    names = model.statistics.names
    st.subheader("Names that workers send for it", anchor=False)
    st.caption(f"{words.plural(len(names), 'name')}, all added up above.")
    if names:
        tables.show(
            pd.DataFrame({"name": list(names)}),
            {"name": st.column_config.TextColumn("Name", width="large")},
            alt="API names that were attributed to this model",
            key="model_names",
            height=300,
        )


def _gigabytes(model: Found) -> str:
    size = model.record.size if model.record else None
    return "not stated" if size is None else f"{words.amount(size / GIGABYTE)} GB"


def _parameters(model: Found) -> str:
    parameters = model.record.parameters if model.record else None
    return "not stated" if parameters is None else f"{words.amount(parameters / 1e9)} billion"
