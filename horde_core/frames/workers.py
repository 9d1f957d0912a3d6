"""The workers as a frame: what they serve, the bridges they run, and how threads concentrate. Pure; None is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import pandas as pd
from packaging.version import Version

from horde_core.analytics.bridges import Bridge, bridge_of, is_behind, newest_versions
from horde_core.analytics.records import CombinedModelStatistics, WorkerSummary
from horde_core.frames.schema import (
    AMOUNT,
    COUNT,
    DURATION,
    FLAG,
    LIST,
    TEXT,
    Columns,
    Schema,
    cells_of,
    frame_of,
    known,
    schema_of,
)
from horde_core.unknowns import percent
from horde_core.upstream.api_records import HordeWorker
from horde_core.upstream.model_reference import ModelRecord

CAPABILITIES = ("img2img", "painting", "post_processing", "lora", "controlnet", "sdxl_controlnet")
"""What image workers may be able to do, as fields of the API's record; alchemists have forms instead."""


class _Row(NamedTuple):
    """A worker, its bridge, and what that is compared with."""

    worker: HordeWorker
    bridge: Bridge
    newest: Mapping[str, Version]


_COLUMNS: Columns[_Row] = {
    "id": (TEXT, lambda row: row.worker.identity),
    "name": (TEXT, lambda row: row.worker.display_name),
    "type": (TEXT, lambda row: "alchemy" if row.worker.type == "interrogation" else row.worker.type),
    "threads": (COUNT, lambda row: row.worker.threads),
    "speed": (AMOUNT, lambda row: row.worker.speed and row.worker.speed.value),
    "unit": (TEXT, lambda row: row.worker.speed and row.worker.speed.unit),
    "models": (LIST, lambda row: list(dict.fromkeys(row.worker.models or ()))),
    "model_count": (COUNT, lambda row: None if row.worker.models is None else len(set(row.worker.models))),
    "capabilities": (LIST, lambda row: capabilities_of(row.worker)),
    "context": (COUNT, lambda row: row.worker.max_context_length),
    "longest_answer": (COUNT, lambda row: row.worker.max_length),
    "bridge": (TEXT, lambda row: row.bridge.name),
    "version": (TEXT, lambda row: "n/a" if row.bridge.version is None else str(row.bridge.version)),
    "prerelease": (FLAG, lambda row: None if row.bridge.version is None else row.bridge.version.is_prerelease),
    "behind": (FLAG, lambda row: is_behind(row.bridge, row.newest)),
    "trusted": (FLAG, lambda row: row.worker.trusted),
    "maintenance": (FLAG, lambda row: row.worker.maintenance_mode),
    "uptime": (DURATION, lambda row: row.worker.uptime),
    "requests": (COUNT, lambda row: row.worker.requests_fulfilled),
    "kudos": (AMOUNT, lambda row: row.worker.kudos_rewards),
    "kudos_generated": (AMOUNT, lambda row: row.worker.kudos_details and row.worker.kudos_details.generated),
    "kudos_uptime": (AMOUNT, lambda row: row.worker.kudos_details and row.worker.kudos_details.uptime),
    "megapixelsteps": (AMOUNT, lambda row: row.worker.megapixelsteps_generated),
    "team": (TEXT, lambda row: row.worker.team),
    "owner": (TEXT, lambda row: row.worker.owner),
    "info": (TEXT, lambda row: row.worker.info),
    "painting": (FLAG, lambda row: row.worker.painting),
}
WORKERS = schema_of(_COLUMNS)
BRIDGES: Schema = {
    "bridge": TEXT,
    "version": TEXT,
    "workers": COUNT,
    "threads": COUNT,
    "prerelease": FLAG,
    "behind": FLAG,
}
_MODEL_WORKER_COLUMNS: Columns[WorkerSummary] = {
    "name": (TEXT, lambda worker: worker.display_name),
    "threads": (COUNT, lambda worker: worker.threads),
    "performance": (TEXT, lambda worker: worker.performance),
    "trusted": (FLAG, lambda worker: worker.trusted),
    "maintenance": (FLAG, lambda worker: worker.maintenance_mode),
    "uptime": (DURATION, lambda worker: worker.uptime),
}
MODEL_WORKERS = schema_of(_MODEL_WORKER_COLUMNS)


class BridgeSummary(NamedTuple):
    """How many workers run an older version than the newest usual one of their bridge. ``share`` in percent."""

    compared: int
    behind: int
    share: float | None


def capabilities_of(worker: HordeWorker) -> list[str]:
    """What a worker says it can do: an image worker's abilities, an alchemist's forms."""
    able = [name.replace("_", " ") for name in CAPABILITIES if getattr(worker, name) is True]
    return [*able, *(worker.forms or ())]


