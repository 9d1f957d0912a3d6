"""Records of the audit: what is known of a model, what was found, and the whole of a category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from horde_core.analytics.groups import GroupLevel
from horde_core.audit.thresholds import AuditThresholds
from horde_core.unknowns import ratio_or_unknown
from horde_core.vocabulary import GIBIBYTE, ModelType

Flag = Literal[
    "zero_usage_day",
    "zero_usage_month",
    "zero_usage_total",
    "no_active_workers",
    "has_multiple_hosts",
    "has_non_preferred_host",
    "has_unknown_host",
    "no_download_urls",
    "missing_description",
    "missing_baseline",
    "low_usage",
    "uneven_backends",
    "unserved_queue",
]


class Severity(StrEnum):
    """How bad a model's findings are, worst first.

    ``unknown``: it may be critical, or nothing was found and a flag is unknown.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"
    UNKNOWN = "unknown"
    NONE = "none"


class DeletionRiskFlags(BaseModel):
    """The flags of one model: true, false, or None for unknown."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    zero_usage_day: bool | None
    zero_usage_month: bool | None
    zero_usage_total: bool | None
    no_active_workers: bool | None
    has_multiple_hosts: bool | None
    has_non_preferred_host: bool | None
    has_unknown_host: bool | None
    no_download_urls: bool | None
    missing_description: bool | None
    missing_baseline: bool | None
    low_usage: bool | None
    uneven_backends: bool | None
    unserved_queue: bool | None

    def value(self, flag: Flag) -> bool | None:
        """Return one flag by its name."""
        value: bool | None = getattr(self, flag)
        return value

    def set_flags(self) -> tuple[Flag, ...]:
        """Return the names of the true flags, in their fixed order."""
        return self._with(True)

    def unknown_flags(self) -> tuple[Flag, ...]:
        """Return the names of the flags that cannot be known now."""
        return self._with(None)

    def _with(self, wanted: bool | None) -> tuple[Flag, ...]:
        values = self.__dict__
        return tuple([flag for flag in FLAGS if values[flag] is wanted])


FLAGS: tuple[Flag, ...] = tuple(DeletionRiskFlags.model_fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class BackendShare:
    """One backend's part of a model's 30-day requests and of its threads, 0..1; None where the whole is 0."""

    backend: str
    usage: float | None
    threads: float | None


@dataclass(frozen=True, slots=True)
class BackendBalance:
    """How a text model's usage and threads spread over its backends, those with month usage or threads.

    Shares are 0..1; ``imbalance`` is half the sum of |share of usage - share of threads|, 0 even .. 1 opposite, None
    with fewer than two backends, or without usage or threads.
    """

    shares: tuple[BackendShare, ...]
    imbalance: float | None
    largest_usage_share: float | None
    largest_thread_share: float | None

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends with month usage or threads."""
        return tuple(share.backend for share in self.shares)


