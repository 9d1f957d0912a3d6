"""The pages as a visitor meets them: fresh, stale, unavailable, unreachable, empty."""

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from horde_core import HordeAPIIntegration, Settings
from pages.page_table import PAGES
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME, IMAGE_USAGE, TEXT_USAGE, usage
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until

OF_MODELS = tuple(page.name for page in PAGES if page.name not in ("model", "trends", "sources"))
"""Pages with figures of a whole category, whatever is chosen on them."""

CATEGORIES = ("image", "text")
PERIOD_LABELS = {"day": "Day", "month": "30 days", "total": "All time"}

UseHorde = Callable[[Settings], HordeAPIIntegration]
SettingsOf = Callable[..., Settings]


def figures(app: AppTest) -> dict[str, str]:
    """The headline figures by label."""
    assert not app.exception, app.exception
    return {metric.label: metric.value for metric in app.metric}


def chips(app: AppTest) -> str:
    return " ".join(markdown.value for markdown in app.markdown if "-badge[" in markdown.value)


def notices(app: AppTest) -> str:
    return " ".join(str(notice.value) for notice in [*app.warning, *app.info, *app.subheader])


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("page", OF_MODELS)
def test_every_page_opens_and_draws_in_each_category(visit: Visit, page: str, category: str) -> None:
    app = visit(page, category)
    assert len(figures(app)) >= 4
    assert len(app.get("plotly_chart")) + len(app.dataframe) >= (1 if page == "workers" else 2)
    assert "unavailable" not in chips(app)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("page", OF_MODELS)
def test_every_page_says_so_when_the_figures_are_simulated(visit_simulation: Visit, page: str, category: str) -> None:
    app = visit_simulation(page, category)
    assert len(figures(app)) >= 4
    assert "Simulated Horde" in notices(app)


@pytest.mark.parametrize("period", ["day", "month", "total"])
@pytest.mark.parametrize(("category", "usage"), [("image", IMAGE_USAGE), ("text", TEXT_USAGE)])
def test_usage_shown_listed_plus_unlisted_is_the_sum_of_the_map(
    visit: Visit, category: str, usage: dict[str, dict[str, int]], period: str
) -> None:
    app = visit("usage", category)
    app.get_by_key("period").set_value(period).run()
    app.get_by_key("usage_rows").set_value("all").run()
    shown = figures(app)
    expected = sum(usage[period].values())
    total = next(value for label, value in shown.items() if label.endswith(PERIOD_LABELS[period].lower()))
    table = app.dataframe[0].value
    parts = [caption.value for caption in app.caption if caption.value.endswith(("images", "requests"))]
    listed, unlisted = (number(part.split()[0]) for part in parts[:2])
    assert number(total) == expected
    assert listed + unlisted == expected
    assert table[f"usage_{period}"].sum() == expected
    # Each share is sent with the decimals that it is written with, at least one.
    assert table["share"].sum() == pytest.approx(100, abs=0.05 * len(table))


def test_usage_says_how_few_names_carry_half_of_it(visit: Visit, horde_server: HordeServer) -> None:
    counts = {"first": 40, "second": 30, "third": 20, "fourth": 10}
    horde_server.answer("/v2/stats/img/models", dict.fromkeys(PERIOD_LABELS, counts))
    captions = [caption.value for caption in visit("usage", "image").caption]
    assert "of all images; half go to 2 names" in captions


