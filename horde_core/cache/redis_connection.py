"""The process's connection to Redis, which may fail at any time and never raises.

While Redis is in trouble it is left alone for a few seconds at a time, so a frozen server costs one short timeout now
and then; the trouble is logged once.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Callable
from typing import Literal, TypeVar

import redis
from redis.exceptions import LockError
from redis.lock import Lock

from horde_core.cache.freshness import Clock

SOCKET_SECONDS = 0.25
"""Timeout of connecting and of each answer."""

PAUSE_SECONDS = 5.0
"""How long Redis is not asked after a failure."""

log = logging.getLogger(__name__)

R = TypeVar("R")

GiveBack = Callable[[], None]
"""Gives a lease back."""


def no_lease() -> None:
    """No-op: there is no lease to give back."""


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
            return no_lease
        return (lambda: self._release(lock)) if taken else None

    def _release(self, lock: Lock) -> None:
        def release(_server: redis.Redis) -> None:
            with contextlib.suppress(LockError):  # it expired meanwhile, and may be another's by now
                lock.release()

        self.ask("write", release, None)

    def close(self) -> None:
        """Give its sockets back."""
        self._redis.close()
