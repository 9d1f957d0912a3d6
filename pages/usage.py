"""Usage: which models people ask for, listed in the reference or not."""

import streamlit as st

from horde_core.models import PERIODS
from horde_core.summaries import RowChoice, chosen_rows, leading_rows, usage_summary
from pages.common import charts, data, filters, panels, status, tables, words

view = data.current_view()
snapshot = view.snapshot
noun = tables.REQUEST_WORDS[snapshot.model_type]
frame = data.category_frame(snapshot)

panels.headline(
    "Usage", f"Which {snapshot.model_type} models do people ask for, and how many of them does the reference list?"
)
with st.container(horizontal=True, vertical_alignment="center"):
    period = filters.choice("Period", PERIODS, "month", "period", tables.PERIOD_WORDS.__getitem__)
    top = filters.choice("Models in the chart", (10, 20, 50), 20, "top", "Top {}".format)

concentration = data.statistics(snapshot).concentration[period]
summary = usage_summary(frame, snapshot.merged.reconciliation, period, snapshot.reference.available)
panels.figures(
    [
        panels.Figure(
            f"{noun.capitalize()}, {tables.PERIOD_WORDS[period].lower()}",
            words.count(summary.total),
            status.usage_age(view),
            "Every name that AI Horde counted, added up from its own map.",
        ),
        panels.Figure(
            "Listed models",
            words.share(summary.listed_share),
            f"{words.count(summary.listed)} {noun}",
            "The part that belongs to a model of the reference.",
        ),
        panels.Figure(
            "Unlisted models",
            words.share(summary.unlisted_share),
            f"{words.count(summary.unlisted)} {noun}",
            "The part whose names belong to no model of the reference.",
        ),
        panels.Figure(
            "Listed models in use",
            words.count(summary.models_used),
            f"of {words.count(summary.models)} in the reference",
            "Models of the reference with at least one request in this period.",
        ),
        panels.Figure(
            "Top 10",
            words.share(summary.top_ten_share),
            f"of all {noun}"
            + (f"; half go to {words.plural(concentration.for_half, 'name')}" if concentration else ""),
            "What the ten most used names carry together, and how few names carry half. Names are models of the "
            "reference, and unlisted names one by one.",
        ),
    ]
)

leaders = leading_rows(frame, f"usage_{period}", top)
if len(leaders):
    panels.chart(
        f"The {len(leaders)} most used {snapshot.model_type} models by share of all {noun}",
        f"{tables.PERIOD_WORDS[period]} · {status.usage_age(view)} · grey bars are not in the reference",
        charts.usage_bars(leaders, period, noun),
        alt=words.ranking(
            list(leaders["name"]), [words.share(v) for v in leaders[f"share_{period}"]], f"Share of all {noun}"
        ),
        key="usage_chart",
    )
else:
    st.info(
        "Usage is unavailable, so there is nothing to draw."
        if summary.total is None
        else "No model was used in this period."
    )

rows_by_choice: dict[RowChoice, str] = {
    "active": "In use",
    "listed": "Listed",
    "unlisted": "Unlisted",
    "all": "All names",
}
with st.container(horizontal=True, vertical_alignment="center"):
    rows = filters.choice("Rows", tuple(rows_by_choice), "active", "rows", rows_by_choice.__getitem__)
    text = filters.search("usage_name")
chosen = filters.matching(chosen_rows(frame, rows), text)
ordered = chosen.sort_values(f"usage_{period}", ascending=False, kind="stable", na_position="last")
st.caption(
    f"{len(ordered):,} of {words.plural(len(frame), 'name')}, with "
    f"{words.count(None if summary.total is None else ordered[f'usage_{period}'].sum())} of "
    f"{words.count(summary.total)} {noun}."
)
if len(ordered):
    tables.show(
        ordered,
        {
            "name": tables.name_column(),
            "listed": st.column_config.CheckboxColumn("In reference"),
            f"rank_{period}": tables.count_column("Rank", "Place among all names of the category."),
            f"share_{period}": tables.share_column(
                "Share", f"Percent of all {noun} in this period, never of the rows shown.", summary.largest_share
            ),
            **tables.usage_columns(snapshot.model_type),
            "momentum": st.column_config.NumberColumn(
                "Momentum", format="%.2f", help="Day x 30 / 30 days: above 1 is rising."
            ),
            "threads": tables.count_column("Threads", "Threads that serve it now."),
            "workers": tables.count_column("Workers", "Distinct workers that serve it now, not in maintenance."),
            "baseline": "Baseline",
        },
        alt=f"{noun.capitalize()} by {snapshot.model_type} model",
        key="usage_table",
    )
    tables.download(ordered, f"usage-{snapshot.model_type}", "usage_download")
else:
    filters.nothing_matches(["usage_name", "rows"], "*Search names* or *Rows*")

panels.explanation(
    f"**{noun.capitalize()}** are generations that AI Horde counted, compiled once a day upstream: *day* is 24 hours, "
    "*30 days* a sliding month, both ending at that count. A refresh cannot make them newer.",
    "**Attribution.** Workers send free-text names. A name belongs to a model when it is the model's own, be it in "
    "another case, behind a backend (`koboldcpp/`), or with its quantisation (`-Q4_K_M`). Nothing is guessed, each "
    "name belongs to at most one model, and what belongs to none is *unlisted*: listed + unlisted = AI Horde's sum.",
    "**Shares and ranks** are of the whole category, whatever is filtered.",
)
