"""Requests by day of the most used models, of all others, and of names outside of the reference."""

from __future__ import annotations

from functools import partial

import streamlit as st

from horde_core.history.reading.series import Range
from horde_core.live.snapshot import PageView
from pages.common import data, filters, panels, past, tables
from pages.common.chart_frame import PALETTE, UNLISTED_COLOUR
from pages.common.time_charts import Drawn

MODELS_DRAWN = 8
"""More bands than this cannot be told apart by colour."""

SHAPES = ("stacked", "lines")
REST_COLOUR = "#B4BBC6"


def draw(view: PageView) -> None:
    """Draw the chart of the page's category."""
    with st.container(horizontal=True):
        chosen, is_share = past.choose_range(), past.choose_share()
        is_stacked = filters.choice("Drawn as", SHAPES, "stacked", "shape", str.capitalize) == "stacked"
    past.chart(
        "usage_past",
        [past.USAGE[view.snapshot.model_type]],
        (view.snapshot.model_type, chosen, is_share, is_stacked),
        partial(_chart, view, chosen, is_share, is_stacked),
    )
    past.note("Names of the past count for the model that they belong to by today's reference.")


def _chart(view: PageView, chosen: Range, is_share: bool, is_stacked: bool) -> panels.Chart:
    snapshot = view.snapshot
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    usage = data.history().most_used(snapshot.name_index, chosen, MODELS_DRAWN)
    colours = [colour for colour in PALETTE if colour != UNLISTED_COLOUR]
    drawn = [Drawn(one, one.name, colour) for one, colour in zip(usage.series, colours, strict=False)]
    if usage.rest is not None and usage.unlisted is not None:
        drawn += [
            Drawn(usage.rest, "All other models", REST_COLOUR),
            Drawn(usage.unlisted, "Not in the reference", UNLISTED_COLOUR),
        ]
    title = f"{noun.capitalize()} a day, by the {len(usage.series)} most used models of this time"
    return past.usage_chart(usage, title, drawn, noun, is_share, chosen, is_stacked)
