"""The running application with an API that sends without end: neither its memory nor its pages grow with that."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.bench.load import Session
from tests.fixtures.app_server import AppServer, StartApp
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until

MEBIBYTE = 2**20
USAGE = "/v2/stats/text/models"


def peak(app: AppServer) -> float:
    """The most memory that the process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{app.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


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
    app = start_app(
        HORDE_API_URL=horde_server.url,
        HORDE_REFERENCE_URL=horde_server.url,
        HORDE_REFERENCE_IMAGE_AGES_URL=f"{horde_server.url}/model_mod_data.json",
        HORDE_COLD_WAIT="30",
    )
    wait_until(lambda: "source=usage:text" in app.log(), "usage was read or refused", 60)
    seconds, sent, has_failed = asyncio.run(first_view(app, "usage?category=text"))
    print(f"{len(body) / MEBIBYTE:,.1f} MiB: {peak(app):,.0f} MiB at most, {sent:,} bytes sent in {seconds:.1f} s")
    assert not has_failed
    assert peak(app) < most_mebibytes
    assert sent < 16 * MEBIBYTE
