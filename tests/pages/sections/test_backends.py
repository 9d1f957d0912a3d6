"""The heat map of models and backends: a row a model, each share in words, names escaped."""

import pytest

from horde_core.frames.backends import backend_frame, share_matrix
from pages.sections.backends import heat_map
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.snapshots import snapshot
from tests.pages.common.test_chart_frame import is_tame
from tests.pages.sections.usage.test_momentum import MISTRAL, texts


def test_the_heat_map_has_a_row_a_model_and_says_each_share() -> None:
    matrix = share_matrix(backend_frame(snapshot("text")), [MISTRAL, HTML_NAME, FORMULA_NAME], "usage_month")
    figure = heat_map(matrix, "requests")
    assert len(figure.layout.yaxis.ticktext) == 3
    assert figure.data[0].z[0] == pytest.approx([5_000 / 65, 1_500 / 65, 0])
    assert figure.data[0].text[1][0] == ""
    assert [text for text in texts(figure) if not is_tame(text)] == []
