"""Every page in every state: each source alone unavailable, all of it empty, something failing."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.page_table import PAGES
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import EMPTY_BODIES, PERFORMANCE
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.screen import texts
from tests.pages.test_pages import SettingsOf, UseHorde, chips, figures, notices

TABS = {
    "usage": ("Ranking", "Concentration", "Baseline, size, NSFW", "Momentum", "Unlisted models"),
    "backends": ("Split by model", "Imbalance", "All backends", "Unknown prefixes"),
    "workers": ("Workers", "Bridges", "Concentration"),
    "audit": ("Findings", "Unlisted models", "Uneven backends"),
    "sources": ("State", "Not understood", "Counters", "Formulas", "Glossary", "Thresholds"),
}
EVERY_TAB = [(page.name, tab) for page in PAGES for tab in TABS.get(page.name, ("",))]
QUEUE, USAGE, WORKERS = "/v2/status/models?type=text", "/v2/stats/text/models", "/v2/workers"
REFERENCE, NETWORK = "/model_references/v2/text_generation", "/v2/status/performance"
AWAY = {
    "queue": (QUEUE,),
    "usage": (USAGE,),
    "workers": (WORKERS,),
    "reference": (REFERENCE,),
    "network": (NETWORK,),
    "totals": ("/v2/stats/img/totals",),
    "modes": ("/v2/status/modes",),
    "all but the reference": (QUEUE, USAGE, WORKERS, NETWORK),
    "all but the usage": (QUEUE, REFERENCE, WORKERS, NETWORK),
    "queue, empty": (QUEUE,),
    "usage, empty": (USAGE,),
    "workers, empty": (WORKERS,),
}
"""Sources that do not answer, or hold nothing although others say that there is something."""

EMPTY = {QUEUE: [], USAGE: {"day": {}, "month": {}, "total": {}}, WORKERS: []}

NONE = re.compile(r"\b(no|none|nobody|nothing|never|zero)\b|(?<![\d.,:])0(?![\d.,])", re.IGNORECASE)
"""What says that there is none of something."""

TRUE_ALL_THE_SAME = re.compile(
    r"so there may be more\.$"
    r"|^Unknown now"  # names findings, such as "never used"
    r"|^No workers · n/a$"
    r"|^Nothing was found in what is known\.$"
    r"|^Models by finding and severity:\n"  # names findings, too
    r"|\bis known to be a deletion candidate\.$"
    r"|^:\w+-badge\["  # ages
    r"|Last refresh: The server sent nothing on \w+ models, although"
    r"|The last answer for [\w ]+ is not believed: "
    r"|^\d+ threads, n/a in maintenance$"  # the network's own counts
)

RESTS_ON = {
    "queue": ("queued", "jobs", "queue_share", "drain_time", "demand_ratio"),
    "usage": ("usage_day", "usage_month", "usage_total", "share", "rank", "momentum"),
    "workers": ("workers",),
}
"""Columns of tables by the source that they rest on."""

USUAL: dict[tuple[str, str], set[str]] = {}
"""What is on a page while every source answers."""

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


VisitWithout = Callable[[str, str, str], AppTest]


def opened(visit: Visit, page: str, tab: str) -> AppTest:
    filters = {f"{page}_tab": tab} if tab else {"name": MISTRAL} if page == "model" else {}
    return visit(page, "text", models_of="Text", **filters)


@pytest.fixture
def visit_without(
    visit: Visit, use_horde: UseHorde, settings_of: SettingsOf, horde_server: HordeServer
) -> VisitWithout:
    """Give a function that opens a page and tab while some sources are away."""

    def open_page(page: str, tab: str, away: str) -> AppTest:
        if (page, tab) not in USUAL:
            USUAL[page, tab] = set(texts(opened(visit, page, tab)))
        for path in AWAY[away]:
            if away.endswith("empty"):
                horde_server.answer(path, EMPTY[path])
            else:
                horde_server.answer(path, "{}", status=404)
        use_horde(settings_of())
        app = opened(visit, page, tab)
        assert not app.exception
        return app

    return open_page


def zeros(app: AppTest, columns: tuple[str, ...]) -> list[str]:
    """The columns of these that have a 0 in any table of the page."""
    shown = [(column, table.value[column]) for table in app.dataframe for column in table.value if column in columns]
    return [column for column, cells in shown if (cells.dropna() == 0).any()]


@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_draws_without_a_complaint(visit: Visit, page: str, tab: str) -> None:
    app = opened(visit, page, tab)
    assert not app.exception
    assert "unavailable" not in notices(app)
    assert app.metric


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_lives_without_a_source_and_tells_nothing_unknown_as_none(
    visit_without: VisitWithout, page: str, tab: str, away: str
) -> None:
    app = visit_without(page, tab, away)
    assert app.metric or app.info or app.warning
    new = [text for text in texts(app) if text not in USUAL[page, tab]]
    assert [text for text in new if NONE.search(text) and not TRUE_ALL_THE_SAME.search(text)] == []
    assert zeros(app, RESTS_ON.get(away.removesuffix(", empty"), ())) == []


@pytest.mark.parametrize(("page", "tab"), EVERY_TAB)
def test_it_says_so_when_there_is_nothing_to_show(visit: Visit, horde_server: HordeServer, page: str, tab: str) -> None:
    for path, body in EMPTY_BODIES.items():
        horde_server.answer(path, body)
    app = opened(visit, page, tab)
    assert not app.exception
    assert "unavailable" not in chips(app)


@pytest.mark.parametrize("page", ["overview", "workers"])
def test_what_is_unavailable_reads_na_and_never_0(visit: Visit, horde_server: HordeServer, page: str) -> None:
    for path in (NETWORK, WORKERS):
        horde_server.answer(path, "{}", status=404)
    assert set(figures(visit(page)).values()) == {"n/a"}


@pytest.mark.parametrize(("away", "source"), [("", "the list of workers"), (WORKERS, "own counts"), (NETWORK, "list")])
def test_workers_are_one_figure_with_one_source_on_every_page(
    visit: Visit, horde_server: HordeServer, away: str, source: str
) -> None:
    horde_server.answer(NETWORK, {**PERFORMANCE, "worker_count": 62, "thread_count": 70})
    if away:
        horde_server.answer(away, "{}", status=404)
    overview, workers = visit("overview"), visit("workers")
    expected = "62" if away == WORKERS else "2"
    assert next(metric.value for metric in overview.metric if metric.label == "Workers") == expected
    assert next(metric.value for metric in workers.metric if metric.label == "Image workers") == expected
    for app in (overview, workers):
        told = [caption.value for caption in app.caption if "in maintenance included: from" in caption.value]
        assert len(told) == 1
        assert source in told[0]


QUEUE_GONE = {name: 0 if name.startswith("queued_") else figure for name, figure in PERFORMANCE.items()}
DOUBTED = [
    ("status:text", "/v2/status/models?type=text", [], "text queue", "sent nothing on text models, although"),
    ("workers", WORKERS, [], "workers", "sent nothing on image models, although"),
    ("usage:text", "/v2/stats/text/models", {"day": {}, "month": {}, "total": {}}, "text usage", "sent nothing on"),
    ("performance", NETWORK, QUEUE_GONE, "network", "counts no work queued, although"),
]


@pytest.mark.parametrize("is_cold", [True, False])
@pytest.mark.parametrize(("key", "path", "body", "named", "reason"), DOUBTED)
def test_a_notice_says_why_a_last_answer_is_not_believed(
    visit: Visit, use_horde: UseHorde, settings_of: SettingsOf, horde_server: HordeServer,
    is_cold: bool, key: str, path: str, body: object, named: str, reason: str,
) -> None:  # fmt: skip
    integration = use_horde(settings_of(api_cache_ttl=0.2))
    if not is_cold:
        assert "not believed" not in notices(visit("overview"))
    horde_server.answer(path, body)
    (source,) = [source for source in integration.all_sources() if source.key == key]
    wait_until(lambda: integration.read([source])[0].is_suspicious, "the answer is doubted")
    told = notices(visit("overview"))
    assert ("unavailable" if is_cold else "could not be refreshed") in told
    assert f"The last answer for {named} is not believed: the server {reason}" in told


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
