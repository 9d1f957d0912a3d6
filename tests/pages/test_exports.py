"""Downloads: no spreadsheet takes a cell for a formula, and every name can be read back."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.audit import AuditThresholds
from horde_core.backend_frames import backend_totals_frame, balance_frame
from horde_core.frames import audit_frame, category_frame
from horde_core.settings import Settings
from pages.common import exports, findings
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot

FORMULA_STARTS = "=+-@\t\r\n"


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def column(*values: object) -> pd.DataFrame:
    return pd.DataFrame({"name": values})


def cells(*values: object) -> list[str]:
    return [row[0] for row in read_back(exports.csv_bytes(column(*values)))[1:]]


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("spaces", ["", " ", "   "])
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(start: str, spaces: str) -> None:
    formula = f"{spaces}{start}HYPERLINK(1)"
    assert cells(formula) == [f"'{formula}"]


@pytest.mark.parametrize(
    "harmless", ["Deliberate", "a=b", "5-4", " plain", "<b>bold</b>", "'quoted", "it's", "ünïcödé ☃"]
)
def test_other_text_is_left_alone(harmless: str) -> None:
    assert cells(harmless) == [harmless]


@pytest.mark.parametrize(
    "name",
    [
        HTML_NAME,
        'quotes " and "" more',
        "comma, semicolon; tab\t.",
        "line\nbreak",
        "carriage\rreturn",
        "both\r\n=1+1",
        "next cell\r=HYPERLINK(1)",
        "x;=HYPERLINK(1)",
        '",=HYPERLINK(1),"',
    ],
)
def test_a_hostile_name_is_one_cell_and_comes_back_as_it_was(name: str) -> None:
    assert cells("before", name, "after") == ["before", name, "after"]


def test_text_is_in_quotation_marks_so_that_no_separator_within_ends_it() -> None:
    content = exports.csv_bytes(column("x;=HYPERLINK(1)")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1] == ["x;=HYPERLINK(1)"]


@given(st.lists(st.text(st.sampled_from("=+-@\t\r\n \"';,ab") | st.characters(codec="utf-8"), max_size=8), min_size=1))
def test_any_name_is_read_back_and_none_begins_like_a_formula(names: list[str]) -> None:
    rows = read_back(exports.csv_bytes(pd.DataFrame({"first": names, "second": names})))
    assert len(rows) == len(names) + 1
    for name, row in zip(names, rows[1:], strict=True):
        assert len(row) == 2
        for cell in row:
            assert cell in (name, f"'{name}")
            assert not cell.lstrip(" ").startswith(tuple(FORMULA_STARTS))


def test_headers_are_guarded_too() -> None:
    content = exports.csv_bytes(pd.DataFrame({"=1+1": ["a"], "plain": ["b"]}))
    assert read_back(content) == [["'=1+1", "plain"], ["a", "b"]]


def test_lists_are_one_guarded_cell() -> None:
    assert cells(["aphrodite", "koboldcpp"], [], ["=1+1", "x"], ["x", "=1+1"]) == [
        "aphrodite; koboldcpp",
        "",
        "'=1+1; x",
        "x; =1+1",
    ]


def test_figures_stay_figures_and_unknown_is_empty() -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", None],
            "count": pd.array([-5, None], dtype="Int64"),
            "share": pd.array([0.25, None], dtype="Float64"),
            "nsfw": pd.array([True, None], dtype="boolean"),
            "drain_time": pd.to_timedelta(pd.array([90, None], dtype="Float64"), unit="s"),
        }
    )
    content = exports.csv_bytes(frame)
    assert read_back(content)[1:] == [["a", "-5", "0.25", "True", "0 days 00:01:30"], ["", "", "", "", ""]]
    assert b'"a",-5,0.25,True,' in content


def test_spreadsheets_are_told_that_it_is_utf_8() -> None:
    assert exports.csv_bytes(column("ü")).startswith(b"\xef\xbb\xbf")


def test_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"=name": ["=1+1"], "backends": [["a", "b"]]})
    before = frame.copy(deep=True)
    exports.csv_bytes(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_pages_own_tables_are_read_back_with_every_name() -> None:
    audits = snapshot("text").audit(AuditThresholds.from_settings(Settings()))
    frames = [
        category_frame(snapshot("text")),
        backend_totals_frame(snapshot("text")),
        balance_frame(audits),
        findings.in_words(audit_frame(audits)),
    ]
    for frame in frames:
        rows = read_back(exports.csv_bytes(frame))
        assert rows[0] == list(frame.columns)
        assert len(rows) == len(frame) + 1
        assert {len(row) for row in rows} == {len(frame.columns)}
    names = [row[0] for row in read_back(exports.csv_bytes(frames[0]))]
    assert {HTML_NAME, f"'{FORMULA_NAME}", ""} <= set(names)


def test_an_empty_table_is_its_header() -> None:
    assert read_back(exports.csv_bytes(category_frame(snapshot("image")).head(0)))[0][:2] == ["name", "listed"]
