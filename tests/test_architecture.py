"""The arrows of the house (what may import what) and the names that it promises."""

import ast
import types
from collections.abc import Iterable
from pathlib import Path

import pytest

import horde_core

REPOSITORY = Path(__file__).parents[1]

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

SCREEN = {"streamlit", "plotly", "pages", "app"}
NETWORK = {"httpx", "redis", "stamina", "socket", "urllib.request", "http.client", "requests"}
CLOCK = {"time"}
SOURCES = {"horde_core.client", "horde_core.cache", "horde_core.integration", "horde_core.storage"}


def imported(source: str, package: str = "") -> set[str]:
    """Return what a module of ``package`` imports, anywhere in it: dotted names, those imported from included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*parents, *filter(None, [node.module])])
            names.update((module, *(f"{module}.{alias.name}" for alias in node.names)))
    return names


def violations(files: Iterable[Path], forbidden: set[str]) -> list[str]:
    """Return one line for each forbidden import, of the module itself or of anything within it."""
    return [
        f"{file.relative_to(REPOSITORY)} imports {name}"
        for file in files
        for name in sorted(imported(file.read_text(), ".".join(file.relative_to(REPOSITORY).parts[:-1])))
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    ]


def python_files(folder: str) -> list[Path]:
    files = sorted((REPOSITORY / folder).rglob("*.py"))
    assert files, f"{folder} has no Python files"
    return files


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import streamlit.testing", {"streamlit.testing"}),
        ("def draw():\n    import plotly.express as px", {"plotly.express"}),
        ("from horde_core import cache", {"horde_core", "horde_core.cache"}),
        ("from . import cache", {"horde_core.demo", "horde_core.demo.cache"}),
        ("from ..cache import Entry", {"horde_core.cache", "horde_core.cache.Entry"}),
        ("name = 'streamlit'  # import streamlit", set()),
    ],
)
def test_every_way_to_import_is_seen(source: str, expected: set[str]) -> None:
    assert imported(source, "horde_core.demo") == expected


def test_the_core_knows_nothing_of_the_screen() -> None:
    assert violations(python_files("horde_core"), SCREEN) == []


def test_the_pages_ask_the_core_and_never_the_network() -> None:
    assert violations(python_files("pages"), NETWORK) == []


def test_what_pages_share_knows_no_page() -> None:
    pages = {f"pages.{file.stem}" for file in (REPOSITORY / "pages").glob("*.py") if file.stem != "__init__"}
    assert pages
    assert violations(python_files("pages/common"), pages) == []


@pytest.mark.parametrize(
    "module",
    [
        "names.py",
        "facts.py",
        "merger.py",
        "groups.py",
        "statistics.py",
        "audit.py",
        "ages.py",
        "network.py",
        "plain.py",
        "rankings.py",
        "workforce.py",
    ],
)
def test_what_is_pure_has_no_clock_no_network_and_no_source(module: str) -> None:
    file = REPOSITORY / "horde_core" / module
    files = [file] if file.exists() else python_files(f"horde_core/{file.stem}")
    assert violations(files, NETWORK | CLOCK | SOURCES | SCREEN) == []


def test_the_core_exports_its_public_names_and_nothing_else() -> None:
    exported = {
        name
        for name, value in vars(horde_core).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert exported == PUBLIC_NAMES
    assert {name for name in horde_core.__all__ if not name.startswith("__")} == PUBLIC_NAMES
