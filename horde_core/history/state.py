"""What pages and routes may know of the keeping of the history, without asking the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which a source was not seen; times are UTC seconds."""

    source: str
    began: int
    ended: int


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How the history is kept, as of the recorder's last look.

    ``trouble`` is a sentence that says why the past is not kept, None where it is; ``note`` is one on something that
    happened, such as a broken file that was set aside. ``since`` is when the first thing was recorded,
    ``recorded_until`` when the last was (UTC seconds; None: nothing yet). ``size`` is in bytes. ``gaps`` are some of
    all, latest first. ``writer`` is the process that writes, or wrote last, as ``host:pid``.
    """

    is_on: bool
    is_writer: bool = False
    writer: str | None = None
    since: int | None = None
    recorded_until: int | None = None
    size: int | None = None
    gaps: tuple[Gap, ...] = ()
    trouble: str | None = None
    note: str | None = None
