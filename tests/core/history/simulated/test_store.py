"""The simulated past is what the recorder would have written, and goes on with time."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from horde_core.demo.horde import SEED, simulated_horde
from horde_core.history import tables
from horde_core.history.simulated.store import SimulatedStore
from horde_core.history.simulated.watch import Stretch, Watch
from horde_core.history.store import Store, generations
from tests.fixtures.history import DAY, HOUR, MINUTE, everything
from tests.fixtures.recorded_simulation import LIVE, SLOT, record_simulation, record_until

NUMBERS = count()
TODAY = 20_782 * DAY
"""2026-11-25."""

OWN_NUMBERS = ("id", "digest")
NAMES_OF = {
    "name_id": (tables.api_name, ("category", "name")),
    "compile_id": (tables.usage_compile, ("category", "first_seen")),
    "stretch_id": (tables.usage_past_stretch, ("category", "began")),
    "figure_id": (tables.network_figure, ("kind", "figure")),
    "worker_id": (tables.worker, ("identity",)),
    "bridge_id": (tables.bridge, ("agent",)),
    "set_id": (tables.model_set, ("digest",)),
}


@pytest.fixture
def recorded() -> Store:
    return Store.in_memory(f"recorded-{next(NUMBERS)}")


def past(watch: Watch, until: int, *parts: str) -> Store:
    store = SimulatedStore(simulated_horde(SEED), lambda: until, watch)
    with store.reading(*parts):
        return store


def content(store: Store, *wanted: tables.Table) -> dict[str, set[tuple[tuple[str, Any], ...]]]:
    """The rows of tables, with what numbers stand for in their place."""
    with Store.reading(store) as connection:
        meant = {
            column: {row.id: tuple(row._mapping[name] for name in names) for row in connection.execute(select(table))}
            for column, (table, names) in NAMES_OF.items()
        }
        return {
            table.name: {
                tuple(
                    (name, _meaning(value, meant.get(name)))
                    for name, value in row._mapping.items()
                    if name not in OWN_NUMBERS
                )
                for row in connection.execute(select(table))
            }
            for table in wanted
        }


def _meaning(value: Any, meant: dict[int, Any] | None) -> Any:
    if meant is not None:
        return meant.get(value)
    return round(value, 3) if isinstance(value, float) else value


def assert_same(store: Store, recorded: Store, *wanted: tables.Table) -> None:
    ours, theirs = content(store, *wanted), content(recorded, *wanted)
    for name, rows in theirs.items():
        assert rows
        assert {"extra": ours[name] - rows, "missing": rows - ours[name]} == {"extra": set(), "missing": set()}, name


def daily(days: Iterable[int]) -> list[int]:
    """The first and the last hour of days: between them nothing happens that is seen once a day."""
    return [day * DAY + hour * HOUR for day in days for hour in (0, 23)]


class TestAsRecorded:
    @pytest.mark.parametrize("category", ["image", "text"])
    def test_usage_with_a_gap_of_days_and_an_outage(self, recorded: Store, category: str) -> None:
        first, last = TODAY // DAY - 75, TODAY // DAY
        gap = Stretch((first + 20) * DAY + 10 * HOUR, (first + 23) * DAY + 15 * HOUR)
        outage = Stretch((first + 40) * DAY - 2 * HOUR, (first + 40) * DAY + 3 * HOUR)
        times = sorted({*daily(range(first, last)), *gap, *outage, last * DAY})
        seen = [at for at in times if not any(one.began < at < one.ended for one in (gap, outage))]
        record_simulation(recorded, seen, f"usage:{category}", interval=DAY // 3)
        store = past(Watch(first * DAY, first * DAY, [gap], [outage]), TODAY, f"usage:{category}")
        assert_same(store, recorded, tables.usage_compile, tables.usage, tables.usage_past_stretch, tables.usage_past)

    def test_live_sources_by_the_hour_then_by_slot_over_midnight_with_an_outage(self, recorded: Store) -> None:
        since, by_slot = TODAY - 30 * HOUR, TODAY - HOUR
        outage = Stretch(TODAY - 20 * HOUR, TODAY - 15 * HOUR)
        until = TODAY + 2 * HOUR + 5 * MINUTE
        hours = [at for at in range(since, by_slot + 1, HOUR) if not outage.began < at < outage.ended]
        record_simulation(recorded, hours, *LIVE, interval=HOUR)
        record_simulation(recorded, range(by_slot + SLOT, until + 1, SLOT), *LIVE)
        store = past(Watch(since, by_slot, [], [outage]), until, "names:image", "names:text", "network", "workers")
        assert_same(
            store, recorded, tables.serving, tables.name_hour, tables.name_day, tables.network_hour,
            tables.worker, tables.worker_run, tables.worker_day, tables.bridge, tables.model_set_name,
            tables.source_hour,
        )  # fmt: skip
        samples = content(recorded, tables.network_sample)["network_sample"]
        assert content(store, tables.network_sample)["network_sample"] == {
            row for row in samples if dict(row)["at"] >= by_slot
        }

    def test_the_reference(self, recorded: Store) -> None:
        first, last = TODAY // DAY - 60, TODAY // DAY
        gap = Stretch((first + 20) * DAY + 10 * HOUR, (first + 40) * DAY + 15 * HOUR)
        seen = [at for at in sorted({*daily(range(first, last)), *gap}) if not gap.began < at < gap.ended]
        record_simulation(recorded, seen, "reference:image", "reference:text", interval=DAY)
        store = past(Watch(first * DAY, first * DAY, [gap]), (last - 1) * DAY + 23 * HOUR, "reference")
        assert_same(store, recorded, tables.reference_event)

    def test_coverage(self, recorded: Store) -> None:
        since = TODAY - 12 * HOUR
        gap = Stretch(TODAY - 9 * HOUR, TODAY - 5 * HOUR)
        record_until(recorded, since, TODAY, [gap], slot=HOUR)
        store = past(Watch(since, since, [gap]), TODAY + 4 * MINUTE)
        assert_same(store, recorded, tables.coverage)


class TestAsTimeGoesOn:
    @pytest.mark.parametrize("steps", [[SLOT] * 30, [7 * MINUTE] * 20, [HOUR, 1, 26 * HOUR, -3 * HOUR, 5 * HOUR, SLOT]])
    def test_what_is_read_often_is_what_is_read_once(self, steps: list[int]) -> None:
        now = [TODAY - 40 * MINUTE]
        watch = Watch(TODAY - 3 * DAY, TODAY - DAY, [Stretch(TODAY - 50 * HOUR, TODAY - 46 * HOUR)])
        store = SimulatedStore(simulated_horde(SEED), lambda: now[0], watch)
        for step in steps:
            with store.reading(*tables.PARTS):
                now[0] += step
        now[0] = max(now[0], TODAY + 31 * HOUR)
        with store.reading(*tables.PARTS):
            pass
        whole = tuple(table for table in tables.metadata.sorted_tables if table.name != "meta")
        once = content(past(watch, now[0], *tables.PARTS), *whole)
        assert content(store, *whole) == once

    def test_nothing_is_written_before_it_is_read_and_only_what_is_read(self) -> None:
        watch = Watch(TODAY - DAY, TODAY - DAY)
        store = past(watch, TODAY)
        written = {name for name, rows in everything(store).items() if rows}
        assert written == {"coverage", "meta"}
        with store.reading("usage:image"):
            pass
        written = {name for name, rows in everything(store).items() if rows}
        usage = {"usage_compile", "usage", "usage_past_stretch", "usage_past"}
        assert written == {"coverage", "meta", "api_name", *usage}

    def test_a_generation_is_the_time_of_the_last_news(self) -> None:
        now = [TODAY + HOUR]
        store = SimulatedStore(simulated_horde(SEED), lambda: now[0], Watch(TODAY - DAY, TODAY - DAY))
        found = []
        for step in (0, 0, SLOT, DAY):
            now[0] += step
            with store.reading("usage:text", "network") as connection:
                found.append(generations(connection))
        assert [one["usage:text"] for one in found] == [TODAY, TODAY, TODAY, TODAY + DAY]
        began = TODAY + HOUR
        assert [one["network"] for one in found] == [began, began, began + SLOT, began + SLOT + DAY]

    def test_many_threads_read_while_it_goes_on(self) -> None:
        now = [TODAY]
        store = SimulatedStore(simulated_horde(SEED), lambda: now[0], Watch(TODAY - 2 * DAY, TODAY - DAY))

        def read(number: int) -> list[int]:
            found = []
            for step in range(20):
                now[0] += SLOT * (number == 0)
                with store.reading(tables.PARTS[(number + step) % len(tables.PARTS)]) as connection:
                    found.append(connection.execute(select(func.max(tables.coverage.c.ended))).scalar_one())
            return found

        with ThreadPoolExecutor(12) as pool:
            seen = list(pool.map(read, range(12)))
        assert all(one == sorted(one) for one in seen)
        assert seen[0][-1] == TODAY + 20 * SLOT


class TestWhole:
    @pytest.mark.parametrize("opened", [TODAY, TODAY + 17 * DAY + 12_345, TODAY + 100 * DAY, TODAY + 900 * DAY])
    def test_400_days_with_a_gap_and_an_outage_that_are_over(self, opened: int) -> None:
        watch = Watch.opened(opened)
        store = past(watch, opened, "usage:image", "reference")
        covered = [dict(row) for row in content(store, tables.coverage)["coverage"]]
        seen = [one for one in covered if one["source"] == "workers"]
        assert min(one["began"] for one in seen) == opened // DAY * DAY - 400 * DAY
        assert max(one["ended"] for one in seen) == opened // SLOT * SLOT
        assert len(seen) >= 4
        assert max(one["began"] for one in seen) <= opened - 30 * DAY
        compiles = content(store, tables.usage_compile)["usage_compile"]
        assert 390 <= len(compiles) < 400
        totals = sorted((dict(row)["ended"], dict(row)["total"]) for row in compiles)
        assert [total for _, total in totals] == sorted(total for _, total in totals)
        assert {dict(row)["event"] for row in content(store, tables.reference_event)["reference_event"]} == {
            "added", "removed", "changed",
        }  # fmt: skip
