"""The health route, and the security headers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from horde_core import HordeAPIIntegration, Settings, web
from horde_core.web.middleware.security_headers import HEADERS, SecurityHeaders
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until


def broken(_request: Request) -> PlainTextResponse:
    raise RuntimeError("a secret of the house")


def framed(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("", headers={"X-Frame-Options": "DENY"})


@pytest.fixture
def horde(horde_server: HordeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HordeAPIIntegration]:
    settings = Settings(
        **horde_server.addresses,
        api_cache_ttl=2,
    )
    integration = HordeAPIIntegration(settings)
    monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
    yield integration
    integration.client.close()


class Client:
    """Asks an application without a server."""

    def __init__(self, application: Starlette) -> None:
        self._transport = httpx.ASGITransport(application, raise_app_exceptions=False)

    def get(self, path: str) -> httpx.Response:
        """Return the answer to a GET."""

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://dashboard") as client:
                return await client.get(path)

        return asyncio.run(ask())


@pytest.fixture
def client(horde: HordeAPIIntegration) -> Client:
    application = Starlette(
        routes=[*web.routes(lambda: 0), Route("/broken", broken), Route("/framed", framed)],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={Exception: web.failed},
    )
    return Client(application)


def test_health_tells_the_state_of_every_source(client: Client, horde_server: HordeServer) -> None:
    answer = client.get("/api/health")
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (body["status"], body["simulated"], len(body["sources"])) == ("ok", False, 12)
    assert {source["state"] for source in body["sources"]} == {"fresh"}
    assert set(body["sources"][0]) == {"key", "title", "state", "age_seconds", "error"}


def test_health_costs_no_request_while_there_is_anything_to_show(client: Client, horde_server: HordeServer) -> None:
    client.get("/api/health")
    asked = horde_server.requests.total()
    for _ in range(5):
        client.get("/api/health")
    assert horde_server.requests.total() == asked == 12


def test_health_is_degraded_but_good_when_the_api_dies(
    client: Client, horde: HordeAPIIntegration, horde_server: HordeServer
) -> None:
    client.get("/api/health")
    horde_server.stop()
    live = [source for source in horde.all_sources() if not source.key.startswith(("reference", "ages"))]
    wait_until(lambda: all(reading.error for reading in horde.read(live)), "each live source has failed")
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "could not be reached" in str(answer.json()["sources"])


def test_health_is_503_only_when_nothing_was_ever_had(client: Client, horde_server: HordeServer) -> None:
    horde_server.stop()
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    horde_server.start()
    wait_until(lambda: client.get("/api/health").status_code == 200, "it has healed")


def test_a_route_that_fails_answers_with_a_sentence_and_logs_the_rest(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "a secret of the house" in caplog.text


@pytest.mark.parametrize("path", ["/api/health", "/framed", "/nowhere"])
def test_every_answer_has_the_security_headers_and_keeps_its_own(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Frame-Options"] == ("DENY" if path == "/framed" else "SAMEORIGIN")
    assert {name: headers[name] for name in HEADERS if name != "X-Frame-Options"} == {
        name: value for name, value in HEADERS.items() if name != "X-Frame-Options"
    }
    assert "default-src 'self'" in headers["Content-Security-Policy"]
