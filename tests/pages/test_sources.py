"""The Sources page: the state of each source in a visitor's words, when all is well and when it is not."""

from __future__ import annotations

from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_server import HordeServer
from tests.pages.test_pages import figures


def test_it_tells_of_every_source(visit: Visit) -> None:
    visit("usage", "text")
    app = visit("sources", "image")
    assert figures(app)["Fresh"] == "7"
    state, counted = (table.value for table in app.dataframe)
    assert list(state["name"]) == [
        "Queue, image", "Usage, image", "Workers", "Reference, image", "Queue, text", "Usage, text", "Reference, text",
    ]  # fmt: skip
    assert set(state["error"]) == {"none"}
    assert set(state["calls"]) == {1}
    assert all(state["kept"] > 0)
    assert set(counted["FETCH"]) == {1}
    assert "memory alone" in " ".join(caption.value for caption in app.caption)


def test_it_says_what_went_wrong_when_nothing_can_be_reached(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.stop()
    app = visit("sources", "image")
    assert figures(app)["Fresh"] == "0"
    state = app.dataframe[0].value.set_index("name")
    assert state.loc["Workers", "error"] == "The server could not be reached."
    assert state.loc["Workers", "state"] == "unavailable"
    assert state["age"].isna().all()
    assert state["dropped"].isna().all(), "what was never fetched has dropped an unknown number of rows"
