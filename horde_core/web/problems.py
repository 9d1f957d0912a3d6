"""Errors as ``application/problem+json`` (RFC 9457): a plain sentence, never a traceback."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Error body (RFC 9457)."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = Field(None, description="what is wrong with this request, and what is allowed")


def problem(
    status: int, title: str, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an error response, marked as not to be cached."""
    body = Problem(title=title, status=status, detail=detail).model_dump(exclude_none=True)
    return JSONResponse(body, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE)


def no_such_path(api: str) -> JSONResponse:
    """Answer a path that does not exist below ``api``, the path of the API or of its version."""
    return problem(404, "There is no such path.", f"GET {api.removesuffix('/v1')}/v1/ lists those there are.")


def refused(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that the router refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        return no_such_path(request.scope["root_path"])
    title = http.HTTPStatus(error.status_code).phrase
    return problem(error.status_code, f"{title}.", "Everything here is read with GET.", error.headers)


def failed(request: Request, error: Exception) -> JSONResponse:
    """Answer an unexpected failure with a plain sentence; the log has the traceback."""
    log.error("route failed path=%s", request.url.path, exc_info=error)
    return problem(500, "Something went wrong. It was logged.")
