"""What libraries read from the environment besides our settings: proxies, certificates and folders.

A value that would end the start in a traceback is a :class:`ValueError` of one line here, with the variable, the value
and what is allowed.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.request import getproxies

import httpx

PROXY_SCHEMES = ("http", "https", "all")


class Proxies:
    """The proxies of ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and, on macOS and Windows, of the system.

    Raises ``ValueError`` for an address that is no proxy's. ``proxies`` has them by scheme, the environment's if None.

    ``NO_PROXY`` is read as curl reads it: names with their sub-domains, addresses (``[::1]`` too), networks, ports, or
    ``*`` for everything. What is none of these names no host.
    """

    def __init__(self, proxies: Mapping[str, str] | None = None) -> None:
        found = getproxies() if proxies is None else proxies
        self._by_scheme = {scheme: _proxy(scheme, found[scheme]) for scheme in PROXY_SCHEMES if found.get(scheme)}
        self._direct = re.split(r"[,\s]+", found.get("no", "").lower())

    def __iter__(self) -> Iterator[httpx.Proxy]:
        return iter(self._by_scheme.values())

    def for_url(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy to ask for a URL; None to connect directly."""
        proxy = self._by_scheme.get(url.scheme) or self._by_scheme.get("all")
        return None if proxy is None or any(_names(entry, url) for entry in self._direct) else proxy


def _proxy(scheme: str, value: str) -> httpx.Proxy:
    address = value.strip()
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
        if not proxy.url.host:
            raise ValueError("it names no host")
        if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
            raise ValueError("for SOCKS the package socksio has to be installed")
    except (ValueError, httpx.InvalidURL) as error:
        allowed = f"An address such as http://host:3128 is: {_reason(error)}"
        raise ValueError(complaint(_name_of(f"{scheme}_proxy"), value, allowed)) from error
    return proxy


def _names(entry: str, url: httpx.URL) -> bool:
    """Return whether an entry of ``NO_PROXY`` names the host of a URL."""
    name = entry.rpartition("://")[2]
    if name == "*":
        return True
    try:
        return ipaddress.ip_address(url.host) in ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        pass
    host, colon, port = name.rpartition(":")
    if colon and port.isdecimal():
        default = {"http": 80, "https": 443}.get(url.scheme)
        return int(port) == (url.port or default) and _names(host, url)
    return bool(name) and f".{url.host}".endswith(f".{name.lstrip('*').lstrip('.')}")


def check() -> None:
    """Raise ``ValueError`` for the first variable whose value a library could not start with."""
    Proxies()
    for name, (allowed, use) in _CHECKS.items():
        if value := os.environ.get(name):
            try:
                use(value)
            except (OSError, ValueError) as error:
                raise ValueError(complaint(name, value, f"{allowed} is: {_reason(error)}")) from error


def _load_certificates(path: str) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)


def _log_keys(path: str) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path


def _look_into(paths: str) -> None:
    if not any(Path(path).is_dir() for path in paths.split(os.pathsep)):
        raise ValueError("there is no such folder")


_CHECKS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "SSL_CERT_FILE": ("A file with certificates", _load_certificates),
    "SSL_CERT_DIR": ("A folder with certificates", _look_into),
    "SSLKEYLOGFILE": ("A file to write to", _log_keys),
    "PROMETHEUS_MULTIPROC_DIR": ("A folder", _look_into),
    "prometheus_multiproc_dir": ("A folder", _look_into),
}
"""Per variable what is allowed, and what raises ``OSError`` or ``ValueError`` for anything else."""


def complaint(name: str, value: object, allowed: str) -> str:
    """Return the one line that names a variable, its value without secrets, and what is allowed."""
    return f"{name}={without_secrets(repr(value))} is not allowed. {allowed.splitlines()[0]}."


def without_secrets(text: str) -> str:
    """Return a text without what may be a user or password of an address, unescaped ones included."""
    text = re.sub(r"//.*@", "//***@", text, flags=re.DOTALL)
    text = re.sub(r"//([^/@:\[]*):(?!\d+(?:[/?#'\"]|$))[^'\"]*", r"//\1:***", text)
    return re.sub(r"(password=)[^&'\"]*", r"\1***", text)


def _reason(error: Exception) -> str:
    """Return what an error says, without the value that libraries like to quote."""
    return re.sub(r"'.*'", "it", getattr(error, "strerror", None) or str(error), flags=re.DOTALL)


def _name_of(variable: str) -> str:
    """Return a variable as it is set: lower case goes before upper case."""
    return variable if variable in os.environ else variable.upper()
