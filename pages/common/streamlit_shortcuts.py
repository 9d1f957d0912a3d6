"""Two things that Streamlit does in each run of a page, or for each message, although once is enough.

They rest on its internals, so they stand here alone; ``tests/pages/common/test_streamlit_shortcuts.py`` fails where a
release of Streamlit does them in another way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession

_populate_theme = app_session._populate_theme_msg
_wake_for_each = AppSession._call_soon_on_event_loop


def install() -> None:
    """Take both for all sessions of this process."""
    # Each run puts the theme together anew from 250 options: 0.4 ms.
    app_session._populate_theme_msg = _populate_once
    # Each message wakes up the loop, which interrupts the run that draws the page: 4 to 7 % of a run.
    AppSession._call_soon_on_event_loop = _wake_once  # type: ignore[method-assign]


def _populate_once(msg: CustomThemeConfig, section: str = "theme") -> None:
    theme = _theme(section)
    if theme.ByteSize():
        msg.MergeFrom(theme)


@cache
def _theme(section: str) -> CustomThemeConfig:
    theme = CustomThemeConfig()
    _populate_theme(theme, section)
    return theme


def _wake_once(self: AppSession, callback: Callable[[], None]) -> None:
    """Hand a message to the loop, and wake it up unless it has yet to come for one that was handed to it before."""
    waiting: deque[Callable[[], None]] = vars(self).setdefault("_waiting_messages", deque())
    waiting.append(callback)
    if len(waiting) == 1:
        _wake_for_each(self, lambda: _take(self, waiting))


def _take(session: AppSession, waiting: deque[Callable[[], None]]) -> None:
    while waiting:
        session._event_loop.call_soon(waiting.popleft())
