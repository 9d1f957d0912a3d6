"""Writes a compile of usage: the body is compared with what is recorded, and what changed is added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Table, func, select, tuple_, update

from horde_core.history import tables
from horde_core.history.recording.compiles import (
    MONTH,
    TIGHT,
    Compile,
    Counts,
    Known,
    UsageRow,
    are_a_day_apart,
    counts_of,
    digest_of,
    end_of,
    is_unseen,
    mended,
    revealed,
    sums_of,
    usage_rows,
)
from horde_core.history.recording.sample import Sample, name_ids
from horde_core.upstream.api_records import HordeModelStatsResponse
from horde_core.vocabulary import PERIODS

Found = Literal["new", "same", "older"]


def is_whole(body: HordeModelStatsResponse) -> bool:
    """Whether a body has all three of its maps."""
    return all(body.period(period) is not None for period in PERIODS)


def write_usage(connection: Connection, category: str, sample: Sample) -> Found:
    """Record a body of usage, and return what it was.

    ``older``: that of an earlier compile once more, which a server that is behind still sends. Only within three hours
    of when it was last seen: after that it is a new compile.
    """
    counts = counts_of(sample.value.response)
    digest, before = digest_of(counts), _compiles(connection, category)
    if before and before[-1].digest == digest:
        here = tables.usage_compile.c.id == before[-1].number
        connection.execute(update(tables.usage_compile).where(here).values(last_seen=sample.at))
        return "same"
    if any(one.digest == digest and sample.at - one.last_seen <= TIGHT for one in before):
        return "older"
    after = before[-1].last_seen if before else None
    new = Compile(0, digest, sample.at, sample.at, after, 0)
    new = new._replace(ended=end_of(new, before))
    before = _mend(connection, before, mended(before, new))
    is_a_day_later = bool(before) and are_a_day_apart(before[-1].ended, new.ended)
    known = _known(connection, category) if before else None
    rows = usage_rows(known, counts, is_a_day_later)
    number = _write_compile(connection, category, new, counts, rows)
    ids = name_ids(connection, category, [row.name for row in rows])
    _insert(connection, tables.usage, [_as_row(row, ids[row.name], number) for row in rows])
    if known is not None:
        earlier = {name: one.counts for name, one in known.items() if one.counts != Counts()}
        _write_revealed(connection, category, [*before, new], revealed(earlier, counts, rows, is_a_day_later))
    return "new"


def _compiles(connection: Connection, category: str) -> list[Compile]:
    table = tables.usage_compile.c
    columns = (table.id, table.digest, table.first_seen, table.last_seen, table.after, table.ended)
    rows = connection.execute(select(*columns).where(table.category == category).order_by(table.id))
    return [Compile(*row) for row in rows]


def _mend(connection: Connection, before: Sequence[Compile], after: list[Compile]) -> list[Compile]:
    """Record where it became better known when compiles ended."""
    for old, new in zip(before, after, strict=True):
        if new != old:
            here = tables.usage_compile.c.id == old.number
            connection.execute(update(tables.usage_compile).where(here).values(ended=new.ended))
    return after


def _known(connection: Connection, category: str) -> dict[str, Known]:
    """Every name as its last row has it."""
    usage, names = tables.usage.c, tables.api_name.c
    last = select(usage.name_id, func.max(usage.compile_id)).group_by(usage.name_id)
    rows = connection.execute(
        select(names.name, usage.day, usage.month, usage.total, usage.fell_from)
        .join(tables.api_name, names.id == usage.name_id)
        .where(names.category == category, tuple_(usage.name_id, usage.compile_id).in_(last))
    )
    return {name: Known(Counts(*counts), fell_from) for name, *counts, fell_from in rows}


def _write_compile(
    connection: Connection, category: str, new: Compile, counts: dict[str, Counts], rows: Sequence[UsageRow]
) -> int:
    sums = sums_of(counts)
    values = {
        **new._asdict(), **sums._asdict(), "category": category, "names": len(counts),
        "falls": sum(row.fell_from is not None for row in rows),
    }  # fmt: skip
    del values["number"]
    return _numbered(connection, tables.usage_compile, values)


def _write_revealed(
    connection: Connection, category: str, compiles: Sequence[Compile], found: dict[str, int | None]
) -> None:
    """Record what left the month, where nobody recorded it when it happened."""
    began, ended = (one.ended - MONTH for one in compiles[-2:])
    table = tables.usage_past_stretch
    last = select(func.max(table.c.ended)).where(table.c.category == category, table.c.origin == REVEALED)
    began = max(began, connection.execute(last).scalar() or began)
    if began >= ended or not is_unseen(began, ended, [one.ended for one in compiles]):
        return
    stretch = {"category": category, "began": began, "ended": ended, "origin": REVEALED}
    number = _numbered(connection, table, stretch | {"known_at": compiles[-1].first_seen})
    ids = name_ids(connection, category, list(found))
    rows = [{"name_id": ids[name], "stretch_id": number, "requests": requests} for name, requests in found.items()]
    _insert(connection, tables.usage_past, rows)


REVEALED = "revealed"


def _as_row(row: UsageRow, name_id: int, number: int) -> dict[str, Any]:
    counts = row.counts._asdict()
    return {"name_id": name_id, "compile_id": number, **counts, "requests": row.requests, "fell_from": row.fell_from}


def _numbered(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """Insert a row, and return its number."""
    number: int = connection.execute(table.insert().values(values).returning(table.c.id)).scalar_one()
    return number


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)
