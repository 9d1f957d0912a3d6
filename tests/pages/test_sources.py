"""The Sources page: the state of each source in a visitor's words, when all is well and when it is not."""

from __future__ import annotations

import redis

from horde_core import HordeAPIIntegration
from horde_core.cache.freshness import Clock, Policy
from horde_core.cache.redis_connection import RedisConnection
from horde_core.cache.source import Source
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.upstream.api_records import HordeModes
from horde_core.upstream.parsing import parse_object
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import IMAGE_WORKERS, PERFORMANCE, TEXT_WORKERS
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.redis_server import RedisServer
from tests.pages.test_pages import chips, figures, notices


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
    shared = state["name"].str.startswith("Queue")
    assert set(state["calls"][~shared]) == {1}
    assert set(state["calls"][shared]) == {2}, "the queues of both categories share the budget of one address"
    assert figures(app)["Requests"] == "12"
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


def test_it_says_in_words_what_redis_refuses(visit: Visit, redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.execute_command("ACL SETUSER", "limited", "reset", "on", ">word", "~*", "+@all", "-eval")
        horde = HordeAPIIntegration.shared()
        horde.redis = RedisConnection(redis_server.url.replace("//", "//limited:word@"), Clock())
        horde.redis.read_bytes("anything")
        said = " ".join(caption.value for caption in visit("sources", "image").caption)
        assert "Redis refuses what this app needs \\(run scripts\\)" in said
        assert "serves from memory meanwhile, and shares nothing" in said
        horde.redis.close()
        client.execute_command("ACL DELUSER", "limited")


def test_a_new_source_of_the_network_takes_one_entry(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/status/news", {"maintenance_mode": True})
    horde = HordeAPIIntegration.shared()
    news: Source[HordeModes] = Source(
        key="news",
        title="News",
        about="What AI Horde announces: changes rarely.",
        urls=(f"{horde.settings.api_url}/v2/status/news",),
        parse=parse_object(HordeModes),
        policy=Policy(300, 3_600),
    )
    horde.network_sources = (*horde.network_sources, news)
    app = visit("sources")
    assert not app.exception
    assert "News" in chips(app)
    state = app.dataframe[0].value.set_index("name")
    assert (state.loc["News", "state"], state.loc["News", "calls"]) == ("fresh", 1)
    assert state.loc["News", "url"] == f"{horde_server.url}/v2/status/news"
    view = SnapshotReader(horde).page_view(("image",), has_network=True)
    assert view.reading("news").value == HordeModes(maintenance_mode=True)
    horde_server.answer("/v2/status/news", status=404)
    horde.refresh_sources([news])
    assert "News could not be refreshed" in notices(visit("overview"))


def test_it_tells_what_was_not_understood_with_an_example(visit: Visit, horde_server: HordeServer) -> None:
    assert "was understood" in notices(visit("sources", sources_tab="Not understood"))
    horde_server.answer("/v2/workers", [*IMAGE_WORKERS, *TEXT_WORKERS, {"name": "x", "type": "video"}, {"name": 5}])
    horde_server.answer("/v2/status/performance", {**PERFORMANCE, "queued_films": "<b>3</b>"})
    horde = HordeAPIIntegration.shared()
    horde.refresh_sources([horde.workers_source, *horde.network_sources])
    told = visit("sources", sources_tab="Not understood").dataframe[0].value.set_index(["name", "kind"])
    assert told["times"].to_dict() == {
        ("Workers", "Foreign type"): 1, ("Workers", "Skipped"): 1, ("Network", "Unknown field"): 1
    }  # fmt: skip
    assert list(told["example"]) == ["video", "{'name': 5}", "<b>3</b>"]


def test_what_was_not_fetched_is_not_said_to_be_understood(visit: Visit, horde_server: HordeServer) -> None:
    horde_server.answer("/v2/workers", "{}", status=404)
    said = [info.value for info in visit("sources", sources_tab="Not understood").info]
    assert said == ["Everything in the last answers was understood. Unavailable: workers."]


def test_with_nothing_reachable_it_is_not_said_that_everything_was_understood(
    visit: Visit, horde_server: HordeServer
) -> None:
    horde_server.stop()
    (said,) = [info.value for info in visit("sources", sources_tab="Not understood").info]
    assert "understood" not in said
    assert "Unavailable: " in said
