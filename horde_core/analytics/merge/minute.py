"""A category at one minute: the attribution of its names, and the live sources beside it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from horde_core.analytics.category_facts import CategoryFacts
from horde_core.analytics.merge.attribution import attribution_of
from horde_core.analytics.merge.rows import Row, Rows
from horde_core.analytics.names.matching import NameIndex


class Minute:
    """Makes rows of any names of a category.

    Only names with a row in the status or a worker are looked at: ``model_of`` has the model of each, None for an
    unlisted one. ``backends`` is the backend of each name in any source.
    """

    def __init__(self, index: NameIndex, facts: CategoryFacts) -> None:
        self.facts = facts
        self.attribution = attribution_of(index, facts.usage)
        known = self.attribution.model_of
        unused = [name for name in facts.live_names if name not in known]
        owners = dict(zip(unused, index.owners(unused), strict=True))
        self.model_of = {name: owners[name][0] if name in owners else known[name] for name in facts.live_names}
        of_unused = {name: backend for name, (_, backend) in owners.items()}
        self.backends: Mapping[str, str] = ChainMap(of_unused, self.attribution.backends)
        # The names of live rows that the usage does not have; most have none.
        self._unused_of_model: dict[str, Sequence[str]] = dict.fromkeys(self._hidden(), ())
        self._unused_unlisted: dict[str, Sequence[str]] = {}
        for name, model in self.model_of.items():
            key, part = (name.casefold(), self._unused_unlisted) if model is None else (model, self._unused_of_model)
            unused_names = part.setdefault(key, ())
            if name in owners:
                part[key] = [*unused_names, name]
        self._listed = {self.model_of[name] for name in facts.rows_by_name}

    def _hidden(self) -> Iterable[str]:
        """The models whose row workers of another type may hide: the status list has one row for each name."""
        known, models = self.attribution.model_of, self.attribution.models
        for name in self.facts.names_of_others:
            if model := known.get(name):
                yield model
            if name in models:
                yield name

    def names_of(self, model: str) -> Sequence[str]:
        """The API names of a model, sorted."""
        return _with(self.attribution.models[model], self._unused_of_model.get(model))

    def row(self, name: str, names: Sequence[str], members: Sequence[str] = ()) -> Row:
        """Return a row of some names, sorted: of models of the reference (``members``), or of an unlisted entry."""
        is_listed = not self._listed.isdisjoint(members) if members else self.facts.has_status(names)
        return Row(name, names, members, is_listed, self.facts, self.backends)

    def models(self) -> Rows:
        """Every model of the reference, in its order."""
        live = {model: self.row(model, self.names_of(model), (model,)) for model in self._unused_of_model}
        return Rows(self.attribution, live, self.facts, self.backends, is_reference=True)

    def unlisted(self) -> Rows:
        """The names of no model; spellings that differ in case only are one row, under the one with most usage."""
        used, live = self.attribution.unlisted, {}
        for key, unused in self._unused_unlisted.items():
            names = _with(used.get(key, ()), unused)
            live[key] = self.row(self.facts.most_used(names), names)
        return Rows(self.attribution, live, self.facts, self.backends, is_reference=False)

    def unlisted_names(self) -> Iterable[str]:
        """The names of no model one by one, in the API's order."""
        known = self.attribution.model_of
        added = (name for name, model in self.model_of.items() if model is None and name not in known)
        return chain(self.attribution.unlisted_names(), added)


def _with(names: Sequence[str], others: Sequence[str] | None) -> Sequence[str]:
    return sorted([*names, *others]) if others else names
