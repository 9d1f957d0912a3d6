"""Statistics of a category: content of the reference, coverage, concentration of usage, supply.

Pure functions over one merge. Percentages are 0..100 and of the API's own sum, unlisted names included, unless a field
says otherwise. None is unknown: the source that a figure rests on is unavailable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import median
from typing import NamedTuple

from pydantic import Field

from horde_core.analytics.category_facts import Requests
from horde_core.analytics.indexes import grouped
from horde_core.analytics.merge import CategoryMerge
from horde_core.analytics.records import MergedRecord, UsageStats
from horde_core.unknowns import percent, sum_or_unknown
from horde_core.upstream.model_reference import ModelRecord, ModelReference
from horde_core.upstream.web_address import host_of
from horde_core.vocabulary import PERIODS, ModelType, Period


class SizeBucket(NamedTuple):
    """Text models of at least ``from_parameters`` weights, and fewer than the next bucket's."""

    label: str
    from_parameters: float


PARAMETER_SIZES: tuple[SizeBucket, ...] = (
    SizeBucket("under 4 B", 0),  # 3B
    SizeBucket("4 to 10 B", 4e9),  # 7B 8B 9B
    SizeBucket("10 to 20 B", 10e9),  # 12B 13B 14B
    SizeBucket("20 to 40 B", 20e9),  # 24B 32B 34B
    SizeBucket("40 to 80 B", 40e9),  # 70B 72B
    SizeBucket("80 B and more", 80e9),  # 123B
)
"""Common sizes, smallest first; a bound belongs to the bucket above it."""

PARETO_TOPS = (1, 3, 5, 10, 20, 50, 100)
"""Numbers of most used names whose joint share is given."""


class Part(MergedRecord):
    """A part of the reference: the number of its models, their requests and their threads."""

    label: str | None = Field(description="None: the reference does not say")
    models: int
    usage_stats: UsageStats | None
    thread_count: int | None = Field(description="in the rows of the status list")


class Sizes(MergedRecord):
    """Sizes on disk, in bytes, of the models with a stated size."""

    stated: int = Field(description="models with a stated size")
    total: int
    median: float | None
    largest: int | None


class HostCount(MergedRecord):
    """Number of models with a download on a host; a model with several hosts counts for each."""

    host: str | None = Field(description="None: a URL without a host")
    models: int


class Catalogue(MergedRecord):
    """Content of the reference. The parts of a split add up to all models, but for tags: a model may have several."""

    models: int
    nsfw: int
    sfw: int
    by_baseline: tuple[Part, ...] = Field(description="most models first")
    by_nsfw: tuple[Part, ...] = Field(description="NSFW, SFW, not stated")
    by_parameter_size: tuple[Part, ...] = Field(description="text only: every size of PARAMETER_SIZES, not stated last")
    by_style: tuple[Part, ...]
    by_tag: tuple[Part, ...]
    hosts: tuple[HostCount, ...] = Field(description="most models first")
    without_download: int
    sizes: Sizes


class Coverage(MergedRecord):
    """The models of the reference that have at least one thread now, and their share of the requests."""

    served: int | None
    served_percentage: float | None = Field(description="percent of the reference's models")
    usage_percentage: dict[Period, float | None] = Field(description="percent of the category's requests")


class Pareto(MergedRecord):
    """Share of the most used names together."""

    top: int
    percentage: float


class Concentration(MergedRecord):
    """How unevenly requests spread over names: models of the reference, and unlisted names one by one."""

    requests: int
    used: int = Field(description="names with requests")
    pareto: tuple[Pareto, ...] = Field(description="for PARETO_TOPS, as far as there are so many names")
    for_half: int = Field(description="the fewest names that carry half of the requests")
    herfindahl: float | None = Field(description="sum of the squared shares: 1/n for n equal names .. 1 for one alone")


class WorkersPerModel(MergedRecord):
    """Number of models with this number of workers."""

    workers: int
    models: int


class Supply(MergedRecord):
    """Supply of the reference's models: online workers outside maintenance, and threads."""

    workers_per_model: tuple[WorkersPerModel, ...] | None = Field(description="fewest workers first, 0 included")
    without_worker: int | None
    single_worker: int | None
    mean_workers: float | None = Field(description="over the models that have one; None where none has")
    herfindahl: float | None = Field(
        description="of threads over models and unlisted names of the status list; None without a thread"
    )


class CategoryStatistics(MergedRecord):
    """Statistics of a whole category."""

    model_type: ModelType
    catalogue: Catalogue | None = Field(description="None when the reference is unavailable")
    coverage: Coverage | None = Field(description="None when the reference is unavailable")
    concentration: dict[Period, Concentration | None] = Field(
        description="by period; None when its requests or the reference are unavailable"
    )
    supply: Supply | None = Field(description="None when the reference is unavailable")


