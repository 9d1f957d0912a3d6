"""Requests a minute of each address, so that one script cannot slow the app down for all."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_core.web.problems import problem


class RateLimit:
    """ASGI middleware: ``per_minute()`` requests of each address, then 429 with the seconds to wait; 0 is no limit."""

    def __init__(self, app: ASGIApp, per_minute: Callable[[], int]) -> None:
        self._app = app
        self._per_minute = per_minute
        from limits import (  # with the first request, when Starlette makes this
            RateLimitItemPerMinute,
            storage,
            strategies,
        )

        self._limit = RateLimitItemPerMinute
        self._limiter = strategies.FixedWindowRateLimiter(storage.MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its address is below the limit."""
        allowed = self._per_minute() if scope["type"] == "http" else 0
        if not allowed:
            await self._app(scope, receive, send)
            return
        limit, address = self._limit(allowed), address_of(scope)
        if self._limiter.hit(limit, address):
            await self._app(scope, receive, send)
            return
        wait = max(1, math.ceil(self._limiter.get_window_stats(limit, address).reset_time - time.time()))
        answer = problem(
            429,
            "Too many requests from this address.",
            f"{allowed} a minute are allowed; ask again in {wait} s.",
            {"Retry-After": str(wait), "Access-Control-Allow-Origin": "*"},
        )
        await answer(scope, receive, send)


def address_of(scope: Scope) -> str:
    """Return the client's address: the peer, or behind a proxy on this machine the last one that it forwards for.

    ``X-Forwarded-For`` of other peers is ignored, as any client can send it.
    """
    peer = _plain(scope["client"][0]) if scope.get("client") else "unknown"
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).rpartition(",")[2].strip()
    return _plain(forwarded) if forwarded and _is_loopback(peer) else peer


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _plain(address: str) -> str:
    """Return an IPv4 address as such, also where it is written as IPv6; of an IPv6 address its network of 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found) if found.is_loopback else str(ipaddress.ip_network((found, 64), strict=False))
