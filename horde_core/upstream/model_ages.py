"""When each image model was added to the reference: an optional source, needed for the audit's grace period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from horde_core.upstream.api_records import whole_number
from horde_core.upstream.bounds import LONGEST_NAME, MOST_ROWS
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.parsed import Parsed, Unknowns
from horde_core.upstream.parsing import read_json

LATEST = 2**33
"""Unix seconds in the year 2242: a later date is an error."""


class ModelAges(Mapping[str, date]):
    """The UTC day on which each image model was last added to the reference, retired models included. Immutable."""

    def __init__(self, added: Mapping[str, date] | None = None) -> None:
        self._added = dict(added or {})

    def __getitem__(self, name: str) -> date:
        return self._added[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._added)

    def __len__(self) -> int:
        return len(self._added)


def parse_ages(body: bytes) -> Parsed[ModelAges]:
    """Parse the reference repository's ``model_mod_data.json``: an object a model, ``date_added`` in Unix seconds.

    Models without a usable date are dropped and counted. Raises :class:`~horde_core.upstream.errors.ShapeError` for
    anything else than an object of such objects.
    """
    document = read_json(body)
    if not isinstance(document, dict):
        raise ShapeError("an object with the dates of each model was expected")
    days = {
        name: _day(dates) if len(name) <= LONGEST_NAME else None for name, dates in islice(document.items(), MOST_ROWS)
    }
    added = {name: day for name, day in days.items() if day is not None}
    if not added:
        raise ShapeError("no date of any model could be used")
    unknowns = Unknowns()
    for name in days.keys() - added.keys():
        unknowns.add("skipped", "date_added", {name: document[name]})
    if len(document) > MOST_ROWS:
        unknowns.add("skipped", "", f"beyond the first {MOST_ROWS:,} models", len(document) - MOST_ROWS)
    return unknowns.parsed(ModelAges(added))


def _day(dates: Any) -> date | None:
    seconds = whole_number(dates.get("date_added")) if isinstance(dates, dict) else None
    if seconds is None or not 0 < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC).date()
