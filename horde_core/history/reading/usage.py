"""Requests of models, names and backends by day: from compiles that were seen, and days that became known later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from horde_core.history.reading.days import Compile, Days, Stretch, Sum
from horde_core.history.reading.series import Change, Series, Span
from horde_core.history.tables import usage, usage_compile, usage_past, usage_past_stretch
from horde_core.unknowns import sum_or_unknown
from horde_core.vocabulary import ModelType

_COMPILES = (
    select(
        usage_compile.c.id,
        usage_compile.c.ended,
        usage_compile.c.day,
        usage_compile.c.month,
        usage_compile.c.total,
        usage_compile.c.falls,
    )
    .where(usage_compile.c.category == bindparam("category"))
    .order_by(usage_compile.c.id)
)
_STRETCHES = select(
    usage_past_stretch.c.id, usage_past_stretch.c.began, usage_past_stretch.c.ended, usage_past_stretch.c.origin
).where(usage_past_stretch.c.category == bindparam("category"))
_FIGURES = (
    usage.c.name_id, usage.c.compile_id, usage.c.day, usage.c.month, usage.c.requests, usage.c.fell_from.is_not(None),
)  # fmt: skip
_COMPILED = select(*_FIGURES).where(usage.c.compile_id.between(bindparam("first"), bindparam("last")))
_IN_COMPILES = select(*_FIGURES).where(usage.c.compile_id.in_(bindparam("compiles", expanding=True)))
_PAST_ADDED_UP = (
    select(usage_past.c.stretch_id, func.sum(usage_past.c.requests))
    .where(usage_past.c.stretch_id.in_(bindparam("stretches", expanding=True)))
    .group_by(usage_past.c.stretch_id, usage_past.c.requests.is_(None))
)
_COMPILED_OF_NAMES = _COMPILED.where(usage.c.name_id.in_(bindparam("names", expanding=True)))
_LAST_ROWS = (
    select(usage.c.name_id, func.max(usage.c.compile_id).label("compile_id"))
    .where(usage.c.name_id.in_(bindparam("names", expanding=True)), usage.c.compile_id <= bindparam("compile"))
    .group_by(usage.c.name_id)
    .subquery()
)
_MONTHS = select(usage.c.name_id, usage.c.month).join(
    _LAST_ROWS, (_LAST_ROWS.c.name_id == usage.c.name_id) & (_LAST_ROWS.c.compile_id == usage.c.compile_id)
)
_PAST = select(usage_past.c.name_id, usage_past.c.stretch_id, usage_past.c.requests).where(
    usage_past.c.stretch_id.in_(bindparam("stretches", expanding=True))
)
_PAST_OF_NAMES = _PAST.where(usage_past.c.name_id.in_(bindparam("names", expanding=True)))

Label = str | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests by day of what was asked for, all over the same points, whose days are in UTC.

    ``total`` are those of the category. In a stack ``rest`` are those of the other models of the reference and
    ``unlisted`` those of names outside of it, so that the series and these two add up to ``total``, point by point;
    else both are None. ``compiled`` is when the last day that is known ended.
    """

    category: ModelType
    span: Span
    series: tuple[Series, ...]
    total: Series
    compiled: int | None
    rest: Series | None = None
    unlisted: Series | None = None


def read_days(connection: Connection, category: ModelType) -> Days:
    """The days of a category."""
    asked = {"category": category}
    compiles = [Compile(*row) for row in connection.execute(_COMPILES, asked)]
    return Days(compiles, [Stretch(*row) for row in connection.execute(_STRETCHES, asked)])


def sums_of(connection: Connection, days: Days, groups: Mapping[str, Sequence[int]], within: range) -> dict[str, Sum]:
    """Requests of groups of names by the group; a name is in one of them at most."""
    sums = {group: days.nothing() for group in groups}
    of_name = {name: sums[group] for group, names in groups.items() for name in names}
    _add_up(connection, days, within, of_name.__getitem__, names=list(of_name))
    return sums


