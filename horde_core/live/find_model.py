"""One model by any of its names: of the reference, or of the API. Pure functions over snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from horde_core.analytics.names.matching import How
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.live.snapshot import Snapshot
from horde_core.upstream.model_reference import ModelRecord
from horde_core.vocabulary import ModelType


class Found(NamedTuple):
    """What a name stands for. ``record`` is None for an unlisted name; ``how`` is the rule that found the model."""

    asked: str
    name: str
    model_type: ModelType
    how: How
    record: ModelRecord | None
    statistics: CombinedModelStatistics


def find_model(asked: str, snapshots: Iterable[Snapshot]) -> Found | None:
    """Return the model that a name stands for: a model of the reference before an unlisted name; None for neither.

    A name that is exactly one of the reference, in any category, comes before one that is only resolved to it.
    """
    looked_at = list(snapshots)
    listed = [found for snapshot in looked_at if (found := _listed(asked, snapshot))]
    exact = next((found for found in listed if found.how == "exact"), None)
    if exact or listed:
        return exact or listed[0]
    return next((found for snapshot in looked_at if (found := _unlisted(asked, snapshot))), None)


def _listed(asked: str, snapshot: Snapshot) -> Found | None:
    resolution = snapshot.name_index.resolve(asked)
    if resolution.model is None:
        return None
    return Found(
        asked,
        resolution.model,
        snapshot.model_type,
        resolution.how,
        snapshot.reference[resolution.model],
        snapshot.merged.models[resolution.model],
    )


def _unlisted(asked: str, snapshot: Snapshot) -> Found | None:
    row = snapshot.merged.unlisted.in_any_case(asked)
    return None if row is None else Found(asked, row.name, snapshot.model_type, "none", None, row.record())
