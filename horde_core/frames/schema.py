"""A frame's schema: its columns in order, each with its dtype. A missing value is unknown in every dtype but LIST."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import pandas as pd

T = TypeVar("T")

Schema = Mapping[str, str]

Columns = Mapping[str, tuple[str, Callable[[T], Any]]]
"""Columns in order, each with its dtype and how its cell is read from the thing that a row is of."""

TEXT: Final = "str"
COUNT: Final = "Int64"
AMOUNT: Final = "Float64"
FLAG: Final = "boolean"
DURATION: Final = "timedelta64[s]"
"""From a number of seconds."""
LIST: Final = "object"


def schema_of(columns: Columns[T]) -> Schema:
    """Return the columns with their dtypes alone."""
    return {name: dtype for name, (dtype, _) in columns.items()}


def cells_of(thing: T, columns: Columns[T]) -> dict[str, Any]:
    """Return the cells of the row of one thing, by column."""
    return {name: read(thing) for name, (_, read) in columns.items()}


def frame_of(rows: Iterable[Mapping[str, Any]], schema: Schema) -> pd.DataFrame:
    """Return the rows as a frame with the columns and dtypes of the schema, also where there is no row.

    A column that no row has is there and missing throughout, to be computed from the others.
    """
    return pd.DataFrame(list(rows), columns=list(schema)).astype(dict(schema))


def known(counts: pd.Series[Any]) -> list[int | None]:
    """The counts of a column as plain numbers; None where unknown."""
    return [None if pd.isna(count) else int(count) for count in counts]
