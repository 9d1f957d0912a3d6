"""The nginx configuration of the README: Debian's nginx, TLS, a port other than 443, two processes of the app."""

import asyncio
import json
import os
import signal
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.fixtures.app_server import AppServer
from tests.fixtures.nginx import NGINX, Nginx

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

OTHER_ADDRESSES = ("127.0.0.1", "127.7.1.1", "127.19.4.1", "127.33.8.1", "127.90.2.1", "127.120.9.1")
"""Where visitors come from: nginx tells them apart by the first three numbers."""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AppServer]]:
    running = [AppServer(tmp_path_factory.mktemp("app"), {"HORDE_SOURCE": "demo"}) for _ in range(2)]
    for app in running:
        app.start()
    yield running
    for app in running:
        app.stop()


@pytest.fixture
def nginx(apps: list[AppServer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    server = Nginx(tmp_path_factory.mktemp("nginx"), [urlsplit(app.url).port or 0 for app in apps])
    server.start()
    yield server
    server.stop()


def get(nginx: Nginx, path: str, address: str = "127.0.0.1") -> httpx.Response:
    """Ask as a visitor from an address does, on a connection of its own."""
    transport = httpx.HTTPTransport(verify=nginx.trust, local_address=address)
    with httpx.Client(transport=transport, timeout=40) as client:
        return client.get(f"https://localhost:{nginx.port}{path}")


async def opened(nginx: Nginx, trust: ssl.SSLContext) -> list[str]:
    """Open a page as a browser does, and return the kinds of messages until it is whole."""
    message = BackMsg()
    message.rerun_script.page_name = "sources"
    async with websockets.connect(
        f"wss://localhost:{nginx.port}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        ssl=trust,
        origin=websockets.Origin(nginx.url),
        max_size=None,
    ) as socket:
        await socket.send(message.SerializeToString())
        kinds: list[str] = []
        while "script_finished" not in kinds:
            answer = await asyncio.wait_for(socket.recv(decode=False), 30)
            kinds.append(str(ForwardMsg.FromString(answer).WhichOneof("type")))
        return kinds


def test_a_page_comes_through_tls_and_a_port_of_its_own(nginx: Nginx) -> None:
    assert get(nginx, "/usage").status_code == 200
    assert "delta" in asyncio.run(opened(nginx, nginx.trust))


def test_scripts_get_their_answers(nginx: Nginx) -> None:
    assert get(nginx, "/api/health").json()["status"] == "ok"
    resolved = get(nginx, "/api/v1/resolve?name=koboldcpp/nothing")
    assert json.loads(resolved.text)["resolutions"]


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics", "/_stcore/upload_file/a/b"])
def test_what_is_not_for_the_public_is_closed(nginx: Nginx, path: str) -> None:
    assert get(nginx, path).status_code == 404


def test_every_cookie_is_for_tls_alone(nginx: Nginx) -> None:
    cookies = get(nginx, "/_stcore/health").headers.get_list("set-cookie")
    assert cookies
    assert all("secure" in cookie.lower() for cookie in cookies)


@pytest.mark.parametrize("hanging", [0, 1])
def test_a_process_that_hangs_is_left_by_every_visitor_within_seconds(
    apps: list[AppServer], nginx: Nginx, hanging: int
) -> None:
    os.kill(apps[hanging].pid, signal.SIGSTOP)
    try:
        for address in OTHER_ADDRESSES:
            began = time.monotonic()
            assert get(nginx, "/", address).status_code == 200
            assert time.monotonic() - began < 20  # nginx tells by three seconds of silence; it was over 45 s
    finally:
        os.kill(apps[hanging].pid, signal.SIGCONT)


def test_nginx_has_room_for_a_thousand_visitors(nginx: Nginx) -> None:
    async def crowd() -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(hold()) for _ in range(600)]
        return sum(task.result() for task in tasks)

    everybody = asyncio.Event()
    inside = 0

    async def hold() -> bool:
        nonlocal inside
        async with websockets.connect(
            f"wss://localhost:{nginx.port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            ssl=nginx.trust,
            origin=websockets.Origin(nginx.url),
            open_timeout=60,
        ):
            inside += 1
            if inside == 600:
                everybody.set()
            await asyncio.wait_for(everybody.wait(), 60)
        return True

    assert asyncio.run(crowd()) == 600
    assert "worker_connections are not enough" not in nginx.log()
