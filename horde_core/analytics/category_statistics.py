"""Statistics of a category: content of the reference, coverage, concentration of usage, supply.

Pure functions over one merge. Percentages are 0..100 and of the API's own sum, unlisted names included, unless a field
says otherwise. None is unknown: the source that a figure rests on is unavailable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from statistics import fmean, median
from typing import NamedTuple

from pydantic import Field

from horde_core.analytics.indexes import grouped
from horde_core.analytics.merge import CategoryMerge
from horde_core.analytics.records import CombinedModelStatistics, MergedRecord, UsageStats
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


def category_statistics(reference: ModelReference, merge: CategoryMerge, model_type: ModelType) -> CategoryStatistics:
    """Compute the statistics of a category from its merge and its reference."""
    everything = [*merge.models.values(), *merge.unlisted.values()]
    is_known = reference.available
    return CategoryStatistics(
        model_type=model_type,
        catalogue=_catalogue(reference, merge, model_type) if is_known else None,
        coverage=_coverage(merge) if is_known else None,
        concentration={
            period: _concentration([row.usage(period) or 0 for row in everything])
            if is_known and merge.reconciliation.total_usage(period) is not None
            else None
            for period in PERIODS
        },
        supply=_supply(merge, everything) if is_known else None,
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


def _catalogue(reference: Mapping[str, ModelRecord], merge: CategoryMerge, model_type: ModelType) -> Catalogue:
    models, has_status = merge.models, merge.reconciliation.has_status

    def split(labels: Callable[[ModelRecord], Iterable[str | None]]) -> dict[str | None, Part]:
        parts = grouped((label, models[name]) for name, record in reference.items() for label in labels(record))
        return {label: _part(label, rows, has_status) for label, rows in parts.items()}

    def in_order(parts: Mapping[str | None, Part], order: Iterable[str | None]) -> tuple[Part, ...]:
        return tuple(parts.get(label) or _empty_part(label, everything) for label in order)

    records = reference.values()
    everything = _part(None, list(models.values()), has_status)
    nsfw = split(lambda record: [_NSFW_LABELS[record.nsfw]])
    sizes = split(lambda record: [parameter_size(record.parameters)]) if model_type == "text" else {}
    bucket_labels = [bucket.label for bucket in PARAMETER_SIZES] if model_type == "text" else []
    return Catalogue(
        models=len(reference),
        nsfw=sum(record.nsfw is True for record in records),
        sfw=sum(record.nsfw is False for record in records),
        by_baseline=_by_models(split(lambda record: [record.baseline])),
        by_nsfw=in_order(nsfw, (*_NSFW_LABELS.values(),) if None in nsfw else ("NSFW", "SFW")),
        by_parameter_size=in_order(sizes, [*bucket_labels, None] if None in sizes else bucket_labels),
        by_style=_by_models(split(lambda record: [record.style])),
        by_tag=_by_models(split(lambda record: dict.fromkeys(record.tags))),
        hosts=_hosts(records),
        without_download=sum(not record.downloads for record in records),
        sizes=_sizes(records),
    )


_NSFW_LABELS: Mapping[bool | None, str | None] = {True: "NSFW", False: "SFW", None: None}


def _part(label: str | None, rows: list[CombinedModelStatistics], has_status: bool) -> Part:
    has_usage = all(row.usage_stats is not None for row in rows)
    day, month, total = (sum_or_unknown([row.usage(period) for row in rows]) for period in PERIODS)
    return Part(
        label=label,
        models=len(rows),
        usage_stats=UsageStats(day=day, month=month, total=total) if has_usage else None,
        thread_count=sum_or_unknown([row.listed_threads for row in rows]) if has_status else None,
    )


def _empty_part(label: str | None, everything: Part) -> Part:
    """A part without models: 0 where the figure is known of all models, else unknown."""
    usage = everything.usage_stats
    requests = {period: None if usage is None or usage.period(period) is None else 0 for period in PERIODS}
    return Part(
        label=label,
        models=0,
        usage_stats=None if usage is None else UsageStats(**requests),
        thread_count=None if everything.thread_count is None else 0,
    )


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


def _coverage(merge: CategoryMerge) -> Coverage:
    rows = list(merge.models.values())
    is_known = all(row.thread_count is not None for row in rows)
    served = [row for row in rows if row.thread_count]

    def carried(period: Period) -> float | None:
        usage = sum_or_unknown([row.usage(period) for row in served])
        return percent(usage, merge.reconciliation.total_usage(period)) if is_known else None

    return Coverage(
        served=len(served) if is_known else None,
        served_percentage=percent(len(served), len(rows)) if is_known else None,
        usage_percentage={period: carried(period) for period in PERIODS},
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


def _supply(merge: CategoryMerge, everything: list[CombinedModelStatistics]) -> Supply:
    rows = list(merge.models.values())
    threads = [row.listed_threads for row in everything]
    is_known = merge.reconciliation.has_status and None not in threads
    spread = herfindahl(count for count in threads if count) if is_known else None
    known = [count for row in rows if (count := row.distinct_workers) is not None]
    if len(known) < len(rows):
        return Supply(
            workers_per_model=None, without_worker=None, single_worker=None, mean_workers=None, herfindahl=spread
        )
    models = Counter(known)
    served = [count for count in known if count]
    return Supply(
        workers_per_model=tuple(WorkersPerModel(workers=n, models=models[n]) for n in sorted(models)),
        without_worker=models[0],
        single_worker=models[1],
        mean_workers=fmean(served) if served else None,
        herfindahl=spread,
    )
