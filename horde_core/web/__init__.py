"""HTTP routes and middleware beside the pages, in the same process and on the same snapshots."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from horde_core.live.integration import HordeAPIIntegration
from horde_core.web.data_routes import data_api
from horde_core.web.health_route import health
from horde_core.web.problems import failed, no_such_path, problem, refused


def routes(sessions: Callable[[], int], base: str = "") -> list[BaseRoute]:
    """Return every route below ``base``, the path that the pages begin with: none, or such as ``/horde``.

    ``sessions`` tells how many visitors have a page open.
    """
    api = Starlette(
        routes=[Route("/health", health), Route("/v1", _to_index), Mount("/v1", app=data_api())],
        exception_handlers={HTTPException: refused, Exception: failed},
    )
    api.router.redirect_slashes = False
    return [
        Route(f"{base}/metrics", metrics_route(sessions)),
        Route(f"{base}/api", no_such_path(f"{base}/api")),
        Mount(f"{base}/api", app=api),
    ]


def metrics_route(sessions: Callable[[], int]) -> Callable[[Request], Response]:
    """Return what answers ``GET /metrics``; Prometheus' format is loaded for the first scrape."""

    def metrics(_request: Request) -> Response:
        integration = HordeAPIIntegration.shared()
        if not integration.settings.metrics_enabled:
            return problem(404, "Metrics are off.")
        from horde_core.web.metrics import scrape

        return scrape(integration, sessions)

    return metrics


async def _to_index(_request: Request) -> Response:
    return RedirectResponse("v1/")


__all__ = ["data_api", "failed", "metrics_route", "routes"]
