"""Ages of image models: usable dates are kept, others counted, another shape of body refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from horde_core.upstream.errors import ShapeError
from horde_core.upstream.model_ages import LATEST, ModelAges, parse_ages

DAY = date(2025, 8, 2)
SECONDS = int(datetime(2025, 8, 2, 12, tzinfo=UTC).timestamp())


def body(**dates: Any) -> bytes:
    return json.dumps({"good": {"date_added": SECONDS}, **dates}).encode()


def test_each_model_has_the_utc_day_on_which_it_was_added() -> None:
    last_second = int(datetime(2025, 8, 2, 23, 59, 59, tzinfo=UTC).timestamp())
    parsed = parse_ages(
        body(late={"date_added": last_second, "date_removed": 5}, next_day={"date_added": last_second + 1})
    )
    assert dict(parsed.data) == {"good": DAY, "late": DAY, "next_day": date(2025, 8, 3)}
    assert parsed.dropped == 0


def test_a_whole_number_written_as_a_fraction_is_one() -> None:
    assert parse_ages(body(also={"date_added": float(SECONDS)})).data["also"] == DAY


@pytest.mark.parametrize(
    "dates",
    [
        None,
        [],
        "yesterday",
        SECONDS,
        {},
        {"date_added": None},
        {"date_added": "2025-08-02"},
        {"date_added": True},
        {"date_added": SECONDS + 0.5},
        {"date_added": 0},
        {"date_added": -5},
        {"date_added": LATEST},
        {"date_added": 10**30},
    ],
)
def test_a_model_without_a_usable_date_is_dropped_and_counted(dates: Any) -> None:
    parsed = parse_ages(body(bad=dates))
    assert dict(parsed.data) == {"good": DAY}
    assert parsed.dropped == 1


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"<html>busy</html>",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"message": "rate limited"}',
        b'{"a": {"date_added": null}}',
        b'{"a": {"date_added": 1754136000}',
    ],
)
def test_another_shape_is_a_failed_fetch(wrong: bytes) -> None:
    with pytest.raises(ShapeError):
        parse_ages(wrong)


def test_ages_are_a_mapping_that_does_not_change_with_what_it_was_made_from() -> None:
    source = {"a": DAY}
    ages = ModelAges(source)
    source["b"] = DAY
    assert (len(ages), list(ages), "b" in ages, ages.get("a")) == (1, ["a"], False, DAY)
    assert ages == {"a": DAY}
    assert len(ModelAges()) == 0
