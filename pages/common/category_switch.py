"""The switch between the categories, which stands in the header of every page."""

from __future__ import annotations

import streamlit as st

from horde_core.vocabulary import ModelType
from pages.common import address
from pages.page_table import PageSpec


def choose(spec: PageSpec) -> tuple[ModelType, ...]:
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
