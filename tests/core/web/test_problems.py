"""Refusals: problem+json with a plain sentence, never a traceback."""

from __future__ import annotations

import logging
import time

import pytest

from horde_core import HordeAPIIntegration
from horde_core.analytics.groups import LEVEL_WORDS
from horde_core.audit.presets import PRESET_OF
from horde_core.endpoints import answers
from horde_core.endpoints.parameters import CATEGORIES, MOST_PARAMETERS, ModelsQuery
from horde_core.web.data_routes import LEAST_RETRY_SECONDS
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.routes import EVERY_PATH, PROBLEM, Client
from tests.fixtures.upstream import TurnedClock

MODELS, AUDIT, TEXT_AUDIT = (
    "/statistics/image_generation/with-stats",
    "/audit/image_generation",
    "/audit/text_generation",
)
SECRET = "a secret of the house"


@pytest.mark.parametrize("route", ["/statistics/{}", "/statistics/{}/with-stats", "/audit/{}", "/unlisted/{}"])
@pytest.mark.parametrize("category", ["image", "IMAGE_GENERATION", "interrogation", "%00", "..%2f..", "a b"])
def test_an_unknown_category_names_those_there_are(client: Client, route: str, category: str) -> None:
    told = client.problem(route.format(category), 404)
    assert all(name in told for name in CATEGORIES) or "GET /api/v1" in told


@pytest.mark.parametrize("path", ["/nowhere", "/audit", "/statistics", "/audit/image_generation/more", "/resolve/x"])
def test_an_unknown_path_is_refused_with_a_link_to_the_index(client: Client, path: str) -> None:
    assert "GET /api/v1" in client.problem(path, 404)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"{MODELS}?lmit=3", ["'lmit' is no parameter", "Did you mean limit?", *ModelsQuery.model_fields]),
        ("/statistics/image_generation?limit=3", ["'limit' is no parameter", "none"]),
        ("/sources?name=x", ["'name' is no parameter", "none"]),
        (f"{MODELS}?sort_by=size", ["sort_by='size'", "'worker_count'", "'eta'"]),
        (f"{MODELS}?limit=0", ["limit='0'", "greater than or equal to 1"]),
        (f"{MODELS}?limit=10001", ["limit='10001'", "less than or equal to 10000"]),
        (f"{MODELS}?limit=ten", ["limit='ten'", "integer"]),
        (f"{MODELS}?offset=-1", ["offset='-1'", "greater than or equal to 0"]),
        (f"{MODELS}?include_workers=perhaps", ["include_workers='perhaps'", "boolean"]),
        (f"{MODELS}?min_worker_count=-1", ["min_worker_count='-1'"]),
        (f"{AUDIT}?preset=nonsense", ["preset='nonsense'", *(key for key in PRESET_OF if key != "uneven_backends")]),
        (f"{AUDIT}?severity=bad", ["severity='bad'", "'critical'", "'warning'"]),
        (f"{AUDIT}?severity=critical&severity=bad", ["severity='bad'", "'critical'"]),
        (f"{AUDIT}?flag=lost", ["flag='lost'", "'low_usage'"]),
        (f"{AUDIT}?size_from=big", ["size_from='big'", "number"]),
        (f"{AUDIT}?size_from=nan", ["size_from='nan'"]),
        (f"{AUDIT}?size_from=inf", ["size_from='inf'"]),
        (f"{AUDIT}?low_usage_below=101", ["low_usage_below='101'", "less than or equal to 100"]),
        (f"{AUDIT}?grace_days=1.5", ["grace_days='1.5'", "integer"]),
        (f"{TEXT_AUDIT}?group=worker", ["group='worker'", *LEVEL_WORDS]),
        ("/resolve", ["name is missing"]),
        ("/resolve?name=x&category=image", ["category='image'", *CATEGORIES]),
        (f"/resolve?name={'x' * 1_001}", ["name=", "1000"]),
        (f"{MODELS}?format=xml", ["format='xml'", "json", "csv"]),
        ("/statistics/image_generation?format=csv", ["format='csv'", "json"]),
        (f"{MODELS}?limit=0&offset=-1&x=y", ["limit='0'", "offset='-1'", "'x' is no parameter"]),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(client: Client, path: str, told: list[str]) -> None:
    said = client.problem(path, 422)
    assert [part for part in told if part not in said] == []


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"{number:x}" for number in range(12_000)),
        "&".join(f"wrong{number}=1" for number in range(MOST_PARAMETERS)),
        "&".join(["limit=0"] * MOST_PARAMETERS),
        "a" * 60_000,
        f"sort_by={'a' * 60_000}",
        f"limit={'9' * 60_000}",
        f"format={'a' * 60_000}",
    ],
    ids=["too many", "unknown", "repeated", "long name", "long word", "long number", "long format"],
)
def test_a_long_question_is_refused_shortly_and_at_once(client: Client, query: str) -> None:
    began = time.perf_counter()
    said = client.problem(f"{MODELS}?{query}", 422)
    assert time.perf_counter() - began < 0.3, "it would hold everybody's requests: this took 1.4 s"
    assert len(said) < 2_500


