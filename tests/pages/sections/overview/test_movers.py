"""What rises and falls most: told by form as well as colour."""

from horde_core.frames.models import category_frame
from horde_core.frames.usage import movers
from pages.sections.overview.movers import LEAST_MOMENTUM, figure_of
from tests.fixtures.snapshots import snapshot


def test_movers_are_marked_by_form_as_well_as_colour() -> None:
    frame = category_frame(snapshot("image"))
    rising, falling = movers(frame, 5)
    figure = figure_of(rising, falling, "images")
    assert {trace.name: trace.marker.symbol for trace in figure.data} == {
        "Rising": "triangle-right",
        "Falling": "triangle-left",
    }
    assert list(figure.layout.yaxis.ticktext) == ["Retired Model"]
    falls = next(trace for trace in figure.data if trace.name == "Falling")
    assert list(falls.x) == [LEAST_MOMENTUM]
    assert list(falls.text) == ["0 x"]
