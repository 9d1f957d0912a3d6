"""The README: every setting with its default, and commands that exist."""

import re
from pathlib import Path

import pytest

from horde_core import Settings
from pages.page_table import PAGES

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()


def written(default: object) -> str:
    """A default as the README writes it."""
    if default is None:
        return "unset"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme_with_its_default_and_meaning(field: str) -> None:
    setting = Settings.model_fields[field]
    assert f"| `HORDE_{field.upper()}` | {written(setting.default)} | {setting.description} |" in README


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    rows = [line.split("`")[1] for line in README.splitlines() if line.startswith("| `HORDE_")]
    assert {row.removeprefix("HORDE_").lower() for row in rows} == set(Settings.model_fields)


def test_the_readme_names_every_page_in_the_order_of_the_navigation() -> None:
    assert re.findall(r"^\| \*\*(\w+)\*\* \|", README, re.MULTILINE) == [page.title for page in PAGES]


def test_the_two_commands_name_files_that_exist() -> None:
    assert (
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/streamlit run app.py" in README
    )
    assert "bash tests/run.sh" in README
    for file in ("requirements.txt", "app.py", "tests/run.sh"):
        assert (REPOSITORY / file).is_file()
