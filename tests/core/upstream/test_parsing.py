"""Parsing: a bad row is dropped and counted, a body of the wrong shape is a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotals, HordeWorker
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.parsed import Parsed
from horde_core.upstream.parsing import parse_object, parse_status, parse_usage, parse_workers
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import encoded


def text_status(body: bytes) -> Parsed[Any]:
    return parse_status(body, "text")


LISTS = [text_status, parse_workers]
OBJECTS = [parse_usage, parse_object(HordePerformance)]
WRONG_FOR_ALL = {
    "nothing": b"",
    "HTML": b"<!doctype html>\n<title>502 Bad Gateway</title>",
    "null": b"null",
    "text": b'"OK"',
    "a number": b"5",
    "an error": b'{"message": "Internal Server Error"}',
    "a business error": b'{"message": "Not today.", "rc": "MaintenanceMode"}',
    "two documents": b"[] []",
    "no UTF-8": b'[{"name": "\xff"}]',
    "too deep": b"[" * 10_000,
}


@pytest.mark.parametrize("parse", [*LISTS, *OBJECTS])
@pytest.mark.parametrize("body", WRONG_FOR_ALL.values(), ids=WRONG_FOR_ALL)
def test_a_body_of_the_wrong_shape_is_a_failure(parse: Callable[[bytes], Parsed[Any]], body: bytes) -> None:
    with pytest.raises(ShapeError) as failure:
        parse(body)
    assert len(str(failure.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("parse", "document"),
    [
        (text_status, horde_bodies.TEXT_STATUS),
        (parse_workers, horde_bodies.TEXT_WORKERS),
        (parse_usage, horde_bodies.TEXT_USAGE),
        (parse_object(HordePerformance), horde_bodies.PERFORMANCE),
    ],
)
def test_a_truncated_body_is_a_failure_wherever_it_ends(
    parse: Callable[[bytes], Parsed[Any]], document: object
) -> None:
    body = encoded(document).rstrip()
    assert parse(body)
    for end in range(0, len(body) - 1, 37):
        with pytest.raises(ShapeError):
            parse(body[:end])


@pytest.mark.parametrize("parse", LISTS)
class TestLists:
    def test_an_empty_one_is_an_answer(self, parse: Callable[[bytes], Parsed[Any]]) -> None:
        assert parse(b"[]\n") == Parsed((), 0)

    def test_an_object_is_none(self, parse: Callable[[bytes], Parsed[Any]]) -> None:
        with pytest.raises(ShapeError, match="a list was expected"):
            parse(b"{}")

    @pytest.mark.parametrize("row", [None, 5, "name", [], {}, {"name": None}, {"count": 3}])
    def test_what_is_no_row_is_dropped_and_counted(self, parse: Callable[[bytes], Parsed[Any]], row: object) -> None:
        parsed = parse(encoded([row, {"name": "good"}, row]))
        assert [record.name for record in parsed.data] == ["good"]
        assert parsed.dropped == 2

    def test_a_name_that_holds_half_a_character_costs_no_other_row(self, parse: Callable[[bytes], Parsed[Any]]) -> None:
        parsed = parse(b'[{"name": "half \\ud800"}, {"name": "whole \\ud83d\\udc34"}]')
        assert [row.name for row in parsed.data] == ["half ?", "whole 🐴"]

    def test_with_no_row_that_can_be_used_it_is_a_failure_and_no_empty_list(
        self, parse: Callable[[bytes], Parsed[Any]]
    ) -> None:
        with pytest.raises(ShapeError, match="no row"):
            parse(b'[{"message": "90 per 1 minute"}]')

    def test_any_string_is_a_name(self, parse: Callable[[bytes], Parsed[Any]]) -> None:
        names = ["", horde_bodies.HTML_NAME, horde_bodies.FORMULA_NAME, "\u0000\u2028🐎"]
        assert [row.name for row in parse(encoded([{"name": name} for name in names])).data] == names


class TestStatus:
    def test_rows_keep_their_order(self) -> None:
        parsed = text_status(encoded(horde_bodies.TEXT_STATUS))
        assert [row.name for row in parsed.data] == [row["name"] for row in horde_bodies.TEXT_STATUS]
        assert parsed.dropped == 0

    @pytest.mark.parametrize("field", ["count", "jobs"])
    @pytest.mark.parametrize("value", ["-1", "0.5", "1e400", "-1e400", "NaN", "Infinity", "null", '"3"', "true", "[]"])
    def test_a_row_with_a_bad_count_is_dropped_and_counted(self, field: str, value: str) -> None:
        parsed = text_status(f'[{{"name": "bad", "{field}": {value}}}, {{"name": "good", "{field}": 2.0}}]'.encode())
        assert [(row.name, getattr(row, field)) for row in parsed.data] == [("good", 2)]
        assert parsed.dropped == 1

    @pytest.mark.parametrize("field", ["count", "jobs", "queued"])
    def test_a_row_with_a_number_beyond_all_measure_is_dropped_and_counted(self, field: str) -> None:
        parsed = text_status(f'[{{"name": "bad", "{field}": 1{"0" * 400}}}, {{"name": "good"}}]'.encode())
        assert ([row.name for row in parsed.data], parsed.dropped) == (["good"], 1)

    @pytest.mark.parametrize(
        ("value", "kept"), [("1.5", True), ("-0.5", False), ("NaN", False), ("null", False), ('"3"', False)]
    )
    def test_queued_work_may_be_fractional_but_is_an_amount(self, value: str, kept: bool) -> None:
        parsed = text_status(f'[{{"name": "x", "queued": {value}}}, {{"name": "good"}}]'.encode())
        assert ([row.name for row in parsed.data], parsed.dropped) == ((["x", "good"], 0) if kept else (["good"], 1))

    def test_a_field_that_is_missing_is_unknown(self) -> None:
        (row,) = text_status(b'[{"name": "masked"}]').data
        assert (row.count, row.queued, row.jobs, row.performance, row.eta) == (None,) * 5

    def test_rows_of_the_other_type_are_left_out_and_not_counted_as_dropped(self) -> None:
        body = encoded([*horde_bodies.IMAGE_STATUS, *horde_bodies.TEXT_STATUS, {"name": "typeless"}])
        parsed = parse_status(body, "image")
        assert [row.name for row in parsed.data] == [*(r["name"] for r in horde_bodies.IMAGE_STATUS), "typeless"]
        assert parsed.dropped == 0


class TestWorkers:
    def test_all_types_are_kept(self) -> None:
        alchemist = horde_bodies.worker("interrogation", 9, "alchemist", forms=["caption"])
        body = encoded([*horde_bodies.IMAGE_WORKERS, *horde_bodies.TEXT_WORKERS, alchemist])
        assert [worker.type for worker in parse_workers(body).data] == [
            "image", "image", "text", "text", "interrogation",
        ]  # fmt: skip

    def test_one_that_is_listed_twice_is_one(self) -> None:
        first = horde_bodies.worker("text", 1, "twin", threads=1)
        parsed = parse_workers(encoded([first, {**first, "threads": 2}, {**first, "id": "other"}]))
        assert [(worker.id, worker.threads) for worker in parsed.data] == [(first["id"], 2), ("other", 1)]
        assert parsed.dropped == 0

    @pytest.mark.parametrize("threads", [-1, 1.5, "3", None, True])
    def test_one_with_bad_threads_is_dropped_and_counted(self, threads: object) -> None:
        parsed = parse_workers(encoded([{"name": "bad", "threads": threads}, {"name": "good"}]))
        assert ([worker.name for worker in parsed.data], parsed.dropped) == (["good"], 1)

    @pytest.mark.parametrize(
        ("sent", "written"),
        [
            ("Fritz &amp; Söhne", "Fritz & Söhne"),
            ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
            ("&amp;lt; is a less-than sign", "&lt; is a less-than sign"),
            ("plain", "plain"),
            ("", ""),
        ],
    )
    def test_what_people_wrote_is_read_as_they_wrote_it(self, sent: str, written: str) -> None:
        row = horde_bodies.worker("text", 1, sent, owner=f"{sent}#1", info=sent, team={"name": sent, "id": "7"})
        (worker,) = parse_workers(encoded([row])).data
        assert (worker.name, worker.owner, worker.info, worker.team) == (written, f"{written}#1", written, written)
        again = type(worker).model_validate_json(worker.model_dump_json(by_alias=True))
        assert again.name == written, "and once only"

    @pytest.mark.parametrize("name", ["", " ", "\u2003"])
    def test_a_worker_without_a_name_is_shown_with_its_id(self, name: str) -> None:
        (worker,) = parse_workers(encoded([horde_bodies.worker("text", 7, name)])).data
        assert worker.display_name == "(no name) 00000000-0000-0000-0000-000000000007"
        assert HordeWorker(name="").display_name == "(no name)"
        assert HordeWorker(name="scribe", id="7").display_name == "scribe"


class TestUsage:
    def test_every_period_is_kept_to_the_unit(self) -> None:
        parsed = parse_usage(encoded(horde_bodies.TEXT_USAGE))
        assert parsed.data.model_dump() == horde_bodies.TEXT_USAGE
        assert parsed.dropped == 0

    def test_a_bad_count_drops_the_name_from_its_period_only(self) -> None:
        day = '{"a": 1, "b": -1, "c": 1.5, "d": 2.0, "e": null, "f": "3", "g": true, "h": 1e400, "": 7}'
        parsed = parse_usage(f'{{"day": {day}, "month": {{"b": 9}}, "total": {{}}}}'.encode())
        assert parsed.data.model_dump() == {"day": {"a": 1, "d": 2, "": 7}, "month": {"b": 9}, "total": {}}
        assert parsed.dropped == 6
        assert {type(count) for count in (parsed.data.day or {}).values()} == {int}

    @pytest.mark.parametrize("missing", [{"month": None}, {"month": []}, {}])
    def test_a_missing_map_is_unknown(self, missing: dict[str, object]) -> None:
        usage = parse_usage(encoded({"day": {"a": 1}, "total": {"a": 2}, **missing})).data
        assert (usage.day, usage.month, usage.total) == ({"a": 1}, None, {"a": 2})

    @pytest.mark.parametrize("body", ["{}", '{"day": null, "month": null}', '{"day": [], "month": 5, "total": ""}'])
    def test_without_any_map_it_is_a_failure(self, body: str) -> None:
        with pytest.raises(ShapeError, match="usage maps"):
            parse_usage(body.encode())

    def test_three_empty_maps_are_an_answer(self) -> None:
        assert parse_usage(b'{"day": {}, "month": {}, "total": {}}').data.day == {}

    def test_what_is_parsed_equals_what_is_validated(self) -> None:
        parsed = parse_usage(encoded(horde_bodies.IMAGE_USAGE)).data
        assert parsed == type(parsed).model_validate(horde_bodies.IMAGE_USAGE)


class TestObject:
    def test_what_is_known_is_read(self) -> None:
        modes = parse_object(HordeModes)(json.dumps({"maintenance_mode": True, "invite_only_mode": None}).encode()).data
        assert (modes.maintenance_mode, modes.invite_only_mode) == (True, None)

    def test_values_of_the_wrong_shape_are_a_failure(self) -> None:
        with pytest.raises(ShapeError, match="HordeTotals"):
            parse_object(HordeTotals)(b'{"minute": 5}')