class AuditFacts(BaseModel):
    """What is known of one model, or of a group of text models: all that the rules look at. None is unknown."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    model_type: ModelType
    members: tuple[str, ...] = Field(description="models of the reference that it stands for; itself, but for groups")
    names: int = Field(description="API names that are added up")
    usage_day: int | None
    usage_month: int | None
    usage_total: int | None
    usage_percentage_of_category: float | None = Field(description="month usage in percent of the category's month")
    thread_count: int | None
    worker_count: int | None
    queued_jobs: int | None
    queued: float | None = Field(description="pixelsteps or tokens waiting")
    unserved: bool | None = Field(description="work waits and no thread serves it")
    balance: BackendBalance | None = Field(description="text only; None when usage or threads are unknown")
    without_description: int = Field(description="members without one")
    without_baseline: int = Field(description="members without one")
    without_downloads: int = Field(description="members without a download URL")
    on_several_hosts: int = Field(description="members whose downloads lie on more than one host")
    downloads: int = Field(description="download URLs")
    unknown_hosts: int = Field(description="download URLs without an http(s) host")
    hosts: tuple[str, ...]
    size: int | None = Field(description="bytes on disk")
    size_at_least: int | None = Field(description="bytes of the files that state theirs, where the size is not known")
    inpainting: bool | None = Field(description="made for inpainting; None where members differ")
    requirements: tuple[str, ...] = Field(description="what requests must ask, by name")
    parameters: int | None = Field(description="count of weights")
    baselines: tuple[str, ...]
    styles: tuple[str, ...]
    tags: tuple[str, ...]
    nsfw: bool | None = Field(description="None where it is not stated, or members differ")
    nsfw_differs: bool = Field(description="some members are, and others are not or do not say")
    age_days: int | None = Field(description="since it was added to the reference; None where that is not known")
    is_new: bool | None = Field(description="within the grace period; None while the source of ages is unavailable")
    last_used: date | None = Field(description="last recorded day with requests, in UTC; None where none is known")
    unused_days: int | None = Field(description="whole days without a request; None where the record does not reach")
    unused_at_least: bool | None = Field(description="it may be more days: the record begins then or has a gap since")
    last_served: date | None = Field(description="last recorded day with a thread or a worker, in UTC")
    unserved_days: int | None = Field(description="whole days without either; None where the record does not reach")
    unserved_at_least: bool | None = Field(description="it may be more days: the record begins then or has a gap since")


class ModelAuditInfo(AuditFacts):
    """One model's audit: what is known of it, and what was found."""

    flags: DeletionRiskFlags
    severity: Severity
    is_critical: bool | None = Field(description="too little used and served by too few; None where that is unknown")
    risk_score: int = Field(description="number of true flags")
    cost_benefit_percentile: float | None = Field(
        description="percent of the other models with a size that have a lower score: 0 worst .. 100 best"
    )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def at_risk(self) -> bool:
        """Any flag is true."""
        return self.risk_score > 0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def day_to_month_ratio(self) -> float | None:
        """0..1; None without usage in the month."""
        return part_of_whole(self.usage_day, self.usage_month)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def month_to_total_ratio(self) -> float | None:
        """0..1; None while all time trails behind the month."""
        return part_of_whole(self.usage_month, self.usage_total)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def momentum(self) -> float | None:
        """Day x 30 / month: above 1 is rising."""
        return ratio_or_unknown(self.usage_day, self.usage_month, 30)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cost_benefit_score(self) -> float | None:
        """Month usage for each GiB; None without a size."""
        return cost_benefit(self.usage_month, self.size)


def part_of_whole(part: int | None, whole: int | None) -> float | None:
    """Part / whole, 0..1; None where the whole is 0, or smaller: "all time" trails by the last rows of the API."""
    return None if part is None or not whole or part > whole else part / whole


def cost_benefit(month_usage: int | None, size: int | None) -> float | None:
    """Requests in 30 days for each GiB on disk; None without a size."""
    return ratio_or_unknown(month_usage, size, GIBIBYTE)


@dataclass(frozen=True, slots=True)
class FlagCount:
    """For how many models a flag is true, false, unknown."""

    true: int
    false: int
    unknown: int


class AuditSummary(BaseModel):
    """How many models each flag, severity and preset selects; None where that is unknown for some model."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    models: int
    by_flag: Mapping[Flag, FlagCount]
    by_severity: Mapping[Severity, int | None]
    by_preset: Mapping[str, int | None]

    @property
    def unknown_flags(self) -> list[Flag]:
        """The flags that cannot be known now of some model."""
        return [flag for flag, count in self.by_flag.items() if count.unknown]


class CategoryAuditResponse(BaseModel):
    """The audit of a category: every model of the reference, or every group of them, in the reference's order."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    model_type: ModelType
    level: GroupLevel
    snapshot: str = Field(description="id of what it was computed from")
    as_of: date = Field(description="the UTC day that ages count to")
    thresholds: AuditThresholds
    category_month_usage: int | None = Field(description="the API's own sum over the category, unlisted names included")
    recorded: str = Field(description="changes with when models were last seen, to the day; - where nothing is known")
    summary: AuditSummary
    models: tuple[ModelAuditInfo, ...]
