"""The routes under ``/api/v1``: what each is asked with, what it rests on, and how it is answered."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable
from functools import partial
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints import answers
from horde_core.endpoints.parameters import CATEGORIES, Query, QueryError, SourcesQuery, read_query
from horde_core.endpoints.table import QUESTIONS, Question
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import SharedResults, today
from horde_core.live.snapshot import PageView
from horde_core.safe_csv import csv_bytes
from horde_core.vocabulary import ModelType
from horde_core.web.index_page import index_page
from horde_core.web.openapi import document
from horde_core.web.problems import failed, problem, refused
from horde_core.web.rate_limit import RateLimit, address_of
from horde_core.web.response_cache import (
    Made,
    MadeAnswers,
    TooManyAtOnceError,
    not_modified,
    respond,
    seconds_left,
    tag_of,
)

JSON, CSV = "application/json", "text/csv; charset=utf-8"
LEAST_RETRY_SECONDS = 5
TOLD = ("X-Snapshot", "X-State", "X-Fetched-At", "X-Unknown", "X-Total-Count", "X-Returned-Count")
"""The headers of a CSV answer."""


class Asked(NamedTuple):
    """One request, understood."""

    question: Question
    kinds: tuple[ModelType, ...]
    query: Query
    as_csv: bool

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What its answer depends on besides the snapshot: the day too, as ages count to it."""
        return (self.question.name, self.kinds, self.query.model_dump_json(), self.as_csv, today())


def data_api() -> Starlette:
    """Return the application that answers under ``/api/v1``."""
    made = MadeAnswers()
    routes = [
        Route("/", _index),
        Route("/openapi.json", _openapi),
        *(Route(question.path, partial(_guarded, question, made)) for question in QUESTIONS),
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
                expose_headers=["ETag", "Retry-After", *TOLD],
            ),
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
    )
    api.router.redirect_slashes = False
    return api


async def _index(request: Request) -> Response:
    return HTMLResponse(index_page(request.scope["root_path"]))


async def _openapi(request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=3600"}
    return JSONResponse(document(request.scope["root_path"]), headers=headers)


async def _guarded(question: Question, made: MadeAnswers, request: Request) -> Response:
    """Answer, or say that it failed; here, so that a script from elsewhere may read that too."""
    try:
        return await _endpoint(question, made, request)
    except Exception as error:  # whatever it is, it is logged, and the client gets a plain sentence
        return failed(request, error)


async def _endpoint(question: Question, made: MadeAnswers, request: Request) -> Response:
    """Answer one question, from what is made already wherever that is so: then nothing leaves this thread."""
    try:
        asked = _understood(question, request)
    except QueryError as error:
        return problem(422, "The question is not understood.", str(error))
    if asked is None:
        allowed = ", ".join(CATEGORIES)
        return problem(404, "There is no such category.", f"{request.path_params['category']!r} is none of {allowed}.")
    results = SharedResults.of(HordeAPIIntegration.shared())
    if isinstance(asked.query, SourcesQuery):
        return _sources(results, asked.as_csv)
    look = partial(question.look, results, asked.kinds, asked.query)
    view = look(0.0)
    if any(map(_is_on_its_way, view.sources)):
        view = await asyncio.to_thread(look, results.integration.settings.cold_wait)
    if view.nothing_reachable:
        return _nothing_yet(view)
    tag, max_age = tag_of(view, asked.key), seconds_left(view)
    unchanged = not_modified(request, tag, max_age)
    if unchanged is not None:
        return unchanged
    key = (tag, tuple(reading.fetched_at for reading in view.sources))
    answer = made.held(key)
    if answer is None:
        try:
            answer = await made.make(key, partial(_written, results, view, asked), address_of(request.scope))
        except TooManyAtOnceError:
            return problem(429, "Too many questions at once from this address.", None, {"Retry-After": "1"})
    return respond(request, answer, CSV if asked.as_csv else JSON, tag, max_age)


def _is_on_its_way(reading: Reading[Any]) -> bool:
    """Whether something is fetched for the first time; what has failed before is not waited for."""
    return reading.state is State.UNAVAILABLE and reading.refreshing and reading.error is None


def _understood(question: Question, request: Request) -> Asked | None:
    """Read a request; None for a category that there is not. Raises :class:`QueryError` for parameters."""
    category = request.path_params.get("category")
    if category is not None and category not in CATEGORIES:
        return None
    kinds = tuple(CATEGORIES.values()) if category is None else (CATEGORIES[category],)
    parameters = request.query_params.multi_items()
    formats = [text for name, text in parameters if name == "format"]
    allowed = question.formats
    if formats and formats[-1] not in allowed:
        raise QueryError(f"format={formats[-1]!r} is not allowed here: {' or '.join(allowed)}.")
    query = read_query(question.query(kinds[0]), [(name, text) for name, text in parameters if name != "format"])
    return Asked(question, kinds, query, bool(formats) and formats[-1] == "csv")


def _written(results: SharedResults, view: PageView, asked: Asked) -> Made:
    answer = asked.question.answer(results, view, asked.query)
    if not asked.as_csv:
        return Made.of(_json(answer))
    return Made.of(csv_bytes(answers.rows_of(answer)), _headers(answer))


def _headers(answer: Any) -> dict[str, str]:
    """What an answer says of itself, where its body is a table."""
    fetched = [source.fetched_at for source in answer.sources if source.fetched_at is not None]
    return {
        "X-Snapshot": answer.snapshot,
        "X-State": answer.state.value,
        "X-Fetched-At": min(fetched).isoformat() if fetched else "",
        "X-Unknown": " ".join(answer.unknown),
        "X-Total-Count": "" if answer.total_count is None else str(answer.total_count),
        "X-Returned-Count": str(answer.returned_count),
    }


def _json(answer: BaseModel) -> bytes:
    """JSON without the parts that were not asked for: those that have a default and were not given."""
    return answer.model_dump_json(exclude_unset=True).encode()


def _sources(results: SharedResults, as_csv: bool) -> Response:
    """What changes with every second is made anew, and kept by nobody."""
    answer = answers.sources_answer(results)
    body = csv_bytes(answers.rows_of(answer)) if as_csv else _json(answer)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=CSV if as_csv else JSON)


def _nothing_yet(view: PageView) -> Response:
    waits = [reading.retry_in for reading in view.sources if reading.retry_in is not None]
    wait = max(LEAST_RETRY_SECONDS, math.ceil(min(waits, default=0.0)))
    return problem(
        503,
        "AI Horde cannot be reached, and nothing was loaded before.",
        f"The app keeps trying by itself; ask again in {wait} s.",
        {"Retry-After": str(wait)},
    )
