"""Usage: which models people ask for, listed in the reference or not."""

import streamlit as st

from horde_core.analytics import formulas
from horde_core.vocabulary import PERIODS
from pages.common import data, filters, freshness_header, panels, tables, words
from pages.common.unlisted import unlisted
from pages.sections.usage import concentration, momentum, over_time, ranking, shares

view = data.current_view()
snapshot = view.snapshot
model_type = snapshot.model_type
noun = tables.REQUEST_WORDS[model_type]

with st.container(horizontal=True, vertical_alignment="center"):
    period = filters.choice("Period", PERIODS, "month", "period", tables.PERIOD_WORDS.__getitem__)
    top = filters.choice("Models in the chart", (10, 20, 50), 20, "top", "Top {}".format)
    level = filters.group(model_type)

half = data.statistics(snapshot).concentration[period]
summary = data.usage_summary(snapshot, period)
period_words = tables.PERIOD_WORDS[period].lower()
panels.figures(
    f"usage {period}",
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
        f"of all {noun}" + (f"; half go to {words.plural(half.for_half, 'name')}" if half else ""),
        f"Share of the ten most used names together, and {formulas.HALF_OF_USAGE.formula}. Names are models of the "
        "reference, and unlisted names one by one.",
    ),
)


panels.tabs(
    "usage_tab",
    {
        "Ranking": lambda: ranking.draw(view, period, level, top),
        "Over time": lambda: over_time.draw(view),
        "Concentration": lambda: concentration.draw(view, period),
        "Baseline, size, NSFW": lambda: shares.draw(view, period),
        "Momentum": lambda: momentum.draw(view),
        "Unlisted models": lambda: unlisted(view, period),
    },
)

panels.explanation(
    f"**{noun.capitalize()}** are generations that AI Horde counted, compiled once a day upstream: *day* is 24 hours, "
    "*30 days* a sliding month, both ending at that count. A refresh cannot make them newer.",
    "**Attribution.** Workers send free-text names. A name belongs to a model when it is the model's own, in any "
    "case, behind a backend (`koboldcpp/`), or with its quantisation (`-Q4_K_M`). Nothing is guessed, each "
    "name belongs to at most one model, and what belongs to none is *unlisted*: listed + unlisted = AI Horde's sum.",
    "**Shares and ranks** are of the whole category, whatever is filtered. By family or exact name, the rank is among "
    "those groups and the unlisted names.",
    formulas.MOMENTUM.paragraph,
)
