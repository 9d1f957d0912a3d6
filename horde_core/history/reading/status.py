"""Whether a history is kept, since when, by whom, and what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from horde_core.history.reading.coverage import LONGEST_BLINK, Coverage, read_every_coverage
from horde_core.history.reading.series import Span
from horde_core.history.tables import meta

State = Literal["kept", "off", "unreadable"]

OFF = "The past is not being kept: HORDE_HISTORY is off."
NOTHING_YET = "Nothing has been recorded yet."


class Gap(NamedTuple):
    """A stretch in which a source, by its key, was not recorded; ``ends`` is None while it lasts."""

    source: str
    begins: int
    ends: int | None


@dataclass(frozen=True, slots=True)
class HistoryStatus:
    """The history as it is now. ``sentence`` says why it cannot be read, or is not kept; None where all is well.

    ``since`` is the first moment that was recorded. ``size`` is in bytes, None in memory. ``coverage`` and ``gaps`` are
    by the keys of sources; gaps of less than an hour are left out. ``writer`` writes or wrote last: ``host:pid``.
    ``note`` is a sentence on something that happened, such as a damaged file that was set aside.
    """

    state: State
    sentence: str | None = None
    since: int | None = None
    size: int | None = None
    writer: str | None = None
    note: str | None = None
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @property
    def until(self) -> int | None:
        """The last moment that was recorded."""
        return max((one.until for one in self.coverage.values() if one.until is not None), default=None)


def read_status(connection: Connection, size: int | None, now: int) -> HistoryStatus:
    """The state of a history that can be read."""
    coverage = read_every_coverage(connection)
    begun = [one.since for one in coverage.values() if one.since is not None]
    writer = connection.execute(select(meta.c.value).where(meta.c.key == "writer")).scalar()
    return HistoryStatus(
        "kept", None if begun else NOTHING_YET, min(begun, default=None), size, writer, None, coverage,
        tuple(gap for source, one in sorted(coverage.items()) for gap in _gaps(source, one, now)),
    )  # fmt: skip


def _gaps(source: str, covered: Coverage, now: int) -> list[Gap]:
    if covered.since is None:
        return []
    gaps = covered.gaps(Span(covered.since, now), LONGEST_BLINK)
    return [Gap(source, begins, None if ends == now else ends) for begins, ends in gaps]
