"""The history that the application keeps: begun at the first start, and never in the way."""

import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.fixtures.app_server import REPOSITORY, StartApp
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until


def sources(file: Path) -> set[str]:
    """Return the sources that have been recorded into a file."""
    if not file.exists():
        return set()
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute("SELECT source FROM coverage")}
    except sqlite3.OperationalError:  # its tables are being made
        return set()
    finally:
        connection.close()


def test_a_history_is_begun_with_the_first_start_and_goes_on_with_the_next(
    start_app: StartApp, horde_server: HordeServer, tmp_path: Path
) -> None:
    file = tmp_path / "history" / "horde.sqlite"
    settings = {**horde_server.environment, "HORDE_HISTORY_URL": f"sqlite:///{file}"}
    app = start_app(**settings)
    wait_until(lambda: "workers" in sources(file), "the first slot is written")
    assert sources(file) >= {"workers", "performance", "status:image", "usage:text", "reference:image"}
    app.stop()
    again = start_app(**settings)
    wait_until(lambda: "history is kept in" in again.log(), "the next process writes")
    assert "history trouble" not in again.log()


def test_the_app_serves_though_its_history_cannot_be_kept(
    start_app: StartApp, horde_server: HordeServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    app = start_app(**horde_server.environment, HORDE_HISTORY_URL=f"sqlite:///{tmp_path}/file/horde.sqlite")
    wait_until(lambda: "history trouble: The history cannot be written" in app.log(), "it is told in the log")
    with urllib.request.urlopen(f"{app.url}/api/v1/unlisted/text_generation", timeout=20) as response:
        assert response.status == 200


def test_no_history_is_kept_where_it_is_off(start_app: StartApp, horde_server: HordeServer, tmp_path: Path) -> None:
    file = tmp_path / "horde.sqlite"
    settings = {"HORDE_HISTORY": "off", "HORDE_HISTORY_URL": f"sqlite:///{file}"}
    app = start_app(**horde_server.environment, **settings)
    urllib.request.urlopen(f"{app.url}/api/health", timeout=20).close()
    assert not file.exists()


@pytest.mark.parametrize("statement", ["import horde_core", "import horde_core.command_line", "import horde_core.web"])
def test_the_database_is_not_loaded_before_something_asks_for_it(statement: str) -> None:
    script = f"{statement}; import sys; print(sorted({{'sqlalchemy', 'alembic'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
