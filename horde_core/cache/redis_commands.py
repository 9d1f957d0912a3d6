"""What is asked of Redis, as plain functions of a connection and of key names, and the trial that all of it works.

Value keys are ``{prefix}:horde_api:{source}``, ``{prefix}:stats:...`` and ``{prefix}:audit:...``. Beside a value stands
the number of the fetch that wrote it, under ``{prefix}:horde_api:written:{{value key}}``: the braces are a hash tag,
which puts the two into one slot of a cluster, as a key without braces is hashed as a whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import Any
from uuid import uuid4

import redis
from redis.client import Pipeline
from redis.exceptions import LockError
from redis.lock import Lock

TRIAL_SECONDS = 10.0
"""How long the keys of a trial live that could not be deleted."""

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


class Keys:
    """Names of the keys under a prefix."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.sources = f"{prefix}:horde_api:"

    def value(self, source: str) -> str:
        """Return where the body of a source is."""
        return self.sources + source

    def written(self, source: str) -> str:
        """Return where the number of the fetch is that wrote it: in the slot of :meth:`value`."""
        return f"{self.sources}written:{{{self.value(source)}}}"

    def sequence(self, source: str) -> str:
        """Return where the last number is that a fetch of a source took."""
        return f"{self.sources}sequence:{source}"

    def lock(self, source: str) -> str:
        """Return the lock on the fetch of a source."""
        return f"{self.sources}lock:{source}"

    def forced(self, source: str) -> str:
        """Return what exists while no refresh of a source can be forced."""
        return f"{self.sources}forced:{source}"


def milliseconds(seconds: float) -> int:
    """Return a time to live as Redis counts it; at least 1, as 0 is refused."""
    return max(1, round(seconds * 1000))


def value_and_life(server: redis.Redis, name: str) -> tuple[Any, int]:
    """Return a value, None without one, and the milliseconds that it has to live."""
    value, left = _together(server, [methodcaller("get", name), methodcaller("pttl", name)])
    return value, left


def values(server: redis.Redis, names: Sequence[str]) -> list[Any]:
    """Return many values, None where there is none; MGET would need them in one slot of a cluster."""
    return _together(server, [methodcaller("get", name) for name in names])


def next_number(server: redis.Redis, name: str) -> int:
    """Return a number larger than any before."""
    return int(server.eval(_NEXT_SEQUENCE, 1, name, milliseconds(SEQUENCE_SECONDS)))


def write_unless_newer(server: redis.Redis, name: str, written: str, value: bytes, number: int, life: float) -> bool:
    """Store a value for ``life`` seconds; False when a fetch with a larger number has stored one before."""
    return bool(server.eval(_WRITE_UNLESS_NEWER, 2, name, written, value, number, milliseconds(life)))


def claim(server: redis.Redis, name: str, seconds: float) -> float:
    """Return 0 where nobody had claimed this name for so many seconds, else how many are left."""
    if server.set(name, 1, nx=True, px=milliseconds(seconds)):
        return 0.0
    return max(int(server.pttl(name)), 1) / 1000


def lock(server: redis.Redis, name: str, seconds: float) -> Lock | None:
    """Take a lock that expires by itself; None while another process has it."""
    taken = Lock(server, name, timeout=seconds, blocking=False, thread_local=False)
    return taken if taken.acquire() else None


def unlock(taken: Lock | None) -> None:
    """Give a lock back, if there is one. One that expired may be another process's by now, and is left alone."""
    if taken is not None:
        with contextlib.suppress(LockError):
            taken.release()


def try_everything(server: redis.Redis, keys: Keys) -> None:
    """Do all that the app asks for, on keys of its own, and delete them.

    Raises what the first command that fails raises, with a note of what it was needed for.
    """
    trial = f"trial:{uuid4().hex}"  # what an earlier trial could not delete must not stand in the way of this one
    name, written, sequence, forced = (of(trial) for of in (keys.value, keys.written, keys.sequence, keys.forced))
    stored = [name, *(f"{keys.prefix}:{room}:{trial}" for room in ("stats", "audit"))]
    used = [*stored, written, sequence, forced]
    life = milliseconds(TRIAL_SECONDS)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("read", lambda: value_and_life(server, name)),
        ("write", lambda: _together(server, [methodcaller("set", key, b"", px=life) for key in stored])),
        ("run scripts", lambda: next_number(server, sequence)),
        ("run scripts on two keys", lambda: write_unless_newer(server, name, written, b"", 1, TRIAL_SECONDS)),
        ("read several keys", lambda: values(server, [*stored, written])),
        ("claim a name", lambda: claim(server, forced, TRIAL_SECONDS)),
        ("take a lock", lambda: unlock(lock(server, keys.lock(trial), TRIAL_SECONDS))),
        ("delete", lambda: _together(server, [methodcaller("delete", key) for key in used])),
    ]
    for what, step in steps:
        try:
            step()
        except Exception as error:
            error.add_note(what)
            raise


def _together(server: redis.Redis, commands: Iterable[Callable[[Pipeline], object]]) -> list[Any]:
    """Run commands in one round trip, not as one transaction: a cluster has none over several slots."""
    pipeline = server.pipeline(transaction=False)
    for command in commands:
        command(pipeline)
    return pipeline.execute()
