"""The merge of the API's figures with the names of the model reference. Pure functions.

Each API name belongs to at most one model, so for every figure: models + unlisted names = the API's own sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from operator import methodcaller
from typing import NamedTuple

from horde_core.analytics.category_facts import CategoryFacts, Live, Requests, StatusRows, Usage, Workers
from horde_core.analytics.name_matching import CANONICAL, NameIndex, name_index
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
    """Return every requested model, in input order, with what the API knows of it.

    ``None`` (or an unavailable ``Indexed*``) says that a source is unavailable: what depends on it is None, never 0.
    ``model_type`` is read from the rows when left out; image names are never stripped. ``model_names`` may be their
    :class:`~horde_core.names.NameIndex`.
    """
    facts = CategoryFacts(horde_status, horde_stats, workers, model_type)
    attribution = Attribution(_index_of(model_names, facts.model_type), facts)
    return _merge_models(attribution, facts, include_backend_variations)


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
    return _merge_unlisted(Attribution(_index_of(model_names, facts.model_type), facts), facts)


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
    models = _merge_models(attribution, facts, include_backend_variations=model_type == "text")
    unlisted = _merge_unlisted(attribution, facts, sum_spellings=True)
    return CategoryMerge(models, unlisted, _reconcile(models, unlisted, facts), attribution.backends)


def _index_of(model_names: Iterable[str] | NameIndex, model_type: ModelType) -> NameIndex:
    if not isinstance(model_names, NameIndex):
        return name_index(tuple(model_names), model_type)
    if model_names.model_type != model_type:
        raise ValueError(f"names indexed for {model_names.model_type} models cannot be merged as {model_type} models")
    return model_names


class Attribution:
    """Which API names belong to which model, by backend, and which to none."""

    def __init__(self, index: NameIndex, facts: CategoryFacts) -> None:
        self.model_names = index.model_names
        self.owned: dict[str, dict[str, list[str]]] = {}
        self.unlisted: list[str] = []
        self.backends: dict[str, str] = {}
        for name, (model, backend, _, _) in index.resolve_all(facts.names()).items():
            self.backends[name] = backend
            if model is None:
                self.unlisted.append(name)
            elif model in self.owned:
                self.owned[model].setdefault(backend, []).append(name)
            else:
                self.owned[model] = {backend: [name]}


def _merge_models(
    attribution: Attribution, facts: CategoryFacts, include_backend_variations: bool
) -> dict[str, CombinedModelStatistics]:
    with_backends = include_backend_variations and facts.model_type == "text"
    nothing = combine({}, facts, with_backends)  # most models of a large reference have no name on the network
    owned = attribution.owned
    return {
        model: combine(owned[model], facts, with_backends) if model in owned else nothing
        for model in attribution.model_names
    }


def _merge_unlisted(
    attribution: Attribution, facts: CategoryFacts, sum_spellings: bool = False
) -> dict[str, CombinedModelStatistics]:
    """Merge the names that belong to no model, each for itself or spellings that differ in case only together."""
    spellings: dict[str, list[str]] = {}
    for name in attribution.unlisted:
        spellings.setdefault(name.casefold() if sum_spellings else name, []).append(name)
    is_text = facts.model_type == "text"
    merged = {}
    for names in spellings.values():
        most_used = facts.most_used(names)
        merged[most_used] = combine({attribution.backends[most_used]: names}, facts, is_text, is_unlisted=True)
    return merged


def combine(
    backends: Backends, facts: CategoryFacts, with_backends: bool, is_unlisted: bool = False
) -> CombinedModelStatistics:
    """Add up the names of one model, which come by backend; an unlisted name has its backend whatever is known."""
    names = sorted(chain.from_iterable(backends.values()))
    live, requests = facts.live(names), facts.requests(names)
    variations = None
    if with_backends and len(backends) == 1:
        is_told = is_unlisted or _is_worth_telling(names, requests, facts)
        variations = {b: _variation(b, names, facts, live, requests) for b in backends if is_told}
    elif with_backends:
        variations = _variations(backends, facts)
    return CombinedModelStatistics(
        names=tuple(names),
        **live,
        usage_stats=facts.usage_stats(requests),
        worker_summaries=facts.worker_summaries(names),
        backend_variations=variations,
    )


def _variations(backends: Backends, facts: CategoryFacts) -> dict[str, BackendVariation]:
    """One variation per backend with any status or usage: canonical first, then by name."""
    variations = {}
    for backend in sorted(backends, key=lambda backend: (backend != CANONICAL, backend)):
        names = sorted(backends[backend])
        requests = facts.requests(names)
        if _is_worth_telling(names, requests, facts):
            variations[backend] = _variation(backend, names, facts, facts.live(names), requests)
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
    """Put the split beside the API's own sum, which is added up from the body, not from the split."""

    def split(
        figure: Callable[[CombinedModelStatistics], Number | None], body: Iterable[Number | None] | None
    ) -> Split[Number]:
        if body is None:
            return Split(attributed=None, unlisted=None, total=None)
        return Split(
            attributed=sum_or_unknown(map(figure, models.values())),
            unlisted=sum_or_unknown(map(figure, unlisted.values())),
            total=sum_or_unknown(body),
        )

    rows = facts.rows
    return Reconciliation(
        usage={
            period: split(methodcaller("usage", period), None if counts is None else counts.values())
            for period, counts in zip(PERIODS, facts.maps, strict=True)
        },
        thread_count=split(lambda row: row.thread_count, None if rows is None else [row.count for row in rows]),
        queued_jobs=split(lambda row: row.queued_jobs, None if rows is None else [row.jobs for row in rows]),
        queued=split(lambda row: row.queued, None if rows is None else [row.queued for row in rows]),
    )
