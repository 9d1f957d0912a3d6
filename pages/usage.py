"""Usage: which models people ask for, listed in the reference or not."""

import streamlit as st

from horde_core.analytics.category_statistics import Concentration
from horde_core.analytics.groups import LEVEL_WORDS
from horde_core.frames.rankings import pareto_curve
from horde_core.frames.summaries import RowChoice, chosen_rows, leading_rows, outliers, rows_summary
from horde_core.vocabulary import PERIODS
from pages.common import bar_charts, columns, data, filters, freshness_header, other_charts, panels, tables, words
from pages.sections import usage_shares
from pages.sections.unlisted import unlisted

view = data.current_view()
snapshot = view.snapshot
model_type = snapshot.model_type
noun = tables.REQUEST_WORDS[model_type]

with st.container(horizontal=True, vertical_alignment="center"):
    period = filters.choice("Period", PERIODS, "month", "period", tables.PERIOD_WORDS.__getitem__)
    top = filters.choice("Models in the chart", (10, 20, 50), 20, "top", "Top {}".format)
    level = (
        filters.choice("Group", tuple(LEVEL_WORDS), "model", "group", LEVEL_WORDS.__getitem__)
        if model_type == "text"
        else "model"
    )

concentration = data.statistics(snapshot).concentration[period]
summary = data.usage_summary(snapshot, period)
period_words = tables.PERIOD_WORDS[period].lower()
panels.figures(
    f"usage {period}",
    [
        panels.Figure(
            f"{noun.capitalize()}, {period_words}",
            words.count(summary.total),
            freshness_header.usage_age(view),
            "Every name that AI Horde counted, added up from its own map.",
            summary.total,
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
            summary.models_used,
        ),
        panels.Figure(
            "Top 10",
            words.share(summary.top_ten_share),
            f"of all {noun}"
            + (f"; half go to {words.plural(concentration.for_half, 'name')}" if concentration else ""),
            "What the ten most used names carry together, and how few names carry half. Names are models of the "
            "reference, and unlisted names one by one.",
        ),
    ],
)


def leaders_chart() -> panels.Chart:
    """The most used."""
    leaders = leading_rows(data.category_frame(snapshot, level), f"usage_{period}", top)
    title = f"The {len(leaders) or top} most used {model_type} models by share of all {noun}"
    scope = f"{tables.PERIOD_WORDS[period]} · grey bars are not in the reference"
    if not len(leaders):
        is_known = summary.total is not None
        return panels.Chart(
            title,
            scope,
            None,
            "No model was used in this period." if is_known else "Usage is unavailable, so there is nothing to draw.",
        )
    shares_in_words = [words.share(value) for value in leaders[f"share_{period}"]]
    return panels.Chart(
        title,
        scope,
        bar_charts.usage_bars(leaders, period, noun),
        words.ranking(list(leaders["name"]), shares_in_words, f"Share of all {noun}"),
        leaders,
        {
            "name": tables.name_column(),
            f"share_{period}": tables.share_column("Share", largest=summary.largest_share),
            f"usage_{period}": tables.count_column(noun.capitalize()),
            "listed": tables.flag_column("In reference"),
        },
    )


def ranking() -> None:
    """The most used, and every name in a table."""
    panels.chart("usage_chart", (period, top, level), leaders_chart, freshness_header.usage_age(view))
    rows_by_choice: dict[RowChoice, str] = {"active": "In use", "listed": "Listed", "all": "All names"}
    rows = filters.choice("Rows", tuple(rows_by_choice), "active", "usage_rows", rows_by_choice.__getitem__)
    chosen = data.kept(
        ("usage of rows", snapshot.id, level, rows, period),
        lambda: rows_summary(data.category_frame(snapshot, level), rows, period),
    )
    tables.explore(
        tables.Table(
            key="usage",
            title=f"Usage of {model_type} models",
            load=lambda: columns.by_usage(chosen_rows(data.category_frame(snapshot, level), rows), period),
            columns=columns.usage(model_type, summary.largest_share),
            alt=f"{noun.capitalize()} by {model_type} model",
            rows_are=("name", "names"),
            of=chosen.names,
            ranges=("usage_month", "threads", "workers"),
            chosen=[rows_by_choice[rows].lower()] if rows != "all" else [],
            clear=("usage_rows",),
            loosen="*Rows*",
            note=f"These rows carry {words.count(chosen.requests)} of {words.count(summary.total)} {noun} before any "
            "search.",
            links_to=model_type if level == "model" else None,
            given=(level, rows, period),
        ),
        view,
    )
    if level == "family" and model_type == "text":
        st.caption("A family is the group that the reference gives a model; a model without one stands alone.")


