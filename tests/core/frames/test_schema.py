"""Frames by schema: the same columns and dtypes whatever the rows hold."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.analytics.category_statistics import category_statistics
from horde_core.analytics.merge import merge_model_with_horde_data
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.frames import backends, models, usage, workers
from horde_core.frames.schema import AMOUNT, COUNT, DURATION, FLAG, LIST, TEXT, Schema, frame_of
from horde_core.live.snapshot import Snapshot
from tests.fixtures.audits import audited
from tests.fixtures.snapshots import USUAL, snapshot

SCHEMA: Schema = {"name": TEXT, "threads": COUNT, "speed": AMOUNT, "nsfw": FLAG, "uptime": DURATION, "tags": LIST}
FULL = {"tags": ["a"], "name": "Deliberate", "threads": 2, "speed": 1.5, "nsfw": True, "uptime": 90}
UNKNOWN = dict.fromkeys(FULL)


@pytest.mark.parametrize("rows", [[], [FULL], [UNKNOWN], [UNKNOWN, FULL], [{}], [{**FULL, "other": 1}]])
def test_columns_order_and_dtypes_are_those_of_the_schema(rows: list[dict[str, Any]]) -> None:
    frame = frame_of(rows, SCHEMA)
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == SCHEMA
    assert list(frame.columns) == list(SCHEMA)
    assert len(frame) == len(rows)


def test_what_a_row_does_not_say_is_missing_and_no_zero() -> None:
    assert frame_of([UNKNOWN], SCHEMA).isna().all(axis=None)


def test_a_duration_is_given_in_seconds() -> None:
    assert frame_of([FULL], SCHEMA)["uptime"][0] == pd.Timedelta(seconds=90)


def _parts(taken: Snapshot) -> pd.DataFrame:
    catalogue = category_statistics(taken.reference, taken.merged, "text").catalogue
    return usage.part_frame(catalogue.by_nsfw if catalogue else (), "month", taken.merged.reconciliation)


def _one_model(taken: Snapshot) -> CombinedModelStatistics:
    """A model or unlisted name of a snapshot; with nothing known at all, one of which nothing is known."""
    nothing = merge_model_with_horde_data("A", None, None, None, include_backend_variations=True)
    return next(iter((taken.merged.models or taken.merged.unlisted).values()), nothing)


FRAMES: dict[str, tuple[Schema, Any]] = {
    "models": (models.CATEGORY, models.category_frame),
    "backends": (backends.BACKENDS, backends.backend_frame),
    "totals": (backends.TOTALS, backends.backend_totals_frame),
    "distribution": (
        backends.DISTRIBUTION,
        lambda taken: backends.distribution_frame(backends.backend_totals_frame(taken)),
    ),
    "prefixes": (backends.PREFIXES, backends.unknown_prefix_frame),
    "balance": (backends.BALANCE, lambda taken: backends.balance_frame(audited(taken).models)),
    "a model's backends": (backends.MODEL_BACKENDS, lambda taken: backends.variation_frame(_one_model(taken))),
    "a model's workers": (workers.MODEL_WORKERS, lambda taken: workers.worker_rows(_one_model(taken))),
    "workers": (workers.WORKERS, lambda taken: workers.worker_frame(taken.workers)),
    "bridges": (workers.BRIDGES, lambda taken: workers.bridge_frame(workers.worker_frame(taken.workers))),
    "parts": (usage.PARTS, _parts),
}


@pytest.mark.parametrize("missing", [(), ("status",), ("usage",), ("workers",), ("reference",), tuple(USUAL["text"])])
@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_has_its_schema_whatever_is_missing(name: str, missing: tuple[str, ...]) -> None:
    schema, of = FRAMES[name]
    frame = of(snapshot("text", **dict.fromkeys(missing)))
    if frame is not None:  # the workers of a model are None where they are unknown
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == dict(schema)
        assert list(frame.columns) == list(schema)
