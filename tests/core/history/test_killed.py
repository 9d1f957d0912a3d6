"""What is left of a history whose writer is killed, or whose folder cannot be written."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from horde_core.history import tables
from horde_core.history.store import Store
from tests.fixtures.app_server import REPOSITORY
from tests.fixtures.history import made, rows

KILLS = 50
NOBODY = 65_534


def test_fifty_kills_leave_whole_slots_and_the_lock_free(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fixtures.killed_writer", str(tmp_path), str(KILLS)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=100)
    store = Store(f"sqlite:///{tmp_path}/horde.sqlite")
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    stretches = {row[0]: row[1:] for row in rows(store, tables.coverage)}
    assert set(stretches) == {"status:image", "workers", "usage:image"}
    ((began, ended),) = set(stretches.values())
    slots = (ended - began) // 300 + 1
    assert slots >= KILLS
    of_status, of_workers = (
        sum(row[2] for row in rows(store, tables.source_hour) if row[0] == source)
        for source in ("status:image", "workers")
    )
    assert of_status == of_workers == slots
    assert {row[1] for row in rows(store, tables.network_sample)} == set(range(began, ended + 1, 300))
    totals = [row[0] for row in rows(store, tables.usage_compile, "total")]
    requests = [row[0] for row in rows(store, tables.usage, "requests") if row[0] is not None]
    assert sum(requests) == totals[-1] - totals[0]


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """Give a folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def without_rights(store: Store) -> list[str]:
    """Have a process without rights prepare and read a store, and return what comes of each."""
    script = f"""
import os
from horde_core.history.store import Store, StoreError

def read():
    with store.reading():
        return "read"

store = Store({str(store.url)!r})
if os.getuid() == 0:
    os.setuid({NOBODY})
for action in (store.prepare, read):
    try:
        print(action())
    except StoreError as error:
        print(error)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()


def test_a_folder_that_is_read_only_is_told_in_a_sentence_and_can_be_read(folder_of_nobody: Path) -> None:
    store = made(folder_of_nobody)
    with store.reading():
        folder_of_nobody.chmod(0o555)
        try:
            wrote, read = without_rights(store)
        finally:
            folder_of_nobody.chmod(0o755)
    assert wrote == f"The history cannot be written: Permission denied ({store.path})"
    assert read == "read"
