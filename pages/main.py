"""The frame of every page: navigation, category, freshness, notices. Then the page itself."""

from copy import copy
from pathlib import Path

import streamlit as st

from pages.common import address, category_switch, data, freshness_header, words
from pages.page_table import PAGES

ASSETS = Path(__file__).parent / "assets"

words.speak(st.context.locale, st.context.timezone)
st.set_page_config(page_title="AI Horde dashboard", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")

pages = data.kept(
    ("pages",),
    lambda: [st.Page(f"{one.name}.py", title=one.title, icon=one.icon, default=one is PAGES[0]) for one in PAGES],
)
page = st.navigation([copy(one) for one in pages], position="top")  # each run marks its own as the one to be run
spec = next(one for one in PAGES if one.title == page.title)


with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    with st.container(width="content"):
        categories = category_switch.choose(spec)
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
