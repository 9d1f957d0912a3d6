"""Frames by schema: the same columns and dtypes whatever the rows hold."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.frames.schema import AMOUNT, COUNT, DURATION, FLAG, LIST, TEXT, Schema, frame_of

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
