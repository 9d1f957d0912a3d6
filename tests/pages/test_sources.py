"""The Sources page: the state of each source in a visitor's words, when all is well and when it is not."""

from __future__ import annotations

from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_server import HordeServer
from tests.pages.test_pages import figures


def test_it_tells_of_every_source(visit: Visit) -> None:
    visit("usage", "text")
    app = visit("sources", "image")
    assert figures(app)["Fresh"] == "12"
    state = app.dataframe[0].value
    assert list(state["name"]) == [
        "Queue, image", "Usage, image", "Workers", "Reference, image", "Queue, text", "Usage, text", "Reference, text",
        "Ages", "Network", "Totals, image", "Totals, text", "Modes",
    ]  # fmt: skip
    assert set(state["error"]) == {"none"}
    assert set(state["calls"]) == {1}
    assert all(state["kept"].dropna() > 0)
    assert "memory alone" in " ".join(caption.value for caption in app.caption)
    counted = visit("sources", "image", sources_tab="Counters").dataframe[0].value
    assert set(counted["FETCH"]) == {1}


def test_it_tells_the_formula_of_every_figure_its_words_and_the_thresholds_in_force(visit: Visit) -> None:
    formulas = visit("sources", sources_tab="Formulas").dataframe[0].value
    assert {"Share", "Momentum", "Drain time of a model", "Imbalance of backends"} <= set(formulas["figure"])
    assert formulas.notna().all(axis=None)
    words = visit("sources", sources_tab="Glossary").dataframe[0].value
    assert {"Thread", "Worker", "Backend", "n/a"} <= set(words["term"])
    thresholds = visit("sources", sources_tab="Thresholds").dataframe[0].value.set_index("what")["rule"]
    assert thresholds["Low usage, image"] == "less than 0.0065 % of the category's images in 30 days"
    assert thresholds["Busy"] == "drain time of 2 min or more"


def test_it_says_what_went_wrong_when_nothing_can_be_reached(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.stop()
    app = visit("sources", "image")
    assert figures(app)["Fresh"] == "0"
    state = app.dataframe[0].value.set_index("name")
    assert state.loc["Workers", "error"] == "The server could not be reached."
    assert state.loc["Workers", "state"] == "unavailable"
    assert state["age"].isna().all()
    assert state["dropped"].isna().all(), "what was never fetched has dropped an unknown number of rows"
