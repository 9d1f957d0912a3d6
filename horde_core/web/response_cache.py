"""The response cache: each answer is made once for a snapshot and its parameters, and served as bytes.

Answers are compressed, carry an entity tag, and are not sent again to a client that has them.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from horde_core.cache.freshness import State
from horde_core.live.snapshot import PageView
from horde_core.web.middleware.negotiation import chosen_coding, has_already

COMPRESSED_FROM = 1024
"""Bytes of a body from which it is compressed; a smaller one hardly shrinks."""

BYTES_HELD = 64 * 1024 * 1024
"""Bytes that all answers together may take in memory, the compressed forms included."""

BYTES_BESIDES = 1024
"""Bytes that an answer takes in memory besides its body: objects, headers and key."""

HISTORY_SECONDS = 60.0
"""Seconds that an answer from the history stays fresh: as often is looked for something to record."""

MAKERS = 2
"""Threads that make answers."""

MOST_AT_ONCE = 16
"""How many answers that are not in the cache one address may wait for at a time."""


class TooManyAtOnceError(Exception):
    """An address already waits for as many answers as it may."""


class Made(NamedTuple):
    """An answer as bytes, also compressed where that pays, and its own headers."""

    plain: bytes
    compressed: bytes | None
    about: Mapping[str, str] = MappingProxyType({})

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.plain) + len(self.compressed or b"") + BYTES_BESIDES

    @classmethod
    def of(cls, body: bytes, about: Mapping[str, str] = MappingProxyType({})) -> Made:
        """Compress a body, once for all requests."""
        return cls(body, gzip.compress(body, 5, mtime=0) if len(body) >= COMPRESSED_FROM else None, about)


class ResponseCache:
    """The answers of late requests, the least recently used leaving first. Thread-safe.

    Requests at the same time for the same answer have it made once; at most :data:`MAKERS` are made at a time.
    """

    def __init__(self, most_bytes: int = BYTES_HELD) -> None:
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(MAKERS, thread_name_prefix="answers")
        self._flights: dict[Hashable, asyncio.Future[Made]] = {}
        self._waiting: Counter[str] = Counter()
        self._held: LRUCache[Hashable, Made] = LRUCache(most_bytes, getsizeof=lambda made: made.size)

    def held(self, key: Hashable) -> Made | None:
        """Return the answer under a key; None when it is not in the cache."""
        with self._lock:
            return self._held.get(key)

    async def make(self, key: Hashable, answer: Callable[[], Made], address: str) -> Made:
        """Return the answer under a key, made now by ``answer`` where it is not in the cache.

        Raises :class:`TooManyAtOnceError`, so that one address cannot make the others wait, and what ``answer`` raises.
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
            with self._lock, suppress(ValueError):  # it is larger than the whole cache
                self._held[key] = made
        return made

    def _landed(self, key: Hashable, address: str) -> None:
        self._flights.pop(key, None)
        self._waiting[address] -= 1
        if not self._waiting[address]:
            del self._waiting[address]


def tag_of(view: PageView, *asked: object) -> str:
    """The entity tag of an answer: it changes with the content and the state of a source, not with its age."""
    states = [f"{reading.key}={reading.state.value}" for reading in view.sources]
    parts = "\n".join([view.id, *states, *map(repr, asked)])
    return f'W/"{hashlib.blake2b(parts.encode(errors="replace"), digest_size=12).hexdigest()}"'


def seconds_left(view: PageView) -> int:
    """Seconds that an answer stays fresh: the rest of the shortest TTL; 0 as soon as a source is not fresh."""
    if any(reading.state is not State.FRESH for reading in view.sources):
        return 0
    seconds = [reading.fresh_for or 0.0 for reading in view.sources]
    return math.floor(min([*seconds, HISTORY_SECONDS] if view.history is not None else seconds, default=0.0))


def respond(request: Request, made: Made, media_type: str, tag: str, max_age: int) -> Response:
    """Serve an answer, compressed to a client that accepts it."""
    headers = {**_caching(tag, max_age), **made.about}
    body = made.plain
    if made.compressed is not None and chosen_coding(request.headers, ["gzip"]):
        body = made.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=media_type)


def not_modified(request: Request, tag: str, max_age: int) -> Response | None:
    """Return 304 for a client that has the answer under this tag already."""
    return Response(status_code=304, headers=_caching(tag, max_age)) if has_already(request.headers, tag) else None


def _caching(tag: str, max_age: int) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": f"public, max-age={max_age}", "Vary": "Accept-Encoding"}
