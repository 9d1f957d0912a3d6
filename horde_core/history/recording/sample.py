"""A sample: what a source said at one time, as it is recorded; and the stretches of time in which it was seen."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, tuple_, update

from horde_core.history import tables
from horde_core.history.store import insert_into

HOUR = 3600
DAY = 86_400

GAP_INTERVALS = 3
"""A source that was not seen for more than so many of its intervals has a gap."""


class Sample(NamedTuple):
    """What a source said at a time (UTC seconds); ``interval`` is how often it is recorded, in seconds.

    ``is_first_choice`` is whether it came from the first of the source's addresses.
    """

    source: str
    at: int
    value: Any
    interval: int
    is_first_choice: bool = True


class Stretch(NamedTuple):
    """The last stretch in which a source was seen."""

    began: int
    ended: int

    def is_continued_by(self, sample: Sample) -> bool:
        """Whether a sample is near enough to belong to the same stretch."""
        return sample.at - self.ended <= GAP_INTERVALS * sample.interval


def last_stretches(connection: Connection) -> dict[str, Stretch]:
    """Return the last stretch of each source."""
    coverage = tables.coverage.c
    last = select(coverage.source, func.max(coverage.began)).group_by(coverage.source)
    rows = connection.execute(select(tables.coverage).where(tuple_(coverage.source, coverage.began).in_(last)))
    return {row.source: Stretch(row.began, row.ended) for row in rows}


def cover(connection: Connection, sample: Sample, last: Stretch | None) -> None:
    """Note that a source was seen: in its last stretch, or in a new one after a gap."""
    if last is not None and last.is_continued_by(sample):
        here = (tables.coverage.c.source == sample.source) & (tables.coverage.c.began == last.began)
        connection.execute(update(tables.coverage).where(here).values(ended=sample.at))
    else:
        connection.execute(tables.coverage.insert().values(source=sample.source, began=sample.at, ended=sample.at))


def count_sample(connection: Connection, sample: Sample) -> None:
    """Count a live source's sample in its hour."""
    table = tables.source_hour
    insert = insert_into(connection.dialect.name, table).values(
        source=sample.source, hour=hour_of(sample.at), samples=1
    )
    keys = [table.c.source, table.c.hour]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"samples": table.c.samples + 1}))


def name_ids(connection: Connection, category: str, names: set[str] | list[str]) -> dict[str, int]:
    """Return the numbers of names in a category; new ones are given one."""
    table, wanted = tables.api_name, sorted(set(names))
    known: dict[str, int] = {}
    for start in range(0, len(wanted), NAMES_AT_ONCE):
        some = wanted[start : start + NAMES_AT_ONCE]
        found = select(table.c.name, table.c.id).where(table.c.category == category, table.c.name.in_(some))
        known |= {row.name: row.id for row in connection.execute(found)}
    if new := [name for name in wanted if name not in known]:
        connection.execute(table.insert(), [{"category": category, "name": name} for name in new])
        known |= name_ids(connection, category, new)
    return known


NAMES_AT_ONCE = 1_000
"""Names asked for in one question."""


def hour_of(at: int) -> int:
    """Return when the UTC hour of a time began."""
    return at - at % HOUR


def day_of(at: int) -> int:
    """Return when the UTC day of a time began."""
    return at - at % DAY
