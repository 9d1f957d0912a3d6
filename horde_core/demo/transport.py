"""DemoTransport: the simulated Horde at the other end of an httpx client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import httpx
import numpy as np

from horde_core.demo.horde import SEED, SimulatedHorde, simulated_horde

JSON = "application/json; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
NOT_FOUND = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
MODES = {"maintenance_mode": False, "invite_only_mode": False}
RATE_LIMIT = 90
KINDS = ("image", "text", "interrogation")

MINUTE, DAY, ALWAYS = 60, 86_400, 0


class Moment(NamedTuple):
    """When and for which `type` something is asked: minute and UTC day since 1970."""

    minute: int
    day: int
    kind: str | None


class Route(NamedTuple):
    """One body: how it is made, and for how many seconds it stays the same."""

    body: Callable[[SimulatedHorde, Moment], object]
    seconds: int
    content_type: str = JSON
    rate_limited: bool = True


def _performance(horde: SimulatedHorde, minute: int) -> dict[str, int | float]:
    return {field: values[0].item() for field, values in horde.performance(np.array([minute])).items()}


ROUTES = {
    "/v2/status/models": Route(lambda horde, at: horde.status(at.minute, at.kind or "image"), MINUTE),
    "/v2/workers": Route(lambda horde, at: horde.workers(at.minute, at.kind), MINUTE),
    "/v2/stats/img/models": Route(lambda horde, at: horde.usage("image", at.day), DAY),
    "/v2/stats/text/models": Route(lambda horde, at: horde.usage("text", at.day), DAY),
    "/v2/stats/img/totals": Route(lambda horde, at: horde.totals("image", at.minute), MINUTE),
    "/v2/stats/text/totals": Route(lambda horde, at: horde.totals("text", at.minute), MINUTE),
    "/v2/status/performance": Route(lambda horde, at: _performance(horde, at.minute), MINUTE),
    "/v2/status/modes": Route(lambda horde, at: MODES, ALWAYS),
    "/model_references/v2/image_generation": Route(
        lambda horde, at: horde.reference("image", at.day), DAY, rate_limited=False
    ),
    "/model_references/v2/text_generation": Route(
        lambda horde, at: horde.reference("text", at.day), DAY, rate_limited=False
    ),
    "/model_mod_data.json": Route(lambda horde, at: horde.image_ages(at.day), DAY, PLAIN, rate_limited=False),
}
"""By the end of the URL's path."""


class DemoTransport(httpx.BaseTransport):
    """Answers as the public API and the model reference do, by URL path, whatever the host and the prefix.

    Every body is a pure function of the seed and of the clock, in Unix seconds: usage and the references change with
    the UTC day, the live side with the minute. Of the query, only `type` matters. Thread-safe.
    """

    def __init__(self, seed: int = SEED, clock: Callable[[], float] = time.time) -> None:
        """Invent a Horde; this takes some tens of milliseconds, an answer then a few at most."""
        self._clock = clock
        self._horde = simulated_horde(seed)
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str | None], tuple[int, bytes]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request: a JSON body, or the HTML page that the API has for an unknown path."""
        now = int(self._clock())
        path = request.url.path
        suffix = next((suffix for suffix in ROUTES if path.endswith(suffix)), None)
        if suffix is None:
            return httpx.Response(404, headers=_headers("text/html; charset=utf-8"), content=NOT_FOUND)
        kind = request.url.params.get("type")
        if kind is not None and kind not in KINDS:
            kind = "unknown"  # one entry in the cache, however many are asked for
        route = ROUTES[suffix]
        headers = _headers(route.content_type) | (_rate_limit(now) if route.rate_limited else {})
        return httpx.Response(200, headers=headers, content=self._body(suffix, route, now, kind))

    def _body(self, suffix: str, route: Route, now: int, kind: str | None) -> bytes:
        turn = now // route.seconds if route.seconds else 0
        with self._lock:
            made = self._made.get((suffix, kind))
            if made is None or made[0] != turn:
                content = route.body(self._horde, Moment(now // MINUTE, now // DAY, kind))
                made = self._made[suffix, kind] = (turn, json.dumps(content).encode() + b"\n")
            return made[1]


def _headers(content_type: str) -> dict[str, str]:
    return {
        "Content-Type": content_type,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE, PATCH",
        "Horde-Node": "simulated:0:5.1.5",
    }


def _rate_limit(now: int) -> dict[str, str]:
    """Return the headers of the rate limit, `Retry-After` among them: the real API sends it with every answer."""
    wait = MINUTE - now % MINUTE
    return {
        "X-Ratelimit-Limit": str(RATE_LIMIT),
        "X-Ratelimit-Remaining": str(RATE_LIMIT - 1),
        "X-Ratelimit-Reset": str(now + wait),
        "Retry-After": str(wait),
    }
