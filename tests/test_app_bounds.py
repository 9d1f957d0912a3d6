"""The running application with an API or a Redis that sends too much: memory and pages stay bounded."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import zlib
from pathlib import Path

import pytest
import redis

from tests.bench.session import Session
from tests.fixtures.app_server import AppServer, StartApp
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer

MEBIBYTE = 2**20
USAGE = "/v2/stats/text/models"


def peak(app: AppServer) -> float:
    """The most memory that the process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{app.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def zeros(packing: int) -> bytes:
    """Half a GiB of zeros, compressed: with gzip by 31, with zlib by 15 bits of window."""
    compressing = zlib.compressobj(1, wbits=packing)
    return b"".join([*(compressing.compress(bytes(MEBIBYTE)) for _ in range(512)), compressing.flush()])


def usage(names: int, length: int = 8) -> str:
    """Usage by so many names of so many characters, in each period the same."""
    counts = {f"{number:0{length}}": number for number in range(names)}
    return json.dumps(dict.fromkeys(("day", "month", "total"), counts))


async def first_view(app: AppServer, page: str) -> tuple[float, int, bool]:
    async with Session(app.url, page, "") as session:
        return (*await session.view(), session.has_failed)


@pytest.mark.parametrize(
    ("body", "most_mebibytes"),
    [(usage(10, MEBIBYTE // 3), 500), (usage(1_000_000), 500), (usage(110_000), 1_500)],
    ids=["ten names of a third of a MiB", "a million names", "more names than are kept"],
)
def test_usage_without_end_costs_bounded_memory_and_no_viewer_is_sent_it(
    start_app: StartApp, horde_server: HordeServer, body: str, most_mebibytes: int
) -> None:
    horde_server.answer(USAGE, body)
    app = start_app(**horde_server.environment, HORDE_COLD_WAIT="30")
    wait_until(lambda: "source=usage:text" in app.log(), "usage was read or refused", 60)
    seconds, sent, has_failed = asyncio.run(first_view(app, "usage?category=text"))
    print(f"{len(body) / MEBIBYTE:,.1f} MiB: {peak(app):,.0f} MiB at most, {sent:,} bytes sent in {seconds:.1f} s")
    assert not has_failed
    assert peak(app) < most_mebibytes
    assert sent < 16 * MEBIBYTE


@pytest.mark.parametrize("times", [1, 2])
def test_a_body_that_unpacks_to_half_a_gibibyte_is_not_unpacked(
    start_app: StartApp, horde_server: HordeServer, times: int
) -> None:
    bomb = zeros(31) if times == 1 else gzip.compress(zeros(31))
    horde_server.answer(USAGE, bomb, headers={"Content-Encoding": ", ".join(["gzip"] * times)})
    app = start_app(**horde_server.environment)
    wait_until(lambda: "refresh failed source=usage:text" in app.log(), "the body was refused")
    seconds, _, has_failed = asyncio.run(first_view(app, "usage?category=text"))
    print(f"{len(bomb):,} bytes: {peak(app):,.0f} MiB at most, a page in {seconds:.1f} s")
    assert not has_failed
    assert peak(app) < 500


def test_a_value_of_redis_that_unpacks_to_half_a_gibibyte_is_ignored(
    start_app: StartApp, horde_server: HordeServer, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("horde:model_ref:horde_api:usage:text", zeros(15), ex=3_600)
    app = start_app(**horde_server.environment, HORDE_REDIS_URL=redis_server.url)
    wait_until(lambda: "fetch source=usage:text" in app.log(), "usage was fetched instead")
    assert "redis value ignored" in app.log()
    print(f"{peak(app):,.0f} MiB at most")
    assert peak(app) < 500
