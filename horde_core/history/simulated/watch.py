"""Watch: when the simulated recorder looked, and when it did not. Pure; times are UTC seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from horde_core.demo.seeded import Counts

SLOT, HOUR, DAY = 300, 3600, 86_400

PAST_DAYS = 400
SAMPLE_DAYS = 35
"""Days back from the opening in which a sample was taken every 5 minutes; one an hour before."""

GAP_EVERY, GAP_BEGINS, GAP_SECONDS = 190 * DAY, 97 * DAY + 10 * HOUR, 3 * DAY + 5 * HOUR
"""Nobody recorded, so often, from when on and for how long."""
OUTAGE_EVERY, OUTAGE_BEGINS, OUTAGE_SECONDS = 83 * DAY, 12 * DAY + 13 * HOUR, 5 * HOUR
"""The API did not answer; the reference, on another host, did."""
SETTLED = 30 * DAY
"""What was missed lies so far back at the opening at least, so that no page opens within it."""

LIVE_SOURCES = ("workers", "performance", "status:image", "status:text", "totals:image", "totals:text")
SOURCES = (*LIVE_SOURCES, "usage:image", "usage:text", "reference:image", "reference:text")


class Stretch(NamedTuple):
    """From one sample to another: seen in between, or missed."""

    began: int
    ended: int


class Watch:
    """The samples of a recorder, from ``since`` on.

    Live sources are sampled every slot (every hour before ``by_slot_since``), usage and the reference every hour.
    Nobody recorded in ``gaps``; in ``outages`` the API did not answer. All of them begin and end at full hours.
    """

    def __init__(
        self, since: int, by_slot_since: int, gaps: Sequence[Stretch] = (), outages: Sequence[Stretch] = ()
    ) -> None:
        self.since = since
        self.by_slot_since = by_slot_since
        self._gaps = sorted(gaps)
        apart = [one for one in outages if all(one.ended < gap.began or gap.ended < one.began for gap in gaps)]
        self._missed = sorted([*gaps, *apart])

    @classmethod
    def opened(cls, opened: int) -> Watch:
        """Return the watch of the 400 days before a time, and of what follows."""
        today = opened - opened % DAY
        since, until = today - PAST_DAYS * DAY, today - SETTLED
        gaps = _repeated(since, until, GAP_EVERY, GAP_BEGINS, GAP_SECONDS)
        outages = _repeated(since, until, OUTAGE_EVERY, OUTAGE_BEGINS, OUTAGE_SECONDS)
        return cls(since, today - SAMPLE_DAYS * DAY, gaps, outages)

    def missed(self, source: str) -> list[Stretch]:
        """Return the stretches, from one sample to the next, in which a source was not seen."""
        return self._gaps if source.startswith("reference") else self._missed

    def seen(self, source: str, until: int) -> list[Stretch]:
        """Return the stretches in which a source was seen, up to its last sample by then."""
        step = SLOT if source in LIVE_SOURCES else HOUR
        missed = self.missed(source)
        begins = [self.since, *(one.ended for one in missed)]
        return [
            Stretch(*one) for one in zip(begins, [*(one.began for one in missed), until - until % step], strict=True)
        ]

    def samples(self, first: int, until: int) -> Counts:
        """Return the times of the samples of the live sources from ``first`` to ``until``, both included."""
        first = max(first, self.since)
        by_hour = np.arange(first + -first % HOUR, min(until + 1, self.by_slot_since), HOUR)
        first = max(first, self.by_slot_since)
        times = np.concatenate([by_hour, np.arange(first + -first % SLOT, until + 1, SLOT)])
        for began, ended in self._missed:
            times = times[(times <= began) | (times >= ended)]
        return times

    def days(self, first: int, until: int) -> Iterator[Counts]:
        """Yield the same by UTC day; days without a sample are left out."""
        for day in range(first - first % DAY, until + 1, DAY):
            times = self.samples(max(first, day), min(until, day + DAY - 1))
            if len(times):
                yield times

    def hours(self, source: str, first: int, until: int) -> list[tuple[str, int, int]]:
        """Return a live source, each hour from that of ``first`` on, and how many samples are in it."""
        times = self.samples(first - first % HOUR, until)
        hours, counts = np.unique(times - times % HOUR, return_counts=True)
        return [(source, *row) for row in zip(hours.tolist(), counts.tolist(), strict=True)]

    def is_seen(self, day: int) -> bool:
        """Whether there is a sample on the UTC day that begins then."""
        return len(self.samples(day, day + DAY - 1)) > 0

    def last_within(self, ended: int) -> int:
        """Return the last sample in a stretch that ended with the first sample after it, or with a gap."""
        if any(one.began == ended for one in self._missed):
            return ended
        return ended - (HOUR if ended <= self.by_slot_since else SLOT)

    def at_or_after(self, source: str, moment: int) -> int:
        """Return the first hourly sample of a source at a moment or later."""
        at = moment + -moment % HOUR
        return next((one.ended for one in self.missed(source) if one.began < at < one.ended), at)

    def before(self, source: str, sample: int) -> int:
        """Return the hourly sample of a source before one."""
        return next((one.began for one in self.missed(source) if one.ended == sample), sample - HOUR)


def _repeated(since: int, until: int, every: int, begins: int, seconds: int) -> list[Stretch]:
    first = since + (begins - since) % every
    return [Stretch(began, began + seconds) for began in range(first, until - seconds, every)]
