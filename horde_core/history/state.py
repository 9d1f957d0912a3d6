"""What pages and routes may know of the keeping of the history, without asking the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How the history is kept, as of the recorder's last look; what it holds is told by its reader.

    ``trouble`` is a sentence that says why the past is not kept, None where it is; ``note`` is one on something that
    happened, such as a broken file that was set aside.
    """

    is_on: bool
    is_writer: bool = False
    trouble: str | None = None
    note: str | None = None
