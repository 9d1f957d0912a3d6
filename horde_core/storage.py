"""The Redis layer of the cache: a thin storage that is allowed to fail and never raises.

Values are compressed JSON, versioned, with their time of fetching inside. While Redis is in trouble it is left alone
for a few seconds at a time, so a frozen server costs one short timeout now and then; the trouble is logged once.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import redis
from redis.exceptions import LockError
from redis.lock import Lock

from horde_core.freshness import Clock

log = logging.getLogger(__name__)

VALUE_VERSION = 3
COMPRESSION_LEVEL = 1
"""The quickest: a real day's text usage of 1.2 MB shrinks to a third in 11 ms; the usual level takes three times as
long for a fourth."""
SOCKET_SECONDS = 0.25
PAUSE_SECONDS = 5.0
CLOCK_TOLERANCE_SECONDS = 1.0
"""How much younger than by Redis' own clock a value may look before another machine's wall clock is not believed."""

SEQUENCE_SECONDS = 86_400.0

# Redis' own time, so that numbers still grow after a FLUSHALL; one more than the last where that time stepped back.
_NEXT_SEQUENCE = """
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[1]) or '') or 0
local following = math.max(time[1] * 1000000 + time[2], last + 1)
redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', ARGV[1])
return string.format('%.0f', following)
"""

_WRITE_UNLESS_NEWER = """
local written = tonumber(redis.call('GET', KEYS[2]) or '') or 0
if written > tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
"""

R = TypeVar("R")
GiveBack = Callable[[], None]


class StoredBody(NamedTuple):
    """A body as the layers exchange it; times are Unix seconds."""

    body: bytes
    origin: str
    fetched_at: float
    unchanged_since: float
    changed_at: float | None


class Storage(Protocol):
    """What the cache needs of its second layer. Nothing here raises; while it is in trouble the cache is on its own."""

    def read(self, key: str) -> StoredBody | None:
        """Return what is stored, or None."""

    def next_sequence(self, key: str) -> int | None:
        """Return a number larger than any before, to be taken as a fetch starts; None in trouble."""

    def write(self, key: str, stored: StoredBody, life: float, sequence: int) -> bool:
        """Store for ``life`` seconds; False when what is there comes from a fetch that started later."""

    def sequences(self, keys: Sequence[str]) -> list[int]:
        """Return by which fetch each key was written, 0 where that is not known."""

    def lease(self, key: str, seconds: float) -> GiveBack | None:
        """Take the right to fetch, and return how to give it back; None while another process has it."""

    def claim_refresh(self, key: str, seconds: float) -> float:
        """Claim the one forced refresh of these seconds: 0 when it is ours, else how many are left."""


def encode(stored: StoredBody, life: float) -> bytes:
    """Return what Redis holds: compressed JSON, with the seconds it is to live."""
    document = {"version": VALUE_VERSION, "life": life, **stored._asdict(), "body": stored.body.decode()}
    return zlib.compress(json.dumps(document).encode(), COMPRESSION_LEVEL)


def decode(raw: bytes) -> tuple[StoredBody, float]:
    """Read :func:`encode` back: the body and its life.

    Raises ``ValueError`` for anything else: garbage, or another version's value.
    """
    try:
        document = json.loads(zlib.decompress(raw))
    except zlib.error as error:
        raise ValueError("not a value of this version") from error
    if not isinstance(document, dict) or document.pop("version", None) != VALUE_VERSION:
        raise ValueError("not a value of this version")
    try:
        life = document.pop("life")
        stored = StoredBody(**{**document, "body": document["body"].encode()})
        times = [stored.fetched_at, stored.unchanged_since, stored.changed_at or 0.0, life]
        usable = isinstance(stored.origin, str) and all(math.isfinite(time) for time in times)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a value of this version") from error
    if not usable:
        raise ValueError("not a value of this version")
    return stored, life


def milliseconds(seconds: float) -> int:
    """Return seconds as Redis counts a life; never none at all."""
    return max(1, round(seconds * 1000))


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
        raw = self.ask("read", lambda server: server.get(key), None)
        return raw if isinstance(raw, bytes) else None

    def write_bytes(self, key: str, value: bytes, life: float) -> None:
        """Store a value for ``life`` seconds, unless Redis is in trouble."""
        if life > 0:
            self.ask("write", lambda server: server.set(key, value, px=milliseconds(life)), None)

    def ask(self, operation: Literal["read", "write"], question: Callable[[redis.Redis], R], otherwise: R) -> R:
        """Return Redis' answer to a question, ``otherwise`` while it is in trouble."""
        if self._is_paused():
            return otherwise
        try:
            answer = question(self._redis)
        except redis.RedisError as error:
            if operation == "read" and isinstance(error, redis.ResponseError):
                log.warning("redis key ignored reason=%s", error)
            else:
                self._trouble(operation, error)
            return otherwise
        self._well(operation)
        return answer

    @property
    def is_in_trouble(self) -> bool:
        """Whether the last thing asked of it failed."""
        return bool(self._in_trouble)

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

    def lease(self, key: str, seconds: float) -> GiveBack | None:
        """Take a lock that expires by itself, and return how to give it back; None while another process has it.

        In trouble everybody gets one: better one request too many than none.
        """
        lock = self._redis.lock(key, timeout=seconds, blocking=False, thread_local=False)
        taken = self.ask("write", lambda _server: lock.acquire(), None)
        if taken is None:
            return lambda: None
        return (lambda: self._release(lock)) if taken else None

    def _release(self, lock: Lock) -> None:
        def release(_server: redis.Redis) -> None:
            with contextlib.suppress(LockError):  # it expired meanwhile, and may be another's by now
                lock.release()

        self.ask("write", release, None)

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
        """Return what is stored under ``key``; None when there is nothing usable or Redis is in trouble.

        Where Redis has held it for longer than our wall clock makes of its ``fetched_at``, Redis is right: the clock
        of one machine must not make another's data young.
        """
        raw, left = self._connection.ask("read", lambda server: self._value_and_life(server, key), (None, 0))
        if not isinstance(raw, bytes):
            return None
        try:
            stored, life = decode(raw)
        except (ValueError, RecursionError, OverflowError) as error:
            log.warning("redis value ignored key=%s reason=%s", key, error)
            return None
        now, held_for = self._clock.wall(), life - left / 1000
        if now - stored.fetched_at < held_for - CLOCK_TOLERANCE_SECONDS:
            fetched_at = now - held_for
            return stored._replace(fetched_at=fetched_at, unchanged_since=min(stored.unchanged_since, fetched_at))
        return stored

    def _value_and_life(self, server: redis.Redis, key: str) -> tuple[Any, int]:
        pipeline = server.pipeline(transaction=False)
        pipeline.get(self._prefix + key)
        pipeline.pttl(self._prefix + key)
        value, left = pipeline.execute()
        return value, left

    def next_sequence(self, key: str) -> int | None:
        """Return a number larger than any before, to be taken as a fetch starts; None in trouble."""
        name, life = f"{self._prefix}sequence:{key}", milliseconds(SEQUENCE_SECONDS)
        number = self._connection.ask("write", lambda server: server.eval(_NEXT_SEQUENCE, 1, name, life), None)
        return None if number is None else int(number)

    def write(self, key: str, stored: StoredBody, life: float, sequence: int) -> bool:
        """Store a body for ``life`` seconds; False when what is there comes from a fetch that started later."""
        if life <= 0:
            return True
        names = (self._prefix + key, f"{self._prefix}written:{key}")
        values = (encode(stored, life), sequence, milliseconds(life))
        done = self._connection.ask("write", lambda server: server.eval(_WRITE_UNLESS_NEWER, 2, *names, *values), 1)
        return done == 1

    def sequences(self, keys: Sequence[str]) -> list[int]:
        """Return by which fetch each key was written, 0 where that is not known."""
        names = [f"{self._prefix}written:{key}" for key in keys]
        none: list[Any] = [None] * len(names)
        numbers = self._connection.ask("read", lambda server: list(server.mget(names)), none) if names else none
        return [int(number) if number is not None and number.isdigit() else 0 for number in numbers]

    def lease(self, key: str, seconds: float) -> GiveBack | None:
        """Take the right to fetch, and return how to give it back; None while another process has it."""
        return self._connection.lease(f"{self._prefix}lock:{key}", seconds)

    def claim_refresh(self, key: str, seconds: float) -> float:
        """Claim the one forced refresh of these seconds: 0 when it is ours, else how many are left."""
        name = f"{self._prefix}forced:{key}"

        def claim(server: redis.Redis) -> float:
            if server.set(name, 1, nx=True, px=milliseconds(seconds)):
                return 0.0
            return max(int(server.pttl(name)), 1) / 1000

        return self._connection.ask("write", claim, 0.0)
