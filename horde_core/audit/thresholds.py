"""The thresholds of the audit: their values in force, and what a maintainer may try instead."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from horde_core.vocabulary import NOUNS, ModelType

if TYPE_CHECKING:  # the audit takes settings as data and never reads any
    from horde_core.settings import Settings


class AuditThresholds(BaseModel):
    """The thresholds of one category."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    model_type: ModelType
    low_usage_percentage: float = Field(ge=0, le=100, description="percent of the category's 30-day usage")
    minimum_month_usage: int = Field(ge=0, description="30-day usage; 0 asks for none")
    critical_usage: int = Field(ge=0, description="30-day usage")
    critical_workers: int = Field(ge=0, description="workers, or threads where workers are unknown")
    backend_imbalance: float = Field(ge=0, le=1, description="0 even .. 1 opposite")
    grace_days: int = Field(ge=0, description="days in which a new image model is no deletion candidate; 0 = none")
    preferred_hosts: tuple[str, ...]
    ignores_downloads: bool = Field(description="no host or download flag is judged")

    @classmethod
    def from_settings(cls, settings: Settings, model_type: ModelType) -> AuditThresholds:
        """Read the thresholds of a category from the settings. An image model is critical at no usage and no worker."""
        is_text = model_type == "text"
        return cls(
            model_type=model_type,
            low_usage_percentage=settings.text_gen_low_usage_threshold_percentage
            if is_text
            else settings.low_usage_threshold_percentage,
            minimum_month_usage=settings.audit_minimum_month_usage,
            critical_usage=settings.text_gen_critical_usage_threshold if is_text else 1,
            critical_workers=settings.text_gen_critical_worker_threshold if is_text else 1,
            backend_imbalance=settings.backend_imbalance_threshold,
            grace_days=settings.audit_grace_days,
            preferred_hosts=settings.preferred_file_hosts,
            ignores_downloads=is_text and settings.text_gen_ignore_download_hosts,
        )

    @property
    def noun(self) -> str:
        """What one unit of usage is called: an image, or a request for text."""
        return NOUNS[self.model_type]

    @property
    def digest(self) -> str:
        """A hash of the values, for keys."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=6).hexdigest()


class WhatIf(NamedTuple):
    """One threshold that may be tried at another value: its field, its key in links, its words and its bounds."""

    field: str
    key: str
    label: str
    unit: str
    most: float
    step: float
    of: tuple[ModelType, ...] = ("image", "text")

    def unit_of(self, model_type: ModelType) -> str:
        """The unit in the words of a category."""
        return self.unit.format(noun=NOUNS[model_type])

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.step, int)


MOST_REQUESTS = 10**9

WHAT_IFS: tuple[WhatIf, ...] = (
    WhatIf("low_usage_percentage", "low_usage_below", "Low usage below", "% of the category's 30 days", 100.0, 0.001),
    WhatIf("minimum_month_usage", "month_minimum", "Low usage below", "{noun}s in 30 days", MOST_REQUESTS, 1),
    WhatIf("critical_usage", "critical_below", "Critical below", "{noun}s in 30 days", MOST_REQUESTS, 1),
    WhatIf("critical_workers", "critical_workers_below", "Critical below", "workers", 1000, 1),
    WhatIf("grace_days", "grace_days", "New for", "days", 3650, 1, ("image",)),
    WhatIf("backend_imbalance", "imbalance_from", "Uneven from", "imbalance, 0 to 1", 1.0, 0.05, ("text",)),
)
"""Every threshold that can be tried. What each decides is told by the rules."""


def what_ifs(model_type: ModelType) -> list[WhatIf]:
    """The thresholds that decide anything in a category."""
    return [one for one in WHAT_IFS if model_type in one.of]


def with_tried(thresholds: AuditThresholds, tried: Mapping[str, float]) -> AuditThresholds:
    """Return the thresholds with other values by field. Raises ``ValidationError`` for one out of its bounds."""
    return AuditThresholds.model_validate(thresholds.model_dump() | dict(tried)) if tried else thresholds
