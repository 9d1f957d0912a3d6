"""The errors of a source, as one tree.

::

    SourceError             the source gave nothing usable; the message is a plain sentence
    ├── TransportError      no answer: refused, timed out, cut off
    ├── RedirectError       a redirect to another host, which is not followed
    ├── StatusError         an answer with an error status (429 and 5xx: an outage; other 4xx: our request is wrong)
    └── ShapeError          an answer whose body is not what the contract says
"""

from __future__ import annotations

LONGEST_RETRY_AFTER = 300.0
"""Seconds: a server that asks to be left alone for longer is asked again after this time."""


class SourceError(Exception):
    """A source gave nothing usable. ``str()`` is one plain sentence for the screen."""

    retry_after: float | None = None
    """The server's ``Retry-After`` in seconds, at most 300; set by an error status only."""


class TransportError(SourceError):
    """No answer came, or it broke off."""


class RedirectError(SourceError):
    """The answer was a redirect that is not followed: to another host, or one too many."""

    def __init__(self) -> None:
        super().__init__("The server redirects to an address that is not asked.")


class StatusError(SourceError):
    """The answer had an error status."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"The server answered with error {status}.")
        self.status = status
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_RETRY_AFTER)

    @property
    def is_outage(self) -> bool:
        """Whether the server is overloaded or broken (429, 5xx); else our request is wrong."""
        return self.status == 429 or self.status >= 500


class ShapeError(SourceError):
    """The body is not what the contract says; the message says what was expected."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"The server sent something else than its contract says: {expected}.")
