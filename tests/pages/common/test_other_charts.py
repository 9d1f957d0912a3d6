"""Scatter, curve, movers and heat map: every name tame, every point told in words."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go
import pytest

from horde_core.frames.backends import backend_frame, share_matrix
from horde_core.frames.models import category_frame
from horde_core.frames.rankings import movers, pareto_curve
from pages.common import bar_charts, other_charts
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot
from tests.pages.common.test_bar_charts import is_tame

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def texts(figure: go.Figure) -> Iterator[str]:
    """Every string of the figure that a name may be in."""
    yield from figure.layout.yaxis.ticktext or ()
    for annotation in figure.layout.annotations:
        yield annotation.text
    for trace in figure.data:
        for hover in trace.hovertext if trace.hovertext is not None else ():
            yield from [hover] if isinstance(hover, str) else hover


def test_the_scatter_tells_listed_from_unlisted_and_names_its_outliers() -> None:
    figure = other_charts.momentum_scatter(category_frame(snapshot("text")), "requests", [MISTRAL, HTML_NAME])
    assert [trace.name for trace in figure.data if trace.name] == ["In the reference", "Not in the reference"]
    points = next(trace for trace in figure.data if trace.name == "In the reference")
    assert (points.x[0], points.y[0]) == (6_500, 250 * 30)
    assert [note.text for note in figure.layout.annotations] == [
        bar_charts.label(MISTRAL, 24),
        bar_charts.label(HTML_NAME, 24),
    ]
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    assert [text for text in texts(figure) if not is_tame(text)] == []


def test_labels_of_outliers_do_not_cover_each_other() -> None:
    frame = category_frame(snapshot("text"))
    twice = pd.concat([frame, frame.assign(name=frame["name"] + " twin")])
    figure = other_charts.momentum_scatter(twice, "requests", [MISTRAL, f"{MISTRAL} twin"])
    assert len(figure.layout.annotations) == 1


def test_a_scatter_of_nothing_has_axes() -> None:
    assert len(other_charts.momentum_scatter(category_frame(snapshot("text", usage=None)), "requests", []).data) == 1


def test_the_curve_says_each_point_in_words() -> None:
    figure = other_charts.pareto(pareto_curve(category_frame(snapshot("text")), "month"), "requests")
    assert figure.data[0].hovertext[0] == "1 most used name carries<br>92.7 % of all requests"


def test_movers_are_marked_by_form_as_well_as_colour() -> None:
    frame = category_frame(snapshot("image"))
    rising, falling = movers(frame, 5)
    figure = other_charts.movers(rising, falling, "images")
    assert {trace.name: trace.marker.symbol for trace in figure.data} == {
        "Rising": "triangle-right",
        "Falling": "triangle-left",
    }
    assert list(figure.layout.yaxis.ticktext) == ["Retired Model"]
    falls = next(trace for trace in figure.data if trace.name == "Falling")
    assert list(falls.x) == [other_charts.LEAST_MOMENTUM]
    assert list(falls.text) == ["0 x"]


def test_the_heat_map_has_a_row_a_model_and_says_each_share() -> None:
    matrix = share_matrix(backend_frame(snapshot("text")), [MISTRAL, HTML_NAME, FORMULA_NAME], "usage_month")
    figure = other_charts.heat_map(matrix, "requests")
    assert len(figure.layout.yaxis.ticktext) == 3
    assert figure.data[0].z[0] == pytest.approx([5_000 / 65, 1_500 / 65, 0])
    assert figure.data[0].text[1][0] == ""
    assert [text for text in texts(figure) if not is_tame(text)] == []
