"""Whether an answer that holds nothing can be believed, judged by what else is known. Pure functions.

The API sends empty lists, the workers of one type only, empty usage maps and an empty queue when there is nothing, but
also when its own cache or its compiled tables are gone. Such an answer is believed only where the other sources were
heard and none of them says otherwise. A function of doubt returns the reason as a sentence for the screen; None is
belief.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.network import activity, health
from horde_core.upstream.api_records import HordePerformance, HordeTotals
from horde_core.vocabulary import MODEL_TYPES, NOUNS, PERIODS, ModelType


class Known(NamedTuple):
    """What is held of the sources that tell of a category; None of a source that has given nothing yet."""

    status: IndexedHordeModelStatus | None = None
    workers: IndexedHordeWorkers | None = None
    performance: HordePerformance | None = None
    totals: HordeTotals | None = None
    usage: IndexedHordeModelStats | None = None


def missing_types(workers: IndexedHordeWorkers) -> list[ModelType]:
    """Return the types of model of which no worker is listed."""
    return [kind for kind in MODEL_TYPES if not len(workers.of_type(kind))]


def is_nothing_counted(performance: HordePerformance) -> bool:
    """Return whether every figure of the network is 0."""
    return all(figure == 0 for figure in performance.model_dump().values())


def is_nothing_queued(performance: HordePerformance) -> bool:
    """Return whether every figure of the queue is 0: the server also counts so when its cache is gone."""
    return all(figure == 0 for name, figure in performance.model_dump().items() if name.startswith("queued_"))


def is_usage_missing(usage: IndexedHordeModelStats) -> bool:
    """Return whether a map is missing or empty: the API lists every name in all three."""
    return not all(usage.response.period(period) for period in PERIODS)


def are_totals_missing(totals: HordeTotals, kind: ModelType) -> bool:
    """Return whether no window counts a request."""
    return not any(window.requests for window in activity(totals, kind))


def doubt_of_live(kind: ModelType, known: Known) -> str | None:
    """Doubt that nobody serves models of this type now."""
    was_heard = known.status is not None and known.workers is not None and known.performance is not None
    return _doubt(f"sent nothing on {kind} models", _signs_of_work(kind, known), was_heard)


def doubt_of_network(performance: HordePerformance, known: Mapping[ModelType, Known]) -> str | None:
    """Doubt that no work waits in the network, and, where nothing at all is counted, that nobody works."""
    if is_nothing_counted(performance):
        for kind, of in known.items():
            if doubt := doubt_of_live(kind, of):
                return doubt
    was_heard = all(of.status is not None for of in known.values())
    return _doubt("counts no work queued", _signs_of_a_queue(known), was_heard)


def doubt_of_usage(usage: IndexedHordeModelStats, kind: ModelType, known: Known) -> str | None:
    """Doubt that there never was a request for models of this type; usage with only some of its maps is no usage."""
    if usage.names:
        return "The usage that the server sent lacks some of its periods."
    return doubt_of_totals(kind, known)


def doubt_of_totals(kind: ModelType, known: Known) -> str | None:
    """Doubt that there never was a request for models of this type."""
    was_heard = all(part is not None for part in known)
    return _doubt(f"sent nothing on {kind} models", _signs_of_requests(kind, known), was_heard)


def _doubt(what: str, signs: Iterator[str], was_heard: bool) -> str | None:
    sign = next(signs, None)
    if sign is None and was_heard:
        return None
    reason = f"although {sign}" if sign else "and the other sources have not confirmed that yet"
    return f"The server {what}, {reason}."


def _signs_of_a_queue(known: Mapping[ModelType, Known]) -> Iterator[str]:
    """Tell of models that work waits for."""
    for kind, of in known.items():
        if waiting := sum(1 for row in of.status or () if row.jobs or row.queued):
            yield _counted(waiting, f"{kind} model", "has work queued", "have work queued")


def _signs_of_work(kind: ModelType, known: Known) -> Iterator[str]:
    """Tell of what shows that models of this type are served, or were a moment ago."""
    if threads := sum(row.count or 0 for row in known.status or ()):
        yield _counted(threads, "thread", f"serves {kind} models", f"serve {kind} models")
    staff = known.workers.of_type(kind) if known.workers is not None else ()
    if listing := sum(1 for worker in staff if worker.models):
        yield _counted(listing, f"{kind} worker", "lists models", "list models")
    counted = health(known.performance or HordePerformance(), kind)
    for number, noun in ((counted.workers, "worker"), (counted.threads, "thread")):
        if number:
            yield _counted(number, f"{kind} {noun}", "is counted", "are counted")
    minute, *_ = activity(known.totals or HordeTotals(), kind)
    if minute.requests:
        yield _counted(minute.requests, NOUNS[kind], "was made in a minute", "were made in a minute")


def _signs_of_requests(kind: ModelType, known: Known) -> Iterator[str]:
    """Tell of what shows that models of this type were ever asked for, or are served."""
    yield from _signs_of_work(kind, known)
    windows = activity(known.totals or HordeTotals(), kind)
    if most := max(window.requests or 0 for window in windows):
        yield _counted(most, NOUNS[kind], "is counted in all", "are counted in all")
    if known.usage is not None and known.usage.names:
        yield "there was usage before"


def _counted(number: int, noun: str, one: str, many: str) -> str:
    return f"{number:,} {noun} {one}" if number == 1 else f"{number:,} {noun}s {many}"
