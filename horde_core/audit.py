"""The audit: what a maintainer of the model reference should look at, and why. Pure functions.

A flag is true, false, or None: unknown, because the source it rests on is unavailable. An outage never turns into
findings, and never into a clean bill either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from horde_core.combined import CombinedModelStatistics, Reconciliation
from horde_core.indexes import ratio_or_unknown
from horde_core.models import ModelType
from horde_core.reference import ModelRecord, host_of
from horde_core.settings import Settings

GIBIBYTE = 1024**3

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

DOWNLOAD_FLAGS: tuple[Flag, ...] = (
    "has_multiple_hosts",
    "has_non_preferred_host",
    "has_unknown_host",
    "no_download_urls",
)


CRITICAL_RESTS_ON: tuple[Flag, ...] = ("zero_usage_month", "no_active_workers")
"""The flags that have to be known before it is certain whether a model is critical."""


class Severity(StrEnum):
    """How bad a model's findings are; ``unknown`` when none is known and some cannot be."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"
    UNKNOWN = "unknown"
    NONE = "none"


class AuditThresholds(BaseModel):
    """The thresholds in force, in one place, so that what is quoted is what is used."""

    model_config = ConfigDict(frozen=True)

    low_usage_percentage: Mapping[ModelType, float] = Field(description="percent of the category's 30-day usage")
    text_critical_usage: int = Field(description="30-day requests")
    text_critical_workers: int
    preferred_hosts: tuple[str, ...]
    text_ignores_downloads: bool
    backend_imbalance: float = Field(description="0 even .. 1 opposite")

    @classmethod
    def from_settings(cls, settings: Settings) -> AuditThresholds:
        """Read the thresholds from the settings."""
        return cls(
            low_usage_percentage={
                "image": settings.low_usage_threshold_percentage,
                "text": settings.text_gen_low_usage_threshold_percentage,
            },
            text_critical_usage=settings.text_gen_critical_usage_threshold,
            text_critical_workers=settings.text_gen_critical_worker_threshold,
            preferred_hosts=settings.preferred_file_hosts,
            text_ignores_downloads=settings.text_gen_ignore_download_hosts,
            backend_imbalance=settings.backend_imbalance_threshold,
        )


class DeletionRiskFlags(BaseModel):
    """The flags of one model: true, false, or None for unknown."""

    model_config = ConfigDict(frozen=True)

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

    def set_flags(self) -> tuple[Flag, ...]:
        """Return the names of the true flags, in their fixed order."""
        return tuple(flag for flag in FLAGS if getattr(self, flag) is True)

    def unknown_flags(self) -> tuple[Flag, ...]:
        """Return the names of the flags that cannot be known now."""
        return tuple(flag for flag in FLAGS if getattr(self, flag) is None)


FLAGS: tuple[Flag, ...] = tuple(DeletionRiskFlags.model_fields)  # type: ignore[arg-type]


class BackendBalance(BaseModel):
    """How a text model's usage and threads spread over its backends. Shares are 0..1."""

    model_config = ConfigDict(frozen=True)

    backends: tuple[str, ...] = Field(description="those with month usage or threads")
    imbalance: float | None = Field(description="half the sum of |share of usage - share of threads|; 0 even")
    largest_usage_share: float | None
    largest_thread_share: float | None


class ModelAuditInfo(BaseModel):
    """One model's audit."""

    model_config = ConfigDict(frozen=True)

    name: str
    model_type: ModelType
    flags: DeletionRiskFlags
    severity: Severity
    at_risk: bool = Field(description="any flag is true")
    risk_score: int = Field(description="number of true flags")
    usage_day: int | None
    usage_month: int | None
    usage_total: int | None
    usage_percentage_of_category: float | None = Field(description="month usage in percent of the category's month")
    day_to_month_ratio: float | None
    month_to_total_ratio: float | None
    momentum: float | None = Field(description="day x 30 / month: above 1 is rising")
    thread_count: int | None
    worker_count: int | None
    queued_jobs: int | None
    size: int | None = Field(description="bytes on disk")
    cost_benefit_score: float | None = Field(description="month usage for each GiB; None without a size")
    baseline: str | None
    nsfw: bool | None
    hosts: tuple[str, ...]
    balance: BackendBalance | None = Field(description="text only; None when usage or threads are unknown")


