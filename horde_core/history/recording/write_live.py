"""Writes what the live sources said: figures of the network, names with work, what serves them, and workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, case, select, update

from horde_core.history import tables
from horde_core.history.recording.figures import Figure, NameWork
from horde_core.history.recording.sample import day_of, hour_of, name_ids
from horde_core.history.recording.stretches import Moves, Open, Run, Served, moves, runs, set_of
from horde_core.history.store import insert_into
from horde_core.upstream.api_records import HordeWorker
from horde_core.vocabulary import MODEL_TYPES


def write_figures(connection: Connection, figures: Sequence[Figure], at: int) -> None:
    """Record figures of the network: the sample, and its part in the hour."""
    if not figures:
        return
    ids = _figure_ids(connection, figures)
    rows = [(ids[one.kind, one.figure], one.value) for one in figures]
    connection.execute(
        tables.network_sample.insert(), [{"figure_id": number, "at": at, "value": value} for number, value in rows]
    )
    hours = [
        {"figure_id": number, "hour": hour_of(at), "samples": 1}
        | dict.fromkeys(("sum", "least", "most", "last"), value)
        for number, value in rows
    ]
    _add(connection, tables.network_hour, hours)


def write_names(connection: Connection, category: str, work: Sequence[NameWork], at: int) -> None:
    """Record the names for which work waits, in their hour and in their day."""
    if not work:
        return
    ids = name_ids(connection, category, [one.name for one in work])
    rows = [
        {"name_id": ids[one.name], "samples": 1, "speed": one.speed}
        | dict.fromkeys(("jobs_sum", "jobs_most"), one.jobs)
        | dict.fromkeys(("queued_sum", "queued_most"), one.queued)
        for one in work
    ]
    _add(connection, tables.name_hour, [row | {"hour": hour_of(at)} for row in rows])
    _add(connection, tables.name_day, [row | {"day": day_of(at)} for row in rows])


def open_serving(connection: Connection, category: str) -> dict[str, Open[Served]]:
    """Return what serves each name, as last recorded."""
    serving, names = tables.serving.c, tables.api_name.c
    rows = connection.execute(
        select(names.category, names.name, serving.began, serving.threads, serving.workers)
        # An outer join, so that the few open stretches are looked up and not the many names of a category.
        .outerjoin_from(tables.serving, tables.api_name, names.id == serving.name_id)
        .where(serving.ended.is_(None))
    )
    return {name: Open(began, Served(*state)) for kind, name, began, *state in rows if kind == category}


def write_serving(
    connection: Connection, category: str, now: Mapping[str, Served], at: int, gap_from: int | None
) -> None:
    """Record what serves each name of a category."""
    changes = moves(open_serving(connection, category), now, at, gap_from)
    ids = name_ids(connection, category, [*(name for name, *_ in changes.ended), *(name for name, _ in changes.began)])
    _move(connection, tables.serving, "name_id", changes, ids, at, Served._asdict)


def write_workers(connection: Connection, workers: Sequence[HordeWorker], at: int, gap_from: int | None) -> None:
    """Record the workers that are there, and how they run."""
    changes = moves(_open_runs(connection), runs(workers), at, gap_from)
    ids = _worker_ids(connection, workers, at, [identity for identity, *_ in changes.ended])
    bridges = _ids(connection, tables.bridge, "agent", {run.agent for _, run in changes.began if run.agent is not None})
    sets = _set_ids(connection, workers, {run.models for _, run in changes.began})
    _move(
        connection,
        tables.worker_run,
        "worker_id",
        changes,
        ids,
        at,
        lambda run: {
            "threads": run.threads,
            "maintenance": run.maintenance,
            "bridge_id": None if run.agent is None else bridges[run.agent],
            "set_id": None if run.models is None else sets[run.models],
        },
    )


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Add samples to the rows of their period."""
    connection.execute(_adding(connection.dialect.name, table), rows)


@cache
def _adding(dialect: str, table: Table) -> Insert:
    """Return what adds rows: counts and sums grow, extremes move, the rest is the newest known. Kept: slow to build."""
    insert = insert_into(dialect, table)
    new: dict[str, Any] = {}
    for column in table.columns:
        old, added = column, insert.excluded[column.name]
        match column.name.rpartition("_")[2]:
            case "samples" | "sum":
                new[column.name] = old + added
            case "most":
                new[column.name] = case((added <= old, old), else_=_known(added, old))
            case "least":
                new[column.name] = case((added >= old, old), else_=_known(added, old))
            case "last" | "speed":
                new[column.name] = _known(added, old)
    return insert.on_conflict_do_update(index_elements=[*table.primary_key], set_=new)