def concentration_sentence(found: Concentration) -> str:
    """How few names carry how much, in words."""
    tops = ", ".join(f"the top {one.top} {words.share(one.percentage)}" for one in found.pareto)
    return (
        f"{words.plural(found.for_half, 'name carries', 'names carry')} half of the {noun}; {tops}. "
        f"{words.plural(found.used, 'name was', 'names were')} used."
    )


def pareto_chart() -> panels.Chart:
    """How requests pile up on few names."""
    curve = pareto_curve(data.category_frame(snapshot), period)
    title = f"Share of all {noun} that the most used names carry together"
    scope = f"{tables.PERIOD_WORDS[period]} · models of the reference, and unlisted names one by one"
    if concentration is None or not len(curve):
        return panels.Chart(title, scope, None, "Usage or the reference is unavailable, or nothing was used.")
    return panels.Chart(
        title,
        scope,
        other_charts.pareto(curve, noun),
        concentration_sentence(concentration),
        curve,
        {"names": tables.count_column("Most used names"), "share": tables.part_column(f"Carry % of all {noun}")},
    )


def concentrated() -> None:
    """How few names carry how much."""
    if concentration is not None:
        st.markdown(concentration_sentence(concentration))
    panels.chart("pareto", (period,), pareto_chart, freshness_header.usage_age(view))


def momentum_chart() -> panels.Chart:
    """The last day against the month."""
    frame = data.category_frame(snapshot)
    named = outliers(frame, other_charts.OUTLIERS_NAMED)
    title = f"{noun.capitalize()} of the last day x 30 against those of 30 days, by name"
    scope = "Both axes logarithmic; above the line rises, below it falls"
    if not snapshot.usage.available:
        return panels.Chart(title, scope, None, "Usage is unavailable, so there is nothing to draw.")
    return panels.Chart(
        title,
        scope,
        other_charts.momentum_scatter(frame, noun, list(named["name"])),
        words.ranking(list(named["name"]), [words.ratio(v) for v in named["momentum"]], "Strongest movers", 8),
        named,
        {"name": tables.name_column(), "momentum": tables.ratio_column("Momentum")} | tables.usage_columns(model_type),
    )


def moving() -> None:
    """What rises and what falls."""
    panels.chart("momentum", (), momentum_chart, freshness_header.usage_age(view))


panels.tabs(
    "usage_tab",
    {
        "Ranking": ranking,
        "Concentration": concentrated,
        "Baseline, size, NSFW": lambda: usage_shares.catalogue(view, snapshot, period),
        "Momentum": moving,
        "Unlisted models": lambda: unlisted(view, snapshot, period),
    },
)

panels.explanation(
    f"**{noun.capitalize()}** are generations that AI Horde counted, compiled once a day upstream: *day* is 24 hours, "
    "*30 days* a sliding month, both ending at that count. A refresh cannot make them newer.",
    "**Attribution.** Workers send free-text names. A name belongs to a model when it is the model's own, be it in "
    "another case, behind a backend (`koboldcpp/`), or with its quantisation (`-Q4_K_M`). Nothing is guessed, each "
    "name belongs to at most one model, and what belongs to none is *unlisted*: listed + unlisted = AI Horde's sum.",
    "**Shares and ranks** are of the whole category, whatever is filtered. By family or exact name, the rank is among "
    "those groups and the unlisted names.",
    "**Momentum** is day x 30 / 30 days: above 1 is rising.",
)
