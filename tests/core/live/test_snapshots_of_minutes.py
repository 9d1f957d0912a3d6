"""What is derived from a snapshot that follows others equals what is derived from the same content alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_core.analytics.category_statistics import category_statistics
from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.names.matching import name_index
from horde_core.audit import AuditThresholds
from horde_core.frames.backends import backend_frame, backend_totals_frame, unknown_prefix_frame
from horde_core.frames.models import category_frame
from horde_core.live.snapshot import Snapshot
from horde_core.settings import Settings
from horde_core.upstream.model_reference import ModelRecord, ModelReference
from tests.core.analytics.merge.test_merge_of_minutes import Sources, minutes

LEVELS: tuple[GroupLevel, ...] = ("model", "family", "exact")
TODAY = date(2025, 12, 14)
ADDED = st.none() | st.just({}) | st.just({"Twin-7B": date(2025, 12, 1)})


@cache
def record(name: str) -> ModelRecord:
    """A record whose statements differ from name to name, some of them missing."""
    kind = sum(name.encode())
    return ModelRecord(
        name=name,
        baseline=(None, "sdxl", "flux")[kind % 3],
        nsfw=(None, True, False)[kind // 3 % 3],
        style=(None, "anime")[kind % 2],
        tags=("rp", "code")[: kind % 3],
        parameters=(None, 7_000_000_000)[kind % 2],
        text_model_group=(None, name[:1], "Family")[kind % 3],
    )


def snapshot(sources: Sources, number: int) -> Snapshot:
    workers = sources.workers or IndexedHordeWorkers.unavailable()
    return Snapshot(
        id=str(number),
        model_type=sources.index.model_type,
        is_simulated=False,
        status=sources.status or IndexedHordeModelStatus.unavailable(),
        usage=sources.usage or IndexedHordeModelStats(),
        workers=workers,
        reference=reference(sources.index.model_names),
    )


@cache
def reference(names: tuple[str, ...]) -> ModelReference:
    return ModelReference({name: record(name) for name in names})


def alone(taken: Snapshot) -> Snapshot:
    """The same content of which nothing is known from before."""
    name_index.cache_clear()
    return Snapshot(
        id=taken.id,
        model_type=taken.model_type,
        is_simulated=False,
        status=taken.status,
        usage=IndexedHordeModelStats(taken.usage.response),
        workers=taken.workers,
        reference=ModelReference(dict(taken.reference)),
    )


def derived(
    taken: Snapshot, level: GroupLevel, thresholds: AuditThresholds, added: Mapping[str, date] | None
) -> dict[str, object]:
    """Everything that pages read of a snapshot, but frames."""
    return {
        "statistics": category_statistics(taken.reference, taken.merged, taken.model_type),
        "groups": taken.groups(level),
        "subjects": taken.subjects(level),
        "audit": taken.audit(thresholds, TODAY, added, level),
    }


def frames(taken: Snapshot, level: GroupLevel) -> list[pd.DataFrame]:
    of_backends = [backend_frame(taken), backend_totals_frame(taken), unknown_prefix_frame(taken)]
    return [category_frame(taken, level), *(of_backends if taken.model_type == "text" else ())]


@settings(max_examples=25)
@given(minutes(), st.sampled_from(LEVELS), st.sampled_from((0.0, 5.0, 60.0)), ADDED)
def test_figures_after_others_equal_those_from_nothing(
    minutes_taken: list[Sources], level: GroupLevel, low_usage: float, added: Mapping[str, date] | None
) -> None:
    taken = [snapshot(sources, number) for number, sources in enumerate(minutes_taken)]
    settings_own = AuditThresholds.from_settings(Settings(), taken[0].model_type)
    thresholds = settings_own.model_copy(update={"low_usage_percentage": low_usage})
    after_others = [derived(one, level, thresholds, added) for one in taken]
    for one, found in zip(taken, after_others, strict=True):
        assert found == derived(alone(one), level, thresholds, added)


@settings(max_examples=25)
@given(minutes(), st.sampled_from(LEVELS))
def test_frames_after_others_equal_those_from_nothing(minutes_taken: list[Sources], level: GroupLevel) -> None:
    taken = [snapshot(sources, number) for number, sources in enumerate(minutes_taken)]
    after_others = [frames(one, level) for one in taken]
    for one, found in zip(taken, after_others, strict=True):
        for frame, expected in zip(found, frames(alone(one), level), strict=True):
            pd.testing.assert_frame_equal(frame, expected)
