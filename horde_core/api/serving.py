"""Answers made once for a snapshot and a question, and served as bytes: compressed, dated, and not sent again."""

from __future__ import annotations

import gzip
import hashlib
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from horde_core.freshness import State
from horde_core.snapshot import PageView

COMPRESSED_FROM = 1024
"""Bytes from which compressing pays."""

BYTES_HELD = 64 * 1024 * 1024
"""What all answers together may take in memory, compressed and not."""


class Made(NamedTuple):
    """An answer as bytes, also compressed where that pays."""

    plain: bytes
    compressed: bytes | None

    @property
    def size(self) -> int:
        """What it takes in memory."""
        return len(self.plain) + len(self.compressed or b"")

    @classmethod
    def of(cls, body: bytes) -> Made:
        """Compress a body, once for all who ask for it."""
        return cls(body, gzip.compress(body, 5, mtime=0) if len(body) >= COMPRESSED_FROM else None)


class MadeAnswers:
    """The answers asked for lately, those longest not asked for leaving first. Thread-safe; each is made once."""

    def __init__(self, most_bytes: int = BYTES_HELD) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._held: OrderedDict[Hashable, Made] = OrderedDict()
        self._bytes = 0

    def held(self, key: Hashable) -> Made | None:
        """Return what has been made already."""
        with self._lock:
            made = self._held.get(key)
            if made is not None:
                self._held.move_to_end(key)
            return made

    def make(self, key: Hashable, body: Callable[[], bytes]) -> Made:
        """Return what is under a key, made now where nobody has: one at a time, as each takes a core for a while."""
        with self._making:
            made = self.held(key)
            if made is None:
                made = Made.of(body())
                self._keep(key, made)
            return made

    def _keep(self, key: Hashable, made: Made) -> None:
        with self._lock:
            self._held[key] = made
            self._bytes += made.size
            while self._bytes > self._most_bytes and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].size


def tag_of(view: PageView, *asked: object) -> str:
    """The entity tag of an answer: it changes with the content and the state of a source, not with its age."""
    states = [f"{reading.key}={reading.state.value}" for reading in view.sources]
    parts = "\n".join([view.id, *states, *map(repr, asked)])
    return f'W/"{hashlib.blake2b(parts.encode(errors="replace"), digest_size=12).hexdigest()}"'


def seconds_left(view: PageView) -> int:
    """For how long an answer stays fresh: what is left of the shortest TTL; 0 as soon as a source is not fresh."""
    if any(reading.state is not State.FRESH for reading in view.sources):
        return 0
    return math.floor(min((reading.fresh_for or 0.0 for reading in view.sources), default=0.0))


def respond(request: Request, made: Made, media_type: str, tag: str, max_age: int) -> Response:
    """Serve bytes: 304 to who has them already, compressed to who reads that."""
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={max_age}", "Vary": "Accept-Encoding"}
    if _has_it(request, tag):
        return Response(status_code=304, headers=headers)
    body = made.plain
    if made.compressed is not None and _reads_gzip(request):
        body = made.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=media_type)


def _reads_gzip(request: Request) -> bool:
    """Whether the client takes gzip; a weight of 0 says that it does not."""
    for one in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() == "gzip":
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return False


def _has_it(request: Request, tag: str) -> bool:
    """Whether the client names this tag; compared weakly, as a client may have made it a strong one."""
    named = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    return "*" in named or tag.removeprefix("W/") in [one.removeprefix("W/") for one in named]
