"""HordeClient: bytes or a named error, retries, and Retry-After."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from horde_core.upstream.client import ATTEMPTS, HordeClient
from horde_core.upstream.errors import RedirectError, SourceError, StatusError, TransportError
from horde_core.version import __version__
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import HordeServer, encoded

URL = "http://horde.example/api/v2/workers"


class Transport:
    """A transport that answers in turn (the last answer again and again), and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Chunks(httpx.SyncByteStream):
    """A body in chunks of one size; ``tick`` is called before each."""

    def __init__(self, number: int, size: int, tick: Callable[[], None] = lambda: None) -> None:
        self.number, self.size, self.tick = number, size, tick
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.number):
            self.tick()
            self.sent += self.size
            yield bytes(self.size)


def packed_zeros(size: int) -> bytes:
    """Pack so many zeros with gzip, a thousand of them in a byte."""
    packing = zlib.compressobj(1, wbits=31)
    return b"".join([*(packing.compress(bytes(1024 * 1024)) for _ in range(size // 1024 // 1024)), packing.flush()])


Connect = Callable[..., HordeClient]


class TestRequest:
    def test_it_says_who_asks_and_sends_no_key(self, connect: Connect) -> None:
        transport = Transport(httpx.Response(200, content=b"[]"))
        assert connect(transport, contact="someone@example.org").get(URL) == b"[]"
        headers = transport.requests[0].headers
        assert headers["Client-Agent"] == f"horde-dashboard:{__version__}:someone@example.org"
        assert "apikey" not in headers
        assert "X-Fields" not in headers

    def test_the_real_server_sees_the_agent_on_every_request(self, connect: Connect, horde_server: HordeServer) -> None:
        client = connect()
        for path in ("/v2/workers", "/v2/stats/text/models"):
            client.get(horde_server.url + path)
        assert horde_server.agents == {f"horde-dashboard:{__version__}:unknown": 2}

    def test_the_body_comes_as_it_was_sent(self, connect: Connect, horde_server: HordeServer) -> None:
        body = connect().get(f"{horde_server.url}/v2/status/models?type=text&model_state=all")
        assert body == encoded(horde_bodies.TEXT_STATUS)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        ("url", "location"),
        [
            ("http://horde.example/v2/workers", "/elsewhere"),
            ("http://horde.example/v2/workers", "http://HORDE.example/v2/workers/"),
            ("http://horde.example/v2/workers", "https://horde.example/v2/workers"),
            ("http://horde.example:8080/v2/workers", "https://horde.example/v2/workers"),
            ("https://horde.example:8443/v2/workers", "https://horde.example:8443/"),
        ],
    )
    def test_a_redirect_within_the_host_or_to_https_of_it_is_followed(
        self, connect: Connect, status: int, url: str, location: str
    ) -> None:
        moved = httpx.Response(status, headers={"Location": location})
        transport = Transport(moved, httpx.Response(200, content=b"{}"))
        assert connect(transport).get(url) == b"{}"
        assert transport.requests[1].url == httpx.URL(url).join(location)
        assert transport.requests[1].headers["Client-Agent"].startswith("horde-dashboard:")

    @pytest.mark.parametrize(
        "location",
        [
            "http://elsewhere.example/",
            "https://elsewhere.example/",
            "//elsewhere.example/",
            "http://127.0.0.1:6379/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://horde.example/",
            "https://horde.example:9200/",
            "https://horde.example.elsewhere.example/",
            "https://horde.example@elsewhere.example/",
            "https://elsewhere.example\\@horde.example/",
        ],
    )
    def test_a_redirect_to_anything_else_is_not(self, connect: Connect, location: str) -> None:
        transport = Transport(httpx.Response(302, headers={"Location": location}))
        with pytest.raises(SourceError):
            connect(transport).get("https://horde.example/v2/workers")
        assert {request.url.host for request in transport.requests} == {"horde.example"}
        assert {request.url.port for request in transport.requests} == {None}

    def test_a_loop_of_redirects_ends_after_three(self, connect: Connect, horde_server: HordeServer) -> None:
        client = connect()
        horde_server.answer("/v2/workers", status=302, headers={"Location": "/api/v2/workers"})
        with pytest.raises(RedirectError, match="redirects"):
            client.get(f"{horde_server.url}/v2/workers")
        assert horde_server.requests["/v2/workers"] == 4
        assert client.calls.last_minute(f"{horde_server.url}/v2/workers") == 4

    def test_a_client_closed_while_it_connects_leaves_no_connection_open(
        self, connect: Connect, horde_server: HordeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = connect()
        opened: list[socket.socket] = []
        really_connect = socket.create_connection

        def close_meanwhile(*arguments: Any, **options: Any) -> socket.socket:
            opened.append(really_connect(*arguments, **options))
            client.close()
            return opened[-1]

        monkeypatch.setattr(socket, "create_connection", close_meanwhile)
        client.get(f"{horde_server.url}/v2/workers")
        assert [connection.fileno() for connection in opened] == [-1]


class TestRetries:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_an_outage_is_tried_again_a_few_times(self, connect: Connect, status: int) -> None:
        transport = Transport(httpx.Response(status))
        with pytest.raises(StatusError) as refusal:
            connect(transport).get(URL)
        assert len(transport.requests) == ATTEMPTS
        assert (refusal.value.status, refusal.value.is_outage, refusal.value.retry_after) == (status, True, None)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422])
    def test_a_client_error_is_not_retried(self, connect: Connect, status: int) -> None:
        transport = Transport(httpx.Response(status, headers={"Retry-After": "7"}))
        with pytest.raises(StatusError) as refusal:
            connect(transport).get(URL)
        assert len(transport.requests) == 1
        assert (refusal.value.is_outage, refusal.value.retry_after) == (False, None)

    def test_a_success_without_a_body_to_read_is_an_error(self, connect: Connect) -> None:
        with pytest.raises(StatusError, match="204"):
            connect(Transport(httpx.Response(204))).get(URL)

    @pytest.mark.parametrize(
        "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.RemoteProtocolError("hung up")]
    )
    def test_a_transport_error_is_retried_and_then_raised_as_a_plain_sentence(
        self, connect: Connect, error: httpx.TransportError
    ) -> None:
        transport = Transport(error)
        with pytest.raises(TransportError, match=r"^The server .*\.$") as failure:
            connect(transport).get(URL)
        assert len(transport.requests) == ATTEMPTS
        assert failure.value.__cause__ is error

    def test_the_second_try_may_succeed(self, connect: Connect) -> None:
        transport = Transport(httpx.ConnectError("refused"), httpx.Response(502), httpx.Response(200, content=b"[1]"))
        assert connect(transport).get(URL) == b"[1]"

    @pytest.mark.parametrize("fault", [{"drop": True}, {"truncate": 20}, {"status": 500}, {"status": 503}])
    def test_a_real_server_that_fails_is_asked_three_times(
        self, connect: Connect, horde_server: HordeServer, fault: dict[str, int]
    ) -> None:
        horde_server.answer("/v2/workers", **fault)  # type: ignore[arg-type]
        with pytest.raises(SourceError):
            connect().get(f"{horde_server.url}/v2/workers")
        assert horde_server.requests["/v2/workers"] == 3

    def test_a_page_that_is_not_found_is_an_error_and_not_a_body(
        self, connect: Connect, horde_server: HordeServer
    ) -> None:
        with pytest.raises(StatusError, match="404"):
            connect().get(f"{horde_server.url}/v2/nothing")
        assert horde_server.requests["/v2/nothing"] == 1

    def test_a_stopped_server_is_no_answer_and_a_restarted_one_is_found_again(
        self, connect: Connect, horde_server: HordeServer
    ) -> None:
        client = connect()
        before = client.get(f"{horde_server.url}/v2/workers")
        horde_server.stop()
        with pytest.raises(TransportError):
            client.get(f"{horde_server.url}/v2/workers")
        horde_server.start()
        assert client.get(f"{horde_server.url}/v2/workers") == before


class TestRetryAfter:
    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_on_an_outage_it_ends_the_tries_and_goes_out_with_the_error(self, connect: Connect, status: int) -> None:
        transport = Transport(httpx.Response(status, headers={"Retry-After": "120"}))
        with pytest.raises(StatusError) as refusal:
            connect(transport).get(URL)
        assert len(transport.requests) == 1
        assert refusal.value.retry_after == 120

    def test_it_may_be_a_date(self, connect: Connect) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        with pytest.raises(StatusError) as refusal:
            connect(Transport(httpx.Response(429, headers={"Retry-After": date}))).get(URL)
        assert refusal.value.retry_after == pytest.approx(90, abs=5)

    def test_a_date_in_the_past_is_no_wait(self, connect: Connect) -> None:
        past = {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}
        with pytest.raises(StatusError) as refusal:
            connect(Transport(httpx.Response(429, headers=past))).get(URL)
        assert refusal.value.retry_after == 0

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "soon",
            "-5",
            "1.5",
            "0x10",
            "Sun, 99 Nov 2026 08:49:37 GMT",
            "Mon, 01 Jan 2024 00:00:00 +999999999999999",
        ],
    )
    def test_an_unreadable_value_is_ignored(self, connect: Connect, value: str) -> None:
        transport = Transport(httpx.Response(503, headers={"Retry-After": value}))
        with pytest.raises(StatusError) as refusal:
            connect(transport).get(URL)
        assert refusal.value.retry_after is None
        assert len(transport.requests) == ATTEMPTS

    def test_on_a_success_it_means_nothing(self, connect: Connect, horde_server: HordeServer) -> None:
        client = connect()
        for _ in range(3):  # the server sends Retry-After: 42 with each of these
            client.get(f"{horde_server.url}/v2/workers")
        assert horde_server.requests["/v2/workers"] == 3
