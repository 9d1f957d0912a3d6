"""Text models in groups: by exact API name, by model with its quantisations merged, or by family. Pure.

A group's figures are those of all its API names together, so usage and threads are sums, a worker that serves several
of them counts once, and no figure is added up from rounded parts.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Literal

from pydantic import Field

from horde_core.analytics.category_facts import CategoryFacts, StatusRows, Usage, Workers
from horde_core.analytics.merge import KeyedRows, Minute, Row
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


class GroupRows(KeyedRows[Hashable]):
    """Every model of a reference in its group, in the reference's order, as plain rows. Unlisted names are in no group.

    By exact name, a model without API names has a group under its own name.
    """

    def __init__(self, reference: Mapping[str, ModelRecord], facts: CategoryFacts, level: GroupLevel) -> None:
        self.level = level
        self._reference = reference
        self._minute = minute = Minute(name_index(tuple(reference), facts.model_type), facts)
        models = minute.models()
        self._groups = _exact_names(minute, reference) if level == "exact" else _families(minute, reference, level)
        live = {
            key: minute.row(name, names, members)
            for key, (name, names, members) in self._groups.items()
            if not models.live.keys().isdisjoint(members)
        }
        super().__init__(minute.attribution, self._groups, live, models.idle)

    def idle_row(self, key: Hashable) -> Row:
        """Return the row of a group that nothing live changes."""
        return self._minute.row(*self._groups[key])

    def records(self) -> tuple[ModelGroup, ...]:
        """Return the groups as records; those of idle rows are kept."""
        return tuple(self.each(f"groups {self.level}", (self._reference,), partial(map, self.record)))

    def record(self, row: Row) -> ModelGroup:
        """Return one of the rows as a record."""
        record = row.record()
        fields = {field: getattr(record, field) for field in CombinedModelStatistics.model_fields}
        return ModelGroup(name=row.name, level=self.level, members=tuple(row.members), **fields)


def group_models(
    reference: Mapping[str, ModelRecord],
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    level: GroupLevel,
    *,
    model_type: ModelType = "text",
) -> tuple[ModelGroup, ...]:
    """Return :class:`GroupRows` as records."""
    return GroupRows(reference, CategoryFacts(horde_status, horde_stats, workers, model_type), level).records()


_Groups = dict[Hashable, tuple[str, Sequence[str], tuple[str, ...]]]
"""The name, the API names and the members of each group, by a key that is its own."""


def _families(minute: Minute, reference: Mapping[str, ModelRecord], level: GroupLevel) -> _Groups:
    members: dict[tuple[str, bool], list[str]] = {}
    for model, record in reference.items():
        # A model without a family must not join a family that has its name.
        family = record.text_model_group if level == "family" else None
        members.setdefault((family or model, bool(family)), []).append(model)
    return {
        key: (key[0], sorted(chain.from_iterable(map(minute.names_of, models))), tuple(models))
        for key, models in members.items()
    }


def _exact_names(minute: Minute, reference: Mapping[str, ModelRecord]) -> _Groups:
    groups: _Groups = {}
    for model in reference:
        for name in minute.names_of(model) or (None,):
            groups[model, name] = (model, (), (model,)) if name is None else (name, (name,), (model,))
    return groups