def worker_frame(workers: Iterable[HordeWorker]) -> pd.DataFrame:
    """One row a worker, most threads first.

    ``speed`` is in ``unit``, as the API gives it (for alchemy seconds a form: lower is faster), ``context`` in tokens,
    ``uptime`` over the worker's whole life, ``models`` the API names it serves.
    """
    everyone = list(workers)
    newest = newest_versions(everyone)
    frame = frame_of([cells_of(_Row(one, bridge_of(one), newest), _COLUMNS) for one in everyone], WORKERS)
    return frame.sort_values(["threads", "name"], ascending=[False, True], na_position="last", ignore_index=True)


def meets_requirements(frame: pd.DataFrame, reference: Mapping[str, ModelRecord] | None) -> list[bool | None]:
    """Whether each worker can do what the models that it lists require: a model for inpainting needs one that paints.

    Unknown without a reference, or where a worker does not say. ``frame`` is :func:`worker_frame`.
    """
    if reference is None:
        return [None] * len(frame)
    inpainting = {name.casefold() for name, record in reference.items() if record.inpainting}

    def meets(models: list[str], paints: bool | None) -> bool | None:
        return True if inpainting.isdisjoint(name.casefold() for name in models) else paints

    paints = [None if pd.isna(value) else bool(value) for value in frame["painting"]]
    return [meets(*row) for row in zip(frame["models"], paints, strict=True)]


def bridge_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a bridge and version, most workers first; ``behind`` is unknown where the version is.

    ``frame`` is :func:`worker_frame`.
    """
    versions = frame.groupby(["bridge", "version"], sort=False).agg(
        workers=("name", "size"),
        threads=("threads", lambda values: values.sum(skipna=False)),
        prerelease=("prerelease", "first"),
        behind=("behind", "first"),
    )
    versions = versions.reset_index().astype(dict(BRIDGES))
    order = ["workers", "threads", "bridge", "version"]
    return versions.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def bridge_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Workers by bridge, most first: how many run its ``newest`` version, one ``behind`` it, or an ``unknown`` one.

    Pre-releases are told apart from the three.
    """
    kinds = frame["behind"].map({True: "behind", False: "newest"}).astype("object").fillna("unknown")
    kinds = kinds.mask(frame["prerelease"].fillna(False).astype(bool), "prerelease")
    columns = ["newest", "behind", "prerelease", "unknown"]
    counted = pd.crosstab(frame["bridge"], kinds).reindex(columns=columns, fill_value=0)
    return counted.loc[counted.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def bridge_summary(frame: pd.DataFrame) -> BridgeSummary:
    """Summarise how up to date the bridges of :func:`worker_frame` are, over those with a readable version."""
    known = frame["behind"].dropna()
    behind = int(known.sum())
    return BridgeSummary(len(known), behind, percent(behind, len(known)))


class WorkforceSummary(NamedTuple):
    """The workers of one type; ``for_half`` are the fewest, not in maintenance, with half of the threads."""

    in_maintenance: int | None
    for_half: int | None


def workforce_summary(frame: pd.DataFrame, kind: str) -> WorkforceSummary:
    """Summarise the workers of one type; ``frame`` is :func:`worker_frame`."""
    of_kind = frame[frame["type"] == kind]
    is_away = of_kind["maintenance"]
    at_work = of_kind[~is_away.fillna(False).astype(bool)]
    return WorkforceSummary(
        in_maintenance=int(is_away.sum()) if is_away.notna().all() else None,
        for_half=fewest_for_half(known(at_work["threads"])) if is_away.notna().all() else None,
    )


class StaffSummary(NamedTuple):
    """All workers by type, and how up to date their bridges are."""

    workers: int
    by_type: dict[str, WorkforceSummary]
    bridges: BridgeSummary


def staff_summary(frame: pd.DataFrame) -> StaffSummary:
    """Summarise :func:`worker_frame`."""
    return StaffSummary(
        workers=len(frame),
        by_type={kind: workforce_summary(frame, kind) for kind in ("image", "text", "alchemy")},
        bridges=bridge_summary(frame),
    )


def worker_rows(statistics: CombinedModelStatistics) -> pd.DataFrame | None:
    """One row a worker that lists a model, most threads first; None where the workers are unknown."""
    if statistics.worker_summaries is None:
        return None
    rows = [cells_of(worker, _MODEL_WORKER_COLUMNS) for worker in statistics.worker_summaries.values()]
    frame = frame_of(rows, MODEL_WORKERS)
    return frame.sort_values(["threads", "name"], ascending=[False, True], ignore_index=True)


def fewest_for_half(figures: Sequence[int | None]) -> int | None:
    """The smallest number of the figures that sum to half of the total; None when a figure is unknown or all are 0."""
    known = sorted((figure for figure in figures if figure), reverse=True)
    if not known or any(figure is None for figure in figures):
        return None
    return next(place for place, carried in enumerate(accumulate(known), 1) if carried * 2 >= sum(known))
