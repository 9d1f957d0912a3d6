"""The Redis layer of the cache: bodies as compressed, versioned JSON with their time of fetching inside."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence

from horde_core.cache import redis_commands
from horde_core.cache.freshness import Clock
from horde_core.cache.packing import packed, unpacked
from horde_core.cache.redis_connection import RedisConnection
from horde_core.cache.source_state import GiveBack, StoredBody

log = logging.getLogger(__name__)

VALUE_VERSION = 3
ANY_BYTES = "surrogateescape"
"""How bytes that are no UTF-8 are written as text and read back: a body may be in another encoding of Unicode."""

CLOCK_TOLERANCE_SECONDS = 1.0
"""How much younger than by Redis' own clock a value may look before another machine's wall clock is not believed."""


def encode(stored: StoredBody, life: float) -> bytes:
    """Return what Redis holds: compressed JSON, with the seconds it is to live."""
    body = stored.body.decode(errors=ANY_BYTES)
    document = {"version": VALUE_VERSION, "life": life, **stored._asdict(), "body": body}
    return packed(json.dumps(document).encode())


def decode(raw: bytes) -> tuple[StoredBody, float]:
    """Read :func:`encode` back: the body and its life.

    Raises ``ValueError`` for anything else: garbage, or another version's value.
    """
    document = json.loads(unpacked(raw))
    if not isinstance(document, dict) or document.pop("version", None) != VALUE_VERSION:
        raise ValueError("not a value of this version")
    try:
        life = document.pop("life")
        stored = StoredBody(**{**document, "body": document["body"].encode(errors=ANY_BYTES)})
        times = [stored.fetched_at, stored.unchanged_since, stored.changed_at or 0.0, life]
        usable = isinstance(stored.origin, str) and all(math.isfinite(time) for time in times)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a value of this version") from error
    if not usable:
        raise ValueError("not a value of this version")
    return stored, life


class RedisStorage:
    """Bodies in Redis under ``{prefix}:horde_api:{key}``. Thread-safe; never raises."""

    def __init__(self, connection: RedisConnection, clock: Clock) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._clock = clock

    def read(self, key: str) -> StoredBody | None:
        """Return what is stored under ``key``; None when there is nothing usable or Redis is in trouble.

        Where Redis has held it for longer than our wall clock makes of its ``fetched_at``, Redis is right: the clock
        of one machine must not make another's data young.
        """
        name = self._keys.value(key)
        raw, left = self._connection.ask(lambda server: redis_commands.value_and_life(server, name), (None, 0))
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

    def next_sequence(self, key: str) -> int | None:
        """Return a number larger than any before, to be taken as a fetch starts; None in trouble."""
        name = self._keys.sequence(key)
        return self._connection.ask(lambda server: redis_commands.next_number(server, name), None)

    def write(self, key: str, stored: StoredBody, life: float, sequence: int) -> bool:
        """Store a body for ``life`` seconds; False when what is there comes from a fetch that started later."""
        if life <= 0:
            return True
        name, written, value = self._keys.value(key), self._keys.written(key), encode(stored, life)
        return self._connection.ask(
            lambda server: redis_commands.write_unless_newer(server, name, written, value, sequence, life), True
        )

    def sequences(self, keys: Sequence[str]) -> list[int]:
        """Return by which fetch each key was written, 0 where that is not known."""
        names = [self._keys.written(key) for key in keys]
        numbers = self._connection.ask(lambda server: redis_commands.values(server, names), [None] * len(names))
        return [int(number) if number is not None and number.isdigit() else 0 for number in numbers]

    def lease(self, key: str, seconds: float) -> GiveBack | None:
        """Take the right to fetch, and return how to give it back; None while another process has it."""
        return self._connection.lease(self._keys.lock(key), seconds)

    def claim_refresh(self, key: str, seconds: float) -> float:
        """Claim the one forced refresh of these seconds: 0 when it is ours, else how many are left."""
        name = self._keys.forced(key)
        return self._connection.ask(lambda server: redis_commands.claim(server, name, seconds), 0.0)
