"""Who serves: the workers as a frame, the bridges they run, and how much hangs on how few. Pure functions.

A bridge is the program between a worker and the network. ``bridge_agent`` reads ``name:version:url``; versions are
compared as versions, and "newest" is the newest that any worker with the same bridge runs now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import pandas as pd
from packaging.version import InvalidVersion, Version

from horde_core.unknowns import percent
from horde_core.upstream.api_records import HordeWorker

CAPABILITIES = ("img2img", "painting", "post_processing", "lora", "controlnet", "sdxl_controlnet")
"""What image workers may be able to do, as fields of the API's record; alchemists have forms instead."""

UNKNOWN_BRIDGE = "unknown"


class Bridge(NamedTuple):
    """The program that a worker runs; the version is None where it is not one."""

    name: str
    version: Version | None


class BridgeSummary(NamedTuple):
    """How many workers run an older version than the newest seen of the same bridge. ``share`` in percent."""

    compared: int
    behind: int
    share: float | None


def bridge_of(worker: HordeWorker) -> Bridge:
    """Read a worker's bridge from what it says of itself."""
    name, version, *_ = [*(worker.bridge_agent or "").split(":", 2), "", ""]
    try:
        parsed = Version(version.strip())
    except InvalidVersion:
        parsed = None
    name = name.strip() or UNKNOWN_BRIDGE
    return Bridge(name, None if name == UNKNOWN_BRIDGE else parsed)


def capabilities_of(worker: HordeWorker) -> list[str]:
    """What a worker says it can do: an image worker's abilities, an alchemist's forms."""
    able = [name.replace("_", " ") for name in CAPABILITIES if getattr(worker, name) is True]
    return [*able, *(worker.forms or ())]


def worker_frame(workers: Iterable[HordeWorker]) -> pd.DataFrame:
    """One row a worker, most threads first.

    ``speed`` is in ``unit``, as the API gives it (for alchemy seconds a form: lower is faster), ``context`` in tokens,
    ``uptime`` over the worker's whole life, ``models`` the API names it serves.
    """
    rows = [_worker_row(worker) for worker in workers]
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype(
        dict.fromkeys(("threads", "model_count", "context", "longest_answer", "requests"), "Int64")
        | dict.fromkeys(("trusted", "maintenance", "behind"), "boolean")
        | {"speed": "Float64"}
    )
    frame["uptime"] = pd.to_timedelta(frame["uptime"].astype("Float64"), unit="s")
    newest = newest_versions(frame)
    frame["behind"] = pd.array(
        [_is_behind(*row, newest) for row in zip(frame["bridge"], frame["release"], strict=True)], "boolean"
    )
    return frame.sort_values(["threads", "name"], ascending=[False, True], na_position="last", ignore_index=True)


def newest_versions(frame: pd.DataFrame) -> dict[str, Version]:
    """The newest version seen of each bridge."""
    newest: dict[str, Version] = {}
    for bridge, release in zip(frame["bridge"], frame["release"], strict=True):
        if release is not None:
            newest[bridge] = max(release, newest.get(bridge, release))
    return newest


def bridge_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a bridge and version, most workers first; ``behind`` is unknown where the version is.

    ``frame`` is :func:`worker_frame`.
    """
    versions = frame.groupby(["bridge", "version"], sort=False).agg(
        workers=("name", "size"),
        threads=("threads", lambda values: values.sum(skipna=False)),
        behind=("behind", "first"),
    )
    versions = versions.reset_index().astype({"workers": "Int64", "threads": "Int64", "behind": "boolean"})
    order = ["workers", "threads", "bridge", "version"]
    return versions.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def bridge_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Workers by bridge, most first: how many run its ``newest`` version, one ``behind`` it, or an ``unknown`` one."""
    kinds = frame["behind"].map({True: "behind", False: "newest"}).astype("object").fillna("unknown")
    counted = pd.crosstab(frame["bridge"], kinds).reindex(columns=["newest", "behind", "unknown"], fill_value=0)
    return counted.loc[counted.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def bridge_summary(frame: pd.DataFrame) -> BridgeSummary:
    """Summarise how up to date the bridges of :func:`worker_frame` are, over those with a readable version."""
    known = frame["behind"].dropna()
    behind = int(known.sum())
    return BridgeSummary(len(known), behind, percent(behind, len(known)))


def fewest_for_half(figures: Sequence[int | None]) -> int | None:
    """The fewest that carry half of all together: how many workers half of the threads hang on; None when unknown."""
    known = sorted((figure for figure in figures if figure), reverse=True)
    if not known or any(figure is None for figure in figures):
        return None
    return next(place for place, carried in enumerate(accumulate(known), 1) if carried * 2 >= sum(known))


def _worker_row(worker: HordeWorker) -> dict[str, Any]:
    bridge, speed = bridge_of(worker), worker.speed
    models = list(dict.fromkeys(worker.models or ()))
    return {
        "id": worker.identity,
        "name": worker.name,
        "type": "alchemy" if worker.type == "interrogation" else worker.type,
        "threads": worker.threads,
        "speed": None if speed is None else speed.value,
        "unit": None if speed is None else speed.unit,
        "models": models,
        "model_count": None if worker.models is None else len(models),
        "capabilities": capabilities_of(worker),
        "context": worker.max_context_length,
        "longest_answer": worker.max_length,
        "bridge": bridge.name,
        "version": "n/a" if bridge.version is None else str(bridge.version),
        "release": bridge.version,
        "behind": None,
        "trusted": worker.trusted,
        "maintenance": worker.maintenance_mode,
        "uptime": worker.uptime,
        "requests": worker.requests_fulfilled,
    }


def _is_behind(bridge: str, release: Version | None, newest: dict[str, Version]) -> bool | None:
    return None if release is None else release < newest[bridge]


_COLUMNS = [
    "id", "name", "type", "threads", "speed", "unit", "models", "model_count", "capabilities", "context",
    "longest_answer", "bridge", "version", "release", "behind", "trusted", "maintenance", "uptime", "requests",
]  # fmt: skip
