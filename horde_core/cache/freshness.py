"""When cached data may be served: a pure decision on age and policy, and the clocks that ages are measured with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

SHORTEST_LIMIT_SECONDS = 5.0


def _monotonic() -> float:
    """Seconds of a clock that never steps; on Linux it also counts the time that the machine was suspended."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock(NamedTuple):
    """The two clocks: ``wall`` (Unix seconds) to agree with other processes on, ``monotonic`` that never steps."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = _monotonic


class State(StrEnum):
    """State of a source's data, in the word shown on screen."""

    FRESH = "fresh"
    STALE = "stale"
    UNAVAILABLE = "unavailable"


class Decision(StrEnum):
    """What to do with a read: answer with what is held, start a refresh behind that answer, or wait for a refresh."""

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
        """Age in seconds past which data is unavailable; at least 5, so that with a TTL of 0 a fetch can be shown."""
        return max(self.ttl + self.stale_ttl, SHORTEST_LIMIT_SECONDS)

    def pause(self, failures: int, jitter: float) -> float:
        """Return the seconds before the next try after that many failures in a row; ``jitter`` lies in 0..1.

        Pauses double up to half a TTL, so that a source that is back is noticed within one TTL.
        """
        return min(max(self.ttl, 2.0) / 2, 2.0 ** min(failures, 30)) * (0.5 + jitter / 2)


def decide(
    age: float | None, policy: Policy, *, is_expired: bool = False, is_failing: bool = False, is_paused: bool = False
) -> Decision:
    """Decide on a read, given the age in seconds of what is held (None: nothing). With a TTL of 0 reads wait.

    ``is_expired``: it was invalidated. ``is_failing``: the last refresh failed, so that waiting for another one is in
    vain. ``is_paused``: the source is not to be asked for now, so that there is nothing to do but serve what there is.
    """
    if is_paused or (age is not None and age < policy.ttl and not is_expired):
        return Decision.SERVE
    if is_failing or (age is not None and policy.ttl > 0 and age <= policy.limit):
        return Decision.SERVE_STALE
    return Decision.FETCH
