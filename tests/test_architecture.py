"""The names that the core promises to scripts. Its layers are contracts of import-linter, in pyproject.toml."""

import types

import horde_core

PUBLIC_NAMES = {
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
    "merge_category_with_horde_data",
    "merge_model_with_horde_data",
    "resolve",
    "unlisted_models",
}


def test_the_core_exports_its_public_names_and_nothing_else() -> None:
    exported = {
        name
        for name, value in vars(horde_core).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert exported == PUBLIC_NAMES
    assert {name for name in horde_core.__all__ if not name.startswith("__")} == PUBLIC_NAMES
