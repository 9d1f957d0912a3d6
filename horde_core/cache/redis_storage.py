"""The Redis layer of the cache: a thin storage that is allowed to fail and never raises.

Values are compressed JSON, versioned, with their time of fetching inside. While Redis is in trouble it is left alone
for a few seconds at a time, so a frozen server costs one short timeout now and then; the trouble is logged once.
"""

from __future__ import annotations

import json
import logging
import math
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from horde_core.cache.freshness import Clock
from horde_core.cache.redis_connection import GiveBack, RedisConnection, milliseconds

log = logging.getLogger(__name__)

VALUE_VERSION = 3
COMPRESSION_LEVEL = 1
"""The quickest: a real day's text usage of 1.2 MB shrinks to a third in 11 ms; the usual level takes three times as
long for a fourth."""
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


class StoredBody(NamedTuple):
    """A body as memory and Redis exchange it; times are Unix seconds."""

    body: bytes
    origin: str
    fetched_at: float
    unchanged_since: float
    changed_at: float | None


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
