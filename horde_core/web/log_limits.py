"""The log within bounds: one line a fault, each kind so often a minute, and a count of the rest.

Whatever strangers send or withhold, and however often, the log grows by so much a minute and no more. Libraries that
log past the root logger are bounded in the same way.
"""

from __future__ import annotations

import logging
import textwrap
import threading
import traceback
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
"""How often counts are logged and begin anew."""

MOST_LINES = 30
"""Lines of one kind in an interval: each source may fail twice."""

LONGEST_LINE = 1_000
"""Characters of a message."""

LONGEST_TRACEBACK = 8_000
"""Characters of a traceback, of which the middle is left out."""

FRAMES_OF_A_FAULT = 20
"""The innermost frames by which a fault is told from others."""


class Fault(NamedTuple):
    """What was raised and where: each distinct one has its traceback once an interval."""

    exception: str
    frames: tuple[tuple[str, int], ...]


class Kind(NamedTuple):
    """The line of code that logs, and the fault that it logs if any."""

    logger: str
    file: str
    line: int
    fault: Fault | None


@dataclass(slots=True)
class Logged:
    """How often a kind was logged in this interval, and the last message that was not."""

    level: int
    times: int = 0
    held_back: str = ""


def fault_of(error: BaseException) -> Fault:
    """Return what was raised and where."""
    frames = deque(traceback.walk_tb(error.__traceback__), FRAMES_OF_A_FAULT)
    return Fault(type(error).__name__, tuple((frame.f_code.co_filename, line) for frame, line in frames))


class LogLimits(logging.Filter):
    """Passes log records on within bounds. Thread-safe.

    A message becomes one line of at most 1,000 characters without control characters. The traceback of a fault is
    logged with its first line in an interval. After 30 lines a kind is only counted, until :meth:`tell`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._logged: dict[Kind, Logged] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Bound a record, and say whether it is logged."""
        error = record.exc_info[1] if record.exc_info else None
        fault = None if error is None else fault_of(error)
        with self._lock:
            kind = Kind(record.name, record.pathname, record.lineno, fault)
            logged = self._logged.setdefault(kind, Logged(record.levelno))
            logged.times += 1
            is_first, is_one_too_many = logged.times == 1, logged.times > MOST_LINES
        message = _one_line(_message(record))
        if is_one_too_many:
            logged.held_back = message
            return False
        record.exc_info = record.exc_text = record.stack_info = None
        if error is not None and is_first:
            record.exc_text = _traceback(error)
        elif error is not None:
            message = _one_line(f"{message} (again {''.join(traceback.format_exception_only(error)).rstrip()})")
        record.msg, record.args = message, None
        return True

    def tell(self) -> None:
        """End an interval: log how many lines of each kind were held back, and count anew."""
        with self._lock:
            ended, self._logged = self._logged, {}
        for kind, logged in ended.items():
            if logged.held_back:
                count = logged.times - MOST_LINES
                said = "and %d more in the last %.0f s, such as: %s"
                logging.getLogger(kind.logger).log(logged.level, said, count, INTERVAL_SECONDS, logged.held_back)


def install() -> LogLimits:
    """Bound what every logger logs from now on, also warnings and exceptions that end a thread.

    Each logger has the filter itself: a library may give its loggers handlers of their own, at any time.
    """
    limits = LogLimits()

    class LimitedLogger(logging.Logger):
        def __init__(self, name: str, level: int = logging.NOTSET) -> None:
            super().__init__(name, level)
            self.addFilter(limits)

    logging.setLoggerClass(LimitedLogger)
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.addFilter(limits)
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed
    return limits


def _thread_failed(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value
    if error is not None and not isinstance(error, SystemExit):
        log.error("thread failed name=%s", ended.thread.name if ended.thread else "", exc_info=error)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # the values do not fit the text, or one cannot be written
        return f"{record.msg} ({type(error).__name__} as its values were filled in)"


def _one_line(text: str) -> str:
    start = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_LINE].strip())
    return start if len(text) <= LONGEST_LINE else f"{start}... ({len(text):,} characters)"


def _traceback(error: BaseException) -> str:
    """Return a traceback, indented so that nothing in it passes for a line of its own."""
    text = "".join(traceback.format_exception(error)).rstrip()
    if len(text) > LONGEST_TRACEBACK:
        half = LONGEST_TRACEBACK // 2
        text = f"{text[:half]}\n... ({len(text):,} characters)\n{text[-half:]}"
    lines = ("".join(letter if letter.isprintable() else " " for letter in line) for line in text.splitlines())
    return textwrap.indent("\n".join(lines), "  ", lambda _: True)