def sums_by(connection: Connection, days: Days, label_of: Callable[[int], Label], within: range) -> dict[Label, Sum]:
    """Requests of every name of the category, added up by a label of each name."""
    sums: defaultdict[Label, Sum] = defaultdict(days.nothing)
    _add_up(connection, days, within, lambda name: sums[label_of(name)])
    return dict(sums)


def sum_of_all(connection: Connection, days: Days) -> Sum:
    """Requests of every name of a category together, on every day."""
    total = days.nothing()
    # Where no counter fell, names need not be looked at: their requests are the difference of the totals.
    special = [one.id for one in days.compiles if one.id not in days.plain]
    for compile_id, sums in days.plain.items():
        days.add(total, compile_id, *sums, False)
    for _, *row in connection.execute(_IN_COMPILES, {"compiles": special}).all() if special else ():
        days.add(total, *row)
    for stretch_id, known in connection.execute(_PAST_ADDED_UP, {"stretches": list(days.stretches)}).all():
        days.add_past(total, stretch_id, known)
    return total


def months_of(connection: Connection, groups: Mapping[str, Sequence[int]], compile_id: int) -> dict[str, int | None]:
    """The API's own requests of 30 days in a compile, by group of names; None where a part is unknown."""
    names = [name for group in groups.values() for name in group]
    found = connection.execute(_MONTHS, {"names": names, "compile": compile_id}) if names else ()
    months = {row.name_id: row.month for row in found}
    return {group: sum_or_unknown(months.get(name, 0) for name in names) for group, names in groups.items()}


def changes(days: Days, sums: Mapping[Label, Sum], span: Span) -> dict[Label, Change]:
    """Requests of each label in a span and in the one before it; None where that is unknown."""
    now, before = days.inside(span), days.inside(span.before)

    def requests(one: Sum, slots: range | None) -> int | None:
        if slots is None or not one.flagged.isdisjoint(slots):
            return None
        return sum(one.values[slots.start : slots.stop])

    return {label: Change(requests(one, now), requests(one, before)) for label, one in sums.items()}


def most_used(sums: Mapping[Label, Sum], within: range, most: int) -> list[str]:
    """The labels with most requests in these days, most first; those without any are left out."""
    requests = {label: sum(one.values[within.start : within.stop]) for label, one in sums.items() if label is not None}
    return sorted((label for label in requests if requests[label] > 0), key=lambda one: (-requests[one], one))[:most]


def stacked(category: ModelType, days: Days, sums: Mapping[Label, Sum], chosen: Iterable[str], span: Span) -> Usage:
    """The chosen labels one by one, all other labels as one series, what has none as another, and the sum of all."""
    within, shown = days.within(span), list(chosen)

    def series(name: str, parts: Iterable[Label]) -> Series:
        return Series(name, days.points(days.added(sums[part] for part in parts if part in sums), within, span))

    return Usage(
        category, span, tuple(series(one, [one]) for one in shown), series("total", sums), days.last,
        rest=series("rest", sums.keys() - {None, *shown}), unlisted=series("unlisted", [None]),
    )  # fmt: skip


def _add_up(
    connection: Connection,
    days: Days,
    within: range,
    sum_of: Callable[[int], Sum],
    names: Sequence[int] | None = None,
) -> None:
    """Add what is recorded of these names, or of the whole category, to the sum that each name belongs to."""
    compiles, stretches = days.sources(within)
    compiled, past = (_IN_COMPILES, _PAST) if names is None else (_COMPILED_OF_NAMES, _PAST_OF_NAMES)
    asked: dict[str, Any] = {"compiles": compiles, "stretches": stretches, "names": names}
    if compiles and names != []:
        asked |= {"first": compiles[0], "last": compiles[-1]}
        for name, compile_id, day, month, requests, fell in connection.execute(compiled, asked).all():
            days.add(sum_of(name), compile_id, day, month, requests, fell)
    if stretches and names != []:
        for name, stretch_id, known in connection.execute(past, asked).all():
            days.add_past(sum_of(name), stretch_id, known)
