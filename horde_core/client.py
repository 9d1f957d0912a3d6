"""HordeClient: one pooled HTTP client for the API and the model reference, bytes out.

Transport errors, 429 and 5xx are tried again a few times with jittered pauses, unless the server says how long
to stay away (``Retry-After``): then the error carries that time, and the cache above keeps the peace. The real
API sends ``Retry-After`` with every answer, so it means something on errors only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import stamina

from horde_core.errors import StatusError, TransportError
from horde_core.settings import Settings
from horde_core.version import __version__

CONNECT_SECONDS = 3.0
ATTEMPTS = 3
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
            timeout=httpx.Timeout(settings.api_timeout, connect=min(CONNECT_SECONDS, settings.api_timeout)),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
            follow_redirects=True,
        )

    def get(self, url: str) -> bytes:
        """Return the body of a GET.

        Raises :class:`~horde_core.errors.TransportError` when no whole answer comes within ``HORDE_API_TIMEOUT``,
        :class:`~horde_core.errors.StatusError` for an error status.
        """
        body = b""
        for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=ATTEMPTS,
            timeout=self._deadline_seconds,
            wait_initial=0.2,
            wait_jitter=0.3,
            wait_max=2.0,
        ):
            with attempt:
                body = self._get_once(url)
        return body

    def _get_once(self, url: str) -> bytes:
        deadline = self._monotonic() + self._deadline_seconds
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise StatusError(response.status_code, _retry_after(response))
                return self._read(response, deadline)
        except httpx.TimeoutException as error:
            raise self._too_slow() from error
        except httpx.HTTPError as error:
            raise TransportError("The server could not be reached.") from error

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """Read the body with one deadline for the whole: httpx's own timeout starts anew with every chunk."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if self._monotonic() > deadline:
                raise self._too_slow()
            if len(body) > LARGEST_BODY:
                raise TransportError(f"The answer was longer than {LARGEST_BODY:,} bytes.")
        return bytes(body)

    def _too_slow(self) -> TransportError:
        return TransportError(f"The server did not answer in full within {self._deadline_seconds:g} s.")

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()


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
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
