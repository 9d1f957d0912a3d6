"""Each page in a real browser: it draws, its filters work, its link brings the view back, everybody can use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from pages.page_table import PAGES
from tests.browser.test_dashboard import CHART, TABLE
from tests.fixtures.app_server import AppServer
from tests.fixtures.browser import AppPage

CHOICES = "[data-testid=stButtonGroup], [role=tablist]"
SERIOUS = ("serious", "critical")

# Streamlit writes white on the accent colour in chosen words, whatever the accent is; in the dark theme that is 3.8:1.
STREAMLITS_OWN_CONTRAST = re.compile(r"<span title=")


class Subject(NamedTuple):
    """A page, and one thing to choose on it: what is clicked, and what the link then says."""

    path: str
    title: str
    click: str
    parameter: str
    shows: str


SUBJECTS = (
    Subject("/usage", "Usage", "All time", "period=All", "all time"),
    Subject("/usage?category=Text", "Usage", "By family", "group=By", "A family is the group"),
    Subject("/queue", "Queue", "Most demand for its supply", "order=Most", "Most demand for its supply first"),
    Subject(
        "/backends?backends_tab=Imbalance",
        "Backends",
        "On a single backend",
        "balance_rows=On+a+single",
        "on a single backend.",
    ),
    Subject("/workers?workers_tab=Concentration", "Workers", "With none", "supply_rows=With+none", "with none."),
    Subject("/audit?category=Text", "Audit", "By family", "group=By", "families. No filter is set."),
    Subject("/sources", "Sources", "Glossary", "sources_tab=Glossary", "words."),
)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.path)
def test_a_choice_is_drawn_is_in_the_link_and_the_link_brings_it_back(page: AppPage, subject: Subject) -> None:
    page.open(subject.path)
    page.page.locator(CHOICES).get_by_text(subject.click, exact=True).first.click()
    expect(page.page.get_by_text(subject.shows).first).to_be_visible()
    page.wait_until_idle()
    assert subject.parameter in page.page.url
    page.open(page.page.url)
    expect(page.page.get_by_role("heading", name=subject.title, exact=True).first).to_be_visible()
    expect(page.page.get_by_text(subject.shows).first).to_be_visible()
    assert page.problems == []


def violations(page: AppPage) -> list[str]:
    """What axe finds serious, one line a place."""
    response: dict[str, Any] = Axe().run(page.page).response
    return [
        f"{violation['id']}: {node['html']}"
        for violation in response["violations"]
        for node in violation["nodes"]
        if violation["impact"] in SERIOUS
        and not (violation["id"] == "color-contrast" and STREAMLITS_OWN_CONTRAST.match(node["html"]))
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(page: AppPage, scheme: Any) -> None:
    page.page.emulate_media(color_scheme=scheme)
    found = {}
    for path in (
        *(one.path for one in PAGES),
        f"/model?name={some_model(page)}",
        "/usage?category=Text&usage_tab=Momentum",
    ):
        page.open(path)
        expect(page.page.get_by_role("heading").first).to_be_visible()
        found[path] = violations(page)
    assert {path: places for path, places in found.items() if places} == {}
    assert page.problems == []


def some_model(page: AppPage) -> str:
    """A name of the simulated reference, from the file of the audit."""
    page.open("/audit")
    rows = downloaded(page, "JSON")["rows"]
    return str(rows[0]["name"])


def downloaded(page: AppPage, kind: str) -> dict[str, Any]:
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=kind).click()
    content: dict[str, Any] = json.loads(Path(download.value.path()).read_bytes())
    return content


def test_a_download_holds_what_is_shown_and_says_where_it_is_from(page: AppPage) -> None:
    page.open("/queue?queue_rows=Queue%2C+no+threads")
    file = downloaded(page, "JSON")
    assert file["about"]["source"] == "simulated Horde, made-up figures"
    assert file["about"]["filters"] == "queue, no threads"
    shown = page.page.get_by_text(re.compile(r"^\d+ of [\d,]+ names: queue, no threads")).inner_text()
    assert len(file["rows"]) == int(shown.split()[0]) > 0
    assert {row["threads"] for row in file["rows"]} == {0}


def test_a_model_has_a_page_of_its_own_and_up_to_four_stand_side_by_side(page: AppPage) -> None:
    page.open("/audit")
    names = [str(row["name"]) for row in downloaded(page, "JSON")["rows"][:3]]
    page.open(f"/model?name={names[0]}")
    expect(page.page.get_by_text("In the reference").first).to_be_visible()
    expect(page.page.get_by_text("Findings of the audit").first).to_be_visible()
    page.open("/model?" + "&".join(f"name={name}" for name in names))
    expect(page.page.locator(CHART).first).to_be_visible()
    for name in names:
        expect(page.page.locator(CHART).get_by_text(name[:20]).first).to_be_visible()
    page.open("/model?name=no+such+model")
    expect(page.page.get_by_text("No model of the reference and no name")).to_be_visible()
    assert page.problems == []


def test_clearing_the_filters_of_a_link_shows_everything_again(page: AppPage) -> None:
    page.open("/usage?usage_name=no+such+name&usage_rows=Listed")
    expect(page.page.get_by_text("No name matches.")).to_be_visible()
    page.page.get_by_role("button", name="Clear all filters").click()
    expect(page.page.get_by_text(re.compile(r"^\d+ of [\d,]+ names: in use"))).to_be_visible()
    expect(page.page.locator(TABLE).first).to_be_attached()


def test_a_range_typed_into_a_table_narrows_it_and_is_in_the_link(page: AppPage) -> None:
    page.open("/usage")
    page.page.get_by_role("button", name="Ranges").click()
    field = page.page.get_by_label("Threads from")
    field.fill("2")
    field.press("Enter")
    expect(page.page.get_by_text("Threads from 2")).to_be_visible()
    page.wait_until_idle()
    assert "usage_threads_from=2" in page.page.url


def test_paused_the_page_says_so_and_goes_on_when_it_may(page: AppPage) -> None:
    page.open("/queue")
    pause = page.page.locator("[data-testid=stCheckbox]").get_by_text("Pause")
    pause.click()
    expect(page.page.get_by_text(re.compile(r"^.*Queue · .* · paused$")).first).to_be_visible()
    pause.click()
    expect(page.page.get_by_text("· paused")).to_have_count(0)
    assert page.problems == []


CONTROLS = (
    ("link", "Usage"),
    ("button", "Refresh"),
    ("textbox", "Search names"),
    ("button", "Ranges"),
    ("button", "Columns"),
    ("button", "CSV"),
    ("button", "JSON"),
    ("tab", "Ranking"),
)


def test_the_keyboard_reaches_every_control(page: AppPage) -> None:
    page.open("/usage")
    reached: list[str] = []
    for _ in range(70):
        page.page.keyboard.press("Tab")
        reached.append(
            page.page.evaluate("document.activeElement.outerHTML.slice(0, 400) + document.activeElement.innerText")
        )
    for _role, name in CONTROLS:
        assert any(name in text for text in reached), f"{name} is not reached by the keyboard"
    for choice in ("Image", "30 days", "Top 20", "In use"):
        assert any(choice in text for text in reached), f"{choice} is not reached by the keyboard"


def test_a_choice_is_made_with_the_keyboard_alone(page: AppPage) -> None:
    page.open("/usage")
    choice: Locator = page.page.get_by_role("radio", name="All time").or_(
        page.page.get_by_role("button", name="All time", exact=True)
    )
    choice.first.focus()
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Space")
    expect(page.page.get_by_text("Images, all time")).to_be_visible()


def test_figures_are_written_in_the_visitors_locale(browser: Browser, app_server: AppServer) -> None:
    with browser.new_context(locale="de-DE", timezone_id="Europe/Berlin") as context:
        page = AppPage(context.new_page(), lambda: app_server)
        page.open("/usage")
        figure = page.page.locator("[data-testid=stMetricValue]").first.inner_text()
    assert re.fullmatch(r"\d{1,3}(\.\d{3})+", figure.strip()), figure


def test_what_was_chosen_on_one_page_means_nothing_on_another(page: AppPage) -> None:
    page.open("/usage?usage_rows=Listed&usage_tab=Ranking")
    expect(page.page.get_by_text(re.compile("names: listed"))).to_be_visible()
    for title in ("Queue", "Backends", "Workers", "Sources"):
        page.page.get_by_role("link", name=title, exact=True).click()
        expect(page.page.get_by_role("heading", name=title, exact=True).first).to_be_visible()
        page.wait_until_idle()
        assert "usage" not in page.page.url.partition("?")[2]
    page.page.get_by_role("link", name="Usage", exact=True).click()
    expect(page.page.get_by_role("heading", name="Usage", exact=True).first).to_be_visible()
    assert page.problems == []


def test_a_row_leads_to_the_page_of_its_model(page: AppPage) -> None:
    page.page.set_viewport_size({"width": 1440, "height": 2400})
    page.open("/queue")
    expect(page.page.locator(TABLE).first).to_be_attached()
    first = str(downloaded(page, "JSON")["rows"][0]["name"])
    box = page.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    assert box is not None
    across, down = box["x"] + 240 + 22, box["y"] + 36 + 18  # behind the name, in the first row
    page.page.mouse.move(across - 4, down)
    page.page.mouse.move(across, down)
    with page.page.context.expect_page() as opened:
        page.page.mouse.down()
        page.page.mouse.up()
    opened.value.wait_for_selector("[data-testid=stText]")
    assert opened.value.locator("[data-testid=stText]").first.inner_text() == first
