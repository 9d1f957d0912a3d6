"""``GET /api/health``: whether there is anything to show, for monitors and load balancers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.live.integration import HordeAPIIntegration
from horde_core.version import __version__

HEALTH_WAIT_SECONDS = 2.0
"""How long a check waits for a first answer while the app holds no data."""


def health(_request: Request) -> JSONResponse:
    """Answer with the state of each source; 503 only when no source has anything to show.

    Fetches nothing as long as anything can be shown, so that probes cost AI Horde no request.
    """
    integration = HordeAPIIntegration.shared()
    sources = integration.all_sources()
    readings = [integration.cache.peek(source) for source in sources]
    if _nothing(readings):
        readings = integration.read(sources, wait=HEALTH_WAIT_SECONDS)
    states = {reading.state for reading in readings}
    status = "unavailable" if _nothing(readings) else "ok" if states == {State.FRESH} else "degraded"
    body = {
        "status": status,
        "version": __version__,
        "simulated": integration.is_simulated,
        "sources": [_source(reading) for reading in readings],
    }
    return JSONResponse(body, 503 if status == "unavailable" else 200, headers={"Cache-Control": "no-store"})


def _nothing(readings: list[Reading[Any]]) -> bool:
    return all(reading.state is State.UNAVAILABLE for reading in readings)


def _source(reading: Reading[Any]) -> dict[str, object]:
    return {
        "key": reading.key,
        "title": reading.title,
        "state": reading.state.value,
        "age_seconds": None if reading.age is None else round(reading.age, 1),
        "error": reading.error,
    }
