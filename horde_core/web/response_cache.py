"""Answers made once for a snapshot and a question, and served as bytes: compressed, dated, and not sent again."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import math
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from horde_core.cache.freshness import State
from horde_core.live.snapshot import PageView

COMPRESSED_FROM = 1024
"""Bytes from which compressing pays."""

BYTES_HELD = 64 * 1024 * 1024
"""What all answers together may take in memory, compressed and not."""

BYTES_BESIDES = 1024
"""What holding an answer takes besides its bytes."""

MAKERS = 2
MOST_AT_ONCE = 16
"""How many answers that nobody has made yet one address may wait for at a time."""


class TooManyAtOnceError(Exception):
    """One address waits for as many answers as it may."""


class Made(NamedTuple):
    """An answer as bytes, also compressed where that pays, and the headers that tell what it is of."""

    plain: bytes
    compressed: bytes | None
    about: Mapping[str, str] = MappingProxyType({})

    @property
    def size(self) -> int:
        """What it takes in memory."""
        return len(self.plain) + len(self.compressed or b"") + BYTES_BESIDES

    @classmethod
    def of(cls, body: bytes, about: Mapping[str, str] = MappingProxyType({})) -> Made:
        """Compress a body, once for all who ask for it."""
        return cls(body, gzip.compress(body, 5, mtime=0) if len(body) >= COMPRESSED_FROM else None, about)


class MadeAnswers:
    """The answers asked for lately, those longest not asked for leaving first. Thread-safe.

    An answer is made once, however many ask for it at a time, and never more than two at a time.
    """

    def __init__(self, most_bytes: int = BYTES_HELD) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(MAKERS, thread_name_prefix="answers")
        self._flights: dict[Hashable, asyncio.Future[Made]] = {}
        self._waiting: Counter[str] = Counter()
        self._held: OrderedDict[Hashable, Made] = OrderedDict()
        self._bytes = 0

    def held(self, key: Hashable) -> Made | None:
        """Return what has been made already."""
        with self._lock:
            made = self._held.get(key)
            if made is not None:
                self._held.move_to_end(key)
            return made

    async def make(self, key: Hashable, answer: Callable[[], Made], address: str) -> Made:
        """Return what is under a key, made now where nobody has.

        Raises :class:`TooManyAtOnceError`, so that one address cannot have everybody wait, and what ``answer`` raises.
        """
        flight = self._flights.get(key)
        if flight is None:
            if self._waiting[address] >= MOST_AT_ONCE:
                raise TooManyAtOnceError
            self._waiting[address] += 1
            flight = asyncio.get_running_loop().run_in_executor(self._pool, self._make, key, answer)
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._landed(key, address))
        return await asyncio.shield(flight)

    def _make(self, key: Hashable, answer: Callable[[], Made]) -> Made:
        made = self.held(key)
        if made is None:
            made = answer()
            self._keep(key, made)
        return made

    def _landed(self, key: Hashable, address: str) -> None:
        self._flights.pop(key, None)
        self._waiting[address] -= 1
        if not self._waiting[address]:
            del self._waiting[address]

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
    """Serve bytes, compressed to who reads that."""
    headers = {**_caching(tag, max_age), **made.about}
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


def not_modified(request: Request, tag: str, max_age: int) -> Response | None:
    """Return 304 for who names this tag; compared weakly, as a client may have made it a strong one."""
    named = [one.strip() for line in request.headers.getlist("if-none-match") for one in line.split(",")]
    return Response(status_code=304, headers=_caching(tag, max_age)) if _names(named, tag) else None


def _caching(tag: str, max_age: int) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": f"public, max-age={max_age}", "Vary": "Accept-Encoding"}


def _names(named: Sequence[str], tag: str) -> bool:
    return "*" in named or tag.removeprefix("W/") in [one.removeprefix("W/") for one in named]
