"""Which names of the usage belong to which model: kept while reference and usage stay, as usage changes once a day."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from operator import itemgetter
from weakref import WeakKeyDictionary

from horde_core.analytics.indexes import IndexedHordeModelStats, grouped
from horde_core.analytics.merge.kept import Kept
from horde_core.analytics.names.matching import NameIndex, Owner
from horde_core.analytics.records import Split
from horde_core.unknowns import sum_or_unknown
from horde_core.vocabulary import PERIODS, Period


class Attribution:
    """The names of one compiled usage by what they belong to. Immutable.

    ``model_of`` and ``backends`` have each name. ``models`` are the names of every model of the reference, sorted, in
    the reference's order; most have none. ``unlisted`` are those of no model, in the API's order: spellings that differ
    in case only are together, by their casefold.
    """

    def __init__(self, index: NameIndex, usage: IndexedHordeModelStats, before: Attribution | None = None) -> None:
        self.usage = usage
        self.kept = Kept()
        owners = _owners(index, usage.names, before)
        self.model_of = dict(zip(usage.names, map(itemgetter(0), owners), strict=True))
        self.backends = dict(zip(usage.names, map(itemgetter(1), owners), strict=True))
        owned = [(model, name) for name, model in self.model_of.items() if model is not None]
        self.models: Mapping[str, Sequence[str]] = {**dict.fromkeys(index.model_names, ()), **_sorted(owned)}
        names = self.unlisted_names()
        self.unlisted: Mapping[str, Sequence[str]] = _sorted(zip(map(str.casefold, names), names, strict=True))

    def unlisted_names(self) -> list[str]:
        """The names that belong to no model, one by one, in the API's order."""
        return [name for name, model in self.model_of.items() if model is None]

    @cached_property
    def requests(self) -> dict[Period, Split[int]]:
        """Requests of the category in each period; None where the usage lacks it."""
        # In the API's order, as look-ups in any other take more than twice as long.
        attributed = [name for name, model in self.model_of.items() if model is not None]
        unlisted = self.unlisted_names()
        return {period: _split(self.usage.response.period(period), attributed, unlisted) for period in PERIODS}


def _split(counts: Mapping[str, int | None] | None, attributed: Sequence[str], unlisted: Sequence[str]) -> Split[int]:
    if counts is None:
        return Split(attributed=None, unlisted=None, total=None)
    of_models, of_others = (sum_or_unknown(map(counts.get, names, repeat(0))) for names in (attributed, unlisted))
    return Split(attributed=of_models, unlisted=of_others, total=sum_or_unknown(counts.values()))


def _sorted(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups = grouped(pairs)
    for names in groups.values():
        if len(names) > 1:
            names.sort()
    return groups


_kept: WeakKeyDictionary[NameIndex, Attribution] = WeakKeyDictionary()
_keeping = threading.Lock()


def attribution_of(index: NameIndex, usage: IndexedHordeModelStats) -> Attribution:
    """Return the attribution of a usage: the same object until reference or usage change. Thread-safe.

    Of each index in use the last one is kept; what its names belong to is not looked up again for the next usage.
    """
    with _keeping:
        before = _kept.get(index)
    if before is not None and before.usage is usage:
        return before
    attribution = Attribution(index, usage, before)
    if usage.available:
        with _keeping:
            _kept[index] = attribution
    return attribution


def _owners(index: NameIndex, names: Sequence[str], before: Attribution | None) -> list[Owner]:
    if before is None:
        return index.owners(names)
    unknown = [name for name in names if name not in before.model_of]
    found = dict(zip(unknown, index.owners(unknown), strict=True))
    return [found.get(name) or (before.model_of[name], before.backends[name]) for name in names]