class ModelAuditInfoFactory:
    """Makes audits from records and merged statistics, by one set of thresholds."""

    def __init__(self, thresholds: AuditThresholds) -> None:
        self.thresholds = thresholds

    def create_category(
        self,
        records: Mapping[str, ModelRecord],
        statistics: Mapping[str, CombinedModelStatistics],
        reconciliation: Reconciliation,
        model_type: ModelType,
    ) -> dict[str, ModelAuditInfo]:
        """Audit every model of a category, in the reference's order; percentages are of the reconciled total."""
        total = reconciliation.total_usage("month")
        return {name: self.create(record, statistics[name], total, model_type) for name, record in records.items()}

    def create(
        self,
        record: ModelRecord,
        statistics: CombinedModelStatistics,
        category_month_usage: int | None,
        model_type: ModelType,
    ) -> ModelAuditInfo:
        """Audit one model; ``category_month_usage`` is the API's own sum over the category, None when unknown."""
        day, month, total = (statistics.usage(period) for period in ("day", "month", "total"))
        percentage = ratio_or_unknown(month, category_month_usage, 100)
        balance = backend_balance(statistics) if model_type == "text" else None
        flags = self._flags(record, statistics, percentage, balance, model_type)
        return ModelAuditInfo(
            name=record.name,
            model_type=model_type,
            flags=flags,
            severity=self._severity(flags, month, _active(statistics), model_type),
            at_risk=bool(flags.set_flags()),
            risk_score=len(flags.set_flags()),
            usage_day=day,
            usage_month=month,
            usage_total=total,
            usage_percentage_of_category=percentage,
            day_to_month_ratio=ratio_or_unknown(day, month),
            month_to_total_ratio=ratio_or_unknown(month, total),
            momentum=ratio_or_unknown(day, month, 30),
            thread_count=statistics.thread_count,
            worker_count=statistics.worker_count if statistics.worker_count_source == "workers" else None,
            queued_jobs=statistics.queued_jobs,
            size=record.size,
            cost_benefit_score=ratio_or_unknown(month, record.size, GIBIBYTE),
            baseline=record.baseline,
            nsfw=record.nsfw,
            hosts=tuple(dict.fromkeys(host for url in record.downloads if (host := host_of(url)))),
            balance=balance,
        )

    def _flags(
        self,
        record: ModelRecord,
        statistics: CombinedModelStatistics,
        percentage: float | None,
        balance: BackendBalance | None,
        model_type: ModelType,
    ) -> DeletionRiskFlags:
        active = _active(statistics)
        is_uneven: bool | None = False
        if model_type == "text":
            imbalance = balance.imbalance if balance else None
            is_uneven = (
                None
                if balance is None
                else (imbalance or 0.0) >= self.thresholds.backend_imbalance and (imbalance is not None)
            )
        return DeletionRiskFlags(
            zero_usage_day=_is_zero(statistics.usage("day")),
            zero_usage_month=_is_zero(statistics.usage("month")),
            zero_usage_total=_is_zero(statistics.usage("total")),
            no_active_workers=_is_zero(active),
            **self._download_flags(record, model_type),
            missing_description=record.description is None,
            missing_baseline=record.baseline is None,
            low_usage=None if percentage is None else percentage < self.thresholds.low_usage_percentage[model_type],
            uneven_backends=is_uneven,
            unserved_queue=statistics.unserved,
        )

    def _download_flags(self, record: ModelRecord, model_type: ModelType) -> dict[str, bool]:
        if model_type == "text" and self.thresholds.text_ignores_downloads:
            return dict.fromkeys(DOWNLOAD_FLAGS, False)
        hosts = [host_of(url) for url in record.downloads]
        known = {host for host in hosts if host}
        return {
            "has_multiple_hosts": len(known) > 1,
            "has_non_preferred_host": any(not self._is_preferred(host) for host in known),
            "has_unknown_host": None in hosts,
            "no_download_urls": not hosts,
        }

    def _is_preferred(self, host: str) -> bool:
        return any(host == preferred or host.endswith("." + preferred) for preferred in self.thresholds.preferred_hosts)

    def _severity(
        self, flags: DeletionRiskFlags, month: int | None, active: int | None, model_type: ModelType
    ) -> Severity:
        if month is not None and active is not None:
            unused = month < self.thresholds.text_critical_usage if model_type == "text" else month == 0
            unserved = active < self.thresholds.text_critical_workers if model_type == "text" else active == 0
            if (unused and unserved) or month == active == 0:
                return Severity.CRITICAL
        found = flags.set_flags()
        if any(flag in DOWNLOAD_FLAGS for flag in found):
            return Severity.WARNING
        if found:
            return Severity.NOTICE
        return Severity.UNKNOWN if flags.unknown_flags() else Severity.NONE


