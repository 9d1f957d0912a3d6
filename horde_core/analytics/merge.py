"""The merge of the API's figures with the names of the model reference. Pure functions.

Each API name belongs to at most one model, so for every figure: models + unlisted names = the API's own sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter, methodcaller
from typing import NamedTuple

from horde_core.analytics.category_facts import CategoryFacts, Live, Requests, StatusRows, Usage, Workers
from horde_core.analytics.indexes import grouped
from horde_core.analytics.names.matching import NameIndex, name_index
from horde_core.analytics.names.spelling import CANONICAL
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, Reconciliation, Split
from horde_core.unknowns import Number, sum_or_unknown
from horde_core.vocabulary import PERIODS, ModelType

Backends = Mapping[str, list[str]]
"""The API names of one model by their backend."""


class CategoryMerge(NamedTuple):
    """A whole category, merged once: models in the order asked for, unlisted names, totals.

    Unlisted spellings that differ in case only are one entry, under the spelling with most usage. ``backends`` is the
    backend of each API name.
    """

    models: dict[str, CombinedModelStatistics]
    unlisted: dict[str, CombinedModelStatistics]
    reconciliation: Reconciliation
    backends: dict[str, str]


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
    attribution = Attribution(_index_of(model_names, facts.model_type), facts)
    return _merge_models(attribution, include_backend_variations)


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
    return _merge_unlisted(Attribution(_index_of(model_names, facts.model_type), facts))


def merge_everything(
    model_names: Iterable[str] | NameIndex,
    horde_status: StatusRows | None,
    horde_stats: Usage | None,
    workers: Workers | None,
    model_type: ModelType,
) -> CategoryMerge:
    """Merge a category once, resolving each API name once: models with backends, unlisted names, totals."""
    facts = CategoryFacts(horde_status, horde_stats, workers, model_type)
    attribution = Attribution(_index_of(model_names, model_type), facts)
    models = _merge_models(attribution, include_backend_variations=model_type == "text")
    unlisted = _merge_unlisted(attribution, sum_spellings=True)
    return CategoryMerge(models, unlisted, _reconcile(models, unlisted, facts), attribution.backends)


def _index_of(model_names: Iterable[str] | NameIndex, model_type: ModelType) -> NameIndex:
    if not isinstance(model_names, NameIndex):
        return name_index(tuple(model_names), model_type)
    if model_names.model_type != model_type:
        raise ValueError(f"names indexed for {model_names.model_type} models cannot be merged as {model_type} models")
    return model_names


class Attribution:
    """API names by model and backend, and the names that belong to no model."""

    def __init__(self, index: NameIndex, facts: CategoryFacts) -> None:
        self.facts = facts
        self.model_names = index.model_names
        self.owned: dict[str, dict[str, list[str]]] = {}
        self.unlisted: list[str] = []
        self.backends: dict[str, str] = {}
        self.listed: set[str] = set()  # the models of which the status has a row
        for name, (model, backend, _, _) in index.resolve_all(facts.names()).items():
            self.backends[name] = backend
            if model is None:
                self.unlisted.append(name)
                continue
            if name in facts.rows_by_name:
                self.listed.add(model)
            if model in self.owned:
                self.owned[model].setdefault(backend, []).append(name)
            else:
                self.owned[model] = {backend: [name]}

    def live(self, names: Sequence[str], members: Sequence[str]) -> Live:
        """Live figures of names of some models, or of one unlisted entry (no members).

        Where the status has a row for any name of the models, a name without a row has no threads and no queue.
        """
        is_listed = self.facts.has_status(names) if not members else not self.listed.isdisjoint(members)
        return self.facts.live(names, is_listed, members)


def _merge_models(attribution: Attribution, include_backend_variations: bool) -> dict[str, CombinedModelStatistics]:
    owned, facts = attribution.owned, attribution.facts
    with_backends = include_backend_variations and facts.model_type == "text"
    # Most models of a large reference have no name on the network: they share one result.
    apart = owned.keys() | facts.hidden(attribution.model_names)
    alike = [model for model in attribution.model_names if model not in apart]
    nothing = combine(attribution, {}, with_backends, alike[:1])
    return {
        model: combine(attribution, owned.get(model, {}), with_backends, [model]) if model in apart else nothing
        for model in attribution.model_names
    }


def _merge_unlisted(attribution: Attribution, sum_spellings: bool = False) -> dict[str, CombinedModelStatistics]:
    """Merge the names that belong to no model, each for itself or spellings that differ in case only together."""
    spellings = grouped((name.casefold() if sum_spellings else name, name) for name in attribution.unlisted)
    is_text = attribution.facts.model_type == "text"
    merged = {}
    for names in spellings.values():
        most_used = attribution.facts.most_used(names)
        merged[most_used] = combine(attribution, {attribution.backends[most_used]: names}, is_text)
    return merged


def combine(
    attribution: Attribution, backends: Backends, with_backends: bool, members: Sequence[str] = ()
) -> CombinedModelStatistics:
    """Add up names, which come by backend; ``members`` are the models of the reference that they belong to.

    An unlisted name has no members, and always a variation for its backend.
    """
    facts = attribution.facts
    names = sorted(chain.from_iterable(backends.values()))
    live, requests = attribution.live(names, members), facts.requests(names)
    variations = None
    if with_backends and len(backends) == 1:
        is_told = not members or _is_worth_telling(names, requests, facts)
        variations = {b: _variation(b, names, facts, live, requests) for b in backends if is_told}
    elif with_backends:
        variations = _variations(attribution, backends, members)
    return CombinedModelStatistics(
        names=tuple(names),
        **live,
        usage_stats=facts.usage_stats(requests),
        worker_summaries=facts.worker_summaries(names),
        backend_variations=variations,
    )


def _variations(attribution: Attribution, backends: Backends, members: Sequence[str]) -> dict[str, BackendVariation]:
    """One variation per backend with any status or usage: canonical first, then by name."""
    facts, variations = attribution.facts, {}
    for backend in sorted(backends, key=lambda backend: (backend != CANONICAL, backend)):
        names = sorted(backends[backend])
        requests = facts.requests(names)
        if _is_worth_telling(names, requests, facts):
            variations[backend] = _variation(backend, names, facts, attribution.live(names, members), requests)
    return variations


def _is_worth_telling(names: list[str], requests: Requests, facts: CategoryFacts) -> bool:
    return any(requests) or facts.has_status(names)


def _variation(
    backend: str, names: list[str], facts: CategoryFacts, live: Live, requests: Requests
) -> BackendVariation:
    return BackendVariation(
        backend=backend,
        names=tuple(names),
        variant_name=facts.most_used(names),
        **live,
        usage_day=requests.day,
        usage_month=requests.month,
        usage_total=requests.total,
    )


def _reconcile(
    models: Mapping[str, CombinedModelStatistics], unlisted: Mapping[str, CombinedModelStatistics], facts: CategoryFacts
) -> Reconciliation:
    """Split each total into models and unlisted names; ``total`` is added up from the API's rows instead."""

    def split(
        figure: Callable[[CombinedModelStatistics], Number | None],
        body: Iterable[Number | None] | None,
        parts: Sequence[Iterable[CombinedModelStatistics]] = (models.values(), unlisted.values()),
    ) -> Split[Number]:
        if body is None:
            return Split(attributed=None, unlisted=None, total=None)
        attributed, outside = (sum_or_unknown(map(figure, part)) for part in parts)
        return Split(attributed=attributed, unlisted=outside, total=sum_or_unknown(body))

    rows = facts.rows
    listed = [[row for row in part.values() if row.thread_count_source == "status"] for part in (models, unlisted)]
    return Reconciliation(
        usage={
            period: split(methodcaller("usage", period), None if counts is None else counts.values())
            for period, counts in zip(PERIODS, facts.maps, strict=True)
        },
        thread_count=split(attrgetter("thread_count"), None if rows is None else [row.count for row in rows], listed),
        queued_jobs=split(attrgetter("queued_jobs"), None if rows is None else [row.jobs for row in rows], listed),
        queued=split(attrgetter("queued"), None if rows is None else [row.queued for row in rows], listed),
    )
