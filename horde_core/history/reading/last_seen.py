"""When each model was last used and last served, as far as that was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

from sqlalchemy import Connection, bindparam, case, func, or_, select

from horde_core.audit import LastSeen
from horde_core.history.reading.coverage import LONGEST_BLINK, Coverage
from horde_core.history.reading.days import Days
from horde_core.history.reading.series import DAY, Kind, Span
from horde_core.history.recording.compiles import LONGEST_DAY
from horde_core.history.tables import api_name, serving, usage, usage_past
from horde_core.vocabulary import ModelType

# Requests before the last day of a block are of no known day, and a counter that fell may hide some.
_MAY_BE_USE = or_(usage.c.requests > 0, usage.c.requests.is_(None) & usage.c.total.is_not(None))
_USED = (
    select(
        usage.c.name_id,
        func.max(case((usage.c.day > 0, usage.c.compile_id))),
        func.max(case((_MAY_BE_USE, usage.c.compile_id))),
    )
    .where(
        usage.c.name_id.in_(select(api_name.c.id).where(api_name.c.category == bindparam("category"))),
        usage.c.compile_id > bindparam("first"),
    )
    .group_by(usage.c.name_id)
)
_FIRST = select(usage.c.name_id, usage.c.day, usage.c.month).where(
    usage.c.compile_id == bindparam("first"), or_(usage.c.month > 0, usage.c.month.is_(None))
)
_PAST = select(usage_past.c.name_id, usage_past.c.stretch_id).where(
    usage_past.c.stretch_id.in_(bindparam("stretches", expanding=True)), usage_past.c.requests > 0
)
_SERVED = (
    select(serving.c.name_id, func.max(serving.c.ended), func.count() - func.count(serving.c.ended))
    .join(api_name, api_name.c.id == serving.c.name_id)
    .where(api_name.c.category == bindparam("category"), or_(serving.c.threads > 0, serving.c.workers > 0))
    .group_by(serving.c.name_id)
)


def read_last_used(
    connection: Connection, category: ModelType, days: Days, model_of: Callable[[int], str | None]
) -> dict[str | None, tuple[int | None, int | None]]:
    """When the last day ended on which names of each model were used, and until when they may have been besides."""
    found: dict[str | None, tuple[int | None, int | None]] = {}

    def seen(name: int, used: int | None, possible: int | None = None) -> None:
        model = model_of(name)
        before = found.get(model, (None, None))
        found[model] = _later(before[0], used), _later(before[1], possible)

    ended: dict[int | None, int | None] = {None: None, **{one.id: one.ended for one in days.compiles}}
    if days.compiles:
        first = days.compiles[0]
        before = days.places[first.id].before
        block = days.slots[before] if before is not None else None
        in_block = block.ends if block is not None and block.kind is Kind.BLOCK else None
        for name, day, month in connection.execute(_FIRST, {"first": first.id}):
            may_be = first.ended if day is None or month is None else in_block if month > day else None
            seen(name, first.ended if day else None, may_be)
        for name, used, possible in connection.execute(_USED, {"category": category, "first": first.id}):
            seen(name, ended[used], ended[possible])
    slots = {stretch: days.slots[slot] for stretch, (slot, _) in days.stretches.items()}
    for name, stretch in connection.execute(_PAST, {"stretches": list(slots)}) if slots else ():
        begins, ends, *_ = slots[stretch]
        seen(name, ends if ends - begins <= LONGEST_DAY else None, ends)
    return found


def read_last_served(
    connection: Connection, category: ModelType, covered: Coverage, model_of: Callable[[int], str | None]
) -> dict[str | None, int | None]:
    """When names of each model last had a thread or a worker; those that have one now, when somebody last looked."""
    found: dict[str | None, int | None] = {}
    for name, ended, still_open in connection.execute(_SERVED, {"category": category}):
        model = model_of(name)
        found[model] = _later(found.get(model), covered.until if still_open else ended)
    return found


def last_seen(
    names: Iterable[str],
    days: Days,
    covered: Coverage,
    used: Mapping[str | None, tuple[int | None, int | None]],
    served: Mapping[str | None, int | None],
    now: int,
) -> dict[str, LastSeen]:
    """When each of these names was last used and served."""
    reach = max((slot.ends for slot in days.slots if slot.kind is Kind.GAP), default=days.first)
    looked_since = covered.since
    if looked_since is not None and covered.until is not None:
        gaps = covered.gaps(Span(looked_since, covered.until), LONGEST_BLINK)
        looked_since = gaps[-1].ends if gaps else looked_since
    counted_until = _unless_older(days.last, now - LONGEST_DAY)
    looked_until = _unless_older(covered.until, now - LONGEST_BLINK)
    found = {}
    for name in names:
        at, possible = used.get(name, (None, None))
        seen = served.get(name)
        unused, unused_at_least = _days_since(at, _later(possible, reach), counted_until)
        unserved, unserved_at_least = _days_since(seen, looked_since, looked_until)
        last_day = None if at is None else at - DAY
        found[name] = LastSeen(_day(last_day), unused, unused_at_least, _day(seen), unserved, unserved_at_least)
    return found


def _days_since(seen: int | None, known_since: int | None, now: int | None) -> tuple[int | None, bool | None]:
    """Whole days since something was seen, and whether they are the least: nothing is known before ``known_since``."""
    since = _later(seen, known_since)
    if since is None or now is None:
        return None, None
    return max(0, now - since) // DAY, seen is None or since > seen


def _unless_older(at: int | None, oldest: int) -> int | None:
    """A time up to which something was seen; None where that is so long ago that it says nothing of now."""
    return None if at is None or at < oldest else at


def _day(at: int | None) -> date | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).date()


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)
