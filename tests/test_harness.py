"""What ``conftest.py`` guarantees to every test."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def test_a_test_has_no_settings_and_an_empty_folder() -> None:
    assert [name for name in os.environ if name.startswith("HORDE_") and name != "HORDE_RECORDINGS"] == []
    assert list(Path.cwd().iterdir()) == []


def test_settings_of_the_developer_reach_no_test() -> None:
    test = f"tests/{Path(__file__).name}::{test_a_test_has_no_settings_and_an_empty_folder.__name__}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        cwd=REPOSITORY,
        env={**os.environ, "HORDE_API_CACHE_TTL": "nonsense", "HORDE_SOURCE": "moon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in run.stdout, run.stdout