class _Standing(NamedTuple):
    """What reference and usage decide: the same from minute to minute. Threads of the catalogue's parts are unknown."""

    catalogue: Catalogue
    concentration: dict[Period, Concentration | None]
    requests: Mapping[str, Requests]


def category_statistics(reference: ModelReference, merge: CategoryMerge, model_type: ModelType) -> CategoryStatistics:
    """Compute the statistics of a category from its merge and its reference."""
    if not reference.available:
        return CategoryStatistics(
            model_type=model_type, catalogue=None, coverage=None, concentration=dict.fromkeys(PERIODS), supply=None
        )
    kept = merge.models.attribution.kept
    standing = kept.once("statistics", (reference,), lambda: _standing(reference, merge, model_type))
    return CategoryStatistics(
        model_type=model_type,
        catalogue=_with_threads(standing.catalogue, reference, merge),
        coverage=_coverage(merge, standing.requests),
        concentration=standing.concentration,
        supply=_supply(merge),
    )


def _standing(reference: ModelReference, merge: CategoryMerge, model_type: ModelType) -> _Standing:
    requests = {row.name: row.requests for row in merge.models.rows()}
    everything = [*requests.values(), *(row.requests for row in merge.unlisted.rows())]
    return _Standing(
        catalogue=_catalogue(reference, requests, merge.models.attribution.usage.available, model_type),
        concentration={
            period: _concentration([row[place] or 0 for row in everything])
            if merge.reconciliation.total_usage(period) is not None
            else None
            for place, period in enumerate(PERIODS)
        },
        requests=requests,
    )


def parameter_size(parameters: int | None) -> str | None:
    """Return the label of the bucket in :data:`PARAMETER_SIZES`; None where the count of weights is not stated."""
    if parameters is None:
        return None
    return next(bucket.label for bucket in reversed(PARAMETER_SIZES) if parameters >= bucket.from_parameters)


def herfindahl(figures: Iterable[float]) -> float | None:
    """Return the Herfindahl index: the sum of the squared shares, 0..1; None where the total is 0."""
    parts = list(figures)
    total = sum(parts)
    return sum((part / total) ** 2 for part in parts) if total else None


_NSFW_LABELS: Mapping[bool | None, str | None] = {True: "NSFW", False: "SFW", None: None}

_SPLITS: Mapping[str, Callable[[ModelRecord], Iterable[str | None]]] = {
    "by_baseline": lambda record: [record.baseline],
    "by_nsfw": lambda record: [_NSFW_LABELS[record.nsfw]],
    "by_parameter_size": lambda record: [parameter_size(record.parameters)],
    "by_style": lambda record: [record.style],
    "by_tag": lambda record: dict.fromkeys(record.tags),
}
"""The splits of the catalogue, and in which parts of each a model is."""


def _catalogue(
    reference: Mapping[str, ModelRecord], requests: Mapping[str, Requests], has_usage: bool, model_type: ModelType
) -> Catalogue:
    def split(by: str) -> dict[str | None, Part]:
        parts = grouped((label, requests[name]) for name, record in reference.items() for label in _SPLITS[by](record))
        return {label: _part(label, rows, has_usage) for label, rows in parts.items()}

    def in_order(parts: Mapping[str | None, Part], order: Iterable[str | None]) -> tuple[Part, ...]:
        return tuple(parts.get(label) or _empty_part(label, everything) for label in order)

    records = reference.values()
    everything = _part(None, list(requests.values()), has_usage)
    nsfw = split("by_nsfw")
    sizes = split("by_parameter_size") if model_type == "text" else {}
    bucket_labels = [bucket.label for bucket in PARAMETER_SIZES] if model_type == "text" else []
    return Catalogue(
        models=len(reference),
        nsfw=sum(record.nsfw is True for record in records),
        sfw=sum(record.nsfw is False for record in records),
        by_baseline=_by_models(split("by_baseline")),
        by_nsfw=in_order(nsfw, (*_NSFW_LABELS.values(),) if None in nsfw else ("NSFW", "SFW")),
        by_parameter_size=in_order(sizes, [*bucket_labels, None] if None in sizes else bucket_labels),
        by_style=_by_models(split("by_style")),
        by_tag=_by_models(split("by_tag")),
        hosts=_hosts(records),
        without_download=sum(not record.downloads for record in records),
        sizes=_sizes(records),
    )


