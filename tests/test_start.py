"""What a process loads as it starts: only what it needs then. Modules are counted, never times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.horde_server import HordeServer

REPOSITORY = Path(__file__).parents[1]
NAME = "koboldcpp/Cydonia-24B-v4.1-Q4_K_M"

OPTIONAL = {"redis", "prometheus_client", "sqlalchemy", "alembic", "openpyxl", "yaml", "limits"}
"""Needed by what is configured, or by what a visitor or a script asks for."""

HISTORY = {"sqlalchemy"}
"""The audit tells since when models are unused, which the history knows."""

SCREEN = {"streamlit", "plotly", "starlette", "pages", "horde_core.web"}
FRAMES = {"pandas", "numpy", "pyarrow", "horde_core.frames"}
LIBRARIES = {"pydantic", "pydantic_settings", "httpx", "stamina", "asyncio"}


def loaded(code: str, environment: dict[str, str]) -> set[str]:
    """Run code in a fresh interpreter, and return the names of the modules that it loaded."""
    report = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr))"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "STREAMLIT_"))}
    ended = subprocess.run(
        [sys.executable, "-c", f"{report}\n{code}"],
        env={**own, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(ended.stderr.splitlines()[-1]))


def command(*arguments: str) -> str:
    return f"from horde_core.command_line import main; assert main({list(arguments)!r}) == 0"


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import horde_core", LIBRARIES | FRAMES | SCREEN | OPTIONAL),
        ("from horde_core import resolve", {"pydantic_settings", "httpx", "stamina"} | FRAMES | SCREEN | OPTIONAL),
        ("from horde_core import HordeAPIIntegration", FRAMES | SCREEN | OPTIONAL),
        (command("resolve", "--name", NAME), FRAMES | SCREEN | OPTIONAL),
        (command("statistics", "image_generation"), FRAMES | SCREEN | OPTIONAL),
        (command("with-stats", "text_generation"), FRAMES | SCREEN | OPTIONAL),
        (command("unlisted", "text_generation"), FRAMES | SCREEN | OPTIONAL),
        (command("audit", "image_generation", "--format", "json"), FRAMES | SCREEN | OPTIONAL - HISTORY),
        (command("audit", "image_generation"), SCREEN | OPTIONAL - HISTORY),
        (command("sources"), FRAMES | SCREEN | OPTIONAL),
        (command("with-stats", "text_generation", "--format", "csv"), SCREEN | OPTIONAL),
        ("import app", OPTIONAL),
    ],
)
def test_what_a_start_does_not_need_is_not_loaded(horde_server: HordeServer, code: str, absent: set[str]) -> None:
    assert loaded(code, horde_server.environment) & absent == set()
