"""What the running application sends: every answer compressed as its client asks, and kept as long as it holds."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import NamedTuple

import brotli
import httpx
import pytest

from horde_core.web.middleware.security_headers import HEADERS
from pages.common import plotly_script
from tests.fixtures.app_server import AppServer

PLOTLY = f"/static/js/{plotly_script.NAME}"
SCRIPT, STYLE, FONT = "/static/js/*.js", "/static/css/*.css", "/static/media/*.woff2"
KEPT_FOR_GOOD = (SCRIPT, STYLE, FONT, "/favicon.png")
ASKED_FOR_EACH_TIME = ("/", "/audit", PLOTLY, "/manifest.json")
FILES = (SCRIPT, STYLE, PLOTLY, "/", "/audit")
OTHERS = ("/nowhere", "/manifest.json", "/api/v1/", "/api/v1/openapi.json", "/_stcore/host-config")
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    None: lambda wire: wire,
}


class Answer(NamedTuple):
    """An answer as it comes over the wire."""

    status: int
    headers: httpx.Headers
    wire: bytes

    @property
    def coding(self) -> str | None:
        return self.headers.get("content-encoding")

    @property
    def content(self) -> bytes:
        return UNPACK[self.coding](self.wire)


def ask(app: AppServer, path: str, accepted: str | None, method: str = "GET", **more: str) -> Answer:
    """Ask for a path, or for the first such file that the page names."""
    if "*" in path:
        path = re.findall(path.replace(".", r"\.").replace("*", r"[^\")]+"), httpx.get(app.url).text)[0]
    with httpx.Client(timeout=30) as client:
        request = client.build_request(method, app.url + path, headers={**more, "Accept-Encoding": accepted or ""})
        if accepted is None:
            del request.headers["Accept-Encoding"]
        answer = client.send(request, stream=True)
        return Answer(answer.status_code, answer.headers, b"".join(answer.iter_raw()))


@pytest.mark.parametrize("path", [*FILES, *OTHERS])
@pytest.mark.parametrize(
    ("accepted", "of_file", "of_other"),
    [
        ("gzip, deflate, br, zstd", "br", "gzip"), ("gzip, deflate", "gzip", "gzip"), ("*", "br", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip", "gzip"), ("br", "br", None), ("gzip;q=0, br", "br", None),
        ("br;q=0, *", "gzip", "gzip"), ("gzip;q=0", None, None), ("*;q=0", None, None), ("identity", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_every_answer_is_compressed_as_its_client_asks_and_the_same_after_all(
    app_server: AppServer, path: str, accepted: str | None, of_file: str | None, of_other: str | None
) -> None:
    plain, answer = ask(app_server, path, "identity"), ask(app_server, path, accepted)
    small = len(plain.wire) < 1_000
    assert answer.coding == (None if small else of_file if path in FILES else of_other)
    assert answer.content == plain.wire
    assert answer.status == plain.status == (404 if path == "/nowhere" else 200)
    if not small:
        assert "accept-encoding" in answer.headers["vary"].lower()


def test_every_browser_gets_plotly_in_less_than_a_tenth_of_it(app_server: AppServer) -> None:
    for accepted in ("br", "gzip"):
        assert len(ask(app_server, PLOTLY, accepted).wire) < 400_000


@pytest.mark.parametrize("path", KEPT_FOR_GOOD)
def test_what_changes_its_name_with_its_content_is_kept_for_good(app_server: AppServer, path: str) -> None:
    assert ask(app_server, path, "gzip").headers["cache-control"] == "public, immutable, max-age=31536000"


@pytest.mark.parametrize("path", ASKED_FOR_EACH_TIME)
@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_what_keeps_its_name_is_asked_for_each_time_and_not_sent_again(
    app_server: AppServer, path: str, accepted: str
) -> None:
    first = ask(app_server, path, accepted)
    assert first.headers["cache-control"] == "no-cache"
    again = ask(app_server, path, accepted, **{"If-None-Match": first.headers["etag"]})
    assert (again.status, again.wire) == (304, b"")


@pytest.mark.parametrize("path", [*FILES, FONT])
def test_every_file_has_the_security_headers(app_server: AppServer, path: str) -> None:
    headers = ask(app_server, path, "br").headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", FILES)
def test_head_tells_the_length_and_sends_nothing(app_server: AppServer, path: str) -> None:
    whole, head = ask(app_server, path, "br"), ask(app_server, path, "br", "HEAD")
    assert (head.status, head.wire) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole.wire)


def test_a_part_of_a_file_that_is_not_compressed_is_that_part(app_server: AppServer) -> None:
    whole, part = ask(app_server, FONT, "br"), ask(app_server, FONT, "br", Range="bytes=10-19")
    assert (part.status, part.wire) == (206, whole.wire[10:20])


@pytest.mark.parametrize("path", [SCRIPT, PLOTLY])
def test_a_file_takes_no_other_method(app_server: AppServer, path: str) -> None:
    assert ask(app_server, path, "br", "POST").status == 405
