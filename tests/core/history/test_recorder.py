"""The recorder on an integration whose upstream is the simulated Horde, on a turned clock."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from horde_core.demo import DemoTransport
from horde_core.history import tables
from horde_core.history.reading.coverage import Coverage, read_every_coverage
from horde_core.history.recorder import Recorder
from horde_core.history.store import Store
from horde_core.live.integration import HordeAPIIntegration
from horde_core.settings import Settings
from horde_core.upstream.client import HordeClient
from tests.fixtures.history import DAY, HOUR, MINUTE, everything, rows
from tests.fixtures.upstream import TurnedClock

WRITER_ONLY = ("meta",)
"""What tells one writer from another."""


class Upstream(httpx.BaseTransport):
    """The simulated Horde, which counts what it is asked, and can be away."""

    def __init__(self, clock: TurnedClock) -> None:
        self._horde = DemoTransport(clock=lambda: clock.wall - self.behind)
        self.behind = 0
        self.requests: Counter[str] = Counter()
        self.is_away = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests[request.url.path.removeprefix("/api")] += 1
        return httpx.Response(404) if self.is_away else self._horde.handle_request(request)


class Bench:
    """One deployment: a clock, an upstream, a file, and the processes that look at them."""

    def __init__(self, clock: TurnedClock, folder: Path, stack: ExitStack) -> None:
        self.clock = clock
        self.folder = folder
        self.upstream = Upstream(clock)
        self.url = f"sqlite:///{folder}/history/horde.sqlite"
        self.store = Store(self.url)
        self._stack = stack
        clock.wall -= clock.wall % DAY  # so that days and hours begin when the test does

    def process(self) -> Recorder:
        settings = Settings(history_url=self.url)
        client = HordeClient(settings, transport=self.upstream)
        self._stack.callback(client.close)
        recorder = Recorder(
            HordeAPIIntegration(settings, client, clock=self.clock.both), Store(self.url), self.clock.both
        )
        self._stack.callback(recorder.close)
        return recorder

    def pass_minutes(self, minutes: int, *recorders: Recorder) -> None:
        for _ in range(minutes):
            for recorder in recorders:
                recorder.look()
            self.clock.advance(MINUTE)


@pytest.fixture
def bench(clock: TurnedClock, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(clock, tmp_path, stack)


def test_an_hour_with_nobody_looking_asks_each_source_as_often_as_it_is_recorded(bench: Bench) -> None:
    bench.pass_minutes(60, bench.process())
    assert bench.upstream.requests == {
        "/v2/status/models": 2 * 12,
        "/v2/workers": 12,
        "/v2/status/performance": 12,
        "/v2/stats/img/totals": 12,
        "/v2/stats/text/totals": 12,
        "/v2/stats/img/models": 1,
        "/v2/stats/text/models": 1,
        "/model_references/v2/image_generation": 1,
        "/model_references/v2/text_generation": 1,
    }
    assert {row[2] for row in rows(bench.store, tables.source_hour)} == {12}
    assert {row[2] - row[1] for row in rows(bench.store, tables.coverage)} == {0, 55 * MINUTE}


def test_what_visitors_have_fetched_is_not_asked_for_again(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(1, recorder)
    for _ in range(10):
        horde = recorder._horde
        horde.read(horde.all_sources(), wait=20, patience=20)
        asked = bench.upstream.requests.total()
        recorder.look()
        assert bench.upstream.requests.total() == asked
        bench.clock.advance(61)


def test_a_restart_loses_and_repeats_nothing(bench: Bench, tmp_path: Path, clock: TurnedClock) -> None:
    began = clock.wall
    bench.pass_minutes(90, bench.process())
    undisturbed = everything(bench.store, without=WRITER_ONLY)
    clock.wall = began
    with ExitStack() as stack:
        other = Bench(clock, tmp_path / "other", stack)
        for _ in range(9):
            process = other.process()
            other.pass_minutes(10, process)
            process.close()
        assert everything(other.store, without=WRITER_ONLY) == undisturbed


def covered(store: Store) -> dict[str, Coverage]:
    """When each source was recorded."""
    with store.reading() as connection:
        return read_every_coverage(connection)


def test_of_two_processes_one_writes_and_the_other_takes_over_when_it_ends(bench: Bench) -> None:
    first, second = bench.process(), bench.process()
    bench.pass_minutes(12, first, second)
    assert (first.state.is_writer, second.state.is_writer) == (True, False)
    assert second.state.trouble is None
    first.close()
    bench.pass_minutes(12, second)
    assert second.state.is_writer
    assert {row[2] for row in rows(bench.store, tables.source_hour) if row[0] == "workers"} == {5}
    assert all(len(one.stretches) == 1 for one in covered(bench.store).values())


def test_an_outage_is_a_gap_and_what_was_held_is_not_recorded_as_new(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    bench.upstream.is_away = True
    bench.pass_minutes(60, recorder)
    until = {row[0]: row[2] for row in rows(bench.store, tables.coverage)}
    bench.upstream.is_away = False
    bench.pass_minutes(10, recorder)
    gaps = {source: one.stretches for source, one in covered(bench.store).items() if len(one.stretches) > 1}
    assert {"status:image", "status:text", "workers", "performance", "totals:image", "totals:text"} == set(gaps)
    assert all(stretches[0].ends == until[source] for source, stretches in gaps.items())
    assert recorder.state.trouble is None


def test_a_new_compile_that_a_visitor_fetches_is_recorded_with_the_next_look(bench: Bench) -> None:
    bench.upstream.behind = 10 * MINUTE
    recorder = bench.process()
    bench.pass_minutes(11, recorder)
    horde = recorder._horde
    horde.read([*horde.usage_sources.values()], wait=20, patience=20)
    recorder.look()
    compiled = [row[0] for row in rows(bench.store, tables.usage_compile, "first_seen")]
    assert compiled == [int(bench.clock.wall) - 11 * MINUTE] * 2 + [int(bench.clock.wall)] * 2


def test_a_clock_that_is_set_back_writes_nothing_and_says_so_until_it_is_right(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    before = everything(bench.store)
    bench.clock.step_wall(-HOUR)
    bench.pass_minutes(10, recorder)
    assert everything(bench.store) == before
    assert "later than the clock says" in (recorder.state.trouble or "")
    bench.clock.step_wall(HOUR)
    bench.pass_minutes(6, recorder)
    assert recorder.state.trouble is None
    assert everything(bench.store) != before


def _garbage(bench: Bench) -> None:
    assert bench.store.path is not None
    other = bench.folder / "other"
    other.write_bytes(b"garbage " * 1000)
    for name in ("-wal", "-shm"):
        bench.store.path.with_name(bench.store.path.name + name).unlink(missing_ok=True)
    other.rename(bench.store.path)


def _deleted(bench: Bench) -> None:
    assert bench.store.path is not None
    bench.store.path.unlink()


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        (_garbage, "The file of the history was damaged; it was set aside as horde.sqlite.broken-"),
        (_deleted, "The file of the history was deleted or replaced while it was in use"),
    ],
)
def test_a_file_that_is_broken_or_gone_is_begun_anew_and_told(
    bench: Bench, fault: Callable[[Bench], None], note: str
) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    fault(bench)
    bench.pass_minutes(6, recorder)
    assert recorder.state.trouble is None
    assert (recorder.state.note or "").startswith(note)
    assert rows(bench.store, tables.source_hour)


def test_a_newer_schema_is_told_and_left_alone(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    with bench.store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    recorder.close()
    before = everything(bench.store)
    newer = bench.process()
    bench.pass_minutes(10, newer)
    assert newer.state.trouble == "The history is read only: a newer version of the dashboard has written it"
    assert everything(bench.store) == before


def test_a_full_disk_is_told_and_recording_goes_on_when_there_is_room(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    pages = [0]

    @event.listens_for(recorder._store._writer, "checkout")
    def bound(connection: sqlite3.Connection, *_: object) -> None:
        (used,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {used + pages[0]}")

    before = everything(bench.store)
    bench.clock.advance(2 * DAY)
    bench.pass_minutes(10, recorder)
    assert recorder.state.trouble == "The history cannot be written: the disk is full"
    assert everything(bench.store) == before
    pages[0] = 1_000_000
    bench.pass_minutes(6, recorder)
    assert recorder.state.trouble is None
    assert len(rows(bench.store, tables.coverage)) > len(before["coverage"])


def test_old_rows_are_purged_once_a_night(bench: Bench) -> None:
    recorder = bench.process()
    bench.pass_minutes(10, recorder)
    old = {row[1] for row in rows(bench.store, tables.network_sample)}
    bench.clock.advance(40 * DAY)
    bench.pass_minutes(10, recorder)
    kept = {row[1] for row in rows(bench.store, tables.network_sample)}
    assert kept
    assert not kept & old
    assert len({row[1] for row in rows(bench.store, tables.network_hour)}) == 2
