"""Usage: two compiles compared, name by name. Pure.

The API's counts of a name are requests in the ``day`` and the ``month`` (30 days) up to a compile, and in ``total``.
The difference of two totals is the number of requests between them. A compile also tells of a day a month ago: what
left the window of its month.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from horde_core.unknowns import sum_or_unknown
from horde_core.upstream.api_records import HordeModelStatsResponse
from horde_core.vocabulary import PERIODS

HOUR = 3600
DAY = 86_400
MONTH = 30 * DAY

SHORTEST_DAY, LONGEST_DAY = 12 * HOUR, 36 * HOUR
"""Compiles this far apart are a day apart, give or take: the API's ``day`` is what happened in between.

Further apart there is a block between them; one that is overdue by as much leaves a gap."""

TIGHT = 3 * HOUR
"""A compile is known to have ended about when it was first seen, if the one before was seen so shortly before."""


class Counts(NamedTuple):
    """The API's counts of a name; None where one is unknown, all None where the name is not listed."""

    day: int | None = None
    month: int | None = None
    total: int | None = None


UNLISTED = Counts()


class Known(NamedTuple):
    """A name as its last row has it."""

    counts: Counts
    fell_from: int | None = None

    @property
    def is_below(self) -> bool:
        """Whether its total fell, or went missing, and has not come back."""
        total = self.counts.total
        return self.fell_from is not None and (total is None or total < self.fell_from)


class UsageRow(NamedTuple):
    """A name in a compile in which a count of it changed; see :data:`horde_core.history.tables.usage`."""

    name: str
    counts: Counts
    requests: int | None
    fell_from: int | None


class Compile(NamedTuple):
    """When a compile was seen, and when it ended; see :data:`horde_core.history.tables.usage_compile`."""

    number: int
    digest: str
    first_seen: int
    last_seen: int
    after: int | None
    ended: int

    @property
    def doubt(self) -> int:
        """How well it is known when it ended: 0 within three hours, 1 within a day, 2 not by itself."""
        within = MONTH if self.after is None else self.first_seen - self.after
        return (within > TIGHT) + (within > DAY)


def counts_of(body: HordeModelStatsResponse) -> dict[str, Counts]:
    """Return a body's counts by name."""
    maps = [body.period(period) or {} for period in PERIODS]
    names = dict.fromkeys(name for counts in maps for name in counts)
    return {name: Counts(*(counts.get(name) for counts in maps)) for name in names}


def digest_of(counts: Mapping[str, Counts]) -> str:
    """Name a body by its counts, in whatever order the API sends them."""
    return hashlib.blake2b(json.dumps(sorted(counts.items())).encode(), digest_size=8).hexdigest()


def sums_of(counts: Mapping[str, Counts]) -> Counts:
    """Return the sums over all names; None where a part is unknown."""
    return Counts(*(sum_or_unknown(column) for column in zip(*counts.values(), strict=True))) if counts else UNLISTED


def end_of(seen: Compile, before: Sequence[Compile]) -> int:
    """Return when a compile ended, given those before it: when first seen, or at the hour of a better known one."""
    known = min(reversed(before), key=lambda one: one.doubt, default=None)
    if known is None or not seen.doubt or seen.doubt < known.doubt:
        return seen.first_seen
    return at_hour_of(known.ended, seen)


def mended(compiles: Sequence[Compile], new: Compile) -> list[Compile]:
    """Tell the ends of the compiles before a new one by its hour, where it is the first that is so well known."""
    if any(one.doubt <= new.doubt for one in compiles):
        return list(compiles)
    return [one._replace(ended=at_hour_of(new.ended, one)) for one in compiles]


def at_hour_of(known: int, seen: Compile) -> int:
    """Return the last time by which a compile was seen at the hour of day of another one; compiles are made daily."""
    ended = seen.first_seen - (seen.first_seen - known) % DAY
    return ended if seen.after is None or ended > seen.after else seen.first_seen


def are_a_day_apart(earlier: int, later: int) -> bool:
    """Whether two compiles that ended then are about a day apart."""
    return SHORTEST_DAY <= later - earlier <= LONGEST_DAY


def usage_rows(
    before: Mapping[str, Known] | None, now: Mapping[str, Counts], is_a_day_later: bool = False
) -> list[UsageRow]:
    """Return a row for each name with a count that changed since the compile before; None: this is the first."""
    if before is None:
        return [UsageRow(name, counts, None, None) for name, counts in now.items()]
    rows = [_row(name, before.get(name), counts, is_a_day_later) for name, counts in now.items()]
    gone = [
        UsageRow(name, UNLISTED, None, known.fell_from if known.is_below else known.counts.total)
        for name, known in before.items()
        if name not in now and known.counts != UNLISTED
    ]
    return [*filter(None, rows), *gone]


def _row(name: str, known: Known | None, now: Counts, is_a_day_later: bool) -> UsageRow | None:
    if known is None:  # a name that the compile before did not list had no request up to then
        return UsageRow(name, now, now.total, None)
    if known.counts == now:
        return None
    earlier = known.counts.total
    if now.total is None:
        return UsageRow(name, now, None, known.fell_from if known.is_below else earlier)
    is_fall = earlier is not None and now.total < earlier
    is_return = known.is_below and (earlier is None or now.total >= (known.fell_from or 0))
    if is_fall or is_return:
        return UsageRow(name, now, now.day if is_a_day_later else None, earlier if is_fall else known.fell_from)
    return UsageRow(name, now, None if earlier is None else now.total - earlier, None)


def revealed(
    before: Mapping[str, Counts], now: Mapping[str, Counts], rows: Iterable[UsageRow], is_a_day_later: bool
) -> dict[str, int | None]:
    """Return the requests by name in the stretch that left the window of the month between two compiles.

    ``day(t - 30 d) = day(t) - (month(t) - month(t - 1 d))``; over several days what came in is known from the totals.
    Names without requests are left out; None where the counts contradict one another.
    """
    came_in: dict[str, int | None]
    if is_a_day_later:
        came_in = {name: counts.day for name, counts in now.items()}
    else:
        came_in = {row.name: row.requests for row in rows}
    found: dict[str, int | None] = {}
    for name in before.keys() | now.keys():
        month, earlier = now.get(name, UNLISTED).month, before[name].month if name in before else 0
        new = came_in.get(name, 0)
        left = None if None in (new, month, earlier) else new - (month - earlier)  # type: ignore[operator]
        if left != 0:
            found[name] = None if left is None or left < 0 else left
    return found


def is_unseen(began: int, ended: int, compiles: Sequence[int]) -> bool:
    """Whether nobody recorded a stretch: it lies before the first compile, or it is a day within a block of several.

    ``compiles`` are the times at which they ended, in order, the last after the stretch.
    """
    if ended <= compiles[0]:
        return True
    middle = (began + ended) // 2
    later = next(index for index, end in enumerate(compiles) if end > middle)
    return are_a_day_apart(began, ended) and (later == 0 or not are_a_day_apart(compiles[later - 1], compiles[later]))
