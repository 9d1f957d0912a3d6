"""The names that the core promises to scripts. Its layers are contracts of import-linter, in pyproject.toml."""

import ast
import types
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import horde_core
from pages.page_table import PAGES

REPOSITORY = Path(__file__).parents[1]
PAGES_FOLDER = REPOSITORY / "pages"
FOLDERS = ("horde_core", "pages", "tests")
LONGEST_FILE = 400
LARGEST_FOLDER = 12

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
        for name in {*vars(horde_core), *dir(horde_core)}
        if not name.startswith("_") and not isinstance(getattr(horde_core, name), types.ModuleType)
    }
    assert exported == PUBLIC_NAMES
    assert {name for name in horde_core.__all__ if not name.startswith("__")} == PUBLIC_NAMES


@pytest.mark.parametrize("script", ["main", *(page.name for page in PAGES)])
def test_the_script_of_a_page_keeps_no_function(script: str) -> None:
    """Streamlit runs it with new names each time: a function among them holds them all in a cycle, figures included."""
    tree = ast.parse((PAGES_FOLDER / f"{script}.py").read_text())
    kept = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    kept += [
        node
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Lambda | ast.Dict | ast.List | ast.Tuple)
        and any(isinstance(part, ast.Lambda) for part in ast.walk(node.value))
    ]
    assert [f"line {node.lineno}" for node in kept] == []


def files(*folders: str) -> Iterator[Path]:
    """Every Python file of these folders, relative to the repository."""
    for folder in folders:
        yield from (file.relative_to(REPOSITORY) for file in (REPOSITORY / folder).rglob("*.py"))


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        str(file): len((REPOSITORY / file).read_text().splitlines()) for file in [*files(*FOLDERS), Path("app.py")]
    }
    assert {file: length for file, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_folder_of_the_core_has_more_than_a_dozen_files() -> None:
    sizes = Counter(str(file.parent) for file in files("horde_core"))
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}
