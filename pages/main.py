"""The frame of every page: navigation, category, freshness, notices. Then the page itself."""

from pathlib import Path

import streamlit as st

from horde_core.models import ModelType
from pages.common import data, status

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="AI Horde dashboard", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")

page = st.navigation(
    [
        st.Page("usage.py", title="Usage", icon=":material/bar_chart:", default=True),
        st.Page("queue.py", title="Queue", icon=":material/hourglass_top:"),
        st.Page("backends.py", title="Backends", icon=":material/dns:"),
        st.Page("audit.py", title="Audit", icon=":material/fact_check:"),
        st.Page("sources.py", title="Sources", icon=":material/cable:"),
    ],
    position="top",
)

TEXT_ONLY = ("Backends",)


def choose_category() -> ModelType:
    """The category switch; pages that exist for text only say so instead."""
    if page.title in TEXT_ONLY:
        st.badge("Text", icon=":material/notes:", color="gray", help="Only text models have backends.")
        return "text"
    chosen: ModelType = st.segmented_control(
        "Category",
        ["image", "text"],
        default="image",
        required=True,
        format_func=str.title,
        key="category",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen


switch, strip = st.columns([1, 6], vertical_alignment="center")
with switch:
    category = choose_category()

with st.skeleton(height=360):
    view = data.open_view(category)

with strip:
    status.header_strip(category, view)

if view.nothing_reachable and page.title != "Sources":
    status.nothing_reachable(category)
else:
    status.notices(view)
    page.run()
