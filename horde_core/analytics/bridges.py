"""The program between a worker and the network. ``bridge_agent`` reads ``name:version:url``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from horde_core.upstream.api_records import HordeWorker

UNKNOWN_BRIDGE = "unknown"


class Bridge(NamedTuple):
    """The program that a worker runs; the version is None where it is not stated or cannot be read."""

    name: str
    version: Version | None


def bridge_of(worker: HordeWorker) -> Bridge:
    """Read a worker's ``bridge_agent``."""
    name, version, *_ = [*(worker.bridge_agent or "").split(":", 2), "", ""]
    try:
        parsed = Version(version.strip())
    except InvalidVersion:
        parsed = None
    name = name.strip() or UNKNOWN_BRIDGE
    return Bridge(name, None if name == UNKNOWN_BRIDGE else parsed)


def newest_versions(bridges: Iterable[Bridge]) -> dict[str, Version]:
    """The newest version seen of each bridge, by the bridge's name."""
    newest: dict[str, Version] = {}
    for name, version in bridges:
        if version is not None:
            newest[name] = max(version, newest.get(name, version))
    return newest


def is_behind(bridge: Bridge, newest: Mapping[str, Version]) -> bool | None:
    """Whether a bridge is older than the newest of its name; None where its version is unknown."""
    return None if bridge.version is None else bridge.version < newest[bridge.name]
