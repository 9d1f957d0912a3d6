"""What the cache holds of a source: its value, its last failure, the fetch under way, its counters, and the body as
Redis has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sized
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, NamedTuple, TypeVar

from horde_core.upstream.parsed import NotUnderstood

T = TypeVar("T")

Outcome = Literal["new", "unchanged", "suspicious", "failed"]
"""The result of a fetch; ``suspicious`` is an answer that is not believed until a second one agrees."""

GiveBack = Callable[[], None]
"""Gives a lease back."""

SOCKET_SECONDS = 0.25
"""Timeout of connecting to Redis and of each answer."""


def no_lease() -> None:
    """No-op: there is no lease to give back."""


class StoredBody(NamedTuple):
    """A body as memory and Redis exchange it; times are Unix seconds."""

    body: bytes
    origin: str
    fetched_at: float
    unchanged_since: float
    changed_at: float | None


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value held in memory. Times are Unix seconds, but for ``born``, which is monotonic; ``limit`` is an age.

    ``digest`` is of the last body, ``content`` of the body that first held this value: the order of the API's rows
    varies. ``is_expired`` after an invalidation: still shown, due for a refresh.
    """

    value: T
    digest: str
    content: str
    origin: str
    dropped: int
    not_understood: tuple[NotUnderstood, ...]
    fetched_at: float
    unchanged_since: float
    changed_at: float | None
    born: float
    limit: float
    sequence: int
    is_expired: bool = False

    @property
    def kept(self) -> int | None:
        """Number of rows of the value; None where it has no rows."""
        return len(self.value) if isinstance(self.value, Sized) else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed refresh, ``count`` in a row; ``retry_at`` is monotonic."""

    message: str
    count: int
    retry_at: float


@dataclass(slots=True)
class Flight:
    """A refresh under way. A forced one asks upstream, whatever Redis holds; a take-over asks Redis only.

    A reader that joins it can make it do more, never less.
    """

    sequence: int
    started: float
    is_forced: bool = False
    is_take_over: bool = False
    landed: Future[None] = field(default_factory=Future)


class Event(StrEnum):
    """Events that the cache counts, in the words of the Sources page."""

    MEMORY_HIT = "from memory"
    STALE_SERVED = "stale served"
    MISS = "waited or unavailable"
    REDIS_HIT = "taken from Redis"
    FETCH = "fetched"
    FAILURE = "failed"
    LOCK_WAIT = "waited for another replica"


Counters = Counter[Event]
