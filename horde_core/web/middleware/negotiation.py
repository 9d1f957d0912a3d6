"""What a client takes and what it has already: ``Accept-Encoding`` and ``If-None-Match``, one rule for all answers."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send


def chosen_coding(headers: Headers, offered: Sequence[str]) -> str | None:
    """Return the content coding that a request gives the highest weight, at a tie the first one offered (RFC 9110).

    None is the plain form: none of them is accepted, or the plain form has a higher weight.
    """
    fields = ",".join(headers.getlist("accept-encoding")).lower().split(",")
    weights = {coding: weight for coding, weight in map(_weighed, fields) if coding}
    of_others = weights.get("*", 0.0)
    best = max(offered, key=lambda coding: weights.get(coding, of_others))
    weight = weights.get(best, of_others)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weighed(field: str) -> tuple[str, float]:
    """Read a coding and its weight, such as ``br;q=0.5``; what is no number from 0 to 1 refuses the coding."""
    coding, *parameters = (part.strip() for part in field.split(";"))
    written = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        weight = float(written)
    except ValueError:
        weight = 0.0
    return coding, weight if 0 <= weight <= 1 else 0.0


def has_already(headers: Headers, tag: str) -> bool:
    """Whether a request names this entity tag; compared weakly, as a client may drop the ``W/``."""
    named = [one.strip().removeprefix("W/") for line in headers.getlist("if-none-match") for one in line.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


class GzipWhereAccepted:
    """ASGI middleware before an app that looks for the word gzip alone: it finds it only where gzip is accepted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with an ``Accept-Encoding`` of one word."""
        if scope["type"] == "http":
            coding = chosen_coding(Headers(scope=scope), ["gzip"]) or "identity"
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["accept-encoding"] = coding
        await self._app(scope, receive, send)
