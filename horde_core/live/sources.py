"""Every source: where it is fetched from, how it is read, how long it keeps."""

from __future__ import annotations

from collections.abc import Mapping

from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
)
from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import Policy
from horde_core.cache.source import Reading, Source
from horde_core.settings import Settings
from horde_core.upstream.api_records import (
    HordeModes,
    HordePerformance,
    HordeTotals,
)
from horde_core.upstream.model_ages import ModelAges, parse_ages
from horde_core.upstream.model_reference import ModelReference, parse_reference
from horde_core.upstream.parsing import Parsed, parse_usage, parse_workers
from horde_core.vocabulary import ModelType

USAGE_PATHS: Mapping[ModelType, str] = {
    "image": "/v2/stats/img/models?model_state=all",
    "text": "/v2/stats/text/models",
}


NETWORK = {
    "performance": ("Network", "/v2/status/performance", HordePerformance),
    "totals:image": ("Totals", "/v2/stats/img/totals", HordeTotals),
    "totals:text": ("Totals", "/v2/stats/text/totals", HordeTotals),
    "modes": ("Modes", "/v2/status/modes", HordeModes),
}
"""The network as a whole: by key the title, the path and the record of each body."""


def _indexed_usage(body: bytes) -> Parsed[IndexedHordeModelStats]:
    response, dropped = parse_usage(body)
    return Parsed(IndexedHordeModelStats(response), dropped)


def _indexed_workers(body: bytes) -> Parsed[IndexedHordeWorkers]:
    workers, dropped = parse_workers(body)
    return Parsed(IndexedHordeWorkers(workers), dropped)


def _all_vanished(old: IndexedHordeModelStatus, new: IndexedHordeModelStatus) -> bool:
    return len(old) > 0 and len(new) == 0


def _usage_vanished(old: IndexedHordeModelStats, new: IndexedHordeModelStats) -> bool:
    return bool(old.names) and not new.names


def _a_type_vanished(old: IndexedHordeWorkers, new: IndexedHordeWorkers) -> bool:
    """The API answers an empty list, or one type's workers only, when its own cache is gone."""
    return any(len(old.of_type(kind)) > 0 and len(new.of_type(kind)) == 0 for kind in USAGE_PATHS)


class ModelReferenceManager:
    """Reads the model reference through the cache. Thread-safe; never raises."""

    def __init__(self, settings: Settings, cache: DualLayerCache) -> None:
        policy = Policy(settings.reference_cache_ttl, settings.cache_stale_ttl)
        fallbacks = {
            "image": settings.reference_image_fallback_url,
            "text": settings.reference_text_fallback_url,
        }
        self._cache = cache
        self.ages_source: Source[ModelAges] = Source(
            key="ages",
            title="Ages",
            urls=(settings.reference_image_ages_url,),
            parse=parse_ages,
            policy=policy,
        )
        self.sources: Mapping[ModelType, Source[ModelReference]] = {
            model_type: Source(
                key=f"reference:{model_type}",
                title="Reference",
                urls=(f"{settings.reference_url}/model_references/v2/{model_type}_generation", fallbacks[model_type]),
                parse=parse_reference,
                policy=policy,
            )
            for model_type in ("image", "text")
        }

    def read(self, model_type: ModelType, wait: float = 0.0, force_refresh: bool = False) -> Reading[ModelReference]:
        """Return the reference of a category with its state and age."""
        return self._cache.read(self.sources[model_type], wait, force_refresh)

    def get(self, model_type: ModelType, wait: float = 0.0) -> ModelReference:
        """Return the records of a category; empty and not ``available`` when there is nothing to show."""
        return self.read(model_type, wait).value_or(ModelReference(available=False))
