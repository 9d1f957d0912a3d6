"""Results that all sessions share: computed once, and what they draw is drawn for each."""

from __future__ import annotations

import streamlit as st
from streamlit.testing.v1 import AppTest


def page() -> None:
    """A page with a part that is kept, and with how often it was computed."""
    import pandas as pd
    import streamlit as st

    from pages.common import data

    computed = st.session_state.setdefault("computed", [])

    def draw() -> str:
        computed.append(1)
        st.markdown("**kept**")
        with st.container(border=True):
            st.dataframe(pd.DataFrame({"name": ["a"]}))
        return "value"

    with st.container():
        st.caption(data.kept(("a part of a page", 1, True), draw))


def drawn(app: AppTest) -> tuple[list[str], list[str], int]:
    assert not app.exception
    return [one.value for one in app.markdown], [one.value for one in app.caption], len(app.dataframe)


def test_what_is_kept_is_computed_once_and_drawn_for_each_session() -> None:
    st.cache_resource.clear()
    sessions = [AppTest.from_function(page).run() for _ in range(2)]
    assert [drawn(app.run()) for app in sessions] == [(["**kept**"], ["value"], 1)] * 2
    assert [len(app.session_state["computed"]) for app in sessions] == [1, 0]
    st.cache_resource.clear()
