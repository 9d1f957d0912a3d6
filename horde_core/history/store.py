"""Store: the database of the history, opened to read and, by the one writer, to write.

SQLite in a file or in memory; PostgreSQL has the same tables. Whatever goes wrong is a :class:`StoreError` of one
sentence. A file that is broken is set aside under another name, never deleted.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from horde_core.history import tables

BUSY_SECONDS = 5.0
"""How long a connection waits for another one's transaction."""

READING_PRAGMAS = ("query_only = ON",)
WRITING_PRAGMAS = (
    "journal_mode = WAL",  # readers and the writer do not wait for one another
    "synchronous = NORMAL",  # whole transactions survive the end of the process
    "foreign_keys = ON",
    "journal_size_limit = 16777216",
)

BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "its file or folder is read-only",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is no database",
    sqlite3.SQLITE_BUSY: "another process holds its file",
    sqlite3.SQLITE_IOERR: "its disk does not answer",
}


class StoreError(Exception):
    """The history cannot be read or written; the message is one sentence for the screen."""


class BrokenFileError(StoreError):
    """The file is no database, or a damaged one."""


class NewerSchemaError(StoreError):
    """The history was written by a newer version: it can be read, and is not written."""


class Store:
    """One database by its address, such as ``sqlite:///history/horde.sqlite``. Thread-safe; opens nothing before use.

    Readers use :meth:`reading`, and see no file where none is yet. The process that holds the writer's lock calls
    :meth:`prepare` once, then :meth:`writing`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._lock = threading.Lock()
        self._opened: tuple[int, int] | None = None
        is_memory = self.url.query.get("vfs") == "memdb"
        self.path = Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" and not is_memory else None
        self._writer = self._engine("rw", WRITING_PRAGMAS if self.path else ())
        self._reader = self._engine("ro", READING_PRAGMAS)
        self._held = self._writer.raw_connection() if is_memory else None  # it lasts as long as a connection to it

    @classmethod
    def in_memory(cls, name: str) -> Store:
        """Return a store in memory with its tables; all of one name in a process are one, as long as any is kept."""
        store = cls(f"sqlite:///file:/{quote(name)}?vfs=memdb&uri=true")
        tables.metadata.create_all(store._writer)
        return store

    def _engine(self, mode: str, pragmas: tuple[str, ...]) -> Engine:
        options: dict[str, Any] = {}
        if self.path is not None:
            # In mode "rw" and "ro" a missing file is an error: only prepare() makes one, with its tables.
            address = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
            options["creator"] = lambda: sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
            )
        engine = create_engine(self.url, **options)
        if engine.dialect.name == "sqlite":

            @event.listens_for(engine, "connect")
            def connected(connection: sqlite3.Connection, _record: object) -> None:
                connection.isolation_level = None  # transactions are begun below, those of the tables too
                for pragma in pragmas:
                    connection.execute(f"PRAGMA {pragma}")

            @event.listens_for(engine, "begin")
            def begun(connection: Connection) -> None:
                connection.exec_driver_sql("BEGIN" if mode == "ro" else "BEGIN IMMEDIATE")

        return engine

    @contextlib.contextmanager
    def reading(self, *_parts: str) -> Iterator[Connection]:
        """Give a connection that sees one moment of the history. Raises :class:`StoreError`.

        A store that computes its rows needs to know which parts will be read, of
        :data:`~horde_core.history.tables.PARTS`.
        """
        self._reopen_if_replaced()
        with _told("read"), self._reader.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are all kept at the end, or none. Raises :class:`StoreError`."""
        self._reopen_if_replaced()
        with _told("written"), self._writer.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Make folder, file and tables where they are missing, and bring older tables up to date.

        Raises :class:`NewerSchemaError`, :class:`BrokenFileError`, or :class:`StoreError` where it cannot be done.
        """
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
            except OSError as error:
                raise StoreError(f"The history cannot be written: {error.strerror} ({self.path})") from error
        with self.writing() as connection:
            schema = schema_of(connection)
            if schema != tables.SCHEMAS[-1]:
                _migrate(connection)

    def set_aside(self) -> Path | None:
        """Rename a file that is broken, with what SQLite keeps beside it, and return its new name."""
        if self.path is None:
            return None
        self.close()
        aside = self.path.with_name(f"{self.path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).rename(aside.with_name(aside.name + suffix))
        return aside

    @property
    def is_missing(self) -> bool:
        """Whether there is no file yet."""
        return self.path is not None and not self.path.exists()

    def size(self) -> int | None:
        """Bytes of the file, with what SQLite keeps beside it; None where there is none."""
        if self.path is None or not self.path.exists():
            return None
        files = (self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close every connection that nobody uses; they are opened anew with the next use."""
        self._writer.dispose()
        self._reader.dispose()

    @property
    def is_replaced(self) -> bool:
        """Whether the file was deleted or replaced since it was last used."""
        return self._identity() != self._opened

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat() if self.path is not None else None
        except OSError:
            return None
        return found and (found.st_dev, found.st_ino)

    def _reopen_if_replaced(self) -> None:
        """Let go of a file that was deleted or replaced under our connections."""
        with self._lock:
            if (identity := self._identity()) != self._opened:
                self.close()
                self._opened = identity


def schema_of(connection: Connection) -> str | None:
    """Return the revision of a database's tables, None where it has none yet.

    Raises :class:`NewerSchemaError` for one that is not known here, :class:`StoreError` for another program's tables.
    """
    found = inspect(connection).get_table_names()
    if not found:
        return None
    if "alembic_version" not in found:
        raise StoreError("The history is not kept: the database holds the tables of another program")
    schema: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if schema is not None and schema not in tables.SCHEMAS:
        raise NewerSchemaError("The history is read only: a newer version of the dashboard has written it")
    return schema


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that can say what is done where a row is there already, in the dialect of that name."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def generations(connection: Connection) -> dict[str, int]:
    """Return how often each part was written, for the parts that were; a result from a part holds until that grows."""
    prefix = "generation:"
    rows = connection.execute(select(tables.meta).where(tables.meta.c.key.startswith(prefix)))
    return {row.key.removeprefix(prefix): int(row.value) for row in rows}


def _migrate(connection: Connection) -> None:
    # Only the writer needs Alembic, and only where tables are missing or old.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "horde_core.history:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Raise what the database raises as a :class:`StoreError` of one sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        origin = error.orig if isinstance(error, DBAPIError) else None
        code = (getattr(origin, "sqlite_errorcode", None) or 0) & 0xFF
        reason = REASONS.get(code, str(origin or error).partition("\n")[0])
        kind = BrokenFileError if code in BROKEN else StoreError
        raise kind(f"The history cannot be {what}: {reason}") from error
