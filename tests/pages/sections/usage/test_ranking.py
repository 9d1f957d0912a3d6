"""The bars of the most used models: shares with figures in words, unlisted names in grey."""

from __future__ import annotations

import pytest

from horde_core.frames.models import category_frame
from horde_core.frames.usage import leading_rows
from pages.common.chart_frame import PALETTE, UNLISTED_COLOUR
from pages.sections.usage.ranking import usage_bars
from tests.fixtures.horde_bodies import HTML_NAME
from tests.fixtures.snapshots import snapshot
from tests.pages.common.test_bars import texts
from tests.pages.common.test_chart_frame import is_tame

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def test_bars_are_shares_with_figures_in_words() -> None:
    leaders = leading_rows(category_frame(snapshot("text")), "usage_month", 3)
    figure = usage_bars(leaders, "month", "requests")
    (bars,) = figure.data
    assert list(bars.x) == pytest.approx([100 * 6_500 / 7_010, 100 * 400 / 7_010, 100 * 100 / 7_010])
    assert list(bars.text) == ["92.7 %", "5.7 %", "1.4 %"]
    assert bars.hovertext[0] == f"{MISTRAL}<br>6,500 requests, 92.7 % of all"
    assert bars.hovertext[2].endswith("<br>not in the reference")
    assert list(bars.marker.color) == [PALETTE[0], PALETTE[0], UNLISTED_COLOUR]


def test_hostile_names_are_tame_everywhere() -> None:
    leaders = leading_rows(category_frame(snapshot("text")), "usage_total", 10)
    assert {HTML_NAME, ""} <= set(leaders["name"])
    figure = usage_bars(leaders, "total", "requests")
    assert [text for text in texts(figure) if not is_tame(text)] == []
