"""Foreign hosts, sessions of foreign origins and uploads are refused; other requests pass."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from horde_core.web.middleware.site_guard import SiteGuard
from tests.fixtures.app_server import AppServer, StartApp

FOREIGN = (
    "https://evil.example", "http://evil.example:8501", "null", "", "https://dashboard.example.evil.example",
    "https://dashboard.example@evil.example", "https://dashboard.example:8443", "file://", "//", "http://[::1",
)  # fmt: skip
HOST = "dashboard.example"


def asked(
    kind: str = "websocket",
    host: str | None = HOST,
    origin: str | None = None,
    path: str = "/_stcore/stream",
    hosts: Collection[str] = (),
    origins: Collection[str] | None = (),
) -> int | None:
    """Return the status of a refusal; None for what is let in."""
    told: list[dict[str, Any]] = []

    async def inside(*_: object) -> None:
        told.append({"status": None})

    async def send(message: Any) -> None:
        told.append(dict(message))

    async def receive() -> Any:
        raise AssertionError("nothing is read of what is refused")

    headers = [(name, value.encode()) for name, value in ((b"host", host), (b"origin", origin)) if value is not None]
    scope = {"type": kind, "path": path, "headers": headers, "method": "PUT"}
    asyncio.run(SiteGuard(inside, hosts, origins)(scope, receive, send))
    status: int | None = told[0]["status"]
    return status


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_opens_no_session(origin: str) -> None:
    assert asked(origin=origin) == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HOST, None),
        (HOST, f"https://{HOST}"),
        (f"{HOST}:8443", f"https://{HOST}:8443"),
        ("[2001:db8::1]:8501", "http://[2001:db8::1]:8501"),
        ("192.0.2.1:8501", "http://192.0.2.1:8501"),
        ("127.0.0.1:8501", "http://localhost:8501"),
        ("upstream", "http://localhost:3000"),
    ],
)
def test_ones_own_page_does_and_so_does_one_on_this_machine(host: str, origin: str | None) -> None:
    assert asked(host=host, origin=origin) is None


def test_a_site_that_is_configured_does() -> None:
    friend = "https://friend.example"
    assert asked(origin=friend) == 403
    assert asked(origin=friend, origins=[friend]) is None
    assert asked(origin="https://friend.example.evil.example", origins=[friend]) == 403
    assert asked(origin="https://anybody.example", origins=None) is None


@pytest.mark.parametrize("origin", FOREIGN)
def test_routes_are_asked_from_any_site(origin: str) -> None:
    assert asked("http", origin=origin, path="/api/v1/sources") is None


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        (HOST, True),
        (f"{HOST}:443", True),
        (f"{HOST.upper()}.", True),
        ("a.horde.example", True),
        ("localhost:8501", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("evil.example", False),
        ("horde.example", False),
        ("evilhorde.example", False),
        (f"evil.example:{HOST}", False),
        (f"{HOST}@evil.example", False),
        (f"evil.example#{HOST}", False),
        ("", False),
        (None, False),
    ],
)
def test_a_server_with_a_name_answers_to_no_other(kind: str, host: str | None, is_ours: bool) -> None:
    assert asked(kind, host=host, path="/", hosts=[HOST, "*.horde.example"]) == (None if is_ours else 403)
    assert asked(kind, host=host, path="/") is None, "without a name it answers to any"


@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/horde/_stcore/upload_file/a/b", "/_stcore/upload_file"])
def test_nothing_is_uploaded(path: str) -> None:
    assert asked("http", path=path) == 403


def handshakes(url: str, origin: str, number: int) -> list[int | None]:
    """Open so many sessions at once, and return with which status each was refused."""

    async def one() -> int | None:
        try:
            async with connect(f"{url.replace('http', 'ws')}/_stcore/stream", origin=websockets.Origin(origin)):
                return None
        except websockets.InvalidStatus as refused:
            return refused.response.status_code

    async def all_at_once() -> list[int | None]:
        return await asyncio.gather(*(one() for _ in range(number)))

    return asyncio.run(all_at_once())


def test_the_running_app_refuses_a_foreign_page_without_a_look_outside(app_server: AppServer) -> None:
    assert handshakes(app_server.url, "https://evil.example", 10) == [403] * 10
    assert handshakes(app_server.url, app_server.url, 2) == [None, None]
    assert "Rejecting WebSocket connection" not in app_server.log(), "Streamlit would have asked for its own address"


def test_the_running_app_takes_no_upload_and_answers_to_its_name_only(start_app: StartApp) -> None:
    app = start_app(HORDE_SOURCE="demo", STREAMLIT_SERVER_ALLOWED_HOSTS=HOST)
    upload = httpx.put(f"{app.url}/_stcore/upload_file/session/file", content=bytes(1_000_000))
    assert (upload.status_code, upload.json()["title"]) == (403, "Nothing is uploaded here.")
    for path in ("/", "/audit", "/api/v1/sources", "/metrics"):
        assert httpx.get(app.url + path, headers={"Host": "evil.example"}).status_code == 403
    for host in (HOST, "localhost"):
        assert httpx.get(f"{app.url}/", headers={"Host": host}).status_code == 200
