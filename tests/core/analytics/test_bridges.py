"""Bridges: names and versions as workers state them."""

from __future__ import annotations

import pytest

from horde_core.analytics.bridges import bridge_of
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
    ],
)
def test_a_bridge_is_read_from_what_a_worker_says_of_itself(agent: str | None, name: str, version: str | None) -> None:
    bridge = bridge_of(HordeWorker(name="w", bridge_agent=agent))
    assert bridge.name == name
    assert (None if bridge.version is None else str(bridge.version)) == version
