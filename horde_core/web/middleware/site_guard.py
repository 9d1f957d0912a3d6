"""ASGI middleware before Streamlit: refuses foreign hosts, sessions of foreign origins, and uploads."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_core.web.problems import problem

LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
UPLOADS = "/_stcore/upload_file"


class SiteGuard:
    """Refuses requests that none of the dashboard's own pages sends.

    ``hosts`` are the names that the app goes by, ``*.example.org`` for all below one; none means any. ``origins`` are
    the other sites whose pages may open a session; None means all. Streamlit itself would ask an outside host for the
    server's own address to judge each of them, and hold everything meanwhile.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str] | None) -> None:
        self._app = app
        self._hosts = frozenset(host.strip().lower().rstrip(".") for host in hosts)
        self._origins = None if origins is None else frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it."""
        title = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if title is None:
            await self._app(scope, receive, send)
        else:
            await problem(403, title)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts and not self._goes_by(_name(host)):
            return "This server has another name."
        if scope["type"] == "websocket" and not self._may_open(headers.get("origin"), host):
            return "A page of another site opens no session here."
        return "Nothing is uploaded here." if UPLOADS in scope["path"] else None

    def _goes_by(self, name: str) -> bool:
        below = [host.removeprefix("*") for host in self._hosts if host.startswith("*")]
        return name in LOCAL or name in self._hosts or name.endswith(tuple(below))

    def _may_open(self, origin: str | None, host: str) -> bool:
        if origin is None or self._origins is None or origin in self._origins:
            return True
        site = origin.partition("://")[2]
        return site == host or _name(site) in LOCAL


def _name(host: str) -> str:
    """Return a host in lower case and without its port; empty for what is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
