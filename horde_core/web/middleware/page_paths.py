"""The paths of pages: 404 for any other, and redirects that hold below whatever path a proxy puts before them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_PAGES = ("/api/", "/media/", "/component/")
"""Paths below which HTML is what was asked for."""


class PagePaths:
    """ASGI middleware around Streamlit, which sends its page with status 200 for every path that it does not know.

    For a path that is none of ``pages``, below ``base``, the page keeps saying that there is no such page, and its
    status becomes 404. Redirects to the same host become relative.
    """

    def __init__(self, app: ASGIApp, base: str, pages: Collection[str]) -> None:
        self._app = app
        self._base = base
        self._pages = frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and correct the status and the redirect of its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        below = path.removeprefix(scope.get("root_path", "")).removeprefix(self._base).rstrip("/") or "/"
        is_page = below in self._pages or below.startswith(NOT_PAGES)

        async def send_corrected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == 200 and not is_page and headers.get("content-type", "").startswith("text/html"):
                    message["status"] = 404
                if "location" in headers:
                    headers["location"] = _relative(headers["location"], path, Headers(scope=scope).get("host", ""))
            await send(message)

        await self._app(scope, receive, send_corrected)


def _relative(location: str, path: str, host: str) -> str:
    """Write an address on this host relative to the path that was asked for; any other stays as it is."""
    to = urlsplit(location)
    if to.netloc not in ("", host) or not to.path.startswith("/"):
        return location
    folder = posixpath.relpath(posixpath.dirname(to.path), posixpath.dirname(path))
    target = posixpath.join(folder, posixpath.basename(to.path))
    return to._replace(scheme="", netloc="", path=target).geturl()
