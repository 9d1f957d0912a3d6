"""HordeClient: one pooled HTTP client for the API and the model reference, bytes out.

Transport errors, 429 and 5xx are tried again a few times with jittered pauses, unless the server says how long
to stay away (``Retry-After``): then the error carries that time, and the cache above keeps the peace. The real
API sends ``Retry-After`` with every answer, so it means something on errors only.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import stamina

from horde_core.errors import ShapeError, StatusError, TransportError
from horde_core.settings import Settings
from horde_core.version import __version__

CONNECT_SECONDS = 3.0
ATTEMPTS = 3
LONGEST_RETRY_AFTER = 86_400.0
LARGEST_BODY = 64 * 1024 * 1024
"""Bytes after which a body is given up: fifty times the largest one seen."""


class HordeClient:
    """Fetches bodies by absolute URL. Thread-safe; close it when done.

    ``transport`` is the seam for tests and for the simulated Horde.
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline_seconds = settings.api_timeout
        self._monotonic = monotonic
        self._client = httpx.Client(
            transport=transport,
            headers={
                "Client-Agent": f"horde-dashboard:{__version__}:{settings.contact}",
                "User-Agent": f"horde-dashboard/{__version__}",
                "Accept": "application/json",
            },
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
            follow_redirects=True,
        )

    def get(self, url: str) -> bytes:
        """Return the body of a GET.

        Raises :class:`~horde_core.errors.TransportError` when no whole answer comes within ``HORDE_API_TIMEOUT``,
        :class:`~horde_core.errors.StatusError` for an error status.
        """
        body = b""
        deadline = self._monotonic() + self._deadline_seconds
        for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=ATTEMPTS,
            timeout=self._deadline_seconds,
            wait_initial=0.2,
            wait_jitter=0.3,
            wait_max=2.0,
        ):
            with attempt:
                body = self._get_once(url, deadline)
        return body

    def _get_once(self, url: str, deadline: float) -> bytes:
        """Ask once, within what is left of the time for all tries together."""
        left = deadline - self._monotonic()
        if left <= 0:
            raise self._too_slow()
        timeout = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
        try:
            with (
                self._client.stream("GET", url, timeout=timeout) as response,
                _hung_up_after(response, deadline - self._monotonic()),
            ):
                if response.status_code != httpx.codes.OK:
                    raise StatusError(response.status_code, _retry_after(response))
                return self._read(response, deadline)
        except httpx.TimeoutException as error:
            raise self._too_slow() from error
        except httpx.HTTPError as error:
            if self._monotonic() >= deadline:
                raise self._too_slow() from error
            raise TransportError("The server could not be reached.") from error

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """Read the body with one deadline for the whole: httpx's own timeout starts anew with every chunk."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if self._monotonic() > deadline:
                raise self._too_slow()
            if len(body) > LARGEST_BODY:
                raise ShapeError(f"at most {LARGEST_BODY:,} bytes were expected")
        return bytes(body)

    def _too_slow(self) -> TransportError:
        return TransportError(f"The server did not answer in full within {self._deadline_seconds:g} s.")

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()


@contextlib.contextmanager
def _hung_up_after(response: httpx.Response, seconds: float) -> Iterator[None]:
    """Hang up on a server that falls silent in the middle: httpx's timeout would begin anew with its last byte."""
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    timer = threading.Timer(seconds, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: socket.socket | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):  # it ended by itself just now
            connection.shutdown(socket.SHUT_RDWR)


def _worth_another_try(error: Exception) -> bool:
    if isinstance(error, StatusError):
        return error.is_outage and error.retry_after is None
    return isinstance(error, TransportError)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds from a ``Retry-After`` header of an outage (a number or an HTTP date); None without a usable one."""
    value = response.headers.get("Retry-After", "").strip()
    if response.status_code != httpx.codes.TOO_MANY_REQUESTS and response.status_code < 500:
        return None
    if value.isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
