"""The application as a process: starts, and refused starts."""

import asyncio
import json
import time
import urllib.request

import httpx
import pytest
import redis

from tests.fixtures.app_server import AppServer, StartApp
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer

SOURCES = 12


def test_a_bad_setting_stops_the_start_with_one_clear_line(start_app: StartApp) -> None:
    with pytest.raises(RuntimeError) as refusal:
        start_app(HORDE_API_TIMEOUT="soon")
    (line,) = [line for line in str(refusal.value).splitlines() if "HORDE_" in line]
    assert line.startswith("HORDE_API_TIMEOUT='soon' is not allowed. Input should be a valid number")
    assert "Traceback" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value"), [("PANDAS_FUTURE_INFER_STRING", "maybe"), ("NUMPY_MADVISE_HUGEPAGE", "maybe")]
)
def test_a_value_that_a_library_refuses_as_it_is_imported_is_one_line_too(
    start_app: StartApp, variable: str, value: str
) -> None:
    with pytest.raises(RuntimeError) as refusal:
        start_app(**{variable: value})
    _, *told = str(refusal.value).splitlines()
    assert len([line for line in told if value in line]) == 1
    assert "Traceback" not in str(refusal.value)


def test_the_first_data_is_asked_for_before_the_first_visitor_once_a_source(
    start_app: StartApp, horde_server: HordeServer
) -> None:
    app = start_app(**horde_server.environment)
    wait_until(lambda: horde_server.requests.total() == 12, "both categories have been asked for")
    assert set(horde_server.requests.values()) == {1}
    assert "Traceback" not in app.log()


def test_the_hydrator_keeps_sources_fresh_without_a_visitor_until_the_app_stops(
    start_app: StartApp, horde_server: HordeServer
) -> None:
    app = start_app(
        **horde_server.environment,
        HORDE_API_CACHE_TTL="1",
        HORDE_CACHE_HYDRATION_ENABLED="true",
        HORDE_CACHE_HYDRATION_INTERVAL_SECONDS="1",
    )
    wait_until(lambda: horde_server.requests["/v2/workers"] >= 3, "it was refreshed twice with nobody looking")
    assert horde_server.requests["/model_references/v2/text_generation"] == 1
    app.stop()
    assert "Traceback" not in app.log()


def test_what_one_replica_fetched_another_takes_over_by_itself(
    start_app: StartApp, horde_server: HordeServer, redis_server: RedisServer
) -> None:
    shared = {**horde_server.environment, "HORDE_REDIS_URL": redis_server.url}
    start_app(**shared)
    wait_until(lambda: horde_server.requests.total() == SOURCES, "the first has asked for all of it")
    other = start_app(**shared)
    read = gets(redis_server)
    wait_until(lambda: gets(redis_server) >= read + 4 * SOURCES, "both have looked for news twice")
    assert set(horde_server.requests.values()) == {1}, "the second asked for nothing"
    assert "Traceback" not in other.log()


def test_questions_that_are_too_long_delay_no_other_client(app_server: AppServer) -> None:
    long = f"{app_server.url}/api/v1/statistics/text_generation/with-stats?{'&'.join(f'{n:x}' for n in range(12_000))}"

    async def ask() -> tuple[set[int], float]:
        async with httpx.AsyncClient(timeout=20) as client:
            refused = [asyncio.ensure_future(client.get(long)) for _ in range(4)]
            await asyncio.wait(refused, return_when=asyncio.FIRST_COMPLETED)
            began = time.perf_counter()
            await client.get(f"{app_server.url}/_stcore/health")
            waited = time.perf_counter() - began
            return {(await answer).status_code for answer in refused}, waited

    statuses, waited = asyncio.run(ask())
    assert statuses == {422}
    assert waited < 1, "each took 1.4 s in which nobody else was served"


def gets(redis_server: RedisServer) -> int:
    with redis.Redis.from_url(redis_server.url) as client:
        return int(client.info("commandstats").get("cmdstat_get", {}).get("calls", 0))


def test_the_running_app_tells_its_health_and_browsers_what_they_may(
    start_app: StartApp, horde_server: HordeServer
) -> None:
    app = start_app(**horde_server.environment)
    with urllib.request.urlopen(f"{app.url}/api/health") as answer:
        assert answer.status == 200
        assert json.load(answer)["status"] in ("ok", "degraded")
    with urllib.request.urlopen(app.url) as page:
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Content-Type-Options"] == "nosniff"
