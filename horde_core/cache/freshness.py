"""When cached data may be served: a pure decision, and the clocks that ages are measured with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

SHORTEST_LIMIT_SECONDS = 5.0


def _monotonic() -> float:
    """Seconds that never step; those of a suspended machine count too where the system knows them."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock(NamedTuple):
    """The two clocks: ``wall`` (Unix seconds) to agree with other processes on, ``monotonic`` that never steps."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = _monotonic


class State(StrEnum):
    """What a source's data is worth now, in the word that the screen shows."""

    FRESH = "fresh"
    STALE = "stale"
    UNAVAILABLE = "unavailable"


class Decision(StrEnum):
    """What to do with a read."""

    SERVE = "serve"
    SERVE_STALE = "serve stale and refresh behind"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True)
class Policy:
    """For how many seconds data is fresh (``ttl``), and for how many more it may be served (``stale_ttl``)."""

    ttl: float
    stale_ttl: float

    @property
    def limit(self) -> float:
        """The age in seconds past which data is unavailable, not ancient; time enough to show what was fetched."""
        return max(self.ttl + self.stale_ttl, SHORTEST_LIMIT_SECONDS)

    def pause(self, failures: int, jitter: float) -> float:
        """Seconds to leave a source alone after that many failures in a row; ``jitter`` lies in 0..1.

        Pauses double and stay below half a TTL, so that with the readers' own rhythm a source that is back is
        noticed within one.
        """
        return min(max(self.ttl, 2.0) / 2, 2.0 ** min(failures, 30)) * (0.5 + jitter / 2)


def decide(age: float | None, policy: Policy) -> Decision:
    """Decide on a read, given the age in seconds of what is held (None: nothing)."""
    if age is None or age > policy.limit:
        return Decision.FETCH
    return Decision.SERVE if age < policy.ttl else Decision.SERVE_STALE
