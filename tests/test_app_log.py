"""The log of the running application stays bounded under faults that clients cause."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from horde_core.web.log_limits import LONGEST_LINE, LONGEST_TRACEBACK, MOST_LINES
from horde_core.web.middleware.session_guard import LARGEST_MESSAGE
from tests.fixtures.app_server import REPOSITORY, AppServer
from tests.fixtures.processes import LOOPBACK, wait_until

TIMES = 100
BYTES_OF_A_KIND = MOST_LINES * (LONGEST_LINE + 200) + 2 * LONGEST_TRACEBACK


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app on the simulated Horde, with one page that always fails."""
    folder = tmp_path_factory.mktemp("failing")
    (folder / "horde_core").symlink_to(REPOSITORY / "horde_core")
    for name in ("pages", ".streamlit"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "app.py", folder)
    (folder / "pages" / "queue.py").write_text("raise ValueError('it always fails ' * 10_000)\n")
    server = AppServer(folder, {"HORDE_SOURCE": "demo"}, folder / "app.py")
    server.start()
    yield server
    server.stop()


@contextlib.asynccontextmanager
async def session(app: AppServer) -> AsyncIterator[ClientConnection]:
    address = f"{app.url.replace('http', 'ws')}/_stcore/stream"
    async with connect(address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None) as socket:
        yield socket


async def view(socket: ClientConnection, page: str = "", zone: str = "UTC") -> None:
    """Ask for a page, and wait until it is drawn."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.context_info.timezone = zone
    await socket.send(message.SerializeToString())
    while ForwardMsg.FromString(await socket.recv(decode=False)).WhichOneof("type") != "script_finished":
        pass


async def stray_frames(app: AppServer) -> None:
    for _ in range(TIMES):
        async with session(app) as socket:
            for frame in (b"\xff" * 1_000, "text" * 1_000, b"\x08"):
                with contextlib.suppress(websockets.ConnectionClosed):
                    await socket.send(frame)


async def long_zones(app: AppServer) -> None:
    async with session(app) as socket:
        for number in range(20):
            await view(socket, zone=f"{'Zone/' * (LARGEST_MESSAGE // 6)}{number}")


async def failing_page(app: AppServer) -> None:
    async with session(app) as socket:
        for _ in range(TIMES):
            await view(socket, "queue")


async def no_descriptors(app: AppServer) -> None:
    """Let nobody in for lack of descriptors, while a hundred knock."""
    limits = resource.prlimit(app.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(app.pid, resource.RLIMIT_NOFILE, (len(list(Path(f"/proc/{app.pid}/fd").iterdir())), limits[1]))
    with contextlib.ExitStack() as knocking:
        for _ in range(TIMES):
            knocking.enter_context(socket.create_connection((LOOPBACK, app.port)))
        try:
            wait_until(lambda: "Too many open files" in app.log(), "nobody can be let in")
            await asyncio.sleep(2)  # it tries again each second
        finally:
            resource.prlimit(app.pid, resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize("fault", [stray_frames, long_zones, failing_page, no_descriptors])
def test_a_fault_that_strangers_cause_again_and_again_fills_no_log(
    app: AppServer, fault: Callable[[AppServer], object]
) -> None:
    before = len(app.log())
    asyncio.run(fault(app))  # type: ignore[arg-type]
    grown = app.log()[before:]
    print(f"{fault.__name__}: {len(grown):,} characters of log, {grown.count('Traceback')} tracebacks")
    assert len(grown) < 4 * BYTES_OF_A_KIND, "two kinds at most, in two minutes at most"
    assert max(map(len, grown.splitlines()), default=0) < LONGEST_TRACEBACK + 200


def test_a_page_that_fails_again_has_the_number_that_the_log_has(app: AppServer) -> None:
    asyncio.run(failing_page(app))
    failed = [line for line in app.log().splitlines() if "page failed number=" in line]
    assert len({line.partition("number=")[2][:8] for line in failed}) == 1
