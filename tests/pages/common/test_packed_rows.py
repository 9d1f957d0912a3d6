"""Rows as they are sent: nothing of them changes, and they take less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from pages.common.packed_rows import packed

ROWS = 1_000


def sent(table: pa.Table) -> bytes:
    """The bytes of a table, as Streamlit sends them."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_back(frame: pd.DataFrame) -> pa.Table:
    """A frame as a browser reads it."""
    return pa.ipc.open_stream(sent(packed(frame))).read_all()


@pytest.mark.parametrize(
    "cells",
    [
        pd.array([1, None, -3], "Int64"),
        pd.array([0, 127, -128], "int64"),
        pd.array([0, 128, -129], "int64"),
        pd.array([2**63 - 1, -(2**63), 5], "int64"),
        pd.array([None, None, None], "Int64"),
        pd.array([0.1, None, 3.0], "Float64"),
        pd.array([True, None, False], "boolean"),
        pd.to_timedelta([1, None, 3], unit="s"),
        ["a", "b", "c"],
        ["a", "a", None],
        ["", "", "\x00 <b>"],
        [["a", "b"], ["a", "a"], []],
        [["a", "a", "a"], None, ["a"]],
        [None, None, None],
    ],
    ids=repr,
)
def test_what_is_read_is_what_was_packed(cells: Sequence[Any]) -> None:
    frame = pd.DataFrame({"cells": cells}, index=[7, 7, 9])
    plain = pa.Table.from_pandas(frame, preserve_index=False)
    assert read_back(frame).to_pylist() == plain.to_pylist()


def test_no_rows_have_their_columns() -> None:
    frame = pd.DataFrame({"name": pd.Series([], dtype="str"), "count": pd.Series([], dtype="int64")})
    read = read_back(frame)
    assert (read.column_names, read.num_rows) == (["name", "count"], 0)


@pytest.mark.parametrize(
    "cells",
    [["no worker serves it; nobody asked for it"] * ROWS, [["unused", "no worker serves it"]] * ROWS, [3] * ROWS],
    ids=["texts", "lists", "numbers"],
)
def test_what_repeats_takes_a_third_or_less(cells: Sequence[Any]) -> None:
    frame = pd.DataFrame({"cells": cells})
    assert 3 * len(sent(packed(frame))) < len(sent(pa.Table.from_pandas(frame)))
