"""When models were last used and served, as far as that was recorded. Pure: the history fills it in.

Days are those of the history, in UTC: a day of usage is the 24 hours up to a compile, labelled by the day it began in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from horde_core.audit.records import AuditFacts
from horde_core.audit.thresholds import AuditThresholds
from horde_core.numbers import Numbers

Reason = Callable[[AuditFacts, AuditThresholds, Numbers], str]


class LastSeen(NamedTuple):
    """What was recorded of one model or group: fields of :class:`~horde_core.audit.records.AuditFacts`.

    None is unknown. The days are whole days up to the last compile, and up to when somebody last looked; they are
    unknown where that is too long ago. ``..._at_least``: the record reaches no further back, or has a gap since, so
    that it may be longer, and a last day that is told may not have been the last.
    """

    last_used: date | None = None
    unused_days: int | None = None
    unused_at_least: bool | None = None
    last_served: date | None = None
    unserved_days: int | None = None
    unserved_at_least: bool | None = None


NEVER_RECORDED = LastSeen()


@dataclass(frozen=True)
class Recorded:
    """When models of a category were last seen, by name; ``is_by_api_name``: by API name, for groups of one each."""

    seen: Mapping[str, LastSeen] = field(default_factory=dict)
    is_by_api_name: bool = False

    @cached_property
    def digest(self) -> str:
        """A hash of what is known, for keys; equal on the same day for as long as nothing else was seen."""
        known = [item for item in self.seen.items() if item[1] != NEVER_RECORDED]
        return hashlib.blake2b(repr(known).encode(errors="replace"), digest_size=6).hexdigest() if known else "-"

    def of(self, name: str, members: Sequence[str]) -> LastSeen:
        """When a row of the audit was last seen: the latest of its members."""
        names = (name,) if self.is_by_api_name else members
        return together([self.seen.get(one, NEVER_RECORDED) for one in names])


NOTHING_RECORDED = Recorded()


def together(parts: Sequence[LastSeen]) -> LastSeen:
    """Return when any of several was last seen; for how long none was is unknown while it is so of one."""
    if len(parts) == 1:
        return parts[0]
    return LastSeen(
        max((one.last_used for one in parts if one.last_used is not None), default=None),
        *_shortest([(one.unused_days, one.unused_at_least) for one in parts]),
        max((one.last_served for one in parts if one.last_served is not None), default=None),
        *_shortest([(one.unserved_days, one.unserved_at_least) for one in parts]),
    )


def _shortest(parts: Sequence[tuple[int | None, bool | None]]) -> tuple[int | None, bool | None]:
    """The fewest days, and whether they are the least: not where one of them is known to have been seen then."""
    known = [(days, is_least) for days, is_least in parts if days is not None]
    return min(known, key=lambda one: (one[0], one[1] is True)) if known and len(known) == len(parts) else (None, None)


def counted(requests: Callable[[AuditFacts], int | None], days: int, said: str) -> Reason:
    """Say how many requests were counted in so many days; where there are none, also since when that is so."""

    def reason(facts: AuditFacts, thresholds: AuditThresholds, numbers: Numbers) -> str:
        count = requests(facts) or 0
        told = f"{numbers.plural(count, thresholds.noun)} {said}"
        if count:
            return told
        words = ("last used on", "last recorded use on", "not used for")
        return told + _since(facts.last_used, facts.unused_days, facts.unused_at_least, words, numbers, days)

    return reason


def unserved(facts: AuditFacts, numbers: Numbers) -> str:
    """Say when it was last served, to be appended to a sentence that says that nobody serves it."""
    words = ("served last on", "last recorded as served on", "not served for")
    return _since(facts.last_served, facts.unserved_days, facts.unserved_at_least, words, numbers)


def _since(
    last: date | None,
    days: int | None,
    is_least: bool | None,
    words: tuple[str, str, str],
    numbers: Numbers,
    longer_than: int = 0,
) -> str:
    """Put together what is known; days that are a minimum are told where they are more than what is said already."""
    known, recorded, not_for = words
    told = []
    if is_least and (days or 0) > longer_than:
        told.append(f"{not_for} at least {numbers.plural(days or 0, 'day')}")
    if last is not None:
        told.append(f"{known if is_least is False else recorded} {last.day} {last:%B %Y}")
    return "".join(f", {one}" for one in told)
