"""Web addresses as browsers read them (the WHATWG's URL standard): what the host of a link is, and nothing else."""

from __future__ import annotations

from functools import lru_cache

import ada_url


@lru_cache(maxsize=65_536)  # each audit reads the same few hundred addresses again
def host_of(url: str) -> str | None:
    """Return the host that a browser would open, in lower case; None for anything but http and https.

    Letters beyond ASCII come as punycode (``xn--...``), so that a look-alike of a known host is told from it. A
    backslash is a slash, and a name before ``@`` is a user.
    """
    try:
        address = ada_url.URL(url)
    except ValueError:
        return None
    return address.hostname or None if address.protocol in ("http:", "https:") else None