def _part(label: str | None, rows: Sequence[Requests], has_usage: bool) -> Part:
    day, month, total = (sum_or_unknown([row[place] for row in rows]) for place in range(len(PERIODS)))
    usage = UsageStats(day=day, month=month, total=total) if has_usage or not rows else None
    return Part(label=label, models=len(rows), usage_stats=usage, thread_count=None)


def _empty_part(label: str | None, everything: Part) -> Part:
    """A part without models: 0 where the figure is known of all models, else unknown."""
    usage = everything.usage_stats
    requests = {period: None if usage is None or usage.period(period) is None else 0 for period in PERIODS}
    return Part(label=label, models=0, usage_stats=None if usage is None else UsageStats(**requests), thread_count=None)


def _with_threads(catalogue: Catalogue, reference: Mapping[str, ModelRecord], merge: CategoryMerge) -> Catalogue:
    """Add the threads of each part: those of its models that are live."""
    if not merge.reconciliation.has_status:
        return catalogue
    listed = {model: row.live.listed_threads for model, row in merge.models.live.items()}
    is_known = None not in listed.values()
    parts = {}
    for by, labels in _SPLITS.items():
        threads = grouped((label, count) for model, count in listed.items() for label in labels(reference[model]))
        parts[by] = tuple(
            part.model_copy(
                update={
                    "thread_count": sum_or_unknown(threads.get(part.label, ())) if part.models or is_known else None
                }
            )
            for part in getattr(catalogue, by)
        )
    return catalogue.model_copy(update=parts)


def _by_models(parts: Mapping[str | None, Part]) -> tuple[Part, ...]:
    """Most models first; what is not stated is last."""
    return tuple(sorted(parts.values(), key=lambda part: (part.label is None, -part.models, part.label or "")))


def _hosts(records: Iterable[ModelRecord]) -> tuple[HostCount, ...]:
    models = Counter(host for record in records for host in {host_of(url) for url in record.downloads})
    ordered = sorted(models.items(), key=lambda item: (-item[1], item[0] or ""))
    return tuple(HostCount(host=host, models=count) for host, count in ordered)


def _sizes(records: Iterable[ModelRecord]) -> Sizes:
    stated = [record.size for record in records if record.size is not None]
    return Sizes(
        stated=len(stated),
        total=sum(stated),
        median=median(stated) if stated else None,
        largest=max(stated, default=None),
    )


def _coverage(merge: CategoryMerge, requests: Mapping[str, Requests]) -> Coverage:
    rows = merge.models
    threads = {model: row.live.thread_count for model, row in rows.live.items()}
    is_known = None not in threads.values() and (len(threads) == len(rows) or rows.idle.thread_count is not None)
    served = [model for model, count in threads.items() if count]

    def carried(place: int, period: Period) -> float | None:
        usage = sum_or_unknown([requests[model][place] for model in served])
        return percent(usage, merge.reconciliation.total_usage(period)) if is_known else None

    return Coverage(
        served=len(served) if is_known else None,
        served_percentage=percent(len(served), len(rows)) if is_known else None,
        usage_percentage={period: carried(place, period) for place, period in enumerate(PERIODS)},
    )


def _concentration(requests: list[int]) -> Concentration:
    used = sorted(filter(None, requests), reverse=True)
    carried = list(accumulate(used))
    total = sum(used)
    return Concentration(
        requests=total,
        used=len(used),
        pareto=tuple(
            Pareto(top=top, percentage=carried[top - 1] / total * 100) for top in PARETO_TOPS if top <= len(used)
        ),
        for_half=next((place for place, sum_ in enumerate(carried, 1) if sum_ * 2 >= total), 0),
        herfindahl=herfindahl(used),
    )


def _supply(merge: CategoryMerge) -> Supply:
    threads = [row.live.listed_threads for rows in (merge.models, merge.unlisted) for row in rows.live_rows()]
    is_known = merge.reconciliation.has_status and None not in threads
    spread = herfindahl(count for count in threads if count) if is_known else None
    models = Counter(row.live.distinct_workers for row in merge.models.live.values())
    if idle := len(merge.models) - len(merge.models.live):
        models[merge.models.idle.distinct_workers] += idle
    known = {count: models[count] for count in models if count is not None}
    if len(known) < len(models):
        return Supply(
            workers_per_model=None, without_worker=None, single_worker=None, mean_workers=None, herfindahl=spread
        )
    served = sum(known.values()) - known.get(0, 0)
    return Supply(
        workers_per_model=tuple(WorkersPerModel(workers=n, models=known[n]) for n in sorted(known)),
        without_worker=known.get(0, 0),
        single_worker=known.get(1, 0),
        mean_workers=sum(n * number for n, number in known.items()) / served if served else None,
        herfindahl=spread,
    )
