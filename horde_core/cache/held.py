"""What the cache holds of a source: its value, why the last refresh gave nothing, and the fetch under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sized
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value held in memory. Times are Unix seconds, but for ``born``, which is monotonic.

    ``digest`` is of the last body, ``content`` of the body that first held this value: the API's order varies.
    ``is_expired`` after an invalidation: still good to show, due for a refresh.
    """

    value: T
    digest: str
    content: str
    origin: str
    dropped: int
    fetched_at: float
    unchanged_since: float
    changed_at: float | None
    born: float
    sequence: int
    is_expired: bool = False

    @property
    def kept(self) -> int | None:
        """How many rows the value has; None where it has no rows."""
        return len(self.value) if isinstance(self.value, Sized) else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last refresh gave nothing. Times are monotonic; ``asked_until`` is what the server itself asked for.

    ``suspect`` is a value that is not believed until a second answer agrees.
    """

    message: str
    count: int
    retry_at: float
    asked_until: float
    suspect: Any = None


@dataclass(slots=True)
class Flight:
    """A refresh under way. A forced one asks upstream, whatever Redis holds; a take-over asks Redis only.
    Whoever joins can make it do more, never less.
    """

    sequence: int
    started: float
    is_forced: bool = False
    is_take_over: bool = False
    landed: Future[None] = field(default_factory=Future)


class Event(StrEnum):
    """What the cache counts, in the words of the Sources page."""

    MEMORY_HIT = "from memory"
    STALE_SERVED = "stale served"
    MISS = "waited or unavailable"
    REDIS_HIT = "taken from Redis"
    FETCH = "fetched"
    FAILURE = "failed"
    LOCK_WAIT = "waited for another replica"


Counters = Counter[Event]