def backend_balance(statistics: CombinedModelStatistics) -> BackendBalance | None:
    """Compare each backend's share of a model's month usage with its share of the threads.

    None when usage, threads or the backends are unknown.
    """
    variations = statistics.backend_variations
    if variations is None or statistics.usage("month") is None or statistics.thread_count is None:
        return None
    usage = {name: variation.usage_month or 0 for name, variation in variations.items()}
    threads = {name: variation.thread_count or 0 for name, variation in variations.items()}
    backends = tuple(name for name in variations if usage[name] or threads[name])
    all_usage, all_threads = sum(usage.values()), sum(threads.values())
    imbalance = None
    if len(backends) > 1 and all_usage and all_threads:
        # Of whole numbers, divided once: 0.3 to the letter is not a little less than 0.3.
        difference = sum(abs(usage[name] * all_threads - threads[name] * all_usage) for name in backends)
        imbalance = difference / (2 * all_usage * all_threads)
    return BackendBalance(
        backends=backends,
        imbalance=imbalance,
        largest_usage_share=max(usage.values()) / all_usage if all_usage else None,
        largest_thread_share=max(threads.values()) / all_threads if all_threads else None,
    )


class Preset(BaseModel):
    """A ready-made filter: what it is called, what it selects in words, and the rule itself."""

    model_config = ConfigDict(frozen=True)

    key: str
    label: str
    rule: str
    rests_on: tuple[Flag, ...] = Field(description="the flags that decide; while one is unknown so is the selection")
    selects: Callable[[ModelAuditInfo], bool]

    def is_known(self, info: ModelAuditInfo) -> bool:
        """Whether it is certain that this preset does or does not select a model."""
        return self.selects(info) or all(getattr(info.flags, flag) is not None for flag in self.rests_on)


def _any_of(key: str, label: str, rule: str, *flags: Flag) -> Preset:
    """A preset that selects the models with any of these flags."""
    return Preset(
        key=key,
        label=label,
        rule=rule,
        rests_on=flags,
        selects=lambda info: any(getattr(info.flags, flag) is True for flag in flags),
    )


def _is_deletion_candidate(info: ModelAuditInfo) -> bool:
    unneeded = info.flags.low_usage is True and info.flags.no_active_workers is True
    return info.severity is Severity.CRITICAL or unneeded


PRESETS: tuple[Preset, ...] = (
    Preset(
        key="deletion_candidates",
        label="Deletion candidates",
        rule="critical, or low usage and no active workers",
        rests_on=(*CRITICAL_RESTS_ON, "low_usage"),
        selects=_is_deletion_candidate,
    ),
    Preset(
        key="critical",
        label="Critical",
        rule="severity is critical",
        rests_on=CRITICAL_RESTS_ON,
        selects=lambda info: info.severity is Severity.CRITICAL,
    ),
    _any_of("zero_usage", "Unused for 30 days", "no requests in 30 days", "zero_usage_month"),
    _any_of("no_workers", "No workers", "no worker serves it now", "no_active_workers"),
    _any_of("low_usage", "Low usage", "share of the category's 30-day requests below the threshold", "low_usage"),
    _any_of("missing_data", "Missing data", "no description or no baseline", "missing_description", "missing_baseline"),
    _any_of("host_issues", "Host issues", "any host or download finding", *DOWNLOAD_FLAGS),
    _any_of(
        "uneven_backends",
        "Uneven backends",
        "usage and threads spread differently over its backends",
        "uneven_backends",
    ),
    _any_of("unserved_queue", "Unserved queue", "jobs wait and no thread serves them", "unserved_queue"),
)


def _active(statistics: CombinedModelStatistics) -> int | None:
    """Workers when they are known, else threads; None when neither is."""
    return statistics.thread_count if statistics.worker_count is None else statistics.worker_count


def _is_zero(figure: int | None) -> bool | None:
    return None if figure is None else figure == 0
