"""The first tables."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Text, UniqueConstraint

revision = "0001"
down_revision = None


def number() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def key(name: str, kind: Any, *references: str) -> Column[Any]:
    return Column(name, kind, *map(ForeignKey, references), primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "api_name",
        number(),
        Column("category", Text, nullable=False),
        Column("name", Text, nullable=False),
        UniqueConstraint("category", "name"),
    )
    op.create_table("bridge", number(), Column("agent", Text, nullable=False, unique=True))
    op.create_table(
        "coverage",
        key("source", Text),
        key("began", BigInteger),
        Column("ended", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("meta", key("key", Text), Column("value", Text, nullable=False), sqlite_with_rowid=False)
    op.create_table("model_set", number(), Column("digest", Text, nullable=False, unique=True))
    op.create_table(
        "network_figure",
        number(),
        Column("kind", Text, nullable=False),
        Column("figure", Text, nullable=False),
        UniqueConstraint("kind", "figure"),
    )
    op.create_table(
        "reference_event",
        key("category", Text),
        key("name", Text),
        key("at", BigInteger),
        Column("event", Text, nullable=False),
        Column("fields", Text),
        Column("after", BigInteger),
        Column("origin", Text, nullable=False),
        Index(None, "at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference_model",
        key("category", Text),
        key("name", Text),
        Column("fields", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_hour",
        key("source", Text),
        key("hour", BigInteger),
        Column("samples", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_compile",
        number(),
        Column("category", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("first_seen", BigInteger, nullable=False),
        Column("last_seen", BigInteger, nullable=False),
        Column("after", BigInteger),
        Column("ended", BigInteger, nullable=False),
        Column("names", Integer, nullable=False),
        Column("day", BigInteger),
        Column("month", BigInteger),
        Column("total", BigInteger),
        Column("falls", Integer, nullable=False),
        UniqueConstraint("category", "first_seen"),
    )
    op.create_table(
        "usage_past_stretch",
        number(),
        Column("category", Text, nullable=False),
        Column("began", BigInteger, nullable=False),
        Column("ended", BigInteger, nullable=False),
        Column("origin", Text, nullable=False),
        Column("known_at", BigInteger, nullable=False),
        UniqueConstraint("category", "began", "ended", "origin"),
    )
    op.create_table(
        "worker",
        number(),
        Column("identity", Text, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("type", Text),
        Column("first_seen", BigInteger, nullable=False),
        Column("last_seen", BigInteger, nullable=False),
    )
    op.create_table(
        "worker_day",
        key("day", BigInteger),
        key("type", Text),
        Column("seen", Integer, nullable=False),
        Column("gained", Integer),
        Column("lost", Integer),
        Column("online_seconds", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "model_set_name",
        key("set_id", Integer, "model_set.id"),
        key("name_id", Integer, "api_name.id"),
        Index(None, "name_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_day",
        key("name_id", Integer, "api_name.id"),
        key("day", BigInteger),
        Column("samples", Integer, nullable=False),
        Column("jobs_sum", BigInteger),
        Column("jobs_most", BigInteger),
        Column("queued_sum", BigInteger),
        Column("queued_most", BigInteger),
        Column("speed", Float),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_hour",
        key("name_id", Integer, "api_name.id"),
        key("hour", BigInteger),
        Column("samples", Integer, nullable=False),
        Column("jobs_sum", BigInteger),
        Column("jobs_most", BigInteger),
        Column("queued_sum", BigInteger),
        Column("queued_most", BigInteger),
        Column("speed", Float),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "network_hour",
        key("figure_id", Integer, "network_figure.id"),
        key("hour", BigInteger),
        Column("samples", Integer, nullable=False),
        Column("sum", Float, nullable=False),
        Column("least", Float, nullable=False),
        Column("most", Float, nullable=False),
        Column("last", Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "network_sample",
        key("figure_id", Integer, "network_figure.id"),
        key("at", BigInteger),
        Column("value", Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "serving",
        key("name_id", Integer, "api_name.id"),
        key("began", BigInteger),
        Column("ended", BigInteger),
        Column("threads", Integer),
        Column("workers", Integer),
        Index(None, "ended"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage",
        key("name_id", Integer, "api_name.id"),
        key("compile_id", Integer, "usage_compile.id"),
        Column("day", BigInteger),
        Column("month", BigInteger),
        Column("total", BigInteger),
        Column("requests", BigInteger),
        Column("fell_from", BigInteger),
        Index(None, "compile_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_past",
        key("name_id", Integer, "api_name.id"),
        key("stretch_id", Integer, "usage_past_stretch.id"),
        Column("requests", BigInteger),
        Index(None, "stretch_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "worker_run",
        key("worker_id", Integer, "worker.id"),
        key("began", BigInteger),
        Column("ended", BigInteger),
        Column("threads", Integer),
        Column("maintenance", Boolean),
        Column("bridge_id", Integer, ForeignKey("bridge.id")),
        Column("set_id", Integer, ForeignKey("model_set.id")),
        Index(None, "ended"),
        sqlite_with_rowid=False,
    )
