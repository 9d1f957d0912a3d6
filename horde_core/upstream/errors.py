"""What can go wrong with a source, as one small tree.

::

    SourceError             the source gave nothing that can be used; the message is a plain sentence
    ├── TransportError      no answer: refused, timed out, cut off
    ├── StatusError         an answer with an error status (429 and 5xx are the server's trouble, other 4xx ours)
    └── ShapeError          an answer whose body is not what the contract says
"""

from __future__ import annotations


class SourceError(Exception):
    """A source gave nothing that can be used. ``str()`` is one plain sentence fit for the screen."""

    retry_after: float | None = None
    """Seconds the server asked to be left alone for; only ever set from an error status."""


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
        """Whether the server is in trouble (429, 5xx), rather than our request wrong."""
        return self.status == 429 or self.status >= 500


class ShapeError(SourceError):
    """The body is not what the contract says; the message says what was expected."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"The server sent something else than its contract says: {expected}.")
