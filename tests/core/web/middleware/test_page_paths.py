"""Paths that are no page are not found, and redirects on the same host are relative."""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_core.web.middleware.page_paths import PagePaths

HOST = "http://dashboard.example"
PAGES = ("/", "/audit")
paths = st.lists(st.sampled_from(["audit", "horde", "x"]), max_size=3).flatmap(
    lambda parts: st.sampled_from([f"/{'/'.join(parts)}", f"/{'/'.join([*parts, ''])}"])
)


def ask(path: str, answer: Response, base: str = "") -> httpx.Response:
    """Ask for a path of an application that gives this answer to everything."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(Request(scope, receive).scope, receive, send)

    guarded: ASGIApp = PagePaths(application, base, PAGES)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url=HOST) as client:
            return await client.get(path)

    return asyncio.run(get())


@pytest.mark.parametrize("base", ["", "/horde", "/deep/horde"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200), ("/audit", 200), ("/audit/", 200), ("/api/v1/", 200), ("/media/x.html", 200),
        ("/nowhere", 404), ("/audit/x", 404), ("/auditing", 404), ("/apiary", 404), ("/static/x.js", 404),
    ],
)  # fmt: skip
def test_the_page_is_found_only_where_there_is_one(base: str, path: str, status: int) -> None:
    answer = ask(base + path, HTMLResponse("the page"), base)
    assert (answer.status_code, answer.text) == (status, "the page")


def test_what_is_no_page_keeps_its_status() -> None:
    assert ask("/nowhere", Response("text", media_type="text/plain")).status_code == 200
    assert ask("/nowhere", HTMLResponse("failed", 500)).status_code == 500


@given(asked=paths, target=paths.filter(lambda path: not path.startswith("//")))
def test_a_redirect_is_relative_and_leads_to_the_same_address(asked: str, target: str) -> None:
    for location in (f"{target}?a=/b#c", f"{HOST}{target}"):
        told = ask(asked, RedirectResponse(location)).headers["location"]
        assert not told.startswith(("/", "http"))
        assert urljoin(HOST + asked, told) == urljoin(HOST, location)


@pytest.mark.parametrize("location", ["https://other.example/audit", "//other.example/", "v1/", "../x"])
def test_another_redirect_stays_as_it_is(location: str) -> None:
    assert ask("/audit", RedirectResponse(location)).headers["location"] == location
