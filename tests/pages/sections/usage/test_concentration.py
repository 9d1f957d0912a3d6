"""The curve of how requests pile up: each point in words."""

from horde_core.frames.models import category_frame
from horde_core.frames.usage import pareto_curve
from pages.sections.usage.concentration import pareto
from tests.fixtures.snapshots import snapshot


def test_the_curve_says_each_point_in_words() -> None:
    figure = pareto(pareto_curve(category_frame(snapshot("text")), "month"), "requests")
    assert figure.data[0].hovertext[0] == "1 most used name has<br>92.7 % of all requests"
