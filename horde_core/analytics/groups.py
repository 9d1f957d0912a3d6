"""Text models in groups: by exact API name, by model with its quantisations merged, or by family. Pure.

A group's figures are those of all its API names together, so usage and threads are sums, a worker that serves several
of them counts once, and no figure is added up from rounded parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from horde_core.analytics.category_facts import CategoryFacts, StatusRows, Usage, Workers
from horde_core.analytics.merge import Attribution, Backends, combine
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
    facts = CategoryFacts(horde_status, horde_stats, workers, model_type)
    attribution = Attribution(name_index(tuple(reference), model_type), facts)
    if level == "exact":
        return tuple(group for model in reference for group in _exact_names(model, attribution))
    members: dict[tuple[str, bool], list[str]] = {}
    for model, record in reference.items():
        # A model without a family must not join a family that has its name.
        family = record.text_model_group if level == "family" else None
        members.setdefault((family or model, bool(family)), []).append(model)
    return tuple(_family(name, level, models, attribution) for (name, _), models in members.items())


def _family(name: str, level: GroupLevel, members: list[str], attribution: Attribution) -> ModelGroup:
    backends: dict[str, list[str]] = {}
    for model in members:
        for backend, names in attribution.owned.get(model, {}).items():
            backends.setdefault(backend, []).extend(names)
    return _group(name, level, members, backends, attribution)


def _exact_names(model: str, attribution: Attribution) -> list[ModelGroup]:
    owned = attribution.owned.get(model)
    if not owned:
        return [_group(model, "exact", [model], {}, attribution)]
    names = sorted((name, backend) for backend, names in owned.items() for name in names)
    return [_group(name, "exact", [model], {backend: [name]}, attribution) for name, backend in names]


def _group(
    name: str, level: GroupLevel, members: list[str], backends: Backends, attribution: Attribution
) -> ModelGroup:
    figures = combine(attribution, backends, attribution.facts.model_type == "text", members)
    fields = {field: getattr(figures, field) for field in CombinedModelStatistics.model_fields}
    return ModelGroup(name=name, level=level, members=tuple(members), **fields)
