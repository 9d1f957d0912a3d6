"""What a visitor sees when a page fails: one plain sentence and what to do. The log has the traceback."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

log = logging.getLogger(__name__)


def page_failed(error: BaseException) -> bool:
    """Log what went wrong under a number, and show the number instead of a traceback."""
    number = secrets.token_hex(4)
    log.error("page failed number=%s", number, exc_info=error)
    st.error(
        f"Something went wrong on this page. Reload it, or open another one; if it stays, report number {number}.",
        icon=":material/error:",
    )
    return True
