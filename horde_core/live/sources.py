"""Every source: what it is called, what it is for, where it is fetched from, how it is read, how long it keeps.

This is the one place that describes a source. A new one of the network takes an entry in :func:`network_sources`, and
a record or a parser where it has one of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from horde_core.analytics import empty_answers
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import Policy
from horde_core.cache.source import Emptiness, Look, Reading, Source
from horde_core.settings import Settings
from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotals
from horde_core.upstream.model_ages import ModelAges, parse_ages
from horde_core.upstream.model_reference import ModelReference, parse_reference
from horde_core.upstream.parsing import parse_object, parse_status, parse_usage, parse_workers
from horde_core.vocabulary import MODEL_TYPES, ModelType

STATUS_KEYS = tuple(f"status:{model_type}" for model_type in MODEL_TYPES)


def status_source(settings: Settings, model_type: ModelType) -> Source[IndexedHordeModelStatus]:
    """Return the live rows of a category by model name."""
    return Source(
        key=f"status:{model_type}",
        title="Queue",
        about="Jobs, queued work, threads and speed by model: live.",
        model_type=model_type,
        urls=(f"{settings.api_url}/v2/status/models?type={model_type}&model_state=all",),
        parse=lambda body: parse_status(body, model_type).map(IndexedHordeModelStatus),
        policy=_live(settings),
        emptiness=Emptiness(
            is_empty=lambda status: not len(status),
            doubt=lambda _, look: empty_answers.doubt_of_live(model_type, _known(model_type, look)),
            witnesses=("workers", "performance"),
        ),
    )


def usage_source(settings: Settings, model_type: ModelType) -> Source[IndexedHordeModelStats]:
    """Return the requests of a category by model name."""
    path = "/v2/stats/img/models?model_state=all" if model_type == "image" else "/v2/stats/text/models"
    return Source(
        key=f"usage:{model_type}",
        title="Usage",
        about="Requests by model: compiled once a day by AI Horde, so a refresh cannot make it newer.",
        model_type=model_type,
        urls=(settings.api_url + path,),
        parse=lambda body: parse_usage(body).map(IndexedHordeModelStats),
        policy=_live(settings),
        emptiness=Emptiness(
            is_empty=empty_answers.is_usage_missing,
            doubt=lambda usage, look: empty_answers.doubt_of_usage(usage, model_type, _known(model_type, look)),
            witnesses=(f"totals:{model_type}", f"status:{model_type}", "workers", "performance"),
        ),
    )


def workers_source(settings: Settings) -> Source[IndexedHordeWorkers]:
    """Return the workers of all types, which are one body."""
    return Source(
        key="workers",
        title="Workers",
        about="Workers seen in the last 5 minutes: live.",
        urls=(f"{settings.api_url}/v2/workers",),
        parse=lambda body: parse_workers(body).map(IndexedHordeWorkers),
        policy=_live(settings),
        emptiness=Emptiness(
            is_empty=lambda workers: bool(empty_answers.missing_types(workers)),
            doubt=lambda workers, look: _doubt_of_types(empty_answers.missing_types(workers), look),
            witnesses=(*STATUS_KEYS, "performance"),
        ),
    )


def reference_source(settings: Settings, model_type: ModelType) -> Source[ModelReference]:
    """Return the model reference of a category: the v2 service, else the legacy file."""
    fallback = settings.reference_image_fallback_url if model_type == "image" else settings.reference_text_fallback_url
    return Source(
        key=f"reference:{model_type}",
        title="Reference",
        about="The list of models: changes rarely.",
        model_type=model_type,
        urls=(f"{settings.reference_url}/model_references/v2/{model_type}_generation", fallback),
        parse=lambda body: parse_reference(body, model_type),
        policy=_static(settings),
    )


def ages_source(settings: Settings) -> Source[ModelAges]:
    """Return when image models were added to the reference."""
    return Source(
        key="ages",
        title="Ages",
        about="When image models were added to the reference: changes rarely, and the grace period rests on it.",
        urls=(settings.reference_image_ages_url,),
        parse=parse_ages,
        policy=_static(settings),
    )


def network_sources(settings: Settings) -> tuple[Source[Any], ...]:
    """Return the sources of the network as a whole."""
    return (
        Source(
            key="performance",
            title="Network",
            about="Workers, threads and queue of the network as a whole: live.",
            urls=(f"{settings.api_url}/v2/status/performance",),
            parse=parse_object(HordePerformance),
            policy=_live(settings),
            emptiness=Emptiness(
                is_empty=empty_answers.is_nothing_queued,
                doubt=lambda performance, look: empty_answers.doubt_of_network(
                    performance, {kind: _known(kind, look) for kind in MODEL_TYPES}
                ),
                witnesses=(*STATUS_KEYS, "workers"),
            ),
        ),
        *(_totals_source(settings, model_type) for model_type in MODEL_TYPES),
        Source(
            key="modes",
            title="Modes",
            about="Whether AI Horde takes requests and new workers: live.",
            urls=(f"{settings.api_url}/v2/status/modes",),
            parse=parse_object(HordeModes),
            policy=_live(settings),
        ),
    )


def _totals_source(settings: Settings, model_type: ModelType) -> Source[HordeTotals]:
    return Source(
        key=f"totals:{model_type}",
        title="Totals",
        about="What was made in the last minute, hour, day and month: each minute.",
        model_type=model_type,
        urls=(f"{settings.api_url}/v2/stats/{'img' if model_type == 'image' else model_type}/totals",),
        parse=parse_object(HordeTotals),
        policy=_live(settings),
        emptiness=Emptiness(
            is_empty=lambda totals: empty_answers.are_totals_missing(totals, model_type),
            doubt=lambda _, look: empty_answers.doubt_of_totals(model_type, _known(model_type, look)),
            witnesses=(f"usage:{model_type}", f"status:{model_type}", "workers", "performance"),
        ),
    )


class ModelReferenceManager:
    """Reads the model reference through the cache. Thread-safe; never raises."""

    def __init__(self, settings: Settings, cache: DualLayerCache) -> None:
        self._cache = cache
        self.ages_source = ages_source(settings)
        self.sources: Mapping[ModelType, Source[ModelReference]] = {
            model_type: reference_source(settings, model_type) for model_type in MODEL_TYPES
        }

    def read(self, model_type: ModelType, wait: float = 0.0, force_refresh: bool = False) -> Reading[ModelReference]:
        """Return the reference of a category with its state and age."""
        return self._cache.read(self.sources[model_type], wait, force_refresh)

    def get(self, model_type: ModelType, wait: float = 0.0) -> ModelReference:
        """Return the records of a category; empty and not ``available`` when there is nothing to show."""
        return self.read(model_type, wait).value_or(ModelReference(available=False))


def _live(settings: Settings) -> Policy:
    return Policy(settings.api_cache_ttl, settings.cache_stale_ttl)


def _static(settings: Settings) -> Policy:
    return Policy(settings.reference_cache_ttl, settings.cache_stale_ttl)


def _known(model_type: ModelType, look: Look) -> empty_answers.Known:
    return empty_answers.Known(
        status=look(f"status:{model_type}"),
        workers=look("workers"),
        performance=look("performance"),
        totals=look(f"totals:{model_type}"),
        usage=look(f"usage:{model_type}"),
    )


def _doubt_of_types(types: Iterable[ModelType], look: Look) -> str | None:
    doubts = (empty_answers.doubt_of_live(kind, _known(kind, look)) for kind in types)
    return next(filter(None, doubts), None)
