"""What Streamlit does for each run and message is done once, comes to the same, and is still done where it was."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession

from pages.common import streamlit_shortcuts

SECTIONS = ["theme", *(f"theme.{one.value}" for one in config.CustomThemeCategories)]
MESSAGES = 500


@pytest.mark.parametrize("section", SECTIONS)
def test_a_theme_that_was_made_once_is_the_theme(section: str) -> None:
    usual = CustomThemeConfig()
    app_session._populate_theme_msg(usual, section)
    for _ in range(2):
        message = CustomThemeConfig()
        streamlit_shortcuts._populate_once(message, section)
        assert message.SerializeToString(deterministic=True) == usual.SerializeToString(deterministic=True)


def test_streamlit_makes_its_theme_and_hands_its_messages_over_where_the_shortcuts_are() -> None:
    assert "_populate_theme_msg" in AppSession._create_new_session_message.__code__.co_names
    assert "_call_soon_on_event_loop" in AppSession._on_scriptrunner_event.__code__.co_names
    assert "call_soon_threadsafe" in AppSession._call_soon_on_event_loop.__code__.co_names


def test_messages_of_other_threads_arrive_in_order_with_fewer_wake_ups_though_one_fails() -> None:
    loop = asyncio.new_event_loop()
    session: Any = SimpleNamespace(_event_loop=loop)
    arrived: list[int] = []
    wake_ups, failures = [], []
    wake_up = loop.call_soon_threadsafe

    def counted(*given: Any) -> asyncio.Handle:
        wake_ups.append(given)
        return wake_up(*given)

    def receive(number: int) -> None:
        arrived.append(number)
        if number == MESSAGES // 2:
            raise ValueError(number)
        if number == MESSAGES - 1:
            loop.stop()

    def send() -> None:
        for number in range(MESSAGES):
            streamlit_shortcuts._wake_once(session, lambda number=number: receive(number))

    loop.call_soon_threadsafe = counted  # type: ignore[method-assign, assignment]
    loop.set_exception_handler(lambda _loop, context: failures.append(context["exception"]))
    sender = threading.Thread(target=send)
    loop.call_soon(sender.start)
    loop.run_forever()
    sender.join()
    loop.close()
    assert arrived == list(range(MESSAGES))
    assert len(wake_ups) <= MESSAGES
    assert [str(failure) for failure in failures] == [str(MESSAGES // 2)]


def test_messages_that_wait_need_one_wake_up() -> None:
    woken: list[Any] = []
    arrived: list[int] = []
    loop = SimpleNamespace(call_soon_threadsafe=woken.append, call_soon=lambda callback: callback())
    session: Any = SimpleNamespace(_event_loop=loop)
    for number in range(3):
        streamlit_shortcuts._wake_once(session, lambda number=number: arrived.append(number))
    assert len(woken) == 1
    woken[0]()
    assert arrived == [0, 1, 2]
    streamlit_shortcuts._wake_once(session, lambda: None)
    assert len(woken) == 2
