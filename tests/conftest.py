"""What every test gets: an empty folder to run in, no settings but its own, and the fixtures of ``tests/fixtures``."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import stamina

pytest_plugins = (
    "tests.fixtures.app_server",
    "tests.fixtures.browser",
    "tests.fixtures.horde_server",
    "tests.fixtures.read_once",
    "tests.fixtures.redis_server",
    "tests.fixtures.dashboard",
)

REPOSITORY = Path(__file__).resolve().parents[1]
RECORDINGS_VARIABLE = "HORDE_RECORDINGS"
RECORDINGS = Path(os.environ.get(RECORDINGS_VARIABLE) or REPOSITORY.parent / "shared" / "replay" / "data")

# Recorded data is not part of the project: its tests exist where it does.
collect_ignore_glob = [] if RECORDINGS.is_dir() else ["recorded/*"]

# Before any test module is imported: what the developer has set must not change a result.
for name in [name for name in os.environ if name.startswith("HORDE_") and name != RECORDINGS_VARIABLE]:
    del os.environ[name]

AS_OFTEN_AS_USUAL = 1_000

# The same examples on every machine and every run; --hypothesis-profile=default looks for new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder of its own, where no ``.env`` lies."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def no_pauses_between_tries() -> Iterator[None]:
    """Retry at once, as often as usual: the pauses are tested by the library (stamina)."""
    with stamina.set_testing(True, attempts=AS_OFTEN_AS_USUAL, cap=True):
        yield


@pytest.fixture
def pauses_between_tries(no_pauses_between_tries: None) -> Iterator[None]:
    """Pause between retries as the app does."""
    with stamina.set_testing(False):
        yield


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder of recorded API bodies: a folder a day, and ``reference``."""
    return RECORDINGS
