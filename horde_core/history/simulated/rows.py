"""Rows written in bulk, and the numbers of names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, func, select

from horde_core.history import tables

Row = tuple[object, ...]


def write(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Write rows, in the order of the table's columns; one with the key of another takes its place."""
    if some := list(rows):
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT OR REPLACE INTO {table.name} VALUES ({marks})", some)


def next_number(connection: Connection, table: Table) -> int:
    """Return the number that follows those in use."""
    last: int | None = connection.execute(select(func.max(table.c.id))).scalar()
    return 1 + (last or 0)


class Names:
    """The numbers of API names, given out in the order in which they are written."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def numbers(self, connection: Connection, category: str, names: Sequence[str]) -> dict[str, int]:
        """Return the numbers of names of a category; new ones are written."""
        new = [name for name in dict.fromkeys(names) if (category, name) not in self._numbers]
        rows = [(number, category, name) for number, name in enumerate(new, len(self._numbers) + 1)]
        write(connection, tables.api_name, rows)
        self._numbers |= {(category, name): number for number, category, name in rows}
        return {name: self._numbers[category, name] for name in names}
