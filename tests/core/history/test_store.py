import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from horde_core.history import tables
from horde_core.history.store import (
    BrokenFileError,
    NewerSchemaError,
    Store,
    StoreError,
    generations,
    insert_into,
    schema_of,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(f"sqlite:///{tmp_path}/history/horde.sqlite")
    made.prepare()
    return made


def written(store: Store, *keys: str) -> None:
    with store.writing() as connection:
        for key in keys or ("a",):
            connection.execute(tables.meta.insert().values(key=key, value="1"))


def keys(store: Store) -> list[str]:
    with store.reading() as connection:
        return [row.key for row in connection.execute(select(tables.meta))]


def test_the_migrations_make_the_tables_as_they_are_described(store: Store) -> None:
    with store.writing() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert schema_of(connection) == tables.SCHEMAS[-1]


def test_every_migration_is_a_known_schema_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", "horde_core.history:migrations")
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(revisions)) == tables.SCHEMAS


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=str)
def test_postgresql_has_the_same_tables(table: tables.Table) -> None:
    assert "WITHOUT ROWID" not in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_what_is_written_is_read_and_a_second_start_changes_nothing(store: Store) -> None:
    written(store)
    again = Store(store.url.render_as_string())
    again.prepare()
    assert keys(again) == keys(store) == ["a"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError):
        written(store, "a", "b", "a")
    assert keys(store) == []


def test_readers_see_one_moment_while_the_writer_goes_on(store: Store) -> None:
    with store.reading() as connection:
        assert connection.execute(select(tables.meta)).all() == []
        written(store)
        assert connection.execute(select(tables.meta)).all() == []
    assert keys(store) == ["a"]


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be read"), store.reading() as connection:
        connection.execute(tables.meta.insert().values(key="a", value="1"))


def test_reading_makes_no_file_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="its file cannot be opened"):
        keys(Store(f"sqlite:///{tmp_path}/none.sqlite"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_set_aside_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "horde.sqlite"
    file.write_bytes(b"no database" * 1000)
    store = Store(f"sqlite:///{file}")
    with pytest.raises(BrokenFileError, match="its file is no database"):
        keys(store)
    with pytest.raises(BrokenFileError):
        store.prepare()
    aside = store.set_aside()
    store.prepare()
    written(store)
    assert keys(store) == ["a"]
    assert aside is not None
    assert aside.read_bytes() == b"no database" * 1000


def test_a_newer_schema_is_read_and_not_written(store: Store) -> None:
    written(store)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = store.path.read_bytes() if store.path else b""
    newer = Store(store.url.render_as_string())
    with pytest.raises(NewerSchemaError, match="newer version"):
        newer.prepare()
    assert keys(newer) == ["a"]
    assert store.path is not None
    assert store.path.read_bytes() == before


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "horde.sqlite"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        Store(f"sqlite:///{file}").prepare()
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


def test_a_file_that_was_deleted_is_noticed_by_readers_and_made_anew_by_the_writer(store: Store) -> None:
    written(store)
    assert keys(store) == ["a"]
    assert store.path is not None
    store.path.unlink()
    with pytest.raises(StoreError, match="cannot be opened"):
        keys(store)
    store.prepare()
    assert keys(store) == []


def test_stores_in_memory_of_one_name_are_one() -> None:
    first, second, other = (Store.in_memory(name) for name in ("one", "one", "two"))
    written(first, "generation:network")
    with second.reading() as connection:
        assert generations(connection) == {"network": 1}
    assert keys(other) == []


def test_a_row_that_is_there_can_be_left_as_it_is(store: Store) -> None:
    written(store)
    with store.writing() as connection:
        insert = insert_into(connection.dialect.name, tables.meta).values(key="a", value="2")
        connection.execute(insert.on_conflict_do_nothing())
        assert connection.execute(select(tables.meta.c.value)).scalar() == "1"
