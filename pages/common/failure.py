"""What a visitor sees when a page fails: one plain sentence and what to do. The log has the traceback."""

from __future__ import annotations

import hashlib
import logging

import streamlit as st

from horde_core.web.log_limits import fault_of

log = logging.getLogger(__name__)


def page_failed(error: BaseException) -> bool:
    """Log what went wrong under a number, and show the number instead of a traceback.

    The same fault has the same number: the log has its traceback once a minute.
    """
    number = hashlib.blake2s(repr(fault_of(error)).encode(), digest_size=4).hexdigest()
    log.error("page failed number=%s", number, exc_info=error)
    st.error(
        f"Something went wrong on this page. Reload it, or open another one; if it stays, report number {number}.",
        icon=":material/error:",
    )
    return True
