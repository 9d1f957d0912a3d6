"""Rows as they are sent to a browser: without an index, repeated words once, whole numbers no wider than they are."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_NARROW = (pa.int8(), pa.int16(), pa.int32())
"""What whole numbers may be stored as if they fit, the narrowest first."""


def packed(frame: pd.DataFrame) -> pa.Table:
    """Return a frame's columns as Arrow; what a reader makes of them is the same."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    columns = [_packed(column.combine_chunks()) for column in table.columns]
    return pa.Table.from_arrays(columns, table.column_names).replace_schema_metadata(table.schema.metadata)


def _packed(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_integer(kind):
        return column.cast(_narrowest(column))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _words_once(column)
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return pa.ListArray.from_arrays(column.offsets, _words_once(column.values), mask=column.is_null())
    return column


def _narrowest(numbers: pa.Array) -> pa.DataType:
    ends = [end for end in pc.min_max(numbers).as_py().values() if end is not None]
    fitting = (kind for kind in _NARROW if all(abs(end) < 2 ** (kind.bit_width - 1) for end in ends))
    return next(fitting, pa.int64())


def _words_once(texts: pa.Array) -> pa.Array:
    """Store each text once, and where it stands by its number, unless few of them are the same."""
    told_apart = texts.cast(pa.string()).dictionary_encode()
    if 2 * len(told_apart.dictionary) > len(texts):
        return texts.cast(pa.string())
    return told_apart.cast(pa.dictionary(_narrowest(told_apart.indices), pa.string()))
