"""Bytes in, validated records out: lenient towards rows, strict about shapes.

A row that cannot be used is dropped and counted, and the rest is kept. A body of the wrong shape (HTML, ``null``,
an error object, a truncated body) raises :class:`~horde_core.errors.ShapeError`: it is a failed fetch, never an
empty success.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker, whole_number
from horde_core.upstream.errors import ShapeError
from horde_core.vocabulary import PERIODS, ModelType, Period

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=BaseModel)


class Parsed(NamedTuple, Generic[T]):
    """What a body holds, and how many of its rows could not be used."""

    data: T
    dropped: int = 0


def parse_status(body: bytes, model_type: ModelType) -> Parsed[tuple[HordeModelStatus, ...]]:
    """Parse ``/v2/status/models``. Rows of the other type are left out: the server does not always filter."""
    rows, dropped = _rows(body, HordeModelStatus, counts=("count", "queued", "jobs"))
    return Parsed(tuple(row for row in rows if row.type in (None, model_type)), dropped)


def parse_workers(body: bytes) -> Parsed[tuple[HordeWorker, ...]]:
    """Parse ``/v2/workers``: workers of all types, a worker that is listed twice once."""
    rows, dropped = _rows(body, HordeWorker, counts=("threads",))
    return Parsed(tuple({worker.identity: worker for worker in rows}.values()), dropped)


def parse_usage(body: bytes) -> Parsed[HordeModelStatsResponse]:
    """Parse ``/v2/stats/{img,text}/models``.

    A count that cannot be used drops that name from that period only, and is counted.
    """
    document = _json(body)
    if not isinstance(document, dict) or not any(isinstance(document.get(period), dict) for period in PERIODS):
        raise ShapeError("an object with usage maps for day, month and total was expected")
    maps: dict[Period, dict[str, int | None] | None] = {}
    dropped = 0
    for period in PERIODS:
        raw = document.get(period)
        if not isinstance(raw, dict):
            maps[period] = None
            continue
        usable = {name: whole_number(count) for name, count in raw.items()}
        if None in usable.values():
            usable = {name: count for name, count in usable.items() if count is not None}
            dropped += len(raw) - len(usable)
        maps[period] = usable
    if dropped and not any(maps.values()):
        raise ShapeError("no count of the usage maps could be used")
    response = HordeModelStatsResponse.model_construct(day=maps["day"], month=maps["month"], total=maps["total"])
    return Parsed(response, dropped)


def parse_object(record: type[RecordT]) -> Callable[[bytes], Parsed[RecordT]]:
    """Return a parser for a body that is one object, such as ``/v2/status/performance``."""

    def parse(body: bytes) -> Parsed[RecordT]:
        document = _json(body)
        if not isinstance(document, dict) or not document.keys() & record.model_fields.keys():
            raise ShapeError(f"an object with {', '.join(list(record.model_fields)[:3])}... was expected")
        try:
            return Parsed(record.model_validate(document))
        except ValidationError as error:
            raise ShapeError(f"unexpected values in {record.__name__}") from error

    return parse


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return _json_with_broken_characters(body)


def _json_with_broken_characters(body: bytes) -> Any:
    """Read a body in which some name holds half a surrogate pair, as a question mark: one name costs no body."""
    try:
        return from_json(json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError) as error:
        raise ShapeError(f"JSON was expected ({error})") from error


def _rows(body: bytes, record: type[RecordT], counts: Sequence[str]) -> tuple[list[RecordT], int]:
    """Validate a list row by row; ``counts`` are fields that may be missing but not null."""
    document = _json(body)
    if not isinstance(document, list):
        raise ShapeError("a list was expected")
    rows: list[RecordT] = []
    for item in document:
        if isinstance(item, dict) and not any(field in item and item[field] is None for field in counts):
            try:
                rows.append(record.model_validate(item))
            except ValidationError:
                continue  # counted below as dropped
    if document and not rows:
        raise ShapeError("no row of the list could be used")
    return rows, len(document) - len(rows)
