"""Downloads: no spreadsheet takes a cell for a formula, and every name can be read back."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from datetime import date

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from horde_core.audit import AuditThresholds
from horde_core.frames.audit import audit_frame
from horde_core.frames.backends import backend_totals_frame, balance_frame
from horde_core.frames.models import category_frame
from horde_core.safe_csv import csv_bytes, guarded
from horde_core.settings import Settings
from pages.common import exports, findings, words
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot

FORMULA_STARTS = "=+-@\t\r\n"


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def column(*values: object) -> pd.DataFrame:
    return pd.DataFrame({"name": values})


def cells(*values: object) -> list[str]:
    return [row[0] for row in read_back(csv_bytes(column(*values)))[1:]]


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("spaces", ["", " ", "   "])
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(start: str, spaces: str) -> None:
    formula = f"{spaces}{start}HYPERLINK(1)"
    assert cells(formula) == [f"'{formula}"]


INVISIBLE = [
    chr(code)
    for code in range(0x110000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs")
] + list("\u115f\u1160\u3164\uffa0\u2800")
LOOK_ALIKES = [chr(code) for code in range(0x110000) if unicodedata.normalize("NFKC", chr(code))[:1] in tuple("=+-@")]


def test_no_invisible_character_and_no_look_alike_hides_a_formula() -> None:
    hidden = [f"{invisible}{start}1+1" for invisible in INVISIBLE for start in "=+-@"]
    hidden += [f"{start}1+1" for start in LOOK_ALIKES]
    assert [text for text in hidden if guarded(text) != f"'{text}"] == []


@given(st.text(st.sampled_from(INVISIBLE), max_size=6), st.sampled_from(LOOK_ALIKES), st.text(max_size=6))
def test_nothing_invisible_before_a_formula_hides_it(before: str, start: str, after: str) -> None:
    assert guarded(f"{before}{start}{after}") == f"'{before}{start}{after}"


@given(st.characters(categories=["L", "N"], exclude_characters=INVISIBLE), st.text())
def test_a_name_that_begins_with_a_letter_or_a_digit_is_left_alone(start: str, after: str) -> None:
    assume(start not in LOOK_ALIKES)
    assert guarded(f"{start}{after}") == f"{start}{after}"


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
    content = csv_bytes(column("x;=HYPERLINK(1)")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1] == ["x;=HYPERLINK(1)"]


@given(st.lists(st.text(st.sampled_from("=+-@\t\r\n \"';,ab") | st.characters(codec="utf-8"), max_size=8), min_size=1))
def test_any_name_is_read_back_and_none_begins_like_a_formula(names: list[str]) -> None:
    rows = read_back(csv_bytes(pd.DataFrame({"first": names, "second": names})))
    assert len(rows) == len(names) + 1
    for name, row in zip(names, rows[1:], strict=True):
        assert len(row) == 2
        for cell in row:
            assert cell in (name, f"'{name}")
            assert not cell.lstrip(" ").startswith(tuple(FORMULA_STARTS))


def test_headers_are_guarded_too() -> None:
    content = csv_bytes(pd.DataFrame({"=1+1": ["a"], "plain": ["b"]}))
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
    content = csv_bytes(frame)
    assert read_back(content)[1:] == [["a", "-5", "0.25", "True", "0 days 00:01:30"], ["", "", "", "", ""]]
    assert b'"a",-5,0.25,True,' in content


def test_spreadsheets_are_told_that_it_is_utf_8() -> None:
    assert csv_bytes(column("ü")).startswith(b"\xef\xbb\xbf")


def test_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"=name": ["=1+1"], "backends": [["a", "b"]]})
    before = frame.copy(deep=True)
    csv_bytes(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_pages_own_tables_are_read_back_with_every_name() -> None:
    thresholds = AuditThresholds.from_settings(Settings(), "text")
    audits = snapshot("text").audit(thresholds, date(2026, 1, 1)).models
    frames = [
        category_frame(snapshot("text")),
        backend_totals_frame(snapshot("text")),
        balance_frame(audits),
        findings.in_words(audit_frame(audits, thresholds, words.numbers())),
    ]
    for frame in frames:
        rows = read_back(csv_bytes(frame))
        assert rows[0] == list(frame.columns)
        assert len(rows) == len(frame) + 1
        assert {len(row) for row in rows} == {len(frame.columns)}
    names = [row[0] for row in read_back(csv_bytes(frames[0]))]
    assert {HTML_NAME, f"'{FORMULA_NAME}", ""} <= set(names)


def test_an_empty_table_is_its_header() -> None:
    assert read_back(csv_bytes(category_frame(snapshot("image")).head(0)))[0][:2] == ["name", "listed"]


ABOUT = {"source": "AI Horde", "written": "2026-01-01T00:00:00+00:00"}


def sheets(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook}


def test_a_workbook_has_its_sheets_and_one_that_says_where_it_is_from() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "count": pd.array([5, None], dtype="Int64"), "hosts": [["x", "y"], []]})
    read = sheets(exports.xlsx_bytes({"Findings": frame, "Backends": frame.head(0)}, ABOUT))
    assert list(read) == ["Findings", "Backends", "Provenance"]
    assert read["Findings"] == [("name", "count", "hosts"), ("a", 5, "x; y"), ("b", None, None)]
    assert read["Backends"] == [("name", "count", "hosts")]
    assert dict(read["Provenance"][1:]) == ABOUT


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_of_a_workbook_is_a_formula(start: str) -> None:
    content = exports.xlsx_bytes({"Findings": column(f"{start}HYPERLINK(1)")}, {"filters": "=1+1"})
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_any_name_fits_into_a_workbook(names: list[str]) -> None:
    rows = sheets(exports.xlsx_bytes({"Findings": pd.DataFrame({"name": names, "place": range(len(names))})}, ABOUT))
    assert [place for _, place in rows["Findings"][1:]] == list(range(len(names)))


UNUSUAL = "\0\t\n\r\x0b\x1b\x7f\x85\xa0\xad\u200b\u2028\u2029\u202e\ufeff\ufffe\U0001f600\U000e0001"
"""Characters that one format or another takes for a line break, drops or cannot write."""


@given(st.lists(st.text(st.sampled_from(UNUSUAL) | st.characters(codec="utf-8"), max_size=12), min_size=1))
def test_names_in_csv_and_json_are_as_their_owner_wrote_them(names: list[str]) -> None:
    read = [row[0] for row in read_back(csv_bytes(column(*names)))[1:]]
    assert [
        text.removeprefix("'") if guarded(name) != name else text for text, name in zip(read, names, strict=True)
    ] == names
    assert [row["name"] for row in json.loads(exports.json_bytes(column(*names), ABOUT))["rows"]] == names


@pytest.mark.parametrize("write", [exports.names_bytes, exports.skip_list_bytes])
def test_what_a_list_says_of_itself_stays_in_its_comments(write: Callable[..., bytes]) -> None:
    content = write(["a"], {"filters": "name holds “x\ny\x85z\u2028- evil”"}).decode()
    assert len(content.splitlines()) == len(write(["a"], {"filters": ""}).decode().splitlines())


def names_read(content: bytes) -> list[str]:
    lines = [line for line in content.decode().split("\n") if line and not line.startswith("#")]
    return [json.loads(line) if line.startswith('"') else line for line in lines]


@given(st.lists(st.text(max_size=12)))
def test_a_list_of_names_is_read_back_one_a_line_below_where_it_is_from(names: list[str]) -> None:
    content = exports.names_bytes(names, ABOUT)
    assert content.startswith(b"# source: AI Horde\n# written: ")
    assert names_read(content) == names


def test_usual_names_stand_in_a_list_as_they_are() -> None:
    content = exports.names_bytes(["AlbedoBase XL (SDXL)", "Yarrow [Flux]"], ABOUT).decode()
    assert content.splitlines()[2:] == ["AlbedoBase XL (SDXL)", "Yarrow [Flux]"]


@given(st.lists(st.text(st.sampled_from(UNUSUAL) | st.characters(codec="utf-8"), max_size=12)))
@example(list(UNUSUAL))
@example([f"a{character}b" for character in UNUSUAL])
@example(["yes", "~", "1.0", "0x1", "- a", "a: b", "# a", "&a", "*a", "!a", "{}", "[]", "'", '"', "\\", "", " ", " a "])
def test_the_bridges_setting_is_yaml_that_holds_the_names(names: list[str]) -> None:
    content = exports.skip_list_bytes(names, ABOUT)
    assert content.startswith(b"# source: AI Horde\n")
    assert yaml.safe_load(content) == {"models_to_skip": names}
