"""The files that pages are made of: compressed once for all browsers, and kept by a browser as long as they hold."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import brotli
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.staticfiles import NotModifiedResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_core.web.middleware.negotiation import chosen_coding, has_already

CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=9),
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}
"""Content codings, the one that makes files smallest first."""

BYTES_HELD = 16 * 1024 * 1024
"""Bytes that all files together may take in memory: several times what all pages load."""

CHUNK_BYTES = 64 * 1024
"""Bytes that are sent at a time, so that a slow client does not have a copy of the whole file waiting for it."""


class Made(NamedTuple):
    """A file in one of its forms, with the headers that it is sent with."""

    body: bytes
    headers: Mapping[str, str]


class StaticFiles:
    """ASGI middleware that serves ``files``, all of them text, each under its path; other requests are passed on.

    Names of files change with their content, so a browser keeps them for good. ``edit`` may replace the content of a
    file by its name; a browser asks each time whether such a one still holds. Forms are made when first asked for.
    """

    def __init__(self, app: ASGIApp, files: Mapping[str, Path], edit: Callable[[str, bytes], bytes]) -> None:
        self._app = app
        self._files = files
        self._edit = edit
        self._one_at_a_time = asyncio.Lock()
        self._held: LRUCache[tuple[Path, str | None], Made] = LRUCache(
            BYTES_HELD, getsizeof=lambda made: len(made.body)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, or pass the request on."""
        file = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            file = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")))
        app = self._app if file is None else await self._response(file, Headers(scope=scope))
        await app(scope, receive, send)

    async def _response(self, file: Path, asked: Headers) -> Response:
        coding = chosen_coding(asked, list(CODINGS))
        made = self._held.get((file, coding)) or await self._made(file, coding)
        if has_already(asked, made.headers["ETag"]):
            return NotModifiedResponse(Headers(made.headers))
        return StreamingResponse(_in_chunks(made.body), headers={**made.headers, "Content-Length": str(len(made.body))})

    async def _made(self, file: Path, coding: str | None) -> Made:
        async with self._one_at_a_time:
            made = self._held.get((file, coding))  # somebody else may have waited for it, too
            if made is None:
                made = self._held[file, coding] = await asyncio.to_thread(self._make, file, coding)
            return made

    def _make(self, file: Path, coding: str | None) -> Made:
        content = file.read_bytes()
        edited = self._edit(file.name, content)
        body = edited if coding is None else CODINGS[coding](edited)
        headers = {
            "Cache-Control": "public, immutable, max-age=31536000" if edited is content else "no-cache",
            "Content-Type": f"{mimetypes.guess_type(file)[0] or 'text/plain'}; charset=utf-8",
            "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
            "Vary": "Accept-Encoding",
        }
        return Made(body, headers | ({} if coding is None else {"Content-Encoding": coding}))


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), CHUNK_BYTES):
        yield body[start : start + CHUNK_BYTES]
