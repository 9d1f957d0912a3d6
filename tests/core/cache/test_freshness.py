"""When cached data may be served, as a table, and the pauses after failures."""

from __future__ import annotations

import itertools
import time

import pytest

from horde_core.cache.freshness import Clock, Decision, Policy, decide

MINUTE_AND_HOUR = Policy(ttl=60, stale_ttl=3_600)


@pytest.mark.parametrize(
    ("age", "policy", "decision"),
    [
        (None, MINUTE_AND_HOUR, Decision.FETCH),
        (0.0, MINUTE_AND_HOUR, Decision.SERVE),
        (59.999, MINUTE_AND_HOUR, Decision.SERVE),
        (60.0, MINUTE_AND_HOUR, Decision.SERVE_STALE),
        (3_660.0, MINUTE_AND_HOUR, Decision.SERVE_STALE),
        (3_660.001, MINUTE_AND_HOUR, Decision.FETCH),
        (0.0, Policy(ttl=0, stale_ttl=3_600), Decision.FETCH),
        (60.0, Policy(ttl=60, stale_ttl=0), Decision.SERVE_STALE),
        (60.001, Policy(ttl=60, stale_ttl=0), Decision.FETCH),
    ],
)
def test_a_read_is_served_served_stale_or_fetched_by_its_age(
    age: float | None, policy: Policy, decision: Decision
) -> None:
    assert decide(age, policy) is decision


@pytest.mark.parametrize(
    ("age", "state", "decision"),
    [
        (59.0, {"is_expired": True}, Decision.SERVE_STALE),
        (59.0, {"is_failing": True}, Decision.SERVE),
        (60.0, {"is_failing": True}, Decision.SERVE_STALE),
        (None, {"is_failing": True}, Decision.SERVE_STALE),
        (None, {"is_failing": True, "is_paused": True}, Decision.SERVE),
        (60.0, {"is_failing": True, "is_paused": True}, Decision.SERVE),
        (59.0, {"is_expired": True, "is_failing": True, "is_paused": True}, Decision.SERVE),
    ],
)
def test_what_was_invalidated_is_renewed_and_nobody_waits_for_a_source_that_fails(
    age: float | None, state: dict[str, bool], decision: Decision
) -> None:
    assert decide(age, MINUTE_AND_HOUR, **state) is decision


def test_the_limit_is_the_ttl_and_the_stale_time_together() -> None:
    assert MINUTE_AND_HOUR.limit == 3_660


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_pauses_grow_with_each_failure_and_then_stay_the_same(jitter: float) -> None:
    pauses = [MINUTE_AND_HOUR.pause(failures, jitter) for failures in range(1, 12)]
    assert pauses[0] > 0
    assert all(later > earlier for earlier, later in itertools.pairwise(pauses[:5]))
    assert len(set(pauses[5:])) == 1


@pytest.mark.parametrize("ttl", [2.0, 10.0, 60.0, 3_600.0])
@pytest.mark.parametrize("failures", [1, 5, 12, 1_023, 1_024, 1_000_000])
def test_no_pause_is_longer_than_half_a_ttl_however_long_the_outage(ttl: float, failures: int) -> None:
    assert 0 < Policy(ttl, 3_600).pause(failures, jitter=1.0) <= ttl / 2


@pytest.mark.parametrize("ttl", [0.0, 0.5, 1.0])
def test_with_a_tiny_ttl_a_failing_source_is_still_left_alone_for_a_second(ttl: float) -> None:
    assert Policy(ttl, 3_600).pause(failures=50, jitter=1.0) == 1.0


def test_jitter_shortens_a_pause_by_at_most_a_half() -> None:
    longest = MINUTE_AND_HOUR.pause(4, jitter=1.0)
    assert MINUTE_AND_HOUR.pause(4, jitter=0.0) == longest / 2
    assert longest / 2 < MINUTE_AND_HOUR.pause(4, jitter=0.3) < longest


def test_the_clocks_of_an_app_are_the_machines() -> None:
    clock = Clock()
    before = clock.monotonic()
    assert abs(clock.wall() - time.time()) < 5
    assert clock.monotonic() >= before
