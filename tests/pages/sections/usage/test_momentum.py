"""The scatter of momentum: listed and unlisted differ, outliers are named, names are escaped."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go

from horde_core.frames.models import category_frame
from pages.common.chart_frame import label
from pages.sections.usage.momentum import momentum_scatter
from tests.fixtures.horde_bodies import HTML_NAME
from tests.fixtures.snapshots import snapshot
from tests.pages.common.test_chart_frame import is_tame

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
    figure = momentum_scatter(category_frame(snapshot("text")), "requests", [MISTRAL, HTML_NAME])
    assert [trace.name for trace in figure.data if trace.name] == ["In the reference", "Not in the reference"]
    points = next(trace for trace in figure.data if trace.name == "In the reference")
    assert (points.x[0], points.y[0]) == (6_500, 250 * 30)
    assert [note.text for note in figure.layout.annotations] == [
        label(MISTRAL, 24),
        label(HTML_NAME, 24),
    ]
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    assert [text for text in texts(figure) if not is_tame(text)] == []


def test_labels_of_outliers_do_not_cover_each_other() -> None:
    frame = category_frame(snapshot("text"))
    twice = pd.concat([frame, frame.assign(name=frame["name"] + " twin")])
    figure = momentum_scatter(twice, "requests", [MISTRAL, f"{MISTRAL} twin"])
    assert len(figure.layout.annotations) == 1


def test_a_scatter_of_nothing_has_axes() -> None:
    assert len(momentum_scatter(category_frame(snapshot("text", usage=None)), "requests", []).data) == 1
