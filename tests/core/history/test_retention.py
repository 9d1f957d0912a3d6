"""What is kept for how long."""

from pathlib import Path

from horde_core.history import tables
from horde_core.history.retention import purge
from horde_core.settings import Settings
from tests.fixtures.history import DAY, NOON, everything, made, named, queue, record, rows, usage, worker, workers

SETTINGS = Settings(history_sample_days=2, history_name_hour_days=3, history_worker_days=4)
FOR_EVER = ("usage", "usage_compile", "network_hour", "name_day", "serving", "worker_day", "coverage", "source_hour")


def test_each_kind_of_row_is_kept_as_long_as_its_setting_says_and_the_rest_for_ever(tmp_path: Path) -> None:
    store = made(tmp_path)
    for day in range(6):
        at = NOON + day * DAY
        staff = [worker("stays", "a"), *([worker("left", "b", bridge_agent="old:1:u")] if day == 0 else [])]
        record(store, queue(at, a=1), workers(at, *staff), usage(at, {"a": (1, 1, day)}))
    now = NOON + 5 * DAY + 1
    before = everything(store)
    assert purge(store, SETTINGS, now) > 0
    after = everything(store)
    assert {name: after[name] for name in FOR_EVER} == {name: before[name] for name in FOR_EVER}
    assert {row[0] for row in rows(store, tables.network_sample, "at")} == {NOON + day * DAY for day in (4, 5)}
    assert [row[1] for row in named(store, tables.name_hour, "hour")] == [NOON + day * DAY for day in (3, 4, 5)]
    assert [row[0] for row in rows(store, tables.worker_run, "began")] == [NOON + day * DAY for day in (2, 3, 4, 5)]
    assert rows(store, tables.worker, "identity") == [("id-stays",)]
    assert rows(store, tables.bridge, "agent") == [("b:1:u",)]
    assert named(store, tables.model_set_name, "set_id") == [("a", *rows(store, tables.model_set, "id")[0])]
    assert purge(store, SETTINGS, now) == 0
    assert everything(store) == after


def test_a_run_that_goes_on_is_kept_however_old_it_is(tmp_path: Path) -> None:
    store = made(tmp_path)
    record(store, workers(NOON, worker("stays", "a")))
    purge(store, SETTINGS, NOON + 3 * DAY)
    assert rows(store, tables.worker_run, "began", "ended") == [(NOON, None)]
