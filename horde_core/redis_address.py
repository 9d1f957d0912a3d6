"""An address of Redis, read once at start as strictly as redis-py reads it later, connection by connection."""

from __future__ import annotations

import socket
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import RedisDsn, TypeAdapter

_REDIS_URL: TypeAdapter[RedisDsn] = TypeAdapter(RedisDsn)

OPTIONS = frozenset({
    "db", "protocol", "username", "password", "client_name", "max_connections", "health_check_interval",
    "retry_on_timeout", "socket_keepalive", "socket_timeout", "socket_connect_timeout",
    "ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password",
    "ssl_check_hostname", "ssl_min_version", "ssl_ciphers",
})  # fmt: skip
"""Options that an address may have; the others of redis-py take objects, or change what its answers look like."""


def redis_address(value: str) -> str:
    """Return an address that redis-py can connect with. Raises ``ValueError`` for any other."""
    url = urlsplit(value)
    if "@" in url.path + url.query or "#" in value or "\\" in value:
        raise ValueError("In a user or password write @ : / ? # as %40 %3A %2F %3F %23")
    _REDIS_URL.validate_python(value)
    if not url.path.removeprefix("/").isdecimal() and url.path not in ("", "/"):
        raise ValueError("What follows the host is the number of a database, for example /0")
    options = {name: option.strip() for name, option in parse_qsl(url.query, keep_blank_values=True)}
    for name in options:
        if name not in OPTIONS or (name.startswith("ssl_") and url.scheme != "rediss"):
            raise ValueError(f"The address has an unknown option ({name})")
    if "ssl_cert_reqs" in options:  # Celery and Heroku write Python's names, such as CERT_NONE
        options["ssl_cert_reqs"] = options["ssl_cert_reqs"].lower().removeprefix("cert_")
    address = url._replace(query=urlencode(options, quote_via=quote)).geturl()
    from redis import RedisError  # loaded where Redis is used

    try:
        _try_options(address)
    except (TypeError, ValueError, OSError, RedisError) as error:
        raise ValueError(f"Redis could not be asked with it: {error}") from error
    return address


def _try_options(address: str) -> None:
    """Build a connection without opening it. Raises what redis-py and ssl raise for options that they cannot read."""
    from redis import ConnectionPool, SSLConnection

    pool = ConnectionPool.from_url(address)
    options, connection = pool.connection_kwargs, pool.make_connection()
    options.get("host", "").encode("idna")
    if options.get("db", 0) < 0:
        raise ValueError("the number of a database is 0 or more")
    if not all(0 < options.get(name, 1) < 3600 for name in ("socket_timeout", "socket_connect_timeout")):
        raise ValueError("a timeout is a number of seconds above 0")
    if isinstance(connection, SSLConnection):
        with socket.socket() as unconnected:  # certificates and ciphers are read where a socket is wrapped
            connection._wrap_socket_with_ssl(unconnected).close()  # type: ignore[no-untyped-call]
