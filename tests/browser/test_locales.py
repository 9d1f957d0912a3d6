"""Cells, which the browser writes, and texts, which the app writes, use the same signs in every language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from horde_core.numbers import Numbers
from pages.common.words import supported_locale
from tests.fixtures.app_server import AppServer
from tests.fixtures.browser import AppPage

TAGS = (
    "en de fr es it pt nl pl ru uk cs sk hu ro bg el tr sv da nb no fi et lv lt hr sr sl ca he hi id vi th ja ko zh "
    "en-DE en-GB en-IN de-US nl-DE no-NO fr-CA fr-US fr-FR-u-hc-h12 es-MX es-419 pt-BR pt-PT zh-Hant-TW"
)
"""Languages of which every browser has the data."""


def signs(text: str) -> str:
    """A number with one kind of space: which one it is changes with the version of CLDR."""
    return re.sub(r"\s", " ", text)


@pytest.fixture
def written(browser: Browser) -> dict[str, list[str]]:
    tags = TAGS.split()
    with browser.new_context() as context:
        script = "tags => tags.map(tag => [1234, 12345678.5].map(n => new Intl.NumberFormat(tag).format(n)))"
        return dict(zip(tags, context.new_page().evaluate(script, tags), strict=True))


def test_words_and_the_browsers_cells_have_the_same_signs(written: dict[str, list[str]]) -> None:
    ours = {tag: [Numbers.of(supported_locale(tag)).exact(value) for value in (1_234, 12_345_678.5)] for tag in written}
    differ = {
        tag: (ours[tag], written[tag]) for tag in written if [*map(signs, ours[tag])] != [*map(signs, written[tag])]
    }
    assert differ == {}


def test_a_german_page_has_no_figure_in_english(browser: Browser, app_server: AppServer) -> None:
    with browser.new_context(locale="de-DE", timezone_id="Europe/Berlin") as context:
        page = AppPage(context.new_page(), lambda: app_server)
        page.open("/usage?category=Text")
        page.page.wait_for_selector(".bartext")
        texts = page.page.locator(".xtick, .bartext, [data-testid=stMetricValue]").all_text_contents()
    figures = [text.strip() for text in texts if re.search(r"\d", text)]
    assert len(figures) > 20
    assert any("," in text for text in figures)
    assert [text for text in figures if not re.fullmatch(r"\d{1,3}(\.\d{3})*(,\d+)?( %)?", text)] == []
