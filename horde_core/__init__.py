"""The core of the AI-Horde dashboard: live data, cached, merged with the model reference, and audited.

Usable from a script or a notebook::

    from horde_core import HordeAPIIntegration

    horde = HordeAPIIntegration.shared()
    status, usage, workers = horde.get_combined_data_indexed("text")
"""

from horde_core.analytics.category_statistics import CategoryStatistics
from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.merge import merge_category_with_horde_data, merge_model_with_horde_data, unlisted_models
from horde_core.analytics.names.matching import NameIndex, Resolution, resolve
from horde_core.analytics.records import BackendVariation, CombinedModelStatistics, UsageStats, WorkerSummary
from horde_core.audit import DeletionRiskFlags, ModelAuditInfo, ModelAuditInfoFactory
from horde_core.live.hydrator import CacheHydrator
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import AuditCache, StatisticsCache
from horde_core.live.sources import ModelReferenceManager
from horde_core.settings import Settings
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.model_reference import ModelRecord
from horde_core.version import __version__

__all__ = [
    "AuditCache",
    "BackendVariation",
    "CacheHydrator",
    "CategoryStatistics",
    "CombinedModelStatistics",
    "DeletionRiskFlags",
    "HordeAPIIntegration",
    "HordeModelStatsResponse",
    "HordeModelStatus",
    "HordeWorker",
    "IndexedHordeModelStats",
    "IndexedHordeModelStatus",
    "IndexedHordeWorkers",
    "ModelAuditInfo",
    "ModelAuditInfoFactory",
    "ModelRecord",
    "ModelReferenceManager",
    "NameIndex",
    "Resolution",
    "Settings",
    "StatisticsCache",
    "UsageStats",
    "WorkerSummary",
    "__version__",
    "merge_category_with_horde_data",
    "merge_model_with_horde_data",
    "resolve",
    "unlisted_models",
]
