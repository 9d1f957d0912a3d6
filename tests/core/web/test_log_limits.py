"""Bounds of the log: number and length of lines, and their characters."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from horde_core.web.log_limits import LONGEST_LINE, LONGEST_TRACEBACK, MOST_LINES, LogLimits, fault_of

REPOSITORY = Path(__file__).parents[3]
FORMAT = "%(levelname)s %(name)s %(message)s"
MANY = 1_000


class Log(logging.Handler):
    """A logger within bounds, and the text that its handler writes."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(FORMAT))
        self.limits = LogLimits()
        self.logger = logging.getLogger("tests.log_limits")
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def text(self) -> str:
        return "\n".join(self.written)


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    log.logger.addFilter(log.limits)
    log.logger.addHandler(log)
    log.logger.setLevel(logging.DEBUG)
    yield log
    log.logger.removeFilter(log.limits)
    log.logger.removeHandler(log)


def fails(depth: int = 0) -> None:
    if depth:
        fails(depth - 1)
    raise ValueError("x" * 100_000)


def endless() -> None:
    endless()


def another_fault() -> None:
    {}["missing"]


def logged_fault(log: Log, fault: Callable[[], None], message: str = "it broke") -> None:
    try:
        fault()
    except (ValueError, RecursionError, KeyError):
        log.logger.exception(message)


def test_a_kind_is_logged_so_often_and_then_counted_by_level_and_logger(log: Log) -> None:
    for number in range(MANY):
        log.logger.warning("too many files (%d)", number)
    log.logger.info("something else")
    assert log.written[-1] == "INFO tests.log_limits something else"
    assert len(log.written) == MOST_LINES + 1
    log.limits.tell()
    (count,) = log.written[MOST_LINES + 1 :]
    assert count == (
        f"WARNING tests.log_limits and {MANY - MOST_LINES} more in the last 60 s, such as: too many files ({MANY - 1})"
    )


def test_after_the_count_it_is_logged_again_and_a_count_of_none_is_not_told(log: Log) -> None:
    for _ in range(3):
        for _ in range(MOST_LINES):
            log.logger.warning("once more")
        log.limits.tell()
    assert log.written == ["WARNING tests.log_limits once more"] * 3 * MOST_LINES


def test_what_threads_log_at_once_is_counted_exactly(log: Log) -> None:
    threads = [
        threading.Thread(target=lambda: [log.logger.error("fault") for _ in range(MANY)] and None) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.limits.tell()
    assert len(log.written) == MOST_LINES + 1
    assert f"and {8 * MANY - MOST_LINES} more" in log.written[-1]


@pytest.mark.parametrize(
    "message",
    [
        "z" * 4_400_000,
        "two\nlines",
        "2026-11-25 ok\r\n2026-11-25 forged",
        "\x1b[2Jcleared",
        "a\u2028b\u0085c\u202ed",
        "half \ud800 a pair",
        "%s %d",
    ],
)
@pytest.mark.parametrize("form", ["%s", "value=%r"])
def test_a_message_is_one_line_of_bounded_length(log: Log, message: str, form: str) -> None:
    log.logger.error(form, message)
    log.logger.error(message)
    for line in log.written:
        assert line.isprintable()
        assert len(line) < LONGEST_LINE + 100


def test_a_message_that_cannot_be_written_is_told_and_breaks_nothing(log: Log) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    log.logger.error("got %s", Broken())
    log.logger.error("got %d %d", 1)
    assert [line.partition(" (")[0] for line in log.written] == [
        "ERROR tests.log_limits got %s",
        "ERROR tests.log_limits got %d %d",
    ]


@pytest.mark.parametrize("fault", [fails, endless, another_fault])
def test_a_fault_has_its_traceback_once_a_minute_and_a_line_each_further_time(
    log: Log, fault: Callable[[], None]
) -> None:
    for minute in (1, 2):
        for _ in range(MANY):
            logged_fault(log, fault)
        assert log.text().count("Traceback (most recent call last)") == minute
        again = [line for line in log.written if "(again " in line]
        assert len(again) == minute * (MOST_LINES - 1)
        assert all(line.isprintable() for line in again)
        log.limits.tell()
    assert len(log.text()) < 2 * (LONGEST_TRACEBACK * 1.5 + (MOST_LINES + 1) * (LONGEST_LINE + 200))


def test_each_place_has_a_traceback_of_its_own(log: Log) -> None:
    for fault in (fails, another_fault, lambda: fails(1)):
        for _ in range(3):
            logged_fault(log, fault)
    assert log.text().count("Traceback (most recent call last)") == 3


def test_nothing_in_a_traceback_passes_for_a_line_of_the_log(log: Log) -> None:
    def forging() -> None:
        raise ValueError("oh\nERROR tests.log_limits forged\x1b[2J")

    logged_fault(log, forging)
    first, *rest = log.text().splitlines()
    assert first == "ERROR tests.log_limits it broke"
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


def test_a_fault_is_the_same_wherever_its_text_differs_and_another_elsewhere() -> None:
    def found(call: Callable[[], None]) -> object:
        try:
            call()
        except (ValueError, KeyError) as error:
            return fault_of(error)
        raise AssertionError("nothing was raised")

    def number(text: str) -> None:
        int(text)

    assert found(lambda: number("a")) != found(fails)
    first, second = [found(lambda text=text: number(text)) for text in ("a", "b")]
    assert first == second


INSTALLED = """
import logging, sys, threading, warnings
from streamlit.logger import get_logger
logging.basicConfig(format="%(message)s")
early = get_logger("streamlit.early")
from horde_core.web import log_limits
limits = log_limits.install()
late = get_logger("streamlit.late.still")
for _ in range(1_000):
    for logger in (early, late, logging.getLogger("asyncio"), logging.getLogger()):
        logger.error("fault of %s", logger.name)
    warnings.warn("careful")
    threading.Thread(target=lambda: 1 / 0).start()
limits.tell()
"""


def test_every_logger_is_bounded_those_with_handlers_of_their_own_and_warnings_and_threads_too() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", INSTALLED], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    told = done.stdout + done.stderr
    for name in ("streamlit.early", "streamlit.late.still", "asyncio", "root"):
        assert told.count(f"fault of {name}\n") == MOST_LINES + 1
        assert f"and {1_000 - MOST_LINES} more in the last 60 s, such as: fault of {name}\n" in told
    assert told.count("UserWarning: careful") == MOST_LINES + 1
    assert told.count("ZeroDivisionError") == MOST_LINES
    assert told.count("Traceback (most recent call last)") == 1
