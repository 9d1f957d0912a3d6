"""Checks of a history: whether its file is whole, and whether its rows keep the rules. Nothing is changed."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select, text, true

from horde_core.history.store import Store
from horde_core.history.tables import (
    api_name,
    coverage,
    network_hour,
    serving,
    source_hour,
    usage,
    usage_compile,
    usage_past,
    usage_past_stretch,
    worker_day,
    worker_run,
)

REVEALED = "revealed"


class Finding(NamedTuple):
    """A rule, and how many rows break it."""

    rule: str
    broken: int


def check(store: Store) -> list[Finding]:
    """Look at the whole history, and return each rule. Raises :class:`~horde_core.history.store.StoreError`."""
    with store.reading() as connection:
        findings = _of_file(connection) if connection.dialect.name == "sqlite" else []
        return findings + [Finding(rule, _count(connection, rows)) for rule, rows in _rules().items()]


def _of_file(connection: Connection) -> list[Finding]:
    damage = [row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    lost = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [Finding("The file is whole", len(damage)), Finding("What a row refers to is there", len(lost))]


def _count(connection: Connection, rows: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()


def _rules() -> dict[str, Select[Any]]:
    """Each rule with the rows that break it."""
    before = func.lag(usage.c.total).over(partition_by=usage.c.name_id, order_by=usage.c.compile_id)
    totals = select(usage, before.label("before")).subquery()
    last_row = func.row_number().over(partition_by=usage.c.name_id, order_by=usage.c.compile_id.desc())
    last_rows = select(usage, last_row.label("place")).subquery()
    last_compiles = select(func.max(usage_compile.c.id)).group_by(usage_compile.c.category)
    known = (
        select(api_name.c.category, func.sum(last_rows.c.total).label("total"))
        .join(last_rows, last_rows.c.name_id == api_name.c.id)
        .where(last_rows.c.place == 1)
        .group_by(api_name.c.category)
        .subquery()
    )
    counts = (usage.c.day, usage.c.month, usage.c.total, usage.c.requests)
    return {
        "No count is negative": select(usage.c.name_id).where(or_(*(count < 0 for count in counts))),
        "No past day is negative": select(usage_past.c.name_id).where(usage_past.c.requests < 0),
        "Requests are the difference of the totals, where no counter fell": select(totals.c.name_id).where(
            totals.c.fell_from.is_(None), totals.c.before.is_not(None), totals.c.requests.is_not(None),
            totals.c.requests != totals.c.total - totals.c.before,
        ),
        "The totals of all names add up to that of the last compile": select(usage_compile.c.id)
        .join(known, known.c.category == usage_compile.c.category)
        .where(usage_compile.c.id.in_(last_compiles), usage_compile.c.total != known.c.total),
        "Compiles follow one another": _disordered(usage_compile, "category", "ended", "ended"),
        "Stretches of coverage lie apart": _disordered(coverage, "source", "began", "ended"),
        "Stretches in which a name was served lie apart": _disordered(serving, "name_id", "began", "ended"),
        "Stretches in which a worker was there lie apart": _disordered(worker_run, "worker_id", "began", "ended"),
        "Days that became known later lie apart": _disordered(
            usage_past_stretch, "category", "began", "ended", usage_past_stretch.c.origin == REVEALED
        ),
        "An hour has samples, and its mean lies between its least and its most": select(network_hour.c.hour).where(
            or_(
                network_hour.c.samples < 1,
                network_hour.c.sum < network_hour.c.samples * network_hour.c.least * (1 - 1e-9) - 1e-6,
                network_hour.c.sum > network_hour.c.samples * network_hour.c.most * (1 + 1e-9) + 1e-6,
            )
        ),
        "Hours are whole hours": select(source_hour.c.hour).where(source_hour.c.hour % 3600 != 0),
        "No worker is online longer than a day has seconds": select(worker_day.c.day).where(
            worker_day.c.online_seconds > worker_day.c.seen * 86_400
        ),
    }  # fmt: skip


def _disordered(table: Table, of: str, began: str, ended: str, where: ColumnElement[bool] | None = None) -> Select[Any]:
    """The stretches of one thing that end before they begin, or begin before the one before them ended."""
    before = func.lag(table.c[ended]).over(partition_by=table.c[of], order_by=table.c[began])
    rows = select(table.c[began].label("began"), table.c[ended].label("ended"), before.label("before"))
    ordered = rows.where(true() if where is None else where).subquery()
    return select(ordered.c.began).where(or_(ordered.c.ended < ordered.c.began, ordered.c.before > ordered.c.began))
