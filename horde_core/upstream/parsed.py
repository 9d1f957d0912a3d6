"""What a body holds beyond what is known of it: foreign types, unknown fields and values, rows that were skipped.

None of it changes a figure. It is counted by kind, with one example each, so that the Sources page can tell of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Literal, NamedTuple, TypeVar

from horde_core.upstream.api_records import Record

T = TypeVar("T")
U = TypeVar("U")

MOST_KINDS = 30
"""Kinds of one body that are told apart; the rest are counted together."""

LONGEST_EXAMPLE = 80
"""Characters of an example."""

Kind = Literal["skipped", "foreign type", "unknown field", "unknown value"]


class NotUnderstood(NamedTuple):
    """One kind of thing that was not understood: in which field, how often, and the first of it as JSON would be."""

    kind: Kind
    field: str
    times: int
    example: str


class Parsed(NamedTuple, Generic[T]):
    """What a body holds, how many of its rows could not be used, and what was not understood."""

    data: T
    dropped: int = 0
    not_understood: tuple[NotUnderstood, ...] = ()

    def map(self, function: Callable[[T], U]) -> Parsed[U]:
        """Return the same with other data made of it."""
        return Parsed(function(self.data), self.dropped, self.not_understood)


class Unknowns:
    """Collects what was not understood while a body is read."""

    def __init__(self) -> None:
        self._found: dict[tuple[Kind, str], tuple[int, str]] = {}

    def add(self, kind: Kind, field: str, value: object, count: int = 1) -> None:
        """Count something that was not understood; the first of its kind is the example."""
        key = (kind, _cut(field))
        if key not in self._found and len(self._found) >= MOST_KINDS:
            key = (kind, "other fields")
        times, example = self._found.get(key, (0, ""))
        self._found[key] = (times + count, example or _example(value))

    def add_unread(self, raw: Mapping[str, object], record: Record, within: str = "") -> None:
        """Note the fields of a JSON object that its record does not know, and the values that it could not use."""
        fields = type(record).fields_by_key()
        for key, value in raw.items():
            if key in fields:
                self.add_value(within + key, value, getattr(record, fields[key]))
            elif key not in record.unread:
                self.add("unknown field", within + key, value)

    def add_value(self, field: str, value: object, read: object) -> None:
        """Note a value of which ``read`` is less than it states."""
        if read is None:
            if not _is_nothing(value):
                self.add("unknown value", field, value)
        elif isinstance(read, Record) and isinstance(value, dict):
            self.add_unread(value, read, f"{field}.")
        elif isinstance(read, tuple) and isinstance(value, list) and len(read) < len(value):
            self.add("unknown value", field, value, len(value) - len(read))
        elif isinstance(read, str) and isinstance(value, str) and len(read) < len(value):
            self.add("unknown value", field, value)

    @property
    def skipped(self) -> int:
        """How many rows, records or counts were left out as they could not be used."""
        return sum(times for (kind, _), (times, _) in self._found.items() if kind == "skipped")

    def parsed(self, data: T) -> Parsed[T]:
        """Return what a body holds, with what was not understood, in the order in which it came."""
        found = (NotUnderstood(kind, field, *told) for (kind, field), told in self._found.items())
        return Parsed(data, self.skipped, tuple(found))


def _is_nothing(value: object) -> bool:
    """Whether a value states nothing: null, blank, or an object of nothing."""
    if isinstance(value, dict):
        return all(map(_is_nothing, value.values()))
    return value is None or (isinstance(value, str) and not value.strip())


def _example(value: object) -> str:
    return _cut(" ".join((value[:1_000] if isinstance(value, str) else repr(value)).split()))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
