"""The tables of the history, and what one row of each means.

Times are UTC, in whole seconds since 1970; ``hour`` and ``day`` are the second at which a UTC hour or day begins.
Names are stored as the API sent them and attributed to models when read. NULL is unknown. What a missing row means is
said with each table; outside of ``coverage`` everything is unknown.

A change here needs a migration in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMAS = ("0001",)
"""The revisions of the migrations, oldest first; the tables here are the result of the last. Another one is newer."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _id() -> Column[int]:
    """A number that the database gives out, in the order in which rows were written."""
    return Column("id", Integer, primary_key=True)


def _key(name: str, kind: Any, *references: ForeignKey) -> Column[Any]:
    return Column(name, kind, *references, primary_key=True, autoincrement=False)


def _to(column: str, name: str, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(column), nullable=nullable)


def _time(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _count(name: str, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _name_key() -> Column[int]:
    return _key("name_id", Integer, ForeignKey("api_name.id"))


meta = Table(
    "meta",
    metadata,
    _key("key", Text),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""A value by key. ``generation:PART`` is a number that grows with every transaction that wrote to that part (the parts
are :data:`PARTS`); ``writer`` is the process that writes, or wrote last, as ``host:pid``."""

Part = Literal["usage:image", "usage:text", "names:image", "names:text", "network", "workers", "reference"]
PARTS: tuple[Part, ...] = get_args(Part)
"""``usage``: compiles and past days of a category. ``names``: its hours and days of names, and what serves them.
``network``: figures of the network. ``workers``: workers, their runs and days. ``reference``: its events."""

api_name = Table(
    "api_name",
    metadata,
    _id(),
    Column("category", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("category", "name"),
)
"""A name in a category (``image`` or ``text``), exactly as the API sent it."""

coverage = Table(
    "coverage",
    metadata,
    _key("source", Text),
    _key("began", BigInteger),
    _time("ended"),
    sqlite_with_rowid=False,
)
"""A stretch of time in which a source was seen: from its first sample to its last, with no two further apart than
three of its intervals. ``source`` is the key of a source of the live data, such as ``status:image``, ``workers``,
``usage:text``; stretches of one source do not overlap. A stretch of one sample has ``began`` = ``ended``."""

source_hour = Table(
    "source_hour",
    metadata,
    _key("source", Text),
    _key("hour", BigInteger),
    Column("samples", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""How many samples of a live source (not of usage and reference) were recorded in an hour; means over an hour divide
by it. No row: none, the hour is unknown."""

usage_compile = Table(
    "usage_compile",
    metadata,
    _id(),
    Column("category", Text, nullable=False),
    Column("digest", Text, nullable=False),
    _time("first_seen"),
    _time("last_seen"),
    _time("after", nullable=True),
    _time("ended"),
    Column("names", Integer, nullable=False),
    _count("day"),
    _count("month"),
    _count("total"),
    Column("falls", Integer, nullable=False),
    UniqueConstraint("category", "first_seen"),
)
"""One compile of a category's usage: a body whose counts differ from those of the body before.

The API tells no time of it. It ended after ``after`` (when the body before was last seen; NULL for the first) and by
``first_seen``; ``ended`` is the best that is known: ``first_seen`` where both are within three hours, else the last
time before ``first_seen`` at the hour of day of the compile of which that is known best. ``names`` are the names that
it lists, ``day``, ``month`` and ``total`` its sums over them (NULL where a part is unknown), ``falls`` its flagged
rows in ``usage``. Its ``day`` is the 24 hours up to ``ended``; between two compiles further apart than 36 hours lies a
block."""

usage = Table(
    "usage",
    metadata,
    _name_key(),
    _key("compile_id", Integer, ForeignKey("usage_compile.id")),
    _count("day"),
    _count("month"),
    _count("total"),
    _count("requests"),
    _count("fell_from"),
    Index(None, "compile_id"),
    sqlite_with_rowid=False,
)
"""A name in a compile in which one of its counts changed; no row: all as in its last row before, and no requests in
between. A name without any row up to a compile is not in that compile.

``day``, ``month`` (30 days) and ``total`` are the API's counts of requests; all NULL: the name is no longer listed.
``requests`` are those since the compile before: the difference of the totals. It is NULL in the first compile of a
category (then ``day``, ``month`` - ``day`` before it and ``total`` - ``month`` before that are what is known). A row
with ``fell_from`` is flagged: the total fell from that count, or rose in one step to or above what it had just fallen
from; its ``requests`` are then the API's own ``day`` where the compile before is about a day older, else NULL."""

usage_past_stretch = Table(
    "usage_past_stretch",
    metadata,
    _id(),
    Column("category", Text, nullable=False),
    _time("began"),
    _time("ended"),
    Column("origin", Text, nullable=False),
    _time("known_at"),
    UniqueConstraint("category", "began", "ended", "origin"),
)
"""A stretch of time, mostly a day, of which the requests by name became known although nobody recorded then.

``origin`` is ``revealed`` (a later compile told it, by what left its month) or the name of an import. Revealed
stretches of a category do not overlap one another, nor a day between two compiles that were seen."""

usage_past = Table(
    "usage_past",
    metadata,
    _name_key(),
    _key("stretch_id", Integer, ForeignKey("usage_past_stretch.id")),
    _count("requests"),
    Index(None, "stretch_id"),
    sqlite_with_rowid=False,
)
"""A name's requests in such a stretch; no row: none. NULL: the API's counts contradict one another."""

network_figure = Table(
    "network_figure",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("figure", Text, nullable=False),
    UniqueConstraint("kind", "figure"),
)
"""A figure of the network: the kind of work (``image``, ``text``, ``alchemy``) and which figure of it. ``workers`` and
``threads`` (those in maintenance included), ``jobs`` waiting or in progress, work ``queued`` (megapixelsteps, tokens
or forms) and work done ``per_minute``; ``requests`` and ``work`` are counters of all time, whose differences count."""

network_sample = Table(
    "network_sample",
    metadata,
    _key("figure_id", Integer, ForeignKey("network_figure.id")),
    _key("at", BigInteger),
    Column("value", Float, nullable=False),
    sqlite_with_rowid=False,
)
"""A figure in a sample, one every HORDE_HISTORY_INTERVAL_SECONDS; ``at`` is when its source was read. Kept for
HORDE_HISTORY_SAMPLE_DAYS. No row: unknown."""

network_hour = Table(
    "network_hour",
    metadata,
    _key("figure_id", Integer, ForeignKey("network_figure.id")),
    _key("hour", BigInteger),
    Column("samples", Integer, nullable=False),
    Column("sum", Float, nullable=False),
    Column("least", Float, nullable=False),
    Column("most", Float, nullable=False),
    Column("last", Float, nullable=False),
    sqlite_with_rowid=False,
)
"""A figure's samples in an hour: how many, their sum, the least, the most and the last. No row: unknown."""


def _names_with_work(name: str, period: str) -> Table:
    return Table(
        name,
        metadata,
        _name_key(),
        _key(period, BigInteger),
        Column("samples", Integer, nullable=False),
        _count("jobs_sum"),
        _count("jobs_most"),
        _count("queued_sum"),
        _count("queued_most"),
        Column("speed", Float),
        sqlite_with_rowid=False,
    )


name_hour = _names_with_work("name_hour", "hour")
"""A name in an hour in which work waited for it: in how many samples, sums over these and maxima of its ``jobs`` and
of its work ``queued`` (pixelsteps or tokens), and its ``speed`` (pixelsteps/s or tokens/s a job) as last known in that
hour, which upstream measures over an hour. Means over the hour divide a sum by ``source_hour.samples`` of
``status:CATEGORY``. No row in an hour with samples: nothing waited. Kept for HORDE_HISTORY_NAME_HOUR_DAYS. A sum is
NULL where a part was unknown."""

name_day = _names_with_work("name_day", "day")
"""The same of a UTC day; kept for ever."""

serving = Table(
    "serving",
    metadata,
    _name_key(),
    _key("began", BigInteger),
    _time("ended", nullable=True),
    Column("threads", Integer),
    Column("workers", Integer),
    Index(None, "ended"),
    sqlite_with_rowid=False,
)
"""A stretch in which a name had this many threads and workers (online, not in maintenance); ``ended`` is NULL while
that is so.

``began`` is the first sample that said so, ``ended`` the first that said otherwise; where nobody looked in between it
ends with the coverage of ``status:CATEGORY``. No stretch at a covered time: nobody served it. ``workers`` is NULL
while the list of workers is unknown; ``threads`` counts those of the workers that list the name, where no row of the
status does."""

bridge = Table(
    "bridge",
    metadata,
    _id(),
    Column("agent", Text, nullable=False, unique=True),
)
"""What a worker states as its program: ``name:version:url``."""

model_set = Table(
    "model_set",
    metadata,
    _id(),
    Column("digest", Text, nullable=False, unique=True),
)
"""A set of names that workers list, named by its digest."""

model_set_name = Table(
    "model_set_name",
    metadata,
    _key("set_id", Integer, ForeignKey("model_set.id")),
    _name_key(),
    Index(None, "name_id"),
    sqlite_with_rowid=False,
)
"""A name in a set."""

worker = Table(
    "worker",
    metadata,
    _id(),
    Column("identity", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("type", Text),
    _time("first_seen"),
    _time("last_seen"),
)
"""A worker: its id at the API (its name where that sends none), its name and type (``image``, ``text``,
``interrogation``) as last seen. Kept until it was not seen for HORDE_HISTORY_WORKER_DAYS, as are its runs."""

worker_run = Table(
    "worker_run",
    metadata,
    _key("worker_id", Integer, ForeignKey("worker.id")),
    _key("began", BigInteger),
    _time("ended", nullable=True),
    Column("threads", Integer),
    Column("maintenance", Boolean),
    _to("bridge.id", "bridge_id", nullable=True),
    _to("model_set.id", "set_id", nullable=True),
    Index(None, "ended"),
    sqlite_with_rowid=False,
)
"""A stretch in which a worker was online with the same threads, maintenance, bridge and set of models; ``began`` and
``ended`` as in ``serving``, by the coverage of ``workers``. No run at a covered time: it was not online."""

worker_day = Table(
    "worker_day",
    metadata,
    _key("day", BigInteger),
    _key("type", Text),
    Column("seen", Integer, nullable=False),
    Column("gained", Integer),
    Column("lost", Integer),
    _count("online_seconds", nullable=False),
    sqlite_with_rowid=False,
)
"""The workers of a type on a UTC day that is over; kept for ever, and nobody can be told from it. ``gained``: seen on
this day and not on the day before; ``lost``: seen on the day before and not on this one; both NULL where one of the
days was not covered at all. ``online_seconds``: the sum over all workers."""

reference_event = Table(
    "reference_event",
    metadata,
    _key("category", Text),
    _key("name", Text),
    _key("at", BigInteger),
    Column("event", Text, nullable=False),
    Column("fields", Text),
    _time("after", nullable=True),
    Column("origin", Text, nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)
"""A model was ``added`` to the reference, ``removed`` from it or ``changed`` (``fields``: which, in alphabetic order,
with commas). It happened after ``after`` (NULL: unknown) and by ``at``. ``origin`` is ``seen``, or what it was
imported from."""

reference_model = Table(
    "reference_model",
    metadata,
    _key("category", Text),
    _key("name", Text),
    Column("fields", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""A model of the reference as last recorded: a JSON object of a digest by field, by which the next body is compared."""
