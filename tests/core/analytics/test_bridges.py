"""Bridges: names and versions as workers state them, and which version others are compared with."""

from __future__ import annotations

import itertools

import pytest
from packaging.version import Version

from horde_core.analytics.bridges import bridge_of, is_behind, newest_versions
from horde_core.upstream.api_records import HordeWorker


@pytest.mark.parametrize(
    ("agent", "name", "version"),
    [
        ("AI Horde Worker reGen:10.1.1:https://github.com/x", "AI Horde Worker reGen", "10.1.1"),
        ("KoboldCppEmbedWorker:2:https://github.com/x", "KoboldCppEmbedWorker", "2"),
        ("unknown:0:unknown", "unknown", None),
        ("Odd:not a version:x", "Odd", None),
        ("NoVersion", "NoVersion", None),
        ("", "unknown", None),
        (None, "unknown", None),
        (":3:", "unknown", None),
        ("A:999999999999999999999999.1:x", "A", None),
        ("A:10000.1:x", "A", "10000.1"),
        ("A:1.10001:x", "A", None),
        ("A:20000!1.0:x", "A", None),
        pytest.param("A:" + "9" * 5_000 + ":x", "A", None, id="more digits than Python reads"),
        ("A:10.4.0-beta.1:x", "A", "10.4.0b1"),
    ],
)
def test_a_bridge_is_read_from_what_a_worker_says_of_itself(agent: str | None, name: str, version: str | None) -> None:
    bridge = bridge_of(HordeWorker(name="w", bridge_agent=agent))
    assert bridge.name == name
    assert (None if bridge.version is None else str(bridge.version)) == version


def running(*workers: tuple[str, int, str | None]) -> list[HordeWorker]:
    """Workers of one bridge: so many with a version, of an owner (None where that is not public)."""
    numbers = itertools.count()
    return [
        HordeWorker(name="w", id=f"{next(numbers)}", owner=owner, bridge_agent=f"A:{version}:x")
        for version, count, owner in workers
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("workers", "newest"),
    [
        (running(("10.1.1", 16, None), ("10.3.0", 1, None)), "10.1.1"),  # neither two owners nor a tenth
        (running(("10.1.1", 16, None), ("10.3.0", 2, None)), "10.3.0"),
        (running(("10.1.1", 30, None), ("10.3.0", 3, "one#1")), "10.1.1"),  # one owner's three of 33
        (running(("10.1.1", 27, None), ("10.3.0", 3, "one#1")), "10.3.0"),  # a tenth
        (running(("10.1.1", 30, None), ("10.3.0", 1, "one#1"), ("10.3.0", 1, "two#2")), "10.3.0"),
        (running(("10.1.1", 2, None), ("10.4.0rc1", 20, None)), "10.1.1"),
        (running(("10.1.1", 2, None), ("10.4.0.dev5", 20, None)), "10.1.1"),
        (running(("10.1.1", 2, None), ("999999999999999999999999.1", 20, None)), "10.1.1"),
        (running(("10.1.1", 1, None)), "10.1.1"),
        (running(("9.9", 5, None), ("10.1", 5, None)), "10.1"),  # as versions, not as text
        (running(("10.4.0rc1", 3, None)), None),
        (running(("what", 3, None)), None),
    ],
)
def test_others_are_compared_with_the_newest_stable_version_that_several_run(
    workers: list[HordeWorker], newest: str | None
) -> None:
    assert newest_versions(workers) == ({} if newest is None else {"A": Version(newest)})


@pytest.mark.parametrize(
    ("version", "expected"),
    [("10.1.1", False), ("10.0.7", True), ("10.3.0", False), ("10.4.0rc1", False), ("10.0rc1", True), ("what", None)],
)
def test_behind_is_what_is_older_than_that(version: str, expected: bool | None) -> None:
    newest = newest_versions(running(("10.1.1", 16, None)))
    assert is_behind(bridge_of(HordeWorker(name="w", bridge_agent=f"A:{version}:x")), newest) is expected


def test_without_a_yardstick_nobody_is_behind() -> None:
    assert is_behind(bridge_of(HordeWorker(name="w", bridge_agent="A:1.0rc1:x")), {}) is None
