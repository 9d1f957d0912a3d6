"""What is read where the history is off, missing, damaged, deleted or replaced: unknown, with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from horde_core.analytics.names.matching import NameIndex
from horde_core.history.reader import HistoryReader
from horde_core.history.reading.series import Kind, Span
from horde_core.history.store import Store
from tests.fixtures.history import DAY, NOON, made, reader_at, record, status, usage, workers

IMAGE = NameIndex(["Flux"], model_type="image")
SPAN = Span(NOON - DAY, NOON)


def unknown(reader: HistoryReader) -> bool:
    """Whether every answer says that nothing is known."""
    used = reader.usage(IMAGE, ["Flux"], SPAN)
    stacked = reader.most_used(IMAGE, SPAN)
    served = reader.serving(IMAGE, "Flux", SPAN)
    network = reader.network("image", SPAN)
    workers_by_day = reader.workers_by_day("image", SPAN)
    series = [
        *used.series, used.total, stacked.total, served.threads, served.workers, served.jobs,
        *network.series.values(), workers_by_day.seen, reader.presence("one", SPAN).threads,
    ]  # fmt: skip
    lines = reader.month_lines(IMAGE, ["Flux"])["Flux"]
    seen = reader.last_seen(IMAGE).of("Flux", ("Flux",))
    return (
        all({point.kind for point in one.points} == {Kind.GAP} for one in series)
        and lines.change == (None, None)
        and seen[:2] == seen[3:5] == (None, None)
        and reader.events("image", SPAN) == ()
        and all(one.yesterday == (None, None) for one in reader.headlines("image").values())
    )


def filled(folder: Path) -> Store:
    store = made(folder)
    record(store, usage(NOON, {"Flux": (3, 3, 3)}, "image"), status(NOON, Flux=2), workers(NOON))
    return store


def test_turned_off_it_says_so() -> None:
    reader = reader_at(None, NOON)
    assert unknown(reader)
    assert (reader.status().state, reader.status().sentence) == (
        "off", "The past is not being kept: HORDE_HISTORY is off.",
    )  # fmt: skip


def test_before_anything_was_recorded_it_says_so(tmp_path: Path) -> None:
    missing = reader_at(Store(f"sqlite:///{tmp_path}/none/horde.sqlite"), NOON)
    assert unknown(missing)
    assert (missing.status().state, missing.status().sentence) == ("kept", "Nothing has been recorded yet.")
    empty = reader_at(made(tmp_path), NOON)
    assert unknown(empty)
    assert empty.status().sentence == "Nothing has been recorded yet."


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "horde.sqlite"
    file.write_bytes(b"garbage" * 1_000)
    reader = reader_at(Store(f"sqlite:///{file}"), NOON)
    assert unknown(reader)
    assert (reader.status().state, reader.status().sentence) == (
        "unreadable", "The history cannot be read: its file is no database.",
    )  # fmt: skip
    assert file.read_bytes() == b"garbage" * 1_000


def test_a_file_that_is_deleted_while_it_is_read_becomes_unknown_and_a_new_one_is_read(tmp_path: Path) -> None:
    store = filled(tmp_path)
    reader = reader_at(store, NOON)
    assert reader.usage(IMAGE, ["Flux"], SPAN).series[0].points[-1].value == 3
    for file in tmp_path.glob("horde.sqlite*"):
        file.unlink()
    assert unknown(reader)
    assert reader.status().sentence == "Nothing has been recorded yet."
    again = made(tmp_path)
    record(again, usage(NOON - 60, {"other": (1, 1, 1), "Flux": (4, 4, 4)}, "image"))
    assert reader.usage(IMAGE, ["Flux"], Span(NOON - DAY, NOON)).series[0].points[-1].value == 4


def test_the_state_tells_since_when_and_how_much(tmp_path: Path) -> None:
    store = filled(tmp_path)
    found = reader_at(store, NOON + DAY).status()
    assert (found.state, found.sentence, found.since, found.until) == ("kept", None, NOON, NOON)
    assert found.size == store.size()
    assert {gap.source for gap in found.gaps} == {"usage:image", "status:image", "workers"}
    assert {gap.ends for gap in found.gaps} == {None}


@pytest.mark.parametrize(("part", "moves"), [("usage:image", True), ("usage:text", False), ("workers", False)])
def test_a_generation_moves_with_its_own_part_only(tmp_path: Path, part: str, moves: bool) -> None:
    store = filled(tmp_path)
    reader = reader_at(store, NOON)
    before = reader.generation(part)
    assert reader.generation(part) == before
    record(store, usage(NOON + 60, {"Flux": (5, 5, 5)}, "image"))
    assert (reader.generation(part) != before) is moves
