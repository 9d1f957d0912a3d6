"""Rate limit: counted for each address, whatever X-Forwarded-For claims."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import Scope

from horde_core import HordeAPIIntegration, Settings
from horde_core.settings import SettingsError
from horde_core.web import data_api
from horde_core.web.health_route import health
from horde_core.web.middleware.rate_limit import address_of
from tests.fixtures.routes import BASE, EVERY_PATH, PROBLEM, Client

PEER, OTHER, CLIENT = "203.0.113.7", "203.0.113.8", "198.51.100.1"
ALLOWED = 3
A_MINUTE = 60
PATH = "/resolve?name=x"

Limited = Callable[[int], Client]


@pytest.fixture(scope="module")
def simulation() -> Iterator[HordeAPIIntegration]:
    integration = HordeAPIIntegration(Settings(source="demo"))
    integration.read(integration.all_sources())
    yield integration
    integration.client.close()


@pytest.fixture
def limited(simulation: HordeAPIIntegration, monkeypatch: pytest.MonkeyPatch) -> Limited:
    """Give a function that returns a client of an app that allows each address so many requests a minute."""
    monkeypatch.setattr(HordeAPIIntegration, "_shared", simulation)

    def client(allowed: int) -> Client:
        monkeypatch.setattr(simulation, "settings", simulation.settings.model_copy(update={"api_rate_limit": allowed}))
        return Client(Starlette(routes=[Route("/api/health", health), Mount(BASE, app=data_api())]))

    return client


def statuses(client: Client, number: int, peer: str = PEER, path: str = PATH, **headers: str) -> list[int]:
    """Ask so often, and return what was answered."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [client.ask(path, headers=sent, peer=peer).status_code for _ in range(number)]


def test_it_is_sixty_a_minute_unless_set_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().api_rate_limit == 60
    monkeypatch.setenv("HORDE_API_RATE_LIMIT", "5")
    assert Settings.load().api_rate_limit == 5
    monkeypatch.setenv("HORDE_API_RATE_LIMIT", "-1")
    with pytest.raises(SettingsError, match="HORDE_API_RATE_LIMIT"):
        Settings.load()


def test_too_many_requests_are_refused_with_retry_after(limited: Limited) -> None:
    client = limited(ALLOWED)
    assert statuses(client, ALLOWED) == [200] * ALLOWED
    refused = client.ask(PATH, peer=PEER)
    assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM)
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= A_MINUTE
    assert refused.json()["status"] == 429
    assert f"{ALLOWED} a minute" in refused.json()["detail"]
    assert f"in {wait} s" in refused.json()["detail"]
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.headers["cache-control"] == "no-store"


def test_after_the_minute_it_may_ask_again(limited: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = limited(ALLOWED), time.time
    assert statuses(client, ALLOWED + 1)[-1] == 429
    wait = int(client.ask(PATH, peer=PEER).headers["retry-after"])
    monkeypatch.setattr(time, "time", lambda: now() + wait + 1)
    assert statuses(client, ALLOWED + 1) == [200] * ALLOWED + [429]


def test_each_address_has_its_own_count(limited: Limited) -> None:
    client = limited(ALLOWED)
    assert statuses(client, ALLOWED + 1)[-1] == 429
    assert statuses(client, ALLOWED, OTHER) == [200] * ALLOWED


def test_all_routes_count_together(limited: Limited) -> None:
    client = limited(ALLOWED)
    asked = ["/", "/openapi.json", "/nowhere", *EVERY_PATH]
    assert [client.ask(path, peer=PEER).status_code for path in asked[:ALLOWED]] == [200, 200, 404]
    assert {client.ask(path, peer=PEER).status_code for path in asked} == {429}


def test_nothing_is_no_limit(limited: Limited) -> None:
    assert set(statuses(limited(0), 100)) == {200}


def test_routes_beside_these_are_not_limited(limited: Limited) -> None:
    client = limited(1)
    assert statuses(client, 2) == [200, 429]
    assert set(statuses(client, 5, path="/../health")) == {200}


def test_a_limit_that_is_changed_holds_for_the_next_request(limited: Limited) -> None:
    client = limited(1)
    assert statuses(client, 2) == [200, 429]
    limited(0)
    assert statuses(client, 2) == [200, 200]


@pytest.mark.parametrize("proxy", ["127.0.0.1", "127.8.9.10", "::1"])
def test_behind_a_proxy_on_this_machine_each_client_has_its_own_count(limited: Limited, proxy: str) -> None:
    client = limited(ALLOWED)
    assert statuses(client, ALLOWED + 1, proxy, X_Forwarded_For=CLIENT)[-1] == 429
    assert statuses(client, ALLOWED, proxy, X_Forwarded_For=OTHER) == [200] * ALLOWED
    assert statuses(client, ALLOWED, proxy) == [200] * ALLOWED


def test_forged_forwarding_headers_raise_no_limit(limited: Limited) -> None:
    client = limited(ALLOWED)
    far = [client.ask(PATH, headers={"X-Forwarded-For": f"198.51.100.{n}"}, peer=PEER).status_code for n in range(5)]
    assert far == [200] * ALLOWED + [429, 429]
    claims = [f"198.51.100.{n}, {CLIENT}" for n in range(5)]
    near = [client.ask(PATH, headers={"X-Forwarded-For": claim}).status_code for claim in claims]
    assert near == [200] * ALLOWED + [429, 429]


def scope(peer: str | None, *forwarded: str) -> Scope:
    """Return a request of a peer with these headers, one after the other."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "client": None if peer is None else (peer, 50_000), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PEER, (), PEER),
        (PEER, (CLIENT,), PEER),
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", (CLIENT,), CLIENT),
        ("127.0.0.1", (f"{OTHER}, {CLIENT}",), CLIENT),
        ("127.0.0.1", (f"{OTHER},{CLIENT} ",), CLIENT),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("127.0.0.1", (f"{CLIENT}, ",), "127.0.0.1"),
        ("::1", ("2001:db8::7",), "2001:db8::/64"),
        ("::ffff:127.0.0.1", (CLIENT,), CLIENT),
        ("::ffff:198.51.100.7", (CLIENT,), "198.51.100.7"),
        ("a name", (CLIENT,), "a name"),
        (None, (CLIENT,), "unknown"),
        # A proxy may add a line of its own below the one that the client sent.
        ("127.0.0.1", (OTHER, CLIENT), CLIENT),
    ],
)
def test_whose_request_it_is(peer: str | None, forwarded: tuple[str, ...], address: str) -> None:
    assert address_of(scope(peer, *forwarded)) == address
