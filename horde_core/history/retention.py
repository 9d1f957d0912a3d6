"""What is kept for how long: old rows are deleted in small batches, so that the writer is never held up for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, delete, select

from horde_core.history import tables
from horde_core.history.store import Store
from horde_core.settings import Settings

DAY = 86_400
KEYS_AT_ONCE = 200
"""Names, figures or workers whose old rows go in one transaction."""


class Rule(NamedTuple):
    """Rows of a table whose ``time`` lies before now less ``days`` are deleted, a few values of ``key`` at a time."""

    table: Table
    key: str
    time: str
    days: int


def rules(settings: Settings) -> tuple[Rule, ...]:
    """Return what is not kept for ever."""
    return (
        Rule(tables.network_sample, "figure_id", "at", settings.history_sample_days),
        Rule(tables.name_hour, "name_id", "hour", settings.history_name_hour_days),
        Rule(tables.worker_run, "worker_id", "ended", settings.history_worker_days),
    )


def purge(store: Store, settings: Settings, now: float) -> int:
    """Delete what is older than it is kept, and return how many rows. Raises :class:`StoreError`."""
    deleted = 0
    for rule in rules(settings):
        before = int(now) - rule.days * DAY
        for keys in _batches(store, select(rule.table.c[rule.key]).distinct()):
            deleted += _delete(store, rule.table, rule.table.c[rule.key].in_(keys), rule.table.c[rule.time] < before)
    return deleted + _purge_workers(store, int(now) - settings.history_worker_days * DAY)


def _purge_workers(store: Store, before: int) -> int:
    """Delete workers that were not seen since, and programs and sets of models that no run has any more."""
    worker, run, of_names = tables.worker.c, tables.worker_run.c, tables.model_set_name.c
    deleted = 0
    for keys in _batches(store, select(worker.id).where(worker.last_seen < before)):
        deleted += _delete(store, tables.worker_run, run.worker_id.in_(keys))
        deleted += _delete(store, tables.worker, worker.id.in_(keys), worker.last_seen < before)
    for table, used in ((tables.bridge, run.bridge_id), (tables.model_set, run.set_id)):
        in_use = select(used).where(used.is_not(None))
        for keys in _batches(store, select(table.c.id).where(table.c.id.not_in(in_use))):
            if table is tables.model_set:
                deleted += _delete(store, tables.model_set_name, of_names.set_id.in_(keys))
            deleted += _delete(store, table, table.c.id.in_(keys))
    return deleted


def _batches(store: Store, keys: Select[Any]) -> Iterator[Sequence[int]]:
    with store.reading() as connection:
        found = connection.execute(keys).scalars().all()
    for start in range(0, len(found), KEYS_AT_ONCE):
        yield found[start : start + KEYS_AT_ONCE]


def _delete(store: Store, table: Table, *where: ColumnElement[bool]) -> int:
    with store.writing() as connection:
        return connection.execute(delete(table).where(*where)).rowcount
