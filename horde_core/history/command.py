"""``python -m horde_core history info | prune | check``: the history that is kept, without a server."""

from __future__ import annotations

import sys
import time
from typing import Literal

from horde_core.history.checks import check
from horde_core.history.reader import HistoryReader
from horde_core.history.retention import purge
from horde_core.history.store import Store, StoreError
from horde_core.settings import Settings

Action = Literal["info", "prune", "check"]
MOST_GAPS = 20
BROKEN, UNAVAILABLE = 1, 3


def run(action: Action, settings: Settings) -> int:
    """Do one of the actions; the exit code is 0, 1 for a history that breaks a rule, and 3 without one."""
    store = Store(settings.history_url)
    if store.is_missing:
        print(f"There is no history yet: {store.path}.", file=sys.stderr)
        return UNAVAILABLE
    try:
        if action == "info":
            return _info(store)
        if action == "prune":
            print(f"{purge(store, settings, time.time())} rows deleted")
            return 0
        return _check(store)
    except StoreError as error:
        print(f"{error}.", file=sys.stderr)
        return UNAVAILABLE
    finally:
        store.close()


def _info(store: Store) -> int:
    status = HistoryReader(store).status()
    if status.sentence is not None:
        print(status.sentence, file=sys.stderr)
        return UNAVAILABLE
    print(f"file    {store.path}, {(status.size or 0) / 2**20:.1f} MiB")
    print(f"since   {_when(status.since)}")
    print(f"until   {_when(status.until)}")
    print(f"writer  {status.writer or 'unknown'}")
    for source, covered in sorted(status.coverage.items()):
        print(f"source  {source}: {_when(covered.since)} to {_when(covered.until)}")
    for gap in sorted(status.gaps, key=lambda gap: -gap.begins)[:MOST_GAPS]:
        print(f"gap     {gap.source}: {_when(gap.begins)} to {_when(gap.ends)}")
    return 0


def _check(store: Store) -> int:
    findings = check(store)
    for one in findings:
        print(f"{'kept' if not one.broken else f'BROKEN {one.broken} times'}: {one.rule}.")
    return BROKEN if any(one.broken for one in findings) else 0


def _when(seconds: int | None) -> str:
    return "now" if seconds is None else time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
