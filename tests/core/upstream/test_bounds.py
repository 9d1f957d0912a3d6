"""Bounds of bodies: what exceeds them is dropped, counted and reported."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from horde_core.upstream.bounds import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_MODELS_OF_A_WORKER,
    MOST_NAMES,
    MOST_PARTS,
    MOST_ROWS,
    MOST_VALUES,
)
from horde_core.upstream.client import LARGEST_BODY
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.model_ages import parse_ages
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsed import LONGEST_EXAMPLE, Parsed
from horde_core.upstream.parsing import parse_status, parse_usage, parse_workers, read_json

REPOSITORY = Path(__file__).parents[3]
TOO_LONG = "n" * (LONGEST_NAME + 1)
LONG_ENOUGH = "n" * LONGEST_NAME

Parse = Callable[[bytes], Parsed[Any]]


def status(body: bytes) -> Parsed[Any]:
    return parse_status(body, "text")


def usage(body: bytes) -> Parsed[Any]:
    parsed = parse_usage(body)
    return parsed.map(lambda data: data.total)


def named(names: list[str]) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def downloads(number: int, path: str = "") -> dict[str, Any]:
    files = [{"file_url": f"https://host.example/{path}{n}"} for n in range(number)]
    return {"m": {"config": {"download": files}}}


LISTS: dict[str, tuple[Parse, Callable[[list[str]], object], int]] = {
    "status": (status, named, MOST_ROWS),
    "workers": (parse_workers, named, MOST_ROWS),
    "usage": (usage, lambda names: {"total": dict.fromkeys(names, 1)}, MOST_NAMES),
    "reference": (parse_reference, lambda names: {name: {"name": name} for name in names}, MOST_ROWS),
    "ages": (parse_ages, lambda names: {name: {"date_added": 1} for name in names}, MOST_ROWS),
}


@pytest.mark.parametrize("what", LISTS)
def test_as_much_as_is_allowed_is_kept_and_what_is_beyond_is_counted_and_told(what: str) -> None:
    parse, body, most = LISTS[what]
    names = [f"model {number}" for number in range(most + 3)]
    all_of_it = parse(json.dumps(body(names[:most])).encode())
    assert (len(all_of_it.data), all_of_it.dropped, all_of_it.not_understood) == (most, 0, ())
    too_much = parse(json.dumps(body(names)).encode())
    assert (len(too_much.data), too_much.dropped) == (most, 3)
    (told,) = too_much.not_understood
    assert (told.kind, told.times) == ("skipped", 3)
    assert f"{most:,}" in told.example


@pytest.mark.parametrize("what", [what for what in LISTS if what != "workers"])
def test_a_model_with_too_long_a_name_is_left_out_and_no_other(what: str) -> None:
    parse, body, _ = LISTS[what]
    parsed = parse(json.dumps(body(["short", TOO_LONG, LONG_ENOUGH])).encode())
    assert {getattr(row, "name", row) for row in parsed.data} == {"short", LONG_ENOUGH}
    assert parsed.dropped == 1
    assert len(parsed.not_understood[0].example) <= LONGEST_EXAMPLE


def test_of_too_many_names_the_most_used_are_kept_the_same_ones_in_every_period_whatever_their_order() -> None:
    names = [f"model {number}" for number in range(MOST_NAMES)]
    total = {"rare": 1, **dict.fromkeys(names, 2), "often": 9}
    body = {"day": {"rare": 0}, "month": {"rare": 0, "often": 3}, "total": total}
    parsed = parse_usage(json.dumps(body).encode())
    assert parsed.data.day == {}
    assert parsed.data.month == {"often": 3}
    assert set(total) - set(parsed.data.total) == {"rare", min(names)}
    assert {(told.field, told.times) for told in parsed.not_understood} == {("day", 1), ("month", 1), ("total", 2)}
    backwards = {period: dict(reversed(counts.items())) for period, counts in body.items()}
    assert parse_usage(json.dumps(backwards).encode()).data == parsed.data


@pytest.mark.parametrize(
    ("parse", "body", "field"),
    [
        (parse_workers, [{"name": TOO_LONG}], "name"),
        (parse_workers, [{"name": "w", "info": "t" * (LONGEST_TEXT + 1)}], "info"),
        (parse_workers, [{"name": "w", "owner": "t" * (LONGEST_TEXT + 1)}], "owner"),
        (parse_workers, [{"name": "w", "bridge_agent": "t" * (LONGEST_TEXT + 1)}], "bridge_agent"),
        (parse_reference, {"m": {"description": "t" * (LONGEST_TEXT + 1)}}, "description"),
        (parse_reference, {"m": {"style": "t" * (LONGEST_TEXT + 1)}}, "style"),
        (parse_reference, {"m": {"baseline": "t" * (LONGEST_TEXT + 1)}}, "baseline"),
    ],
)
def test_a_text_that_is_too_long_is_cut_and_told(parse: Parse, body: object, field: str) -> None:
    parsed = parse(json.dumps(body).encode())
    (row,) = parsed.data.values() if isinstance(body, dict) else parsed.data
    text = getattr(row, field)
    assert text == "tn"[field == "name"] * (len(text) - 1) + "…"
    assert len(text) == (LONGEST_NAME if field == "name" else LONGEST_TEXT)
    assert [(told.kind, told.field, told.times) for told in parsed.not_understood] == [("unknown value", field, 1)]


@pytest.mark.parametrize(
    ("parse", "body", "field", "kept", "told"),
    [
        (
            parse_workers,
            [{"name": "w", "models": [f"m{n}" for n in range(MOST_MODELS_OF_A_WORKER + 2)]}],
            "models",
            MOST_MODELS_OF_A_WORKER,
            ("models", 2),
        ),
        (parse_workers, [{"name": "w", "models": ["m", TOO_LONG]}], "models", 1, ("models", 1)),
        (parse_workers, [{"name": "w", "id": TOO_LONG}], "id", 0, ("id", 1)),
        (parse_reference, {"m": {"tags": ["tag"] * (MOST_PARTS + 2)}}, "tags", MOST_PARTS, ("tags", 2)),
        (parse_reference, {"m": {"trigger": ["word"] * (MOST_PARTS + 2)}}, "trigger", MOST_PARTS, ("trigger", 2)),
        (parse_reference, {"m": {"showcases": ["t" * (LONGEST_TEXT + 1)]}}, "showcases", 0, ("showcases", 1)),
        (parse_reference, {"m": {"settings": {"s": TOO_LONG, "t": 1}}}, "settings", 1, ("settings", 1)),
        (
            parse_reference,
            {"m": {"requirements": dict.fromkeys(map(str, range(MOST_PARTS + 2)), 1)}},
            "requirements",
            MOST_PARTS,
            ("requirements", 2),
        ),
        (parse_reference, {"m": {"tags": ["tag", TOO_LONG]}}, "tags", 1, ("tags", 1)),
        (parse_reference, downloads(MOST_PARTS + 2), "downloads", MOST_PARTS, ("config.download", 2)),
        (parse_reference, downloads(1, "a" * LONGEST_TEXT), "downloads", 0, ("config.download", 1)),
    ],
)
def test_parts_beyond_the_bounds_are_left_out_and_told(
    parse: Parse, body: Any, field: str, kept: int, told: tuple[str, int]
) -> None:
    parsed = parse(json.dumps(body).encode())
    (row,) = parsed.data.values() if isinstance(body, dict) else parsed.data
    assert len(getattr(row, field) or ()) == kept
    assert [(one.field, one.times) for one in parsed.not_understood] == [told]
    assert parsed.dropped == 0


def test_what_is_told_is_short_however_long_the_field() -> None:
    parsed = parse_workers(json.dumps([{"name": "w", "f" * 1_000_000: "v" * 1_000_000}]).encode())
    (told,) = parsed.not_understood
    assert max(len(told.field), len(told.example)) <= LONGEST_EXAMPLE


@pytest.mark.parametrize("item", [b"[]", b"{}", b"0", b'""'])
def test_a_body_of_too_many_values_is_refused_unread(item: bytes) -> None:
    body = b"[" + (item + b",") * (MOST_VALUES + 1) + item + b"]"
    tracemalloc.start()
    with pytest.raises(ShapeError, match="1,000,000 values"):
        read_json(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


WORST = """
import pathlib, re
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsing import parse_usage, parse_workers
try:
    kept = {parse}(pathlib.Path("body").read_bytes())
except ShapeError as error:
    kept = error
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.parametrize(
    ("parse", "begin", "item", "end"),
    [
        ("parse_usage", b'{"total":{', b'"%07x":1', b"}}"),
        ("parse_usage", b'{"total":{', b'"%0499x":1', b"}}"),
        ("parse_workers", b"[", b'{"%x":0}', b"]"),
        ("parse_workers", b'[{"name":"w","models":[', b'"%x"', b"]}]"),
        ("parse_reference", b"{", b'"%x":{}', b"}"),
    ],
)
def test_the_worst_body_that_is_read_costs_bounded_memory(
    parse: str, begin: bytes, item: bytes, end: bytes, tmp_path: Path
) -> None:
    most = min(MOST_VALUES, (LARGEST_BODY - 100) // (len(item % MOST_VALUES) + 1))
    (tmp_path / "body").write_bytes(begin + b",".join(item % number for number in range(most)) + end)
    command = [sys.executable, "-c", WORST.format(parse=parse)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(REPOSITORY)})
    mebibytes = int(done.stdout) / 1024
    print(f"{parse}, {most:,} times {item!r}: {mebibytes:,.0f} MiB at most")
    assert mebibytes < 1_000, "of which Python and its libraries take some 100"
