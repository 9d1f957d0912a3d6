"""Background work: repeats, continues after exceptions, stops."""

from __future__ import annotations

import threading

from horde_core.live.repeating import Repeating
from tests.fixtures.processes import wait_until


def test_it_goes_on_after_an_exception_until_it_is_stopped() -> None:
    done: list[int] = []

    def action() -> None:
        done.append(len(done))
        raise RuntimeError("once more")

    work = Repeating("work", action, 0.01)
    assert not work.is_running
    work.start()
    work.start()
    wait_until(lambda: len(done) >= 3, "it has run three times")
    assert [thread.name for thread in threading.enumerate()].count("work") == 1
    work.stop()
    assert not work.is_running
    count = len(done)
    assert not [thread for thread in threading.enumerate() if thread.name == "work"]
    assert len(done) == count


def test_it_can_be_started_again() -> None:
    again = threading.Event()
    work = Repeating("work", again.set, 0.01)
    work.start()
    work.stop()
    again.clear()
    work.start()
    assert again.wait(20)
    work.stop()


def test_stopping_before_starting_is_no_error() -> None:
    Repeating("work", lambda: None, 1).stop()
