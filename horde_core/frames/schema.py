"""A frame's schema: its columns in order, each with its dtype. A missing value is unknown in every dtype but LIST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Schema = Mapping[str, str]

TEXT = "str"
COUNT = "Int64"
AMOUNT = "Float64"
FLAG = "boolean"
DURATION = "timedelta64[s]"
"""From a number of seconds."""
LIST = "object"


def frame_of(rows: Iterable[Mapping[str, Any]], schema: Schema) -> pd.DataFrame:
    """Return the rows as a frame with the columns and dtypes of the schema, also where there is no row.

    A column that no row has is there and missing throughout, to be computed from the others.
    """
    return pd.DataFrame(list(rows), columns=list(schema)).astype(dict(schema))
