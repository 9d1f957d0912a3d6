"""Bytes in, validated records out: lenient towards rows, strict about shapes.

A row that cannot be used is dropped and counted, and the rest is kept. Types, fields and values that are not known
change nothing of what is: they are left out, counted and told with an example. A body of the wrong shape (HTML,
``null``, an error object, a truncated body) raises :class:`~horde_core.upstream.errors.ShapeError`: it is a failed
fetch, never an empty success.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import from_json

from horde_core.upstream.api_records import (
    HordeModelStatsResponse,
    HordeModelStatus,
    HordeWorker,
    Record,
    is_speed,
    whole_number,
)
from horde_core.upstream.bounds import LONGEST_NAME, MOST_NAMES, MOST_ROWS, MOST_VALUES
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.parsed import Parsed, Unknowns
from horde_core.vocabulary import MODEL_TYPES, PERIODS, ModelType, Period, WorkerType

RecordT = TypeVar("RecordT", bound=Record)

WORKER_TYPES: tuple[WorkerType, ...] = get_args(WorkerType)
WORKER_TEXTS = ("name", "owner", "info")
"""What people wrote about a worker: the server escapes it for HTML."""


def read_json(body: bytes) -> Any:
    """Read a JSON document; half a surrogate pair in a text is read as a question mark, as it costs no more than that.

    Raises :class:`~horde_core.upstream.errors.ShapeError` when it is no JSON, or has more values than are read.
    """
    if body.count(b",") > MOST_VALUES:
        raise ShapeError(f"at most {MOST_VALUES:,} values were expected")
    try:
        return from_json(body)
    except ValueError:
        pass  # pydantic's parser is the quicker one, and refuses half a surrogate pair
    try:
        return from_json(json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError) as error:
        raise ShapeError(f"JSON was expected ({error})") from error


def parse_status(body: bytes, model_type: ModelType) -> Parsed[tuple[HordeModelStatus, ...]]:
    """Parse ``/v2/status/models``. Rows of the other type are left out: the server does not always filter."""
    unknowns = Unknowns()
    rows = _rows(read_json(body), HordeModelStatus, MODEL_TYPES, ("count", "queued", "jobs"), unknowns)
    return unknowns.parsed(tuple(row for row in rows if row.type in (None, model_type)))


def parse_workers(body: bytes) -> Parsed[tuple[HordeWorker, ...]]:
    """Parse ``/v2/workers``: workers of all types, a worker that is listed twice once."""
    unknowns = Unknowns()
    document = read_json(body)
    listed = (
        [_unescaped(row) if isinstance(row, dict) else row for row in document] if isinstance(document, list) else 0
    )
    workers = _rows(listed, HordeWorker, WORKER_TYPES, ("threads",), unknowns)
    for worker in workers:
        if worker.performance is not None and not is_speed(worker.performance):
            unknowns.add("unknown value", "performance", worker.performance)
    return unknowns.parsed(tuple({worker.identity: worker for worker in workers}.values()))


def parse_usage(body: bytes) -> Parsed[HordeModelStatsResponse]:
    """Parse ``/v2/stats/{img,text}/models``.

    A count that cannot be used drops that name from that period only, and is counted. Of more names than are read,
    those with the most usage are kept.
    """
    document = read_json(body)
    if not isinstance(document, dict) or not any(isinstance(document.get(period), dict) for period in PERIODS):
        raise ShapeError("an object with usage maps for day, month and total was expected")
    unknowns = Unknowns()
    maps: dict[Period, dict[str, int | None] | None] = {}
    for period in PERIODS:
        raw = document.get(period)
        if not isinstance(raw, dict):
            maps[period] = None
            continue
        usable = {name: whole_number(count) if len(name) <= LONGEST_NAME else None for name, count in raw.items()}
        if None in usable.values():
            name = next(name for name, count in usable.items() if count is None)
            usable = {name: count for name, count in usable.items() if count is not None}
            unknowns.add("skipped", period, {name: raw[name]}, len(raw) - len(usable))
        maps[period] = usable
    _keep_most_used(maps, unknowns)
    if unknowns.skipped and not any(maps.values()):
        raise ShapeError("no count of the usage maps could be used")
    response = HordeModelStatsResponse.model_construct(day=maps["day"], month=maps["month"], total=maps["total"])
    unknowns.add_unread(document, response)
    return unknowns.parsed(response)


def _keep_most_used(maps: dict[Period, dict[str, int | None] | None], unknowns: Unknowns) -> None:
    """Leave out the names beyond the most that are kept: those with the least usage."""
    held = {period: counts for period, counts in maps.items() if counts is not None}
    names = frozenset().union(*held.values())
    if len(names) <= MOST_NAMES:
        return
    by_usage = sorted((sum(counts.get(name) or 0 for counts in held.values()), name) for name in names)
    kept = frozenset(name for _, name in by_usage[-MOST_NAMES:])
    for period, counts in held.items():
        maps[period] = {name: count for name, count in counts.items() if name in kept}
        if left_out := len(counts.keys() - kept):
            unknowns.add("skipped", period, f"beyond the {MOST_NAMES:,} names with the most usage", left_out)


def parse_object(record: type[RecordT]) -> Callable[[bytes], Parsed[RecordT]]:
    """Return a parser for a body that is one object, such as ``/v2/status/performance``."""

    def parse(body: bytes) -> Parsed[RecordT]:
        document = read_json(body)
        stated = record.fields_by_key().keys() & document.keys() if isinstance(document, dict) else set()
        if not stated:
            raise ShapeError(f"an object with {', '.join(list(record.model_fields)[:3])}... was expected")
        try:
            read = record.model_validate(document)
        except ValidationError as error:
            raise ShapeError(f"unexpected values in {record.__name__}") from error
        unknowns = Unknowns()
        unknowns.add_unread(document, read)
        if not read.model_dump(exclude_none=True) and any(document[key] is not None for key in stated):
            raise ShapeError(f"unexpected values in {record.__name__}")
        return unknowns.parsed(read)

    return parse


def _rows(
    document: object, record: type[RecordT], types: Sequence[str], counts: Sequence[str], unknowns: Unknowns
) -> list[RecordT]:
    """Validate a list row by row.

    A row that states another type than ``types`` is left out. ``counts`` are fields that may be missing but not null.
    """
    if not isinstance(document, list):
        raise ShapeError("a list was expected")
    rows: list[RecordT] = []
    for item in document[:MOST_ROWS]:
        if isinstance(item, dict) and item.get("type") is not None and item["type"] not in types:
            unknowns.add("foreign type", "type", item["type"])
        elif not isinstance(item, dict) or (row := _row(item, record, counts)) is None:
            unknowns.add("skipped", "", item)
        else:
            rows.append(row)
            unknowns.add_unread(item, row)
    if len(document) > MOST_ROWS:
        unknowns.add("skipped", "", f"beyond the first {MOST_ROWS:,} rows", len(document) - MOST_ROWS)
    if document and unknowns.skipped == len(document):
        raise ShapeError("no row of the list could be used")
    return rows


def _row(item: Mapping[str, Any], record: type[RecordT], counts: Sequence[str]) -> RecordT | None:
    if any(field in item and item[field] is None for field in counts):
        return None
    try:
        return record.model_validate(item)
    except ValidationError:
        return None  # counted by the caller


def _unescaped(worker: dict[str, Any]) -> dict[str, Any]:
    """Return a worker whose texts read as their owner wrote them."""
    plain: dict[str, Any] = {
        field: html.unescape(worker[field]) for field in WORKER_TEXTS if isinstance(worker.get(field), str)
    }
    team = worker.get("team")
    if isinstance(team, dict) and isinstance(team.get("name"), str):
        plain["team"] = {**team, "name": html.unescape(team["name"])}
    return {**worker, **plain}
