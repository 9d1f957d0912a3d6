"""Every page in every state: each source alone unavailable, all of it empty, something failing."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest

from pages.page_table import PAGES
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import EMPTY_BODIES
from tests.fixtures.horde_server import HordeServer
from tests.pages.test_pages import chips, figures, notices

TABS = {
    "usage": ("Ranking", "Concentration", "Baseline, size, NSFW", "Momentum", "Unlisted models"),
    "backends": ("Split by model", "Imbalance", "All backends", "Unknown prefixes"),
    "workers": ("Workers", "Bridges", "Concentration"),
    "audit": ("Findings", "Unlisted models", "Uneven backends"),
    "sources": ("State", "Not understood", "Counters", "Formulas", "Glossary", "Thresholds"),
}
EVERY_TAB = [(page.name, tab) for page in PAGES for tab in TABS.get(page.name, ("",))]
SOURCES = (
    "/v2/status/models?type=text",
    "/v2/stats/text/models",
    "/v2/workers",
    "/model_references/v2/text_generation",
    "/v2/status/performance",
    "/v2/stats/img/totals",
    "/v2/status/modes",
)
MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def opened(visit: Visit, page: str, tab: str) -> AppTest:
    filters = {f"{page}_tab": tab} if tab else {"name": MISTRAL} if page == "model" else {}
    return visit(page, "text", **filters)


@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_draws_without_a_complaint(visit: Visit, page: str, tab: str) -> None:
    app = opened(visit, page, tab)
    assert not app.exception
    assert "unavailable" not in notices(app)
    assert app.metric


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_lives_without_any_one_source(
    visit: Visit, horde_server: HordeServer, page: str, tab: str, source: str
) -> None:
    horde_server.answer(source, "{}", status=404)
    app = opened(visit, page, tab)
    assert not app.exception
    assert app.metric or app.info or app.warning


@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_says_so_when_there_is_nothing_to_show(visit: Visit, horde_server: HordeServer, page: str, tab: str) -> None:
    for path, body in EMPTY_BODIES.items():
        horde_server.answer(path, body)
    app = opened(visit, page, tab)
    assert not app.exception
    assert "unavailable" not in chips(app)


@pytest.mark.parametrize("page", ["overview", "workers"])
def test_what_is_unavailable_reads_na_and_never_0(visit: Visit, horde_server: HordeServer, page: str) -> None:
    horde_server.answer("/v2/status/performance" if page == "overview" else "/v2/workers", "{}", status=404)
    assert set(figures(visit(page)).values()) == {"n/a"}


def test_maintenance_and_invite_only_mode_are_told(visit: Visit, horde_server: HordeServer) -> None:
    assert "maintenance" not in notices(visit("overview"))
    horde_server.answer("/v2/status/modes", {"maintenance_mode": True, "invite_only_mode": True})
    app = visit("overview")
    app.button(key="refresh").click().run()
    app.run()
    assert "it takes no new requests now" in notices(app)
    assert "new workers need an invitation" in notices(app)


def test_a_model_is_found_by_a_name_that_workers_send_and_its_page_says_how(visit: Visit) -> None:
    app = visit("model", name="koboldcpp/Mistral-7B-Instruct-v0.3")
    assert MISTRAL in [text.value for text in app.text]
    assert figures(app)["Requests, 30 days"] == "6,500"
    assert figures(app)["Threads"] == "4"
    assert any("behind a backend" in caption.value for caption in app.caption)
    backends = app.dataframe[2].value.set_index("backend")
    assert backends["usage_month"].to_dict() == {"aphrodite": 5_000, "koboldcpp": 1_500}


def test_models_stand_side_by_side_also_over_categories(visit: Visit) -> None:
    app = visit("model", name=["Deliberate", MISTRAL, "no such model"])
    table = app.dataframe[0].value
    assert list(table.columns) == ["fact", "model 1", "model 2"]
    facts = table.set_index("fact")
    assert list(facts.loc["Category"]) == ["image", "text"]
    assert "6,500 requests" in facts.loc["Requests, 30 days", "model 2"]
    assert "no such model" in [text.value for text in app.text]


def test_filters_of_workers_compose(visit: Visit) -> None:
    app = visit("workers")
    assert len(app.dataframe[0].value) == 4
    app.multiselect(key="type").set_value(["text"]).run()
    assert set(app.dataframe[0].value["name"]) == {"scribe", "printing press"}
    app.text_input(key="serves").set_value("cydonia").run()
    assert list(app.dataframe[0].value["name"]) == ["scribe"]
    app.multiselect(key="capability").set_value(["lora"]).run()
    assert "No worker matches" in notices(app)


def broken_page() -> None:
    from pages.common.failure import page_failed

    page_failed(RuntimeError("a secret of the house"))


def test_a_page_that_fails_shows_a_number_and_the_log_has_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        app = AppTest.from_function(broken_page).run()
    (shown,) = [error.value for error in app.error]
    assert "secret" not in shown
    number = shown.removesuffix(".").split()[-1]
    assert f"number={number}" in caplog.text
    assert "a secret of the house" in caplog.text


@pytest.mark.parametrize(
    ("page", "tab"),
    [(page, tab) for page, tab in EVERY_TAB if page in ("overview", "usage", "queue", "backends", "audit")],
)
def test_every_chart_has_its_rows_as_a_table(visit: Visit, page: str, tab: str) -> None:
    app = opened(visit, page, tab)
    charts = len(app.get("plotly_chart"))
    assert len([folded for folded in app.expander if folded.label == "As a table"]) == charts
