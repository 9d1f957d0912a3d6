"""HTTP routes and middleware beside the pages, in the same process and on the same snapshots."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from horde_core.web.data_routes import data_api
from horde_core.web.health_route import health
from horde_core.web.problems import failed, no_such_path


async def _to_index(_request: Request) -> Response:
    return RedirectResponse("v1/")


ROUTES: tuple[BaseRoute, ...] = (
    Route("/api/health", health),
    Route("/api", no_such_path),
    Route("/api/v1", _to_index),
    Mount("/api/v1", app=data_api()),
    Route("/api/{rest:path}", no_such_path),  # else the pages would answer
)

__all__ = ["ROUTES", "data_api", "failed"]
