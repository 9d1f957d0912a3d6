"""The frame of every page: navigation, category, freshness, notices. Then the page itself."""

from pathlib import Path

import streamlit as st

from horde_core.vocabulary import ModelType
from pages.common import address, data, freshness_header, words
from pages.page_table import PAGES, PageSpec

ASSETS = Path(__file__).parent / "assets"

words.speak(st.context.locale, st.context.timezone)
st.set_page_config(page_title="AI Horde dashboard", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")

page = st.navigation(
    [st.Page(f"{one.name}.py", title=one.title, icon=one.icon, default=one is PAGES[0]) for one in PAGES],
    position="top",
)
spec = next(one for one in PAGES if one.title == page.title)


def choose_category(spec: PageSpec) -> tuple[ModelType, ...]:
    """The category switch; pages that exist for text only, or look at both, say so instead."""
    if spec.chooses_category:
        address.note_options("category", [kind.title() for kind in spec.categories])
        chosen: ModelType = st.segmented_control(
            "Category",
            spec.categories,
            default="image",
            required=True,
            format_func=str.title,
            key="category",
            bind="query-params",
            label_visibility="collapsed",
        )
        return (chosen or spec.categories[0],)  # an empty category in the address
    if spec.categories == ("text",):
        st.badge("Text", icon=":material/notes:", color="gray", help="Only text models have backends.")
    else:
        st.badge("Image and text", icon=":material/apps:", color="gray", help="This page looks at both categories.")
    return spec.categories


with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    with st.container(width="content"):
        categories = choose_category(spec)
    strip = st.container(width="content")

with st.skeleton(height=360):
    view = data.open_view(categories, spec.has_network, spec.has_ages and "image" in categories)

with strip:
    freshness_header.header_strip(view)

if view.nothing_reachable and not spec.works_without_data:
    freshness_header.nothing_reachable(view)
else:
    freshness_header.notices(view)
    st.header(spec.title, anchor=False)
    st.caption(spec.question.format(category=categories[0]))
    left_out = st.container()
    page.run()
    with left_out:
        address.tell()
