"""Trends: the figures of the network over time, against the period before."""

import streamlit as st

from horde_core.analytics.network import KINDS
from pages.common import data, filters, panels, past
from pages.sections import trends

with st.container(horizontal=True, vertical_alignment="center"):
    kind = filters.choice("Kind of work", KINDS, "image", "kind", str.capitalize)
    chosen = past.choose_range()

trends.draw(data.current_view(), kind, chosen)
past.note("Faint dotted lines are the same figures in the period of the same length before.")

panels.explanation(
    "**Workers and threads** are those that AI Horde counts, those in maintenance included. **Jobs** wait or are in "
    "progress; **work queued** counts one image of each request, so that it is a lower bound for images.",
    "**Work done** is that of the last minute at each look. **Images** and **text requests** are what was added to AI "
    "Horde's own counter of all time between two looks.",
    "**Resolution** follows the range: every look up to 2 days, means of hours up to 90 days, means of days beyond. "
    "Times of hours are those of your browser's time zone, days are in UTC.",
    "**Gaps** are times in which nobody recorded: their figures are unknown, not zero.",
)
