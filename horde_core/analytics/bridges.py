"""The program between a worker and the network. ``bridge_agent`` reads ``name:version:url``. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from packaging.version import Version

from horde_core.upstream.api_records import HordeWorker

UNKNOWN_BRIDGE = "unknown"

LARGEST_PART = 10_000
"""A version with a larger part is none: no program has released so often."""

FEWEST_OWNERS = 2
SHARE_OF_WORKERS = 0.1
"""A version is a yardstick for its bridge when so many owners, or such a share of the bridge's workers, run it."""


class Bridge(NamedTuple):
    """The program that a worker runs; the version is None where it is not stated or cannot be read."""

    name: str
    version: Version | None


def bridge_of(worker: HordeWorker) -> Bridge:
    """Read a worker's ``bridge_agent``."""
    name, version, *_ = [*(worker.bridge_agent or "").split(":", 2), "", ""]
    name = name.strip() or UNKNOWN_BRIDGE
    return Bridge(name, None if name == UNKNOWN_BRIDGE else _version(version.strip()))


def newest_versions(workers: Iterable[HordeWorker]) -> dict[str, Version]:
    """The newest stable version of each bridge that several owners, or a fair share of its workers, run.

    A worker whose owner is not public counts as one owner. Pre-releases are no yardstick.
    """
    owners: defaultdict[Bridge, set[str]] = defaultdict(set)
    running: Counter[Bridge] = Counter()
    of_bridge: Counter[str] = Counter()
    for worker in workers:
        bridge = bridge_of(worker)
        owners[bridge].add(worker.owner or worker.identity)
        running[bridge] += 1
        of_bridge[bridge.name] += 1
    newest: dict[str, Version] = {}
    for bridge, count in running.items():
        name, version = bridge
        if version is None or version.is_prerelease:
            continue
        if len(owners[bridge]) >= FEWEST_OWNERS or count >= SHARE_OF_WORKERS * of_bridge[name]:
            newest[name] = max(version, newest.get(name, version))
    return newest


def is_behind(bridge: Bridge, newest: Mapping[str, Version]) -> bool | None:
    """Whether a bridge is older than the yardstick of its name; None where its version or a yardstick is unknown."""
    yardstick = newest.get(bridge.name)
    return None if bridge.version is None or yardstick is None else bridge.version < yardstick


def _version(text: str) -> Version | None:
    try:
        version = Version(text)
    except ValueError:  # no version, or one of more digits than Python reads
        return None
    return version if max(version.epoch, *version.release) <= LARGEST_PART else None