def _known(new: Any, old: Any) -> Any:
    return case((new.is_(None), old), else_=new)


def _move(
    connection: Connection,
    table: Table,
    key: str,
    changes: Moves[str, Any],
    ids: Mapping[str, int],
    at: int,
    columns: Callable[[Any], dict[str, Any]],
) -> None:
    """End the stretches that ended, and begin those that began."""
    if changes.ended:
        here = (table.c[key] == bindparam("of")) & (table.c.began == bindparam("since"))
        ends = [{"of": ids[name], "since": began, "until": ended} for name, began, ended in changes.ended]
        connection.execute(update(table).where(here).values(ended=bindparam("until")), ends)
    if changes.began:
        rows = [{key: ids[name], "began": at, "ended": None, **columns(state)} for name, state in changes.began]
        connection.execute(table.insert(), rows)


def _open_runs(connection: Connection) -> dict[str, Open[Run]]:
    run, worker, bridge, of_models = tables.worker_run.c, tables.worker.c, tables.bridge.c, tables.model_set.c
    rows = connection.execute(
        select(worker.identity, run.began, run.threads, run.maintenance, bridge.agent, of_models.digest)
        .join(tables.worker, worker.id == run.worker_id)
        .outerjoin(tables.bridge, bridge.id == run.bridge_id)
        .outerjoin(tables.model_set, of_models.id == run.set_id)
        .where(run.ended.is_(None))
    )
    return {identity: Open(began, Run(*state)) for identity, began, *state in rows}


def _figure_ids(connection: Connection, figures: Iterable[Figure]) -> dict[tuple[str, str], int]:
    table = tables.network_figure
    insert = insert_into(connection.dialect.name, table).on_conflict_do_nothing()
    connection.execute(insert, [{"kind": one.kind, "figure": one.figure} for one in figures])
    return {(row.kind, row.figure): row.id for row in connection.execute(select(table))}


def _worker_ids(connection: Connection, workers: Sequence[HordeWorker], at: int, gone: list[str]) -> dict[str, int]:
    """Return the numbers of the workers that are there, noting that they were seen, and of those that are gone."""
    table = tables.worker
    insert = insert_into(connection.dialect.name, table)
    seen = {name: insert.excluded[name] for name in ("name", "type", "last_seen")}
    rows = [
        {"identity": one.identity, "name": one.name, "type": one.type, "first_seen": at, "last_seen": at}
        for one in workers
    ]
    if rows:
        connection.execute(insert.on_conflict_do_update(index_elements=[table.c.identity], set_=seen), rows)
    wanted = {*gone, *(one.identity for one in workers)}
    found = connection.execute(select(table.c.identity, table.c.id).where(table.c.identity.in_(wanted)))
    return {row.identity: row.id for row in found}


def _ids(connection: Connection, table: Table, column: str, values: set[str]) -> dict[str, int]:
    """Return the numbers of values that have a table of their own; new ones are given one."""
    if not values:
        return {}
    insert = insert_into(connection.dialect.name, table).on_conflict_do_nothing()
    connection.execute(insert, [{column: value} for value in sorted(values)])
    found = connection.execute(select(table.c[column], table.c.id).where(table.c[column].in_(values)))
    return {row[0]: row[1] for row in found}


def _set_ids(connection: Connection, workers: Iterable[HordeWorker], wanted: set[str | None]) -> dict[str, int]:
    sets = {digest: one for one in workers if (digest := set_of(one)) in wanted and digest is not None}
    table = tables.model_set
    known = {row.digest for row in connection.execute(select(table.c.digest).where(table.c.digest.in_(sets)))}
    ids = _ids(connection, table, "digest", set(sets))
    for digest, one in sets.items():
        if digest not in known and one.models and one.type in MODEL_TYPES:
            names = name_ids(connection, one.type, list(one.models))
            rows = [{"set_id": ids[digest], "name_id": number} for number in names.values()]
            connection.execute(tables.model_set_name.insert(), rows)
    return ids
