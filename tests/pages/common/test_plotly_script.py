"""Plotly's script with the traces of the charts here. That it draws them is seen in tests/browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit import file_util

from pages.common import plotly_script

PAGES = Path(__file__).parents[3] / "pages"
SCRIPT = Path(file_util.get_static_dir()) / "static" / "js" / plotly_script.NAME
NOT_TRACES = {"Figure"}


@pytest.fixture(scope="module")
def whole() -> str:
    return SCRIPT.read_text()


@pytest.fixture(scope="module")
def reduced(whole: str) -> str:
    return plotly_script.reduced(whole)


def test_the_script_of_the_installed_streamlit_is_the_one_that_was_tried() -> None:
    assert [path.name for path in SCRIPT.parent.glob("PlotlyChart.*.js")] == [plotly_script.NAME], (
        "write the new name into plotly_script, and see that the tests in tests/browser draw every chart"
    )


def test_it_is_a_quarter_of_the_whole(whole: str, reduced: str) -> None:
    assert len(reduced) < len(whole) / 4


def test_it_begins_and_ends_as_the_whole_does(whole: str, reduced: str) -> None:
    assert reduced[:2_000] == whole[:2_000]
    assert reduced[-10_000:] == whole[-10_000:]


@pytest.mark.parametrize("trace", sorted(plotly_script.TRACES - {"scatter"}))
def test_it_registers_the_traces_of_the_charts(reduced: str, trace: str) -> None:
    (registered,) = re.findall(r"n\.register\(\[([^]]*)\]\)", reduced)
    (module,) = re.findall(rf'([\w$]+)=_\(\{{"lib/{trace}\.js"', reduced)
    assert f"{module}()" in registered.split(",")


@pytest.mark.parametrize(
    "module", ["lib/choropleth.js", "lib/scattergl.js", "node_modules/maplibre-gl/dist/maplibre-gl.mjs"]
)
def test_it_has_no_other_trace(whole: str, reduced: str, module: str) -> None:
    assert f'"{module}"' in whole
    assert f'"{module}"' not in reduced


def test_every_module_that_is_called_is_there(whole: str, reduced: str) -> None:
    named = re.compile(r'(?<=[ ,])([\w$]+)=[g_]\(\{"')
    gone = set(named.findall(whole)) - set(named.findall(reduced))
    modules = reduced[reduced.index('({"src/version.js"') :]
    assert gone
    assert gone & set(re.findall(r"(?<![\w$.])([\w$]+)\(\)", modules)) == set()


def test_the_pages_draw_with_these_traces_alone() -> None:
    used = {name for file in PAGES.rglob("*.py") for name in re.findall(r"\bgo\.([A-Z]\w+)", file.read_text())}
    assert {name.lower() for name in used - NOT_TRACES} == plotly_script.TRACES
