"""HordeClient: the HTTP client for the API and the model reference. It returns bodies as bytes.

Transport errors, 429 and 5xx are tried again a few times with jittered pauses, unless the server sends a
``Retry-After``: then the error carries that time, and the cache does not ask before. The real API sends
``Retry-After`` with every answer, so it is read on errors only. Redirects are followed within a host only, and bodies
are unpacked up to a bound.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
import stamina

from horde_core.environment import Proxies
from horde_core.settings import Settings
from horde_core.upstream.errors import RedirectError, ShapeError, StatusError, TransportError
from horde_core.version import __version__

CONNECT_SECONDS = 3.0
ATTEMPTS = 3
REDIRECTS = 3
CALLS_A_MINUTE = 90
"""Requests that the API allows one address in a minute, for each endpoint."""

MINUTE = 60.0
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes, unpacked, a dozen times the largest body seen: a longer one is not read to its end."""

GZIP = 16 + zlib.MAX_WBITS


class Calls:
    """The requests of the last minute by endpoint, each retry counted. Thread-safe.

    An endpoint is a URL without its query: that is what the API's limit is for, whatever the query asks.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = {}

    def add(self, url: str) -> None:
        """Count one request."""
        with self._lock:
            times = self._times.setdefault(_endpoint(url), deque())
            times.append(self._monotonic())
            self._forget_old(times)

    def last_minute(self, url: str) -> int:
        """Return how many requests went to the endpoint of a URL in the last 60 s."""
        with self._lock:
            times = self._times.get(_endpoint(url), deque())
            self._forget_old(times)
            return len(times)

    def total_last_minute(self) -> int:
        """Return how many requests were sent in the last 60 s."""
        return sum(self.last_minute(url) for url in list(self._times))

    def _forget_old(self, times: deque[float]) -> None:
        while times and times[0] <= self._monotonic() - MINUTE:
            times.popleft()


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
        self.calls = Calls(monotonic)
        # Requests are a minute apart, longer than servers keep a connection open, and a connection that belongs to one
        # request can be cut at its deadline.
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=0)
        self._client = httpx.Client(
            transport=transport or _ThroughProxies(limits),
            headers={
                "Client-Agent": f"horde-dashboard:{__version__}:{settings.contact}",
                "User-Agent": f"horde-dashboard/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
        )

    def get(self, url: str) -> bytes:
        """Return the body of a GET.

        Raises, of :mod:`horde_core.upstream.errors`: ``TransportError`` when no whole answer comes within
        ``HORDE_API_TIMEOUT``, ``StatusError`` for an error status, ``RedirectError`` for a redirect to another host,
        ``ShapeError`` for a body that is too large or packed in another way than asked for.
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
        """Send one request, within what is left of the deadline for all tries together."""
        left = deadline - self._monotonic()
        if left <= 0:
            raise self._too_slow()
        timeout = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
        try:
            with _HangUp(left) as hang_up:
                request = self._client.build_request("GET", url, timeout=timeout, extensions={"trace": hang_up.trace})
                for _ in range(1 + REDIRECTS):
                    self.calls.add(str(request.url))
                    with contextlib.closing(self._client.send(request, stream=True)) as response:
                        if response.next_request is None:
                            return self._body_of(response, deadline)
                        request = _redirected(request, response.next_request)
            raise RedirectError
        except httpx.TimeoutException as error:
            raise self._too_slow() from error
        except httpx.HTTPError as error:
            if self._monotonic() >= deadline:
                raise self._too_slow() from error
            raise TransportError("The server could not be reached.") from error

    def _body_of(self, response: httpx.Response, deadline: float) -> bytes:
        """Read a good answer with one deadline for the whole: httpx's own timeout starts anew with every chunk."""
        if response.status_code != httpx.codes.OK:
            raise StatusError(response.status_code, _retry_after(response))
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):  # packed twice, a body of 2 KB becomes 1 GiB
            raise ShapeError("a body packed once with gzip, or not at all, was expected")
        body, unpacking = bytearray(), zlib.decompressobj(GZIP)
        is_plain = encoding == "identity" or response.is_stream_consumed
        try:
            for chunk in [response.content] if response.is_stream_consumed else response.iter_raw():
                body += chunk if is_plain else unpacking.decompress(chunk, LARGEST_BODY + 1 - len(body))
                if self._monotonic() > deadline:
                    raise self._too_slow()
                if len(body) > LARGEST_BODY:
                    raise ShapeError(f"at most {LARGEST_BODY:,} bytes were expected")
        except zlib.error as error:
            raise ShapeError("a body packed with gzip was expected") from error
        return bytes(body)

    def _too_slow(self) -> TransportError:
        return TransportError(f"The server did not answer in full within {self._deadline_seconds:g} s.")

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()


class _ThroughProxies(httpx.BaseTransport):
    """Sends each request through the proxy that the environment names for its URL, or directly."""

    def __init__(self, limits: httpx.Limits) -> None:
        context = httpx.create_ssl_context()
        self._proxies = Proxies()
        self._transports = {
            proxy: httpx.HTTPTransport(verify=context, limits=limits, proxy=proxy) for proxy in (None, *self._proxies)
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return self._transports[self._proxies.for_url(request.url)].handle_request(request)

    def close(self) -> None:
        """Close the pooled connections."""
        for transport in self._transports.values():
            transport.close()


class _HangUp:
    """Closes the connection at the deadline: httpx's own timeout starts anew with every byte of headers or body."""

    def __init__(self, seconds: float) -> None:
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._hang_up)
        self._timer.daemon = True

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the connection of the request; each request opens its own."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._connection = info["return_value"].get_extra_info("socket")

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):  # it was closed in this moment
                self._connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._connection is not None:
            self._connection.close()  # a client that was closed while connecting does not close it


def _endpoint(url: str) -> str:
    return url.partition("?")[0]


def _redirected(request: httpx.Request, following: httpx.Request) -> httpx.Request:
    """Return the request that a redirect asks for, if it is for the same host. Raises :class:`RedirectError`."""
    old, new = request.url, following.url
    is_upgrade = (old.scheme, new.scheme) == ("http", "https")
    if new.host != old.host or not (is_upgrade or (old.scheme, old.port) == (new.scheme, new.port)):
        raise RedirectError
    return following


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
    except (ValueError, TypeError, OverflowError):
        return None
