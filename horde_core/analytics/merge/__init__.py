"""The merge of the API's figures with the names of the model reference.

* ``category``: the public functions and the totals
* ``attribution``: which names of the usage belong to which model, kept for as long as the usage stays
* ``kept``: what is computed of an attribution once
* ``minute``: the live sources beside it, at one moment
* ``rows``: models and unlisted names as plain rows, and as records made when asked for
"""

from horde_core.analytics.merge.category import (
    CategoryMerge,
    merge_category_with_horde_data,
    merge_everything,
    merge_model_with_horde_data,
    unlisted_models,
)
from horde_core.analytics.merge.kept import Kept
from horde_core.analytics.merge.minute import Minute
from horde_core.analytics.merge.rows import KeyedRows, Row, Rows, Variation

__all__ = [
    "CategoryMerge",
    "Kept",
    "KeyedRows",
    "Minute",
    "Row",
    "Rows",
    "Variation",
    "merge_category_with_horde_data",
    "merge_everything",
    "merge_model_with_horde_data",
    "unlisted_models",
]
