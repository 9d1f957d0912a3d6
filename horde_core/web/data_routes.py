"""The routes under ``/api/v1``: parse a request, read its sources, answer from the response cache."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable
from functools import partial
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints.parameters import CATEGORIES, MOST_PARAMETERS, Query, QueryError, cut, read_query
from horde_core.endpoints.table import ENDPOINTS, KINDS, Endpoint
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import SharedResults, today
from horde_core.live.snapshot import PageView
from horde_core.safe_csv import csv_bytes
from horde_core.vocabulary import ModelType
from horde_core.web.index_page import index_page
from horde_core.web.middleware.rate_limit import RateLimit, address_of
from horde_core.web.openapi import document
from horde_core.web.problems import failed, problem, refused
from horde_core.web.response_cache import (
    Made,
    ResponseCache,
    TooManyAtOnceError,
    not_modified,
    respond,
    seconds_left,
    tag_of,
)

JSON, CSV = "application/json", "text/csv; charset=utf-8"
LEAST_RETRY_SECONDS = 5
FACTS = ("X-Snapshot", "X-State", "X-Fetched-At", "X-Unknown", "X-Total-Count", "X-Returned-Count")
"""The headers of a CSV answer."""


class Asked(NamedTuple):
    """One request, parsed."""

    endpoint: Endpoint
    kinds: tuple[ModelType, ...]
    query: Query
    as_csv: bool

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Everything but the snapshot that the answer depends on; the day too, as ages count to it."""
        return (self.endpoint.name, self.kinds, self.query.model_dump_json(), self.as_csv, today())

    @property
    def media_type(self) -> str:
        """The type of the body."""
        return CSV if self.as_csv else JSON


def data_api() -> Starlette:
    """Return the application that answers under ``/api/v1``."""
    cache = ResponseCache()
    routes = [
        Route("/", _index),
        Route("/openapi.json", _openapi),
        *(Route(endpoint.path, partial(_guarded, endpoint, cache)) for endpoint in ENDPOINTS),
    ]
    api = Starlette(
        routes=routes,
        middleware=[
            Middleware(RateLimit, per_minute=lambda: HordeAPIIntegration.shared().settings.api_rate_limit),
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET"],
                allow_headers=["If-None-Match"],
                expose_headers=["ETag", "Retry-After", *FACTS],
            ),
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
    )
    api.router.redirect_slashes = False
    return api


async def _index(_request: Request) -> Response:
    return HTMLResponse(index_page())


async def _openapi(_request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=3600"}
    return JSONResponse(document("../v1"), headers=headers)


async def _guarded(endpoint: Endpoint, cache: ResponseCache, request: Request) -> Response:
    """Answer, or report a failure; inside of the CORS middleware, so that a page of another site can read that too."""
    try:
        return await _answered(endpoint, cache, request)
    except Exception as error:  # any failure is logged, and the client gets a plain sentence
        return failed(request, error)


async def _answered(endpoint: Endpoint, cache: ResponseCache, request: Request) -> Response:
    """Answer one request; where the answer is in the cache, without leaving this thread."""
    category = request.path_params.get("category")
    if category is not None and category not in CATEGORIES:
        return problem(404, "There is no such category.", f"{cut(category)!r} is none of {', '.join(CATEGORIES)}.")
    try:
        asked = _parsed(endpoint, KINDS if category is None else (CATEGORIES[category],), request)
    except QueryError as error:
        return problem(422, "The question is not understood.", str(error))
    results = SharedResults.of(HordeAPIIntegration.shared())
    read = partial(endpoint.read, results, asked.kinds, asked.query)
    view = read(0.0)
    if not endpoint.is_cached:
        body = _written(endpoint.answer(results, view, asked.query), asked)
        return Response(body, headers={"Cache-Control": "no-store"}, media_type=asked.media_type)
    if any(map(_is_on_its_way, view.sources)):
        view = await asyncio.to_thread(read, results.integration.settings.cold_wait)
    if view.nothing_reachable:
        return _nothing_yet(view)
    return await _from_cache(cache, results, view, asked, request)


def _parsed(endpoint: Endpoint, kinds: tuple[ModelType, ...], request: Request) -> Asked:
    """Read the parameters of a request. Raises :class:`QueryError`."""
    if request.scope["query_string"].count(b"&") >= MOST_PARAMETERS:
        raise QueryError(f"At most {MOST_PARAMETERS} parameters are allowed.")
    parameters = request.query_params.multi_items()
    form = ([text for name, text in parameters if name == "format"] or ["json"])[-1]
    if form not in endpoint.formats:
        raise QueryError(f"format={cut(form)!r} is not allowed here: {' or '.join(endpoint.formats)}.")
    query = read_query(endpoint.query(kinds[0]), [(name, text) for name, text in parameters if name != "format"])
    return Asked(endpoint, kinds, query, form == "csv")


def _is_on_its_way(reading: Reading[Any]) -> bool:
    """Whether a source is being fetched for the first time; one that has failed before is not waited for."""
    return reading.state is State.UNAVAILABLE and reading.refreshing and reading.error is None


async def _from_cache(
    cache: ResponseCache, results: SharedResults, view: PageView, asked: Asked, request: Request
) -> Response:
    """Serve an answer under its entity tag, made now where the cache does not hold it."""
    tag, max_age = tag_of(view, asked.key), seconds_left(view)
    unchanged = not_modified(request, tag, max_age)
    if unchanged is not None:
        return unchanged
    key = (tag, tuple(reading.fetched_at for reading in view.sources))
    answer = cache.held(key)
    if answer is None:
        try:
            answer = await cache.make(key, partial(_made, results, view, asked), address_of(request.scope))
        except TooManyAtOnceError:
            return problem(429, "Too many questions at once from this address.", None, {"Retry-After": "1"})
    return respond(request, answer, asked.media_type, tag, max_age)


def _made(results: SharedResults, view: PageView, asked: Asked) -> Made:
    answer = asked.endpoint.answer(results, view, asked.query)
    return Made.of(_written(answer, asked), _headers(answer) if asked.as_csv else {})


def _written(answer: Any, asked: Asked) -> bytes:
    """Write CSV, or JSON without the parts that were not asked for: those that have a default and were not set."""
    if asked.as_csv and asked.endpoint.rows is not None:
        return csv_bytes(asked.endpoint.rows(answer))
    return bytes(answer.model_dump_json(exclude_unset=True).encode())


def _headers(answer: Any) -> dict[str, str]:
    """The facts about an answer that CSV has no place for."""
    fetched = [source.fetched_at for source in answer.sources if source.fetched_at is not None]
    return {
        "X-Snapshot": answer.snapshot,
        "X-State": answer.state.value,
        "X-Fetched-At": min(fetched).isoformat() if fetched else "",
        "X-Unknown": " ".join(answer.unknown),
        "X-Total-Count": "" if answer.total_count is None else str(answer.total_count),
        "X-Returned-Count": str(answer.returned_count),
    }


def _nothing_yet(view: PageView) -> Response:
    waits = [reading.retry_in for reading in view.sources if reading.retry_in is not None]
    wait = max(LEAST_RETRY_SECONDS, math.ceil(min(waits, default=0.0)))
    return problem(
        503,
        "AI Horde cannot be reached, and nothing was loaded before.",
        f"The app keeps trying by itself; ask again in {wait} s.",
        {"Retry-After": str(wait)},
    )
