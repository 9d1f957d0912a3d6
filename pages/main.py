"""The frame of every page: navigation, category, freshness, notices. Then the page itself."""

from pathlib import Path

import streamlit as st

from horde_core.vocabulary import ModelType
from pages.common import data, freshness_header, words

ASSETS = Path(__file__).parent / "assets"

words.speak(st.context.locale, st.context.timezone)
st.set_page_config(page_title="AI Horde dashboard", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")

page = st.navigation(
    [
        st.Page("overview.py", title="Overview", icon=":material/monitor_heart:", default=True),
        st.Page("usage.py", title="Usage", icon=":material/bar_chart:"),
        st.Page("queue.py", title="Queue", icon=":material/hourglass_top:"),
        st.Page("backends.py", title="Backends", icon=":material/dns:"),
        st.Page("workers.py", title="Workers", icon=":material/groups:"),
        st.Page("model.py", title="Model", icon=":material/deployed_code:"),
        st.Page("audit.py", title="Audit", icon=":material/fact_check:"),
        st.Page("sources.py", title="Sources", icon=":material/cable:"),
    ],
    position="top",
)

BOTH: tuple[ModelType, ...] = ("image", "text")
OF_BOTH_CATEGORIES = ("Overview", "Workers", "Model", "Sources")
TEXT_ONLY = ("Backends",)
WITH_NETWORK = ("Overview", "Sources")
WITH_AGES = ("Audit", "Sources")
WITHOUT_DATA = ("Sources",)


def choose_category() -> tuple[ModelType, ...]:
    """The category switch; pages that exist for text only, or look at both, say so instead."""
    if page.title in TEXT_ONLY:
        st.badge("Text", icon=":material/notes:", color="gray", help="Only text models have backends.")
        return ("text",)
    if page.title in OF_BOTH_CATEGORIES:
        st.badge("Image and text", icon=":material/apps:", color="gray", help="This page looks at both categories.")
        return BOTH
    chosen: ModelType = st.segmented_control(
        "Category",
        BOTH,
        default="image",
        required=True,
        format_func=str.title,
        key="category",
        bind="query-params",
        label_visibility="collapsed",
    )
    return (chosen,)


with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    with st.container(width="content"):
        categories = choose_category()
    strip = st.container(width="content")

with st.skeleton(height=360):
    has_ages = page.title in WITH_AGES and "image" in categories
    view = data.open_view(categories, page.title in WITH_NETWORK, has_ages)

with strip:
    freshness_header.header_strip(view)

if view.nothing_reachable and page.title not in WITHOUT_DATA:
    freshness_header.nothing_reachable(view)
else:
    freshness_header.notices(view)
    page.run()
