"""What docs/security.md says of bounds is what the code has."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from horde_core import Settings
from horde_core.upstream import bounds
from horde_core.web import log_limits

REPOSITORY = Path(__file__).parents[1]
PAGE = (REPOSITORY / "docs" / "security.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]
CONSTANT = re.compile(r"`([A-Z_]+)` in `([\w/]+)\.py`")
SETTING = re.compile(r"setting `HORDE_([A-Z_]+)`")
QUOTED = [(name, file, row) for row in ROWS for name, file in CONSTANT.findall(row)]
UNITS = {1: "", 1024: " KiB", 2**20: " MiB"}


def says(row: str, value: float) -> bool:
    """Whether the second cell of a row begins with a figure, in whichever unit."""
    bound = row.split("|")[2].strip()
    written = {f"{value / size:,g}{unit}" for size, unit in UNITS.items()} | {f"{value:,}"}
    return any(re.match(rf"{re.escape(figure)}(?![\d.,]*\d)", bound) or f", {figure} " in bound for figure in written)


@pytest.mark.parametrize(("name", "file", "row"), QUOTED, ids=[name for name, *_ in QUOTED])
def test_every_bound_has_the_value_that_the_table_says(name: str, file: str, row: str) -> None:
    value = getattr(importlib.import_module(file.replace("/", ".")), name)
    assert says(row, value), f"{name} is {value:,}"


@pytest.mark.parametrize("field", sorted(SETTING.findall(PAGE)))
def test_every_setting_has_the_default_that_the_table_says(field: str) -> None:
    (row,) = [row for row in ROWS if f"`HORDE_{field}`" in row]
    assert says(row, Settings.model_fields[field.lower()].default)


@pytest.mark.parametrize("module", [bounds, log_limits])
def test_the_table_names_every_bound_of_these(module: ModuleType) -> None:
    bounding = [name for name in vars(module) if name.startswith(("MOST_", "LONGEST_", "LARGEST_"))]
    assert bounding
    file = module.__name__.replace(".", "/")
    assert [name for name in bounding if (name, file) not in {quoted[:2] for quoted in QUOTED}] == []


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`([\w/]+\.py)`", PAGE))))
def test_the_files_it_names_exist(file: str) -> None:
    assert (REPOSITORY / file).is_file()


def test_the_configuration_in_the_readme_does_what_the_proxy_has_to() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    configuration = re.findall(r"```nginx\n(.*?)```", readme, re.DOTALL)[0]
    table = PAGE.partition("## What the proxy has to do")[2]
    duties = [duty for row in table.splitlines() if row.startswith("| ") for duty in re.findall(r"`([^`]+)`", row)]
    assert duties
    assert [duty for duty in duties if duty not in configuration] == []


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "docs/security.md"])
def test_links_between_these_pages_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (REPOSITORY / page).read_text())
    assert [link for link in links if not (REPOSITORY / page).parent.joinpath(link).exists()] == []
    if page == "README.md":
        assert {"SECURITY.md", "docs/security.md"} <= set(links)
