"""How many files and sockets this process may have open, which bounds how many visitors it can serve."""

from __future__ import annotations

import logging
import resource

log = logging.getLogger(__name__)

FILES_OF_A_SESSION = 4
"""Descriptors that one open page takes: its socket and what its event loop needs, as measured."""

FILES_OF_THE_APP = 64
"""Descriptors that are taken with nobody looking: the log, the listening socket, upstream, Redis."""

ENOUGH = 1_048_576
"""No process needs more; some systems have no hard limit."""


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one, say what that allows, and return it.

    At 1,024, the soft limit of most systems, the 255th visitor could not be served.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        wanted = soft
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    log.info("open files limit=%d, enough for about %d visitors at a time", wanted, visitors(wanted))
    return wanted


def visitors(files: int) -> int:
    """Return how many open pages this many descriptors serve."""
    return max(0, files - FILES_OF_THE_APP) // FILES_OF_A_SESSION
