"""``python -m horde_core history``: what it tells of a history that is kept, and what it finds in a broken one."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from horde_core.command_line import main
from horde_core.history.checks import check
from horde_core.history.store import Store
from tests.fixtures.history import DAY, NOON, made, performance, record, status, usage, worker, workers


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Give a store that the command finds, with two days in it."""
    store = made(tmp_path)
    monkeypatch.setenv("HORDE_HISTORY_URL", str(store.url))
    for day in range(2):
        at = NOON + day * DAY
        record(
            store,
            usage(at, {"a": (day, 5 + day, 50 + day), "b": (1, 3, 7 + day)}),
            status(at, Flux=1 + day),
            workers(at, worker("one", "Flux", threads=1 + day)),
            performance(at, jobs=day),
        )
    return store


def test_info_tells_since_when_how_large_and_what_is_missing(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "info"]) == 0
    told = capsys.readouterr().out
    assert "since   2025-12-12 12:00 UTC" in told
    assert "until   2025-12-13 12:00 UTC" in told
    assert "MiB" in told
    assert "gap     status:image: 2025-12-12 12:00 UTC to 2025-12-13 12:00 UTC" in told


def test_a_history_as_the_recorder_writes_it_keeps_every_rule(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one for one in check(store) if one.broken] == []
    assert main(["history", "check"]) == 0
    assert "BROKEN" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("UPDATE usage SET requests = -1 WHERE compile_id = 2", "No count is negative"),
        ("UPDATE usage SET requests = requests + 1 WHERE compile_id = 2", "Requests are the difference"),
        ("UPDATE usage_compile SET total = 1", "The totals of all names add up"),
        ("UPDATE coverage SET ended = began + 200000", "Stretches of coverage lie apart"),
        ("UPDATE serving SET ended = began - 1", "Stretches in which a name was served lie apart"),
        (
            "UPDATE worker_run SET ended = began + 200000 WHERE ended IS NOT NULL",
            "Stretches in which a worker was there",
        ),
        ("UPDATE network_hour SET most = -1", "An hour has samples"),
        ("UPDATE source_hour SET hour = hour + 1", "Hours are whole hours"),
        ("UPDATE usage SET name_id = name_id + 90", "What a row refers to is there"),
    ],
)
def test_a_rule_that_is_broken_is_named(
    store: Store, capsys: pytest.CaptureFixture[str], damage: str, rule: str
) -> None:
    with contextlib.closing(sqlite3.connect(str(store.path))) as connection, connection:
        connection.execute(damage)
    assert rule in " ".join(one.rule for one in check(store) if one.broken)
    assert main(["history", "check"]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_prune_deletes_what_is_no_longer_kept(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "prune"]) == 0
    told = capsys.readouterr().out
    assert int(told.split()[0]) > 0
    main(["history", "prune"])
    assert capsys.readouterr().out == "0 rows deleted\n"


@pytest.mark.parametrize("action", ["info", "prune", "check"])
def test_without_a_history_it_says_so_and_makes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert main(["history", action]) == 3
    assert "There is no history yet" in capsys.readouterr().err
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize("action", ["info", "check"])
def test_a_file_that_is_no_database_is_named_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    (tmp_path / "horde.sqlite").write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("HORDE_HISTORY_URL", f"sqlite:///{tmp_path}/horde.sqlite")
    assert main(["history", action]) == 3
    assert "is no database" in capsys.readouterr().err
