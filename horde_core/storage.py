"""The Redis layer of the cache: a thin storage that is allowed to fail and never raises.

Values are compressed JSON, versioned, with their time of fetching inside. While Redis is in trouble it is left alone
for a few seconds at a time, so a frozen server costs one short timeout now and then; the trouble is logged once.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import zlib
from typing import NamedTuple, Protocol

import redis

from horde_core.freshness import Clock

log = logging.getLogger(__name__)

VALUE_VERSION = 2
COMPRESSION_LEVEL = 1
"""The quickest: a real day's text usage of 1.2 MB shrinks to a third in 11 ms; the usual level takes three times as
long for a fourth."""
SOCKET_SECONDS = 0.25
PAUSE_SECONDS = 5.0
CLOCK_TOLERANCE_SECONDS = 5.0
"""How far ahead another machine's wall clock may be before its values are ignored."""


class StoredBody(NamedTuple):
    """A body as the layers exchange it; times are Unix seconds."""

    body: bytes
    origin: str
    fetched_at: float
    unchanged_since: float
    changed_at: float | None


class Storage(Protocol):
    """What the cache needs of its second layer."""

    def read(self, key: str) -> StoredBody | None:
        """Return what is stored, or None; never raises."""

    def write(self, key: str, stored: StoredBody, life: float) -> None:
        """Store for ``life`` seconds; never raises."""


def encode(stored: StoredBody) -> bytes:
    """Return what Redis holds: compressed JSON."""
    document = {"version": VALUE_VERSION, **stored._asdict(), "body": stored.body.decode()}
    return zlib.compress(json.dumps(document).encode(), COMPRESSION_LEVEL)


def decode(raw: bytes) -> StoredBody:
    """Read :func:`encode` back. Raises ``ValueError`` for anything else: garbage, or another version's value."""
    try:
        document = json.loads(zlib.decompress(raw))
    except zlib.error as error:
        raise ValueError("not a value of this version") from error
    if not isinstance(document, dict) or document.pop("version", None) != VALUE_VERSION:
        raise ValueError("not a value of this version")
    try:
        stored = StoredBody(**{**document, "body": document["body"].encode()})
        times = [stored.fetched_at, stored.unchanged_since, stored.changed_at or 0.0]
        usable = isinstance(stored.origin, str) and all(math.isfinite(time) for time in times)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a value of this version") from error
    if not usable:
        raise ValueError("not a value of this version")
    return stored


class RedisConnection:
    """The app's one way to Redis. Thread-safe; connects on first use; never raises."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paused_until = -math.inf
        self._in_trouble: set[str] = set()
        self._redis = redis.Redis.from_url(
            url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, retry=None
        )

    def read_bytes(self, key: str) -> bytes | None:
        """Return the value under ``key``; None when there is none or Redis is in trouble."""
        if self._is_paused():
            return None
        try:
            raw = self._redis.get(key)
        except redis.ResponseError as error:
            log.warning("redis key ignored key=%s reason=%s", key, error)
            return None
        except redis.RedisError as error:
            self._trouble("read", error)
            return None
        self._well("read")
        return raw if isinstance(raw, bytes) else None

    def write_bytes(self, key: str, value: bytes, life: float) -> None:
        """Store a value for ``life`` seconds, unless Redis is in trouble."""
        if self._is_paused() or life <= 0:
            return
        try:
            self._redis.set(key, value, px=max(1, round(life * 1000)))
        except redis.RedisError as error:
            self._trouble("write", error)
            return
        self._well("write")

    def _is_paused(self) -> bool:
        return self._clock.monotonic() < self._paused_until

    def _trouble(self, operation: str, error: redis.RedisError) -> None:
        with self._lock:
            first = not self._in_trouble
            self._in_trouble.add(operation)
            self._paused_until = self._clock.monotonic() + PAUSE_SECONDS
        if first:
            log.warning("redis unavailable, serving from memory error=%s: %s", type(error).__name__, error)

    def _well(self, operation: str) -> None:
        """A full Redis can be read and not written: only what failed can prove that it works again."""
        with self._lock:
            is_back = self._in_trouble == {operation}
            self._in_trouble.discard(operation)
        if is_back:
            log.info("redis is back")

    def close(self) -> None:
        """Give its sockets back."""
        self._redis.close()


class RedisStorage:
    """Bodies in Redis under ``{prefix}:horde_api:{key}``. Thread-safe; never raises."""

    def __init__(self, connection: RedisConnection, prefix: str, clock: Clock) -> None:
        self._connection = connection
        self._prefix = f"{prefix}:horde_api:"
        self._clock = clock

    def read(self, key: str) -> StoredBody | None:
        """Return what is stored under ``key``; None when there is nothing usable or Redis is in trouble."""
        raw = self._connection.read_bytes(self._prefix + key)
        if raw is None:
            return None
        try:
            stored = decode(raw)
        except (ValueError, RecursionError, OverflowError) as error:
            log.warning("redis value ignored key=%s reason=%s", key, error)
            return None
        if stored.fetched_at > self._clock.wall() + CLOCK_TOLERANCE_SECONDS:
            log.warning("redis value ignored key=%s reason=fetched in the future", key)
            return None
        return stored

    def write(self, key: str, stored: StoredBody, life: float) -> None:
        """Store a body for ``life`` seconds, unless Redis is in trouble."""
        self._connection.write_bytes(self._prefix + key, encode(stored), life)
