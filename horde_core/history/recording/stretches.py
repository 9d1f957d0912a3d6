"""Stretches of time in which something stayed the same: what serves a name, how a worker runs. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from horde_core.analytics.category_facts import is_serving
from horde_core.upstream.api_records import HordeModelStatus, HordeWorker
from horde_core.vocabulary import MODEL_TYPES

K = TypeVar("K", bound=Hashable)
S = TypeVar("S")


class Open(NamedTuple, Generic[S]):
    """A stretch that has not ended: since when, and in which state."""

    began: int
    state: S


class Moves(NamedTuple, Generic[K, S]):
    """What a sample changes: the stretches that ended, with their beginning and end, and the states that began."""

    ended: list[tuple[K, int, int]]
    began: list[tuple[K, S]]


class Served(NamedTuple):
    """How many threads and workers serve a name; None is unknown."""

    threads: int | None
    workers: int | None


class Run(NamedTuple):
    """How a worker runs; None is unknown. ``models`` names the set that it lists; None where it lists none."""

    threads: int | None
    maintenance: bool | None
    agent: str | None
    models: str | None


def moves(open_ones: Mapping[K, Open[S]], now: Mapping[K, S], at: int, gap_from: int | None) -> Moves[K, S]:
    """Compare the open stretches with the states of a sample.

    ``gap_from`` is when the source was last seen, where that is so long ago that everything ends there; else None.
    """
    if gap_from is not None:
        ended = [(key, one.began, max(one.began, gap_from)) for key, one in open_ones.items()]
        return Moves(ended, list(now.items()))
    ended = [(key, one.began, at) for key, one in open_ones.items() if now.get(key) != one.state]
    began = [(key, state) for key, state in now.items() if key not in open_ones or open_ones[key].state != state]
    return Moves(ended, began)


def served(rows: Iterable[HordeModelStatus], workers: Iterable[HordeWorker] | None) -> dict[str, Served]:
    """Return what serves each name of a category; names that nothing serves are left out.

    ``workers`` are those of the category, None where they are unknown. Threads are the status row's; those of the
    workers where no row has the name.
    """
    listed = {row.name: row.count for row in rows}
    staff: Counter[str] = Counter()
    threads: dict[str, int | None] = {}
    unknown: set[str] = set()
    for worker in workers or ():
        is_counted = is_serving(worker)
        for name in set(worker.models or ()):
            if is_counted is None:
                unknown.add(name)
            elif is_counted:
                staff[name] += 1
                so_far = threads.get(name, 0)
                threads[name] = None if worker.threads is None or so_far is None else so_far + worker.threads
    states = {
        name: Served(
            listed[name] if name in listed else threads.get(name),
            None if workers is None or name in unknown else staff[name],
        )
        for name in listed.keys() | staff.keys() | unknown
    }
    return {name: state for name, state in states.items() if state.threads != 0 or state.workers}


def runs(workers: Iterable[HordeWorker]) -> dict[str, Run]:
    """Return how each worker runs, by its identity."""
    return {
        worker.identity: Run(
            worker.threads,
            worker.maintenance_mode,
            worker.bridge_agent,
            set_of(worker),
        )
        for worker in workers
        if worker.online is not False
    }


def set_of(worker: HordeWorker) -> str | None:
    """Name the set of models that a worker lists; None where it lists none, as alchemists do."""
    if worker.models is None or worker.type not in MODEL_TYPES:
        return None
    listed = json.dumps([worker.type, *sorted(set(worker.models))])
    return hashlib.blake2b(listed.encode(), digest_size=12).hexdigest()
