"""The engine of filters: what is unknown is never selected, from records and from frames alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from horde_core.numbers import ENGLISH
from horde_core.selection import Filter, Selection, bounds, has_all_of, search, several

ROWS: list[dict[str, Any]] = [
    {"name": "One", "threads": 0, "words": ["a", "b"]},
    {"name": "two", "threads": 5, "words": ["b"]},
    {"name": None, "threads": None, "words": None},
]


def of_records(key: str) -> Callable[[list[dict[str, Any]]], list[Any]]:
    return lambda rows: [row[key] for row in rows]


THREADS = bounds("threads", "Threads", of_records("threads"), "threads", frozenset({"status"}))
NAME = search("name", "Search", of_records("name"))
ANY = several("any", "Any", of_records("words"), "any of")
ALL = several("all", "All", of_records("words"), "all of", holds=has_all_of)
FILTERS = (*THREADS, NAME, ANY, ALL)


def kept(**chosen: Any) -> list[bool]:
    return Selection.of(FILTERS, chosen).narrows(ROWS)


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        ({}, [True, True, True]),
        ({"threads_from": 0}, [True, True, False]),
        ({"threads_to": 4}, [True, False, False]),
        ({"name": "ONE"}, [True, False, False]),
        ({"name": "none"}, [False, False, False]),
        ({"any": ["a", "b"]}, [True, True, False]),
        ({"all": ["a", "b"]}, [True, False, False]),
        ({"any": ["b"], "threads_from": 1}, [False, True, False]),
    ],
)
def test_everything_that_is_chosen_has_to_be_known_to_hold(chosen: dict[str, Any], rows: list[bool]) -> None:
    assert kept(**chosen) == rows


def test_a_predicate_that_does_not_know_selects_nothing() -> None:
    unsure = Filter("x", NAME.kind, "X", of_records("name"), lambda _value, _chosen: None, lambda *_: "x")
    assert unsure.keeps(ROWS, "anything") == [False, False, False]


def test_a_selection_needs_what_its_filters_need_and_speaks_in_their_order() -> None:
    selection = Selection.of(FILTERS, {"all": ["a", "b"], "threads_to": 1_234.5, "name": "x"})
    assert selection.needs == {"status"}
    assert list(selection.sentences(None, ENGLISH).values()) == [
        "threads up to 1,234.5", "name holds “x”", "all of a and b",
    ]  # fmt: skip
    assert Selection.of(FILTERS, {"name": "x"}).needs == frozenset()


def test_a_filter_is_blind_where_what_it_reads_is_unknown_of_every_row() -> None:
    rows = [{**row, "threads": None} for row in ROWS]
    selection = Selection.of(FILTERS, {"threads_from": 1, "name": "two"})
    assert [one.key for one in selection.blind(rows)] == ["threads_from"]
    assert selection.blind(ROWS) == []


def test_options_are_the_words_of_the_rows_unless_they_are_given() -> None:
    assert ANY.options(ROWS, None) == ["a", "b"]
    given = several("kind", "Kind", of_records("name"), choices={"x": "The X", "y": "The Y"})
    assert given.options(ROWS, None) == ["x", "y"]
    assert given.sentence(["x", "y"], None, ENGLISH) == "The X or The Y"


def test_a_frame_is_narrowed_as_records_are() -> None:
    frame = pd.DataFrame({"threads": pd.array([0, 5, None], "Int64")})
    ends = bounds("threads", "Threads", lambda rows: [None if pd.isna(v) else v for v in rows["threads"]])
    assert Selection.of(ends, {"threads_from": 1}).narrows(frame) == [False, True, False]
    assert Selection.of(ends, {}).narrows(frame) == [True] * 3
