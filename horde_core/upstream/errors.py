"""The errors of a source, as one tree.

::

    SourceError             the source gave nothing usable; the message is a plain sentence
    ├── TransportError      no answer: refused, timed out, cut off
    ├── StatusError         an answer with an error status (429 and 5xx: an outage; other 4xx: our request is wrong)
    └── ShapeError          an answer whose body is not what the contract says
"""

from __future__ import annotations


class SourceError(Exception):
    """A source gave nothing usable. ``str()`` is one plain sentence for the screen."""

    retry_after: float | None = None
    """The server's ``Retry-After`` in seconds; set by an error status only."""


class TransportError(SourceError):
    """No answer came, or it broke off."""


class StatusError(SourceError):
    """The answer had an error status."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"The server answered with error {status}.")
        self.status = status
        self.retry_after = retry_after

    @property
    def is_outage(self) -> bool:
        """Whether the server is overloaded or broken (429, 5xx); else our request is wrong."""
        return self.status == 429 or self.status >= 500


class ShapeError(SourceError):
    """The body is not what the contract says; the message says what was expected."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"The server sent something else than its contract says: {expected}.")
