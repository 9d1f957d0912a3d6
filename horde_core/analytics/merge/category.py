"""The merge of the API's figures with the names of the model reference. Pure functions.

Each API name belongs to at most one model, so for every figure: models + unlisted names = the API's own sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from operator import not_
from typing import NamedTuple

from horde_core.analytics.category_facts import CategoryFacts, StatusRows, Usage, Workers
from horde_core.analytics.merge.minute import Minute
from horde_core.analytics.merge.rows import Rows
from horde_core.analytics.names.matching import NameIndex, name_index
from horde_core.analytics.records import CombinedModelStatistics, Reconciliation, Split
from horde_core.unknowns import Number, sum_or_unknown
from horde_core.vocabulary import ModelType


class CategoryMerge(NamedTuple):
    """A whole category, merged once: models in the order asked for, unlisted names, totals.

    ``models`` and ``unlisted`` are read-only dicts of records, with plain rows behind them. Unlisted spellings that
    differ in case only are one entry, under the spelling with most usage. ``backends`` is the backend of each API name.
    """

    models: Rows
    unlisted: Rows
    reconciliation: Reconciliation
    backends: Mapping[str, str]


def merge_category_with_horde_data(
    model_names: Iterable[str] | NameIndex,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    include_backend_variations: bool = False,
    *,
    model_type: ModelType | None = None,
) -> dict[str, CombinedModelStatistics]:
    """Return the figures of every requested model, in input order.

    ``None`` (or an unavailable ``Indexed*``) says that a source is unavailable: what depends on it is None, never 0.
    ``model_type`` is read from the rows when left out; image names are never stripped. ``model_names`` may be their
    :class:`~horde_core.analytics.names.matching.NameIndex`.
    """
    facts = CategoryFacts(horde_status, horde_stats, workers, model_type)
    return Minute(_index_of(model_names, facts.model_type), facts).models().records(include_backend_variations)


def merge_model_with_horde_data(
    model_name: str,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    include_backend_variations: bool = False,
    *,
    model_type: ModelType | None = None,
    model_names: Iterable[str] = (),
) -> CombinedModelStatistics:
    """Merge one model; the same figures as in its category when ``model_names`` gives the rest of that.

    Without the other names, API names that would be theirs, or ambiguous, may count for this one.
    """
    merged = merge_category_with_horde_data(
        dict.fromkeys([*model_names, model_name]),
        horde_status,
        horde_stats,
        workers,
        include_backend_variations,
        model_type=model_type,
    )
    return merged[model_name]


def unlisted_models(
    model_names: Iterable[str] | NameIndex,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None = None,
    *,
    model_type: ModelType | None = None,
) -> dict[str, CombinedModelStatistics]:
    """Return every API name that resolves to none of the models, with its own figures.

    For text each has one backend variation, which names its backend.
    """
    facts = CategoryFacts(horde_status, horde_stats, workers, model_type)
    minute = Minute(_index_of(model_names, facts.model_type), facts)
    return {name: minute.row(name, [name]).record() for name in minute.unlisted_names()}


def merge_everything(
    model_names: Iterable[str] | NameIndex,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    model_type: ModelType,
) -> CategoryMerge:
    """Merge a category once: models with backends, unlisted names, totals.

    What depends on names and usage only is kept from the merge before, where both are the same objects.
    """
    minute = Minute(_index_of(model_names, model_type), CategoryFacts(horde_status, horde_stats, workers, model_type))
    return CategoryMerge(minute.models(), minute.unlisted(), _reconcile(minute), minute.backends)


def _index_of(model_names: Iterable[str] | NameIndex, model_type: ModelType) -> NameIndex:
    if not isinstance(model_names, NameIndex):
        return name_index(tuple(model_names), model_type)
    if model_names.model_type != model_type:
        raise ValueError(f"names indexed for {model_names.model_type} models cannot be merged as {model_type} models")
    return model_names


def _reconcile(minute: Minute) -> Reconciliation:
    """Split each total into models and unlisted names."""
    rows = minute.facts.rows
    is_listed = [minute.model_of[row.name] is not None for row in rows or ()]

    def split(figures: Sequence[Number | None]) -> Split[Number]:
        if rows is None:
            return Split(attributed=None, unlisted=None, total=None)
        return Split(
            attributed=sum_or_unknown(compress(figures, is_listed)),
            unlisted=sum_or_unknown(compress(figures, map(not_, is_listed))),
            total=sum_or_unknown(figures),
        )

    return Reconciliation(
        usage=minute.attribution.requests,
        thread_count=split([row.count for row in rows or ()]),
        queued_jobs=split([row.jobs for row in rows or ()]),
        queued=split([row.queued for row in rows or ()]),
    )
