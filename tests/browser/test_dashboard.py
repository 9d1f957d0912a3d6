"""What only a real browser shows: that pages draw, that links carry filters, that ages move."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from pages.page_table import PAGES
from tests.fixtures.app_server import StartApp
from tests.fixtures.browser import AppPage
from tests.fixtures.horde_bodies import HTML_NAME
from tests.fixtures.horde_server import HordeServer

DRAWS_NO_CHART = ("Workers", "Model", "Sources")
SHOWS_NO_TABLE = ("Backends", "Model", "Trends")
CHART = "[data-testid=stPlotlyChart] .main-svg"
TABLE = "[data-testid=stDataFrame] canvas"


def rows_shown(page: AppPage) -> int:
    """How many rows the table is said to have."""
    caption = page.page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ (models?|names?)"))
    return int((caption.first.inner_text()).split()[0].replace(",", ""))


def age_in(chip: Locator) -> int:
    """The age that a chip shows, in seconds."""
    found = re.search(r"· (\d+) s", chip.inner_text())
    assert found, chip.inner_text()
    return int(found[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_open_and_draw_without_a_problem(page: AppPage, scheme: str, width: int) -> None:
    page.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.page.set_viewport_size({"width": width, "height": 900})
    page.open()
    for spec in PAGES:  # test_every_page opens each by its address
        page.turn_to(spec.path)
        expect(page.page.get_by_role("heading", name=spec.title, exact=True).first).to_be_visible()
        page.wait_until_idle()
        if spec.title not in DRAWS_NO_CHART:
            expect(page.page.locator(CHART).first).to_be_visible()
        if spec.title not in SHOWS_NO_TABLE:
            expect(page.page.locator(TABLE).first).to_be_attached()
        expect(page.page.get_by_text("Simulated Horde")).to_be_visible()
        assert not page.page.locator("[data-testid=stException]").count()
        overflow = page.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{spec.title} scrolls sideways by {overflow} pixels"
    assert page.problems == []


def test_a_filter_narrows_the_table_and_its_link_brings_the_same_view_back(page: AppPage) -> None:
    page.open("/audit")
    everything = rows_shown(page)
    page.page.get_by_role("button", name="Unserved queue · ").click()
    expect(page.page.get_by_text("work is queued and no thread serves it", exact=False).first).to_be_visible()
    page.wait_until_idle()
    narrowed = rows_shown(page)
    assert 0 < narrowed < everything
    assert "preset=unserved_queue" in page.page.url
    page.open(page.page.url)
    assert rows_shown(page) == narrowed


def test_refresh_makes_the_age_on_screen_young_again(
    page: AppPage, start_app: StartApp, horde_server: HordeServer
) -> None:
    app = start_app(**horde_server.environment)
    page.open("/queue", app)
    chip = page.page.get_by_text(re.compile(r"Queue · \d+ s")).first
    wait_for(page, lambda: age_in(chip) >= 5)
    page.page.get_by_role("button", name="Refresh").click()
    expect(page.page.get_by_text(re.compile("^Refresh: "))).to_be_visible()
    wait_for(page, lambda: age_in(chip) < 5)
    assert horde_server.requests["/v2/status/models?type=image"] == 2
    assert page.problems == []


def test_a_hostile_name_is_text_on_screen(page: AppPage, start_app: StartApp, horde_server: HordeServer) -> None:
    app = start_app(**horde_server.environment)
    page.open("/queue?category=Text", app)
    expect(page.page.locator(CHART).first).to_be_visible()
    label = " ".join(HTML_NAME.split())[:20]
    expect(page.page.locator(CHART).get_by_text(label, exact=False).first).to_be_visible()
    assert page.page.locator("p[style='color: red'], p[style='color:red']").count() == 0
    assert page.problems == []


def wait_for(page: AppPage, condition: Callable[[], bool]) -> None:
    """Wait until something holds, as the page changes; fail after half a minute."""
    for _ in range(300):
        if condition():
            return
        page.page.wait_for_timeout(100)
    raise AssertionError("it did not come to hold in time")