def test_without_the_usage_nothing_is_said_of_half_of_it(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/stats/text/models", "{}", status=404)
    assert not any("half go to" in caption.value for caption in visit("usage", "text").caption)


def test_two_quantisations_and_backends_of_a_model_are_one_row(visit: Visit) -> None:
    table = visit("usage", "text").dataframe[0].value.set_index("name")
    assert table.loc["mistralai/Mistral-7B-Instruct-v0.3", "usage_month"] == 6_500
    assert table.loc["TheDrummer/Cydonia-24B-v4.1", "usage_month"] == 400


@pytest.mark.parametrize(
    ("path", "page", "unknown"),
    [
        ("/v2/stats/text/models", "usage", ["Requests, 30 days", "Listed models", "Unlisted models", "Top 10"]),
        ("/v2/status/models?type=text", "queue", ["Work queued", "Jobs", "Threads offered", "Without threads"]),
        ("/v2/stats/text/models", "backends", ["Largest by requests", "On several backends", "Uneven"]),
        ("/model_references/v2/text_generation", "usage", ["Listed models", "Unlisted models", "Listed models in use"]),
    ],
)
def test_figures_of_an_unavailable_source_read_na_and_never_0(
    visit: Visit, horde_server: HordeServer, path: str, page: str, unknown: list[str]
) -> None:
    horde_server.answer(path, "{}", status=404)
    app = visit(page, "text")
    shown = figures(app)
    assert [shown[label] for label in unknown] == ["n/a"] * len(unknown)
    assert "unavailable" in chips(app)
    assert "unavailable" in notices(app)


def test_with_usage_unavailable_the_audit_finds_nothing_that_rests_on_it(
    visit: Visit, horde_server: HordeServer
) -> None:
    horde_server.answer("/v2/stats/img/models", "{}", status=404)
    app = visit("audit", "image")
    found = {finding for findings in app.dataframe[0].value["findings"] for finding in findings}
    assert figures(app)["Critical"] == "n/a"
    assert figures(app)["Nothing found"] == "n/a"
    assert not found & {"unused for a day", "unused for 30 days", "never used", "low usage"}
    assert "Unknown now" in notices(app)
    assert "unused for 30 days" in notices(app)


def test_without_a_reference_the_audit_says_that_it_is_unknown_what_there_is_to_audit(
    visit: Visit, horde_server: HordeServer
) -> None:
    horde_server.answer("/model_references/v2/image_generation", "{}", status=404)
    app = visit("audit", "image")
    assert not app.exception
    assert "it is unknown what there is to audit" in notices(app)


@pytest.mark.parametrize("page", OF_MODELS)
def test_when_the_api_dies_every_page_works_on_its_last_data_and_says_how_old_it_is(
    use_horde: UseHorde, settings_of: SettingsOf, visit: Visit, horde_server: HordeServer, page: str
) -> None:
    integration = use_horde(settings_of(api_cache_ttl=0.2, reference_cache_ttl=0.2))
    before = figures(visit(page, "text"))
    horde_server.stop()
    everything = integration.all_sources()
    wait_until(lambda: all(reading.error for reading in integration.read(everything)), "each source has failed")
    app = visit(page, "text")
    assert figures(app) == before
    assert "Queue · stale" in chips(app)
    assert "could not be refreshed" in notices(app)
    horde_server.start()
    wait_until(lambda: not any(reading.error for reading in integration.read(everything)), "each has healed")
    assert "stale" not in chips(visit(page, "text"))


def test_with_nothing_reachable_one_sentence_a_retry_and_the_simulated_horde(
    visit: Visit, horde_server: HordeServer
) -> None:
    horde_server.stop()
    started = time.monotonic()
    app = visit("usage", "image")
    assert time.monotonic() - started < 8
    assert "AI Horde cannot be reached" in notices(app)
    assert not app.metric
    app.button(key="open_simulation").click().run()
    assert "Simulated Horde" in notices(app)
    assert figures(app)
    app.button(key="close_simulation").click().run()
    assert "AI Horde cannot be reached" in notices(app)
    horde_server.start()
    app.button(key="retry").click().run()
    assert figures(app)["Images, 30 days"] == "4,300"


def test_the_simulation_is_one_visitors_own(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.stop()
    visit().button(key="open_simulation").click().run()
    assert "AI Horde cannot be reached" in notices(visit())


def test_upstream_is_asked_once_a_source_and_ttl_whatever_the_visitors_and_reruns(
    visit: Visit, horde_server: HordeServer
) -> None:
    for _ in range(3):
        for page in OF_MODELS:
            app = visit(page, "text")
            app.run()
            app.run()
    assert len(horde_server.requests) == 11
    assert set(horde_server.requests.values()) == {1}


def test_refresh_reloads_says_what_came_of_it_and_is_refused_again_at_once(
    visit: Visit, horde_server: HordeServer
) -> None:
    app = visit("queue", "image")
    horde_server.answer("/v2/status/models?type=image", [])
    horde_server.answer("/v2/workers", "oops", status=500)
    app.button(key="refresh").click().run()
    note = next(caption.value for caption in app.caption if caption.value.startswith("Refresh:"))
    assert "image usage and image reference unchanged" in note
    assert "image queue failed: The server sent nothing on image models, although" in note
    assert "workers failed: The server answered with error 500" in note
    # The empty queue has another source asked, in the background, whether it may be true.
    wait_until(lambda: horde_server.requests["/v2/status/performance"] > 0, "the network is asked")
    requests = horde_server.requests.total()
    app.button(key="refresh").click().run()
    note = next(caption.value for caption in app.caption if caption.value.startswith("Refresh:"))
    assert "not asked again" in note
    assert horde_server.requests.total() == requests


def test_a_refresh_that_brings_new_data_redraws_the_page(visit: Visit, horde_server: HordeServer) -> None:
    app = visit("usage", "image")
    horde_server.answer("/v2/stats/img/models", usage(day={}, month={"Deliberate": 7}, total={"Deliberate": 7}))
    app.button(key="refresh").click().run()
    app.run()
    assert figures(app)["Images, 30 days"] == "7"


@pytest.mark.parametrize("page", ["usage", "queue"])
def test_hostile_names_are_cells_and_never_markdown(visit: Visit, page: str) -> None:
    app = visit(page, "text")
    app.get_by_key(f"{page}_rows").set_value("all" if page == "usage" else "served").run()
    names = set(app.dataframe[0].value["name"])
    assert {HTML_NAME, FORMULA_NAME} <= names
    spoken = [*app.markdown, *app.caption, *app.metric, *app.info, *app.warning, *app.subheader, *app.header]
    assert not [element for element in spoken if "<p" in str(element.value) or "HYPERLINK" in str(element.value)]
    assert "<p" not in str([chart.proto.spec for chart in app.get("plotly_chart")])


def test_a_search_narrows_the_table_and_an_empty_result_offers_to_clear_it(visit: Visit) -> None:
    app = visit("usage", "text")
    app.text_input(key="usage_name").set_value("CYDONIA").run()
    assert list(app.dataframe[0].value["name"]) == ["TheDrummer/Cydonia-24B-v4.1"]
    app.text_input(key="usage_name").set_value("no such model").run()
    assert "No name matches" in notices(app)
    app.button(key="clear_usage_name").click().run()
    assert len(app.dataframe[0].value) == 4


def test_a_link_with_filters_reproduces_the_view(visit: Visit) -> None:
    app = visit("usage", "image", period="All time", usage_tab="Unlisted models", unlisted="Everything ever used")
    assert figures(app)["Images, all time"] == "141,000"
    assert list(app.dataframe[0].value["name"]) == ["Retired Model"]
