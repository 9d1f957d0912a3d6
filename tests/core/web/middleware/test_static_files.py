"""Files as browsers get them: compressed once, the same bytes after all, and caching that holds."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from horde_core.web.middleware.static_files import BYTES_HELD, StaticFiles

SCRIPT = b"export const figures = [1, 2, 3];\n" * 5_000
FOR_GOOD = "public, immutable, max-age=31536000"
CODINGS = [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("gzip;q=0", None), ("", None)]
PATHS = ["/horde/static/js/a.js", "/horde/audit"]


class Site:
    """The files of a folder: a script as it is, and a page that is edited when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        (folder / "a.js").write_bytes(SCRIPT)
        (folder / "index.html").write_bytes(b"<p>before</p>")
        self.edits: list[str] = []
        self.after = b"<p>after</p>" * 100
        files = {PATHS[0]: folder / "a.js", PATHS[1]: folder / "index.html"}
        self.app = StaticFiles(PlainTextResponse("passed on"), files, self._edit)

    def _edit(self, name: str, content: bytes) -> bytes:
        assert threading.current_thread() is not threading.main_thread(), "the event loop waits for a compressor"
        self.edits.append(name)
        return self.after if name == "index.html" else content

    def ask(self, path: str, accepted: str = "br", method: str = "GET", root: str = "", **more: str) -> httpx.Response:
        return self.ask_at_once(1, path, accepted, method, root, **more)[0]

    def ask_at_once(
        self, times: int, path: str, accepted: str = "br", method: str = "GET", root: str = "", **more: str
    ) -> list[httpx.Response]:
        async def ask() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app, root_path=root)
            async with httpx.AsyncClient(transport=transport, base_url="http://dashboard.example") as client:
                headers = {"Accept-Encoding": accepted, **more}
                return await asyncio.gather(*(client.request(method, path, headers=headers) for _ in range(times)))

        return asyncio.run(ask())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(("accepted", "coding"), CODINGS)
@pytest.mark.parametrize("path", PATHS)
def test_each_form_is_the_same_content_and_says_what_it_is(
    site: Site, path: str, accepted: str, coding: str | None
) -> None:
    answer = site.ask(path, accepted)
    plain = SCRIPT if path == PATHS[0] else site.after
    assert answer.status_code == 200
    assert answer.content == plain
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (int(answer.headers["content-length"]) == len(plain)) == (coding is None)


@pytest.mark.parametrize(("accepted", "coding"), CODINGS)
def test_head_has_the_headers_of_get(site: Site, accepted: str, coding: str | None) -> None:
    assert site.ask(PATHS[0], accepted, "HEAD").headers == site.ask(PATHS[0], accepted).headers


def test_a_file_as_it_is_may_be_kept_for_good_and_an_edited_one_while_it_is_unchanged(site: Site) -> None:
    assert site.ask(PATHS[0]).headers["cache-control"] == FOR_GOOD
    assert site.ask(PATHS[1]).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_each_form_has_a_tag_of_its_own_under_which_it_is_not_sent_again(site: Site, path: str) -> None:
    tags = {accepted: site.ask(path, accepted).headers["etag"] for accepted in ("br", "gzip", "identity")}
    assert len(set(tags.values())) == 3
    for accepted, tag in tags.items():
        again = site.ask(path, accepted, **{"If-None-Match": f'"x", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == "Accept-Encoding"
        assert again.headers["cache-control"] == site.ask(path).headers["cache-control"]
        assert "content-encoding" not in again.headers
    assert site.ask(path, "br", **{"If-None-Match": tags["gzip"]}).status_code == 200


def test_a_part_is_answered_by_the_whole(site: Site) -> None:
    answer = site.ask(PATHS[0], "br", Range="bytes=0-9")
    assert (answer.status_code, answer.content) == (200, SCRIPT)


def test_a_form_is_made_once_also_for_many_at_the_same_time(site: Site) -> None:
    answers = site.ask_at_once(20, PATHS[0])
    assert {answer.content for answer in answers} == {SCRIPT}
    assert site.edits == ["a.js"]
    site.ask(PATHS[0], "gzip")
    assert site.edits == ["a.js", "a.js"]


def test_the_forms_together_take_no_more_memory_than_is_allowed(tmp_path: Path) -> None:
    size = BYTES_HELD // 3
    files = {}
    for number in range(4):
        files[f"/{number}.js"] = tmp_path / f"{number}.js"
        files[f"/{number}.js"].write_bytes(bytes([number]) * size)
    site = Site(tmp_path)
    site.app = StaticFiles(PlainTextResponse("passed on"), files, site._edit)
    for path in [*files, *files]:
        assert len(site.ask(path, "identity").content) == size
    assert len(site.edits) > len(files)  # the least recently used had left


@pytest.mark.parametrize(
    "path", ["/", "/horde", "/static/js/a.js", "/horde/static/js/b.js", "/horde/static/js/../a.js"]
)
def test_any_other_path_is_passed_on(site: Site, path: str) -> None:
    assert site.ask(path).text == "passed on"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_any_other_method_is_passed_on(site: Site, method: str) -> None:
    assert site.ask(PATHS[0], method=method).text == "passed on"


def test_a_path_that_a_server_has_put_before_it_is_taken_away(site: Site) -> None:
    assert site.ask(f"/outer{PATHS[0]}", root="/outer").content == SCRIPT
