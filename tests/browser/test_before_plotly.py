"""What a visitor reads while Plotly, the largest file of a page, is still on its way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FloatRect, Locator, Route, expect

from tests.browser.test_dashboard import CHART
from tests.fixtures.browser import AppPage

CARD = "[data-testid=stVerticalBlock]:has(> .stPrintGraphic)"
WORDS = "[data-testid=stText]"
NAMED_FIGURE = re.compile(r".+ \d.*[;.]$", re.MULTILINE)


def box(part: Locator) -> FloatRect:
    found = part.bounding_box()
    assert found, "it is on the page"
    return found


def bottom(part: Locator) -> float:
    return box(part)["y"] + box(part)["height"]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/", "/usage", "/queue", "/backends", "/audit"])
def test_charts_stand_there_in_words_until_they_are_drawn_in_the_same_place(
    page: AppPage, path: str, width: int
) -> None:
    held: list[Route] = []
    page.page.route("**/PlotlyChart.*", lambda route: held.append(route))
    page.page.set_viewport_size({"width": width, "height": 900})
    page.open(path)
    card = page.page.locator(CARD).first
    words = card.locator(WORDS)
    expect(words).to_be_visible()
    assert NAMED_FIGURE.search(words.inner_text()), words.inner_text()
    height = box(card)["height"]
    assert bottom(words) < bottom(card)
    expect(page.page.locator(CHART)).to_have_count(0)
    for one in held:
        one.continue_()
    expect(card.locator(CHART).first).to_be_visible()
    expect(words).to_be_hidden()
    assert box(card)["height"] == pytest.approx(height, abs=2)
    assert page.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_headline_figures_and_tables_do_not_wait_for_it(page: AppPage, scheme: str) -> None:
    page.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.page.route("**/PlotlyChart.*", lambda _route: None)
    page.open("/usage")
    expect(page.page.locator("[data-testid=stMetricValue]").first).to_have_text(re.compile(r"\d"))
    expect(page.page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    expect(page.page.locator(WORDS).first).to_be_visible()
