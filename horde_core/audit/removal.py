"""What removing some models would cost and free, and what the reference would be without them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit.records import ModelAuditInfo
from horde_core.unknowns import percent, sum_or_unknown


class Removal(NamedTuple):
    """The sums of a selection of models. None is unknown; shares are percent.

    ``size`` is bytes as far as they are stated; for ``without_size`` not all are. ``workers`` serve at
    least one of them.
    """

    models: int
    usage_month: int | None
    usage_share: float | None
    size: int
    without_size: int
    workers: int | None


class Remainder(NamedTuple):
    """One measure of the reference, split by a selection: what would be kept and what would go."""

    measure: str
    kept: float | None
    removed: float | None

    @property
    def kept_share(self) -> float | None:
        """What would be kept, in percent of the two."""
        if self.kept is None or self.removed is None:
            return None
        return percent(self.kept, self.kept + self.removed)


def removal(
    chosen: Sequence[ModelAuditInfo],
    statistics: Iterable[CombinedModelStatistics],
    serving: frozenset[str] | None,
    category_month_usage: int | None,
) -> Removal:
    """Add up a selection.

    ``statistics`` are those of the chosen; ``serving`` the ids of the workers that are online and not in maintenance,
    None when unknown.
    """
    usage = _usage(chosen)
    return Removal(
        models=len(dict.fromkeys(name for info in chosen for name in info.members)),
        usage_month=usage,
        usage_share=percent(usage, category_month_usage),
        size=_size(chosen),
        without_size=sum(info.size is None for info in chosen),
        workers=_workers(statistics, serving),
    )


def remainder(everything: Sequence[ModelAuditInfo], chosen: Sequence[ModelAuditInfo]) -> list[Remainder]:
    """What the reference would keep without the chosen: models, bytes where stated, requests of 30 days."""
    gone = {id(info) for info in chosen}
    kept = [info for info in everything if id(info) not in gone]
    staying = {name for info in kept for name in info.members}
    going = {name for info in chosen for name in info.members} - staying
    return [
        Remainder("models", len(staying), len(going)),
        Remainder("size", _size(kept), _size(chosen)),
        Remainder("usage", _usage(kept), _usage(chosen)),
    ]


def stated_size(info: ModelAuditInfo) -> int:
    """Bytes on disk, as far as they are stated."""
    return info.size if info.size is not None else info.size_at_least or 0


def _size(infos: Sequence[ModelAuditInfo]) -> int:
    return sum(map(stated_size, infos))


def _usage(infos: Sequence[ModelAuditInfo]) -> int | None:
    return sum_or_unknown([info.usage_month for info in infos])


def _workers(statistics: Iterable[CombinedModelStatistics], serving: frozenset[str] | None) -> int | None:
    """Distinct workers that serve at least one; None where it is unknown who serves any of them."""
    summaries = [one.worker_summaries for one in statistics]
    if serving is None or None in summaries:
        return None
    return len(serving.intersection(identity for listed in summaries if listed for identity in listed))
