"""What ends a request: its deadline, and the size of a body, packed or not."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from horde_core.upstream.client import LARGEST_BODY
from horde_core.upstream.errors import ShapeError, StatusError, TransportError
from tests.core.upstream.test_client import URL, Chunks, Connect, packed_zeros
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until


class TestDeadline:
    @pytest.mark.usefixtures("pauses_between_tries")
    def test_a_trickling_body_ends_at_the_deadline(self, connect: Connect, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", trickle=0.02)
        asked = time.monotonic()
        with pytest.raises(TransportError, match=r"did not answer in full within 0\.6 s"):
            connect(api_timeout=0.6).get(f"{horde_server.url}/v2/workers")
        assert 0.6 <= time.monotonic() - asked < 15, "the body would take a minute"
        assert horde_server.requests["/v2/workers"] == 1, "no time was left for another try"

    @pytest.mark.usefixtures("pauses_between_tries")
    def test_trickling_headers_end_at_the_deadline(self, connect: Connect, horde_server: HordeServer) -> None:
        headers = {f"X-Header-{number}": "x" for number in range(100)}
        horde_server.answer("/v2/workers", headers=headers, trickle_head=0.2)
        asked = time.monotonic()
        with pytest.raises(TransportError, match=r"did not answer in full within 0\.6 s"):
            connect(api_timeout=0.6).get(f"{horde_server.url}/v2/workers")
        assert 0.6 <= time.monotonic() - asked < 10, "the headers would take 20 s"

    def test_the_calls_of_the_last_minute_are_counted_with_each_retry(
        self, connect: Connect, horde_server: HordeServer
    ) -> None:
        now = [0.0]
        client = connect(monotonic=lambda: now[0])
        url = f"{horde_server.url}/v2/workers"
        client.get(url)
        horde_server.answer("/v2/workers", status=503)
        with pytest.raises(StatusError):
            client.get(url)
        assert client.calls.last_minute(url) == horde_server.requests["/v2/workers"] == 4
        assert client.calls.last_minute(f"{url}?type=image") == 4, "the limit is for the path, whatever is asked"
        assert client.calls.last_minute("http://elsewhere.example/") == 0
        assert client.calls.total_last_minute() == 4
        now[0] = 60.0
        assert client.calls.last_minute(url) == 0

    @pytest.mark.usefixtures("pauses_between_tries")
    def test_the_time_before_the_first_byte_counts_too(self, connect: Connect, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", delay=1.5, trickle=60)
        asked = time.monotonic()
        with pytest.raises(TransportError, match="within 2 s"):
            connect(api_timeout=2).get(f"{horde_server.url}/v2/workers")
        assert 2 <= time.monotonic() - asked < 15, "a byte a minute would take longer"

    @pytest.mark.usefixtures("pauses_between_tries")
    def test_another_try_has_what_the_first_one_left(self, connect: Connect, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", delay=1.2, drop=True)
        with ThreadPoolExecutor(1) as pool:
            asked = time.monotonic()
            body = pool.submit(connect(api_timeout=2).get, f"{horde_server.url}/v2/workers")
            wait_until(lambda: horde_server.requests["/v2/workers"] == 1, "the first try is under way")
            horde_server.answer("/v2/workers", delay=60)
            with pytest.raises(TransportError, match="within 2 s"):
                body.result()
        assert 2 <= time.monotonic() - asked < 3
        assert horde_server.requests["/v2/workers"] == 2

    @pytest.mark.usefixtures("pauses_between_tries")
    def test_a_server_that_accepts_and_never_answers_is_given_up(
        self, connect: Connect, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/v2/workers", delay=60)
        asked = time.monotonic()
        with pytest.raises(TransportError, match=r"within 0\.3 s"):
            connect(api_timeout=0.3).get(f"{horde_server.url}/v2/workers")
        assert 0.3 <= time.monotonic() - asked < 15

    def test_each_chunk_counts_towards_the_same_deadline(self, connect: Connect) -> None:
        now = [100.0]

        def tick() -> None:
            now[0] += 0.4

        body = Chunks(number=1_000, size=10, tick=tick)
        with pytest.raises(TransportError, match="within 1 s"):
            connect(lambda _: httpx.Response(200, stream=body), lambda: now[0], api_timeout=1).get(URL)
        assert body.sent == 3 * 10, "the third chunk is past the deadline, and no time is left for another try"

    def test_a_slow_body_within_the_deadline_is_read_in_full(self, connect: Connect, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", "[1, 2, 3]", trickle=0.02)
        assert connect(api_timeout=10).get(f"{horde_server.url}/v2/workers") == b"[1, 2, 3]"


class TestSize:
    CHUNK = 4 * 1024 * 1024

    def test_a_body_without_end_is_given_up(self, connect: Connect) -> None:
        body = Chunks(number=1_000, size=self.CHUNK)
        with pytest.raises(ShapeError, match="at most 16,777,216 bytes"):
            connect(lambda _: httpx.Response(200, stream=body)).get(URL)
        assert body.sent <= LARGEST_BODY + self.CHUNK, "asking again would bring the same"

    def test_a_packed_body_is_given_up_before_it_is_unpacked(self, connect: Connect, horde_server: HordeServer) -> None:
        bomb = packed_zeros(400 * 1024 * 1024)
        horde_server.answer("/v2/workers", bomb, headers={"Content-Encoding": "gzip"})
        tracemalloc.start()
        with pytest.raises(ShapeError, match="at most"):
            connect().get(f"{horde_server.url}/v2/workers")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4 * LARGEST_BODY
        assert horde_server.requests["/v2/workers"] == 1

    @pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip", "deflate", "br", "zstd", "x", "identity, gzip"])
    def test_a_body_packed_in_any_other_way_is_not_unpacked(
        self, connect: Connect, horde_server: HordeServer, encoding: str
    ) -> None:
        body = gzip.compress(packed_zeros(1024 * 1024))
        horde_server.answer("/v2/workers", body, headers={"Content-Encoding": encoding})
        with pytest.raises(ShapeError, match="packed once with gzip"):
            connect().get(f"{horde_server.url}/v2/workers")

    def test_a_packed_body_is_read_as_the_one_that_was_packed(
        self, connect: Connect, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/v2/workers", gzip.compress(b"[1, 2, 3]" * 10_000), headers={"Content-Encoding": "GZip"})
        assert connect().get(f"{horde_server.url}/v2/workers") == b"[1, 2, 3]" * 10_000

    def test_what_is_no_gzip_is_told_as_such(self, connect: Connect, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", b"[]", headers={"Content-Encoding": "gzip"})
        with pytest.raises(ShapeError, match="packed with gzip"):
            connect().get(f"{horde_server.url}/v2/workers")

    def test_the_largest_body_is_still_read(self, connect: Connect) -> None:
        body = Chunks(number=LARGEST_BODY // self.CHUNK, size=self.CHUNK)
        assert len(connect(lambda _: httpx.Response(200, stream=body)).get(URL)) == LARGEST_BODY
