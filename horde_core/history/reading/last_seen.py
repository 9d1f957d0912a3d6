"""When each model was last used and last served, as far as that was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, func, or_, select

from horde_core.history.reading.coverage import LONGEST_BLINK, Coverage
from horde_core.history.reading.days import Days
from horde_core.history.reading.series import DAY, Kind, Span
from horde_core.history.tables import api_name, serving, usage, usage_past
from horde_core.vocabulary import ModelType

_USED = (
    select(
        usage.c.name_id,
        func.max(case((usage.c.requests > 0, usage.c.compile_id))),
        # A counter that fell and told nothing may hide a use.
        func.max(case((usage.c.requests.is_(None) & usage.c.total.is_not(None), usage.c.compile_id))),
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


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When a model was last used and served, in epoch seconds; None where that is not known.

    ``used`` is the end of the day, or the block, of its last request; ``served`` the last moment at which a thread or
    a worker served it. ``unused_days`` and ``unserved_days`` are whole days since then, up to the last compile and the
    last look; None where nothing is known. ``..._at_least``: the record reaches no further back, or has a gap since.
    """

    used: int | None
    unused_days: int | None
    unused_at_least: bool
    served: int | None
    unserved_days: int | None
    unserved_at_least: bool


def read_last_used(
    connection: Connection, category: ModelType, days: Days, model_of: Callable[[int], str | None]
) -> dict[str | None, tuple[int | None, int | None]]:
    """When names of each model were last used, and until when they may have been though nothing says so."""
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
    ends = {stretch: days.slots[slot].ends for stretch, (slot, _) in days.stretches.items()}
    for name, stretch in connection.execute(_PAST, {"stretches": list(ends)}) if ends else ():
        seen(name, ends[stretch])
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
    models: Iterable[str],
    days: Days,
    covered: Coverage,
    used: Mapping[str | None, tuple[int | None, int | None]],
    served: Mapping[str | None, int | None],
) -> dict[str, LastSeen]:
    """When each of these models was last used and served."""
    reach = max((slot.ends for slot in days.slots if slot.kind is Kind.GAP), default=days.first)
    looked_since = covered.since
    if looked_since is not None and covered.until is not None:
        gaps = covered.gaps(Span(looked_since, covered.until), LONGEST_BLINK)
        looked_since = gaps[-1].ends if gaps else looked_since
    found = {}
    for model in models:
        at, possible = used.get(model, (None, None))
        seen = served.get(model)
        unused, unused_at_least = _days_since(at, _later(possible, reach), days.last)
        unserved, unserved_at_least = _days_since(seen, looked_since, covered.until)
        found[model] = LastSeen(at, unused, unused_at_least, seen, unserved, unserved_at_least)
    return found


def _days_since(seen: int | None, known_since: int | None, now: int | None) -> tuple[int | None, bool]:
    """Whole days since something was seen, and whether they are the least: nothing is known before ``known_since``."""
    since = _later(seen, known_since)
    if since is None or now is None:
        return None, False
    return max(0, now - since) // DAY, seen is None or since > seen


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)
