"""Every figure on every page is written in the visitor's locale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.fixtures.dashboard import Visit

TABS = (
    ("overview", {}),
    ("usage", {}),
    ("usage", {"usage_tab": "Concentration"}),
    ("usage", {"usage_tab": "Baseline, size, NSFW"}),
    ("usage", {"usage_tab": "Momentum"}),
    ("usage", {"usage_tab": "Unlisted models"}),
    ("queue", {}),
    ("backends", {}),
    ("backends", {"backends_tab": "Imbalance"}),
    ("backends", {"backends_tab": "All backends"}),
    ("workers", {}),
    ("workers", {"workers_tab": "Bridges"}),
    ("workers", {"workers_tab": "Concentration"}),
    ("audit", {}),
    ("audit", {"audit_tab": "Uneven backends"}),
    ("model", {"name": "Deliberate"}),
    ("sources", {}),
)


@pytest.fixture(params=TABS, ids=lambda tab: "-".join((tab[0], *tab[1].values())))
def pages(request: pytest.FixtureRequest, visit_simulation: Visit) -> Iterator[AppTest]:
    """Give one tab of one page, of text models where there is a choice."""
    page, choice = request.param
    return visit_simulation(page, "text", **choice)


def axes(figure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    layout, traces = figure["layout"], figure["data"]
    for key, value in layout.items():
        if key.startswith(("xaxis", "yaxis")):
            coordinates = [trace.get(key[0]) for trace in traces]
            are_words = any(isinstance(one, list) and one and isinstance(one[0], str) for one in coordinates)
            if not are_words:
                yield value
    yield from (trace["colorbar"] for trace in traces if "colorbar" in trace)


def test_no_axis_leaves_its_figures_to_plotly(pages: AppTest) -> None:
    for chart in pages.get("plotly_chart"):
        figure = json.loads(chart.proto.spec)
        for axis in axes(figure):
            assert len(axis["ticktext"]) == len(axis["tickvals"]) > 1
        for trace in figure["data"]:
            assert trace.get("texttemplate", "%{text}") == "%{text}"
            assert trace.get("hoverinfo") in ("text", "skip")


def test_no_column_has_a_format_that_is_the_same_in_every_locale(pages: AppTest) -> None:
    for table in pages.dataframe:
        for column in json.loads(table.proto.columns).values():
            kind = column.get("type_config", {})
            if kind.get("type") in ("number", "progress"):
                assert kind["format"] in ("localized", "compact")
