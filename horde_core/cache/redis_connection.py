"""The process's connection to Redis, which may fail at any time and never raises.

Before its first use, and whenever it comes back, all that the app needs of Redis is tried. While something of that
fails, Redis is not asked for a few seconds at a time, so that a frozen server costs one short timeout now and then;
the trouble is logged once.
"""

from __future__ import annotations

import logging
import math
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import MovedError, RedisClusterException
from redis.lock import Lock
from redis.retry import Retry

from horde_core.cache.freshness import Clock
from horde_core.cache.redis_commands import Keys, lock, milliseconds, try_everything, unlock
from horde_core.cache.source_state import SOCKET_SECONDS, GiveBack, no_lease

PAUSE_SECONDS = 5.0
"""How long Redis is not asked after a failure."""

TRIAL_PATIENCE_SECONDS = 2 * SOCKET_SECONDS
"""How long a thread waits for another one that tries Redis."""

DEFAULT_PREFIX = "horde:model_ref"

log = logging.getLogger(__name__)

R = TypeVar("R")

_ERRORS = (redis.RedisError, RedisClusterException, OSError, ValueError)
"""What redis-py raises; ``ValueError`` for a host name or an answer that cannot be read."""


class RedisConnection:
    """The app's one way to Redis, a cluster too. Thread-safe; connects on first use; never raises."""

    def __init__(self, url: str, clock: Clock, prefix: str = DEFAULT_PREFIX) -> None:
        self.keys = Keys(prefix)
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._trying = threading.Lock()
        self._is_tried = False
        self._paused_until = -math.inf
        self._trouble: str | None = None
        self._redis: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, retry=None
        )

    def read_bytes(self, key: str) -> bytes | None:
        """Return the value under ``key``; None when there is none or Redis is in trouble."""
        raw = self.ask(lambda server: server.get(key), None)
        return raw if isinstance(raw, bytes) else None

    def write_bytes(self, key: str, value: bytes, life: float) -> None:
        """Store a value for ``life`` seconds, unless Redis is in trouble."""
        if life > 0:
            self.ask(lambda server: server.set(key, value, px=milliseconds(life)), None)

    def lease(self, key: str, seconds: float) -> GiveBack | None:
        """Take a lock that expires by itself, and return how to give it back; None while another process has it.

        In trouble everybody gets one: better one request too many than none.
        """
        answer: tuple[bool, Lock | None] = (False, None)
        has_answered, taken = self.ask(lambda server: (True, lock(server, key, seconds)), answer)
        if taken is None:
            return None if has_answered else no_lease
        return partial(self.ask, lambda _server: unlock(taken), None)

    def ask(self, question: Callable[[redis.Redis], R], otherwise: R) -> R:
        """Return Redis' answer to a question, ``otherwise`` while it is in trouble."""
        if not self._is_usable():
            return otherwise
        try:
            return self._answer(question)
        except _ERRORS as error:
            if "WRONGTYPE" in str(error):  # one key of another program's says nothing about Redis
                log.warning("redis key ignored reason=%s", error)
            else:
                self._failed(error)
            return otherwise

    @property
    def trouble(self) -> str | None:
        """What is wrong with Redis, as a plain sentence; None when nothing is."""
        return self._trouble

    def close(self) -> None:
        """Give its sockets back."""
        self._redis.close()

    def _is_usable(self) -> bool:
        """Return whether everything works that the app needs, trying it where that is not known."""
        if self._is_tried or self._is_paused() or not self._trying.acquire(timeout=TRIAL_PATIENCE_SECONDS):
            return self._is_tried
        try:
            if not self._is_tried and not self._is_paused():
                self._answer(lambda server: try_everything(server, self.keys))
                self._works()
        except _ERRORS as error:
            self._failed(error)
        finally:
            self._trying.release()
        return self._is_tried

    def _answer(self, question: Callable[[redis.Redis], R]) -> R:
        try:
            return question(self._redis)
        except MovedError:  # a cluster of several nodes
            cluster = redis.RedisCluster.from_url(
                self._url,
                socket_timeout=SOCKET_SECONDS,
                socket_connect_timeout=SOCKET_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            self._redis = cast(redis.Redis, cluster)  # has the same commands
            return question(self._redis)

    def _is_paused(self) -> bool:
        return self._clock.monotonic() < self._paused_until

    def _failed(self, error: Exception) -> None:
        trouble = _sentence(error)
        with self._lock:
            is_news, self._trouble = trouble != self._trouble, trouble
            self._is_tried = False
            self._paused_until = self._clock.monotonic() + PAUSE_SECONDS
        if is_news:
            log.warning("redis unavailable, serving from memory reason=%s error=%r", trouble, error)

    def _works(self) -> None:
        with self._lock:
            is_back, self._trouble = self._trouble is not None, None
            self._is_tried = True
        if is_back:
            log.info("redis is back")


def _sentence(error: Exception) -> str:
    """Return what an error means for the person who runs the app."""
    needed_for = f" ({what})" if (what := ", ".join(getattr(error, "__notes__", ()))) else ""
    if isinstance(error, redis.AuthenticationError):
        return "Redis does not accept the user and password of HORDE_REDIS_URL."
    if isinstance(error, redis.BusyLoadingError):
        return "Redis is loading its data."
    if isinstance(error, redis.TimeoutError):
        return "Redis does not answer in time."
    if isinstance(error, redis.ConnectionError | RedisClusterException):
        return "Redis cannot be reached."
    if isinstance(error, redis.ResponseError):
        reason = re.sub(r"^Command # .* of pipeline caused error: ", "", str(error))
        return f"Redis refuses what this app needs{needed_for}: {reason}."
    return f"Redis cannot be used{needed_for}: {error}."