def test_a_path_is_not_repeated_at_length(client: Client) -> None:
    assert len(client.problem(f"/statistics/{'a' * 60_000}", 404)) < 300


def test_what_is_refused_costs_no_request(cold: HordeAPIIntegration, horde_server: HordeServer) -> None:
    client = Client()
    for path, status in ((f"{MODELS}?x=1", 422), ("/audit/image", 404), ("/nowhere", 404)):
        client.problem(path, status)
    assert horde_server.requests.total() == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", [*EVERY_PATH, "/sources", "/openapi.json", "/"])
def test_another_method_is_refused_with_the_allowed_ones(client: Client, path: str, method: str) -> None:
    answer = client.ask(path, method)
    assert "GET" in client.problem(path, 405, method)
    assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def test_when_nothing_was_ever_had_it_says_when_to_ask_again(
    cold: HordeAPIIntegration, horde_server: HordeServer
) -> None:
    horde_server.stop()
    client = Client()
    for path in EVERY_PATH:
        answer = client.ask(path, headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM), path
        assert int(answer.headers["retry-after"]) >= LEAST_RETRY_SECONDS
        assert f"ask again in {answer.headers['retry-after']} s" in answer.json()["detail"]
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_when_it_is_back_the_figures_are_too(
    cold: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
) -> None:
    client = Client()
    horde_server.stop()
    assert client.ask(MODELS).status_code == 503
    horde_server.start()

    def is_back() -> bool:
        clock.advance(cold.settings.api_cache_ttl / 2)
        return client.ask(MODELS).status_code == 200

    wait_until(is_back, "the figures are back")


def test_sources_are_told_even_when_there_is_nothing(cold: HordeAPIIntegration, horde_server: HordeServer) -> None:
    horde_server.stop()
    cold.read(cold.all_sources())
    body = Client().body("/sources")
    assert body["state"] == "unavailable"
    assert all("could not be reached" in source["error"] for source in body["sources"])


def test_an_unexpected_error_is_a_sentence_for_the_client_and_a_traceback_in_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(answers, "_page", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.ask(MODELS)
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert set(answer.json()) == {"type", "title", "status"}
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    (logged,) = [record for record in caplog.records if record.name == "horde_core.web.problems"]
    assert "/api/v1/statistics/image_generation/with-stats" in logged.getMessage()
    assert SECRET in caplog.text


def test_after_a_failure_the_next_answer_is_made_as_ever(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as breaking:
        breaking.setattr(answers, "_page", lambda *_: 1 / 0)
        assert client.ask(MODELS).status_code == 500
    assert client.ask(MODELS).status_code == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "GET", 404), ("/audit/x", "GET", 404), (f"{MODELS}?x=1", "GET", 422), (MODELS, "POST", 405)],
)
def test_a_refusal_may_be_read_by_any_page(client: Client, path: str, method: str, status: int) -> None:
    answer = client.ask(path, method, {"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")


def test_a_failure_may_be_read_by_any_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_page", lambda *_: 1 / 0)
    answer = client.ask(MODELS, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (500, "*")
