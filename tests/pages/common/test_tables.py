"""Tables as a visitor explores them: search, ranges, columns, downloads, and nothing found."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from horde_core import selection
from horde_core.live.snapshot import PageView
from horde_core.safe_csv import csv_bytes
from pages.common import exports, filters, tables
from tests.fixtures.dashboard import Visit, unfolded
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot
from tests.pages.common.test_exports import read_back
from tests.pages.test_pages import notices

VIEW = PageView({"text": snapshot("text")}, None, ())


def threads(least: float | None, most: float | None) -> selection.Selection:
    """A range of threads."""
    ends = selection.bounds("threads", "Threads", filters.cells("threads"))
    return selection.Selection.of(ends, {"threads_from": least, "threads_to": most})


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["a", "b", "c"], "threads": pd.array([0, 5, None], "Int64"), "models": [["x y"], ["z"], []]}
    )


@pytest.mark.parametrize(
    ("least", "most", "names"),
    [(None, None, "abc"), (0, None, "ab"), (1, None, "b"), (None, 4, "a"), (0, 5, "ab"), (6, None, "")],
)
def test_a_range_includes_its_ends_and_never_the_unknown(least: float | None, most: float | None, names: str) -> None:
    assert "".join(frame()[threads(least, most).narrows(frame())]["name"]) == names


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (None, None, []),
        (2, None, ["Threads from 2"]),
        (None, 1_000, ["Threads up to 1,000"]),
        (0.5, 1_234.5, ["Threads from 0.5 to 1,234.5"]),
    ],
)
def test_a_range_reads_as_a_sentence(least: float | None, most: float | None, said: list[str]) -> None:
    assert filters.sentences(threads(least, most)) == said


def test_a_search_looks_into_lists_word_by_word() -> None:
    search = selection.search("models", "Search", filters.cells("name", "models"))
    assert search.keeps(frame(), "X y") == [True, False, False]
    assert search.keeps(frame(), "zq") == [False, False, False]


@pytest.mark.parametrize("column", ["name", "models"])
def test_a_search_never_finds_the_unknown_by_the_word_for_it(column: str) -> None:
    rows = pd.DataFrame({column: pd.Series([None, float("nan"), "nonesuch"], dtype=object)})
    search = selection.search("models", "Search", filters.cells(column, column))
    assert [search.keeps(rows, word) for word in ("none", "nan")] == [[False, False, True], [False, False, False]]


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("Deliberate", "model?name=Deliberate"),
        ("a/b c&d#e?f=g+h%", "model?name=a%2Fb%20c%26d%23e%3Ff%3Dg%2Bh%25"),
        ("javascript:alert(1)", "model?name=javascript%3Aalert%281%29"),
    ],
)
def test_a_link_to_a_model_holds_any_name(name: str, link: str) -> None:
    assert tables.model_link(name) == link


def test_json_says_where_it_is_from_and_unknown_is_null() -> None:
    rows = frame().assign(drain_time=pd.to_timedelta(pd.array([90, None, 0], "Float64"), unit="s"))
    about = exports.provenance(VIEW, "Some table", "threads from 1")
    written = json.loads(exports.json_bytes(rows, about))
    assert written["about"]["filters"] == "threads from 1"
    assert written["about"]["source"].startswith("AI Horde public API")
    assert written["rows"][2] == {"name": "c", "threads": None, "models": [], "drain_time": 0.0}
    assert written["rows"][0]["drain_time"] == 90


def test_csv_says_where_it_is_from_before_its_header() -> None:
    about = exports.provenance(VIEW, "Some table", 'name holds “,=1+1\n"x"”')
    rows = read_back(csv_bytes(frame(), about))
    comments = [row for row in rows if row[0].startswith("# ")]
    assert [len(row) for row in comments] == [1] * len(about)
    assert comments[0] == ["# table: Some table"]
    assert any("=1+1" in row[0] for row in comments)
    assert rows[len(comments)] == ["name", "threads", "models"]


def test_ranges_and_columns_narrow_a_table_and_its_sentence_says_so(visit: Visit) -> None:
    app = unfolded(visit("usage", "text"))
    app.number_input(key="usage_usage_month_from").set_value(1_000).run()
    assert list(app.dataframe[0].value["name"]) == ["mistralai/Mistral-7B-Instruct-v0.3"]
    assert any(
        caption.value.replace("\\", "").startswith("1 of 6 names: in use; 30 days from 1,000.")
        for caption in app.caption
    )
    app.multiselect(key="usage_columns_text").set_value(["share"]).run()
    assert list(app.dataframe[0].value.columns) == ["name", "link", "share"]


def test_boxes_of_ranges_are_drawn_while_they_are_open_or_one_has_a_value(visit: Visit) -> None:
    def is_drawn(app: AppTest) -> bool:
        return any(box.key == "usage_usage_month_from" for box in app.number_input)

    closed = visit("usage", "text")
    assert not is_drawn(closed)
    app = unfolded(closed)
    assert is_drawn(app)
    app.session_state["usage_ranges"] = False
    assert not is_drawn(app.run())
    app = unfolded(app)
    app.number_input(key="usage_usage_month_from").set_value(1_000).run()
    app.session_state["usage_ranges"] = False
    assert is_drawn(app.run())
    assert list(app.dataframe[0].value["name"]) == ["mistralai/Mistral-7B-Instruct-v0.3"]


def test_a_link_with_ranges_and_columns_reproduces_the_table(visit: Visit) -> None:
    app = visit("usage", "text", usage_usage_month_to="150", usage_columns_text="Threads", usage_rows="All names")
    table = app.dataframe[0].value
    assert list(table.columns) == ["name", "link", "threads"]
    assert HTML_NAME in set(table["name"])
    assert "mistralai/Mistral-7B-Instruct-v0.3" not in set(table["name"])


def test_clearing_forgets_ranges_search_and_the_pages_own_choice(visit: Visit) -> None:
    app = visit("queue", "text", queue_rows="Queue, no threads")
    assert "it is unknown which names there are. Loosen *Rows* or *Search* or *Ranges*" in notices(app)
    app.button(key="clear_queue_name").click().run()
    assert len(app.dataframe[0].value) == 2


Made = Callable[[], bytes]


def test_what_is_downloaded_is_what_is_shown(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    offered: dict[str, Made] = {}

    def button(label: str, *, data: Made, **_: object) -> None:
        offered[label] = data

    monkeypatch.setattr("streamlit.download_button", button)
    app = visit("usage", "text", usage_usage_month_to="450", usage_columns_text="Threads")
    shown = list(app.dataframe[0].value["name"])
    written = json.loads(offered["JSON"]())
    assert [row["name"] for row in written["rows"]] == shown
    assert list(written["rows"][0]) == ["name", "threads"]
    assert written["about"]["filters"] == "in use; 30 days up to 450"
    assert "usage" in written["about"]["fetched"]
    rows = [row for row in read_back(offered["CSV"]()) if not row[0].startswith("# ")]
    assert rows[0] == ["name", "threads"]
    assert [row[0].removeprefix("'") for row in rows[1:]] == shown
    assert FORMULA_NAME in shown
    assert f"'{FORMULA_NAME}" in [row[0] for row in rows]


@pytest.mark.parametrize("is_bar", [False, True])
@given(st.lists(st.none() | st.floats(0, 100, allow_subnormal=False).filter(lambda value: not 0 < value < 1e-5)))
def test_no_share_reads_as_nothing_or_all_that_is_neither(is_bar: bool, values: list[float | None]) -> None:
    column = tables.share_column("Share") if is_bar else tables.percent_column("Share")
    chosen, configs = tables.shown(pd.DataFrame({"share": pd.array(values, "Float64")}), {"share": column})
    for value, sent in zip(values, chosen["share"], strict=True):
        if value is None:
            assert pd.isna(sent)
            continue
        reads = float(as_written(sent, configs["share"]))
        if min(value, 100 - value) > 1e-5:
            assert 0 < reads < 100
        assert reads == pytest.approx(value, abs=0.051, rel=0.051)


def as_written(figure: float, config: Mapping[str, Any]) -> str:
    """Write a figure as an English browser does by a column's configuration (Intl.NumberFormat)."""
    how = config["type_config"]
    if how["format"] == "compact":
        return f"{figure:.0f}" if abs(figure) >= 10 else f"{float(f'{figure:.2g}'):.6f}".rstrip("0").rstrip(".")
    if how.get("step"):
        return f"{figure:,.{round(-math.log10(how['step']))}f}"
    return f"{figure:,.3f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    ("column", "figures", "read"),
    [
        (tables.amount_column("Many"), [52_015.25, 0.004, 0.0, 7.0], ["52,015.2", "0.004", "0", "7"]),
        (tables.amount_column("Few", least_decimals=3), [0.5, 0.1234, 0.0], ["0.5", "0.123", "0"]),
        (tables.amount_column("Tiny"), [12.4, -0.27, 0.00002, 0.0], ["12", "-0.27", "0.00002", "0"]),
        (tables.amount_column("Wide"), [1_234.5, 0.0002, 0.0], ["1,234.5000", "0.0002", "0.0000"]),
        (tables.share_column("Share"), [14.63246, 0.46, 0.003, 0.0], ["14.6", "0.5", "0.003", "0"]),
        (tables.share_column("Nearly all"), [99.96, 0.04, 0.0], ["99.96", "0.04", "0"]),
        (tables.percent_column("Tiny"), [14.63246, 0.46, 0.00001, 0.0], ["15", "0.46", "0.00001", "0"]),
        (tables.percent_column("Nearly all"), [99.9999, 0.0001, 0.0], ["99.9999", "0.0001", "0.0000"]),
        (tables.percent_column("Whole"), [100.0, 0.0], ["100", "0"]),
    ],
)
def test_a_column_reads_calmly_and_nothing_in_it_as_0_that_is_not(
    column: tables.FigureColumn, figures: list[float], read: list[str]
) -> None:
    chosen, configs = tables.shown(pd.DataFrame({"figure": [*figures, None]}), {"figure": column})
    assert [as_written(sent, configs["figure"]) for sent in chosen["figure"].tolist()[:-1]] == read
    assert pd.isna(chosen["figure"].iloc[-1])


def test_percent_are_named_in_the_header_and_the_chooser_keeps_the_name_that_links_have() -> None:
    _, configs = tables.shown(pd.DataFrame({"share": [1.5]}), {"share": tables.share_column("Share")})
    assert configs["share"]["label"] == "Share (%)"
    assert tables.share_column("Share").label == "Share"
