"""Text models in groups: by exact API name, by model with its quantisations merged, or by family. Pure.

A group's figures are those of all its API names together, so usage and threads are sums, a worker that serves several
of them counts once, and no figure is added up from rounded parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Literal

from pydantic import Field

from horde_core.analytics.category_facts import CategoryFacts, StatusRows, Usage, Workers
from horde_core.analytics.merge import Minute, Row
from horde_core.analytics.names.matching import name_index
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.upstream.model_reference import ModelRecord
from horde_core.vocabulary import ModelType

GroupLevel = Literal["exact", "model", "family"]
"""``exact``: one group an API name; ``model``: one a model; ``family``: one a ``text_model_group`` of the reference."""

LEVEL_WORDS: Mapping[GroupLevel, str] = {"model": "By model", "family": "By family", "exact": "By exact name"}
"""The levels as pages and links say them."""


class ModelGroup(CombinedModelStatistics):
    """One group. ``names`` are the API names that it adds up."""

    name: str = Field(description="the API name, the model or the family; the model where it has no family")
    level: GroupLevel
    members: tuple[str, ...] = Field(description="models of the reference, in its order")


def group_models(
    reference: Mapping[str, ModelRecord],
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    level: GroupLevel,
    *,
    model_type: ModelType = "text",
) -> tuple[ModelGroup, ...]:
    """Return every model of the reference in its group, in the reference's order.

    By exact name, a model without API names has a group under its own name. Unlisted names are in no group.
    """
    minute = Minute(
        name_index(tuple(reference), model_type), CategoryFacts(horde_status, horde_stats, workers, model_type)
    )
    if level == "exact":
        return tuple(_group(row, level) for model in reference for row in _exact_names(model, minute))
    members: dict[tuple[str, bool], list[str]] = {}
    for model, record in reference.items():
        # A model without a family must not join a family that has its name.
        family = record.text_model_group if level == "family" else None
        members.setdefault((family or model, bool(family)), []).append(model)
    return tuple(_group(_together(name, models, minute), level) for (name, _), models in members.items())


def _together(name: str, members: Sequence[str], minute: Minute) -> Row:
    return minute.row(name, sorted(chain.from_iterable(map(minute.names_of, members))), members)


def _exact_names(model: str, minute: Minute) -> list[Row]:
    names = minute.names_of(model)
    return [minute.row(name, [name], (model,)) for name in names] or [minute.row(model, (), (model,))]


def _group(row: Row, level: GroupLevel) -> ModelGroup:
    record = row.record()
    fields = {field: getattr(record, field) for field in CombinedModelStatistics.model_fields}
    return ModelGroup(name=row.name, level=level, members=tuple(row.members), **fields)
