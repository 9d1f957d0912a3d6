"""Thresholds: from the settings, with a digest, and trial values within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from horde_core.audit import AuditThresholds
from horde_core.audit.thresholds import WHAT_IFS, what_ifs, with_tried
from horde_core.settings import Settings
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import THRESHOLDS, TYPES

OTHER_VALUES: dict[str, Any] = {
    "model_type": "text",
    "low_usage_percentage": 1.5,
    "minimum_month_usage": 7,
    "critical_usage": 99,
    "critical_workers": 3,
    "backend_imbalance": 0.5,
    "grace_days": 5,
    "preferred_hosts": ("example.invalid",),
    "ignores_downloads": True,
}


def test_the_defaults_are_those_that_users_rely_on() -> None:
    image, text = THRESHOLDS["image"], THRESHOLDS["text"]
    assert (image.low_usage_percentage, text.low_usage_percentage) == (0.0065, 0.02)
    assert (image.critical_usage, image.critical_workers) == (1, 1)
    assert (text.critical_usage, text.critical_workers) == (10, 1)
    assert (image.ignores_downloads, text.ignores_downloads) == (False, True)
    for thresholds in (image, text):
        assert (thresholds.backend_imbalance, thresholds.grace_days, thresholds.minimum_month_usage) == (0.3, 30, 0)
        assert thresholds.preferred_hosts == ("huggingface.co",)


def test_each_category_reads_its_own_settings() -> None:
    settings = Settings(
        low_usage_threshold_percentage=1,
        text_gen_low_usage_threshold_percentage=2,
        text_gen_critical_usage_threshold=30,
        text_gen_critical_worker_threshold=4,
        text_gen_ignore_download_hosts=False,
        audit_minimum_month_usage=5,
        audit_grace_days=6,
        backend_imbalance_threshold=0.7,
        preferred_file_hosts=("civitai.com",),
    )
    both = {
        "minimum_month_usage": 5,
        "grace_days": 6,
        "backend_imbalance": 0.7,
        "preferred_hosts": ("civitai.com",),
        "ignores_downloads": False,
    }
    expected: dict[ModelType, dict[str, Any]] = {
        "image": {"model_type": "image", "low_usage_percentage": 1, "critical_usage": 1, "critical_workers": 1},
        "text": {"model_type": "text", "low_usage_percentage": 2, "critical_usage": 30, "critical_workers": 4},
    }
    for model_type in TYPES:
        assert AuditThresholds.from_settings(settings, model_type) == AuditThresholds(**expected[model_type], **both)


def test_images_are_judged_by_their_downloads_whatever_text_ignores() -> None:
    assert not AuditThresholds.from_settings(Settings(text_gen_ignore_download_hosts=True), "image").ignores_downloads


def test_the_digest_is_that_of_the_values() -> None:
    thresholds = THRESHOLDS["image"]
    assert thresholds.digest == AuditThresholds.from_settings(Settings(), "image").digest
    assert set(OTHER_VALUES) == set(AuditThresholds.model_fields)
    digests = {thresholds.model_copy(update={field: value}).digest for field, value in OTHER_VALUES.items()}
    assert len({*digests, thresholds.digest}) == len(OTHER_VALUES) + 1


def test_nothing_tried_is_the_same_thresholds() -> None:
    assert with_tried(THRESHOLDS["text"], {}) is THRESHOLDS["text"]


def test_what_is_tried_replaces_its_field_only() -> None:
    tried = with_tried(THRESHOLDS["text"], {"critical_usage": 50})
    assert tried == THRESHOLDS["text"].model_copy(update={"critical_usage": 50})


@pytest.mark.parametrize(
    "tried",
    [
        {"low_usage_percentage": 100.1},
        {"low_usage_percentage": -1},
        {"backend_imbalance": 1.01},
        {"critical_usage": 1.5},
        {"grace_days": -1},
        {"low_usage_percentage": float("nan")},
    ],
)
def test_what_is_out_of_its_bounds_is_refused(tried: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        with_tried(THRESHOLDS["text"], tried)


@pytest.mark.parametrize("model_type", TYPES)
def test_every_threshold_that_can_be_tried_exists_and_takes_its_bounds(model_type: ModelType) -> None:
    for one in what_ifs(model_type):
        for value in (0, one.most):
            assert getattr(with_tried(THRESHOLDS[model_type], {one.field: value}), one.field) == value


def test_each_category_tries_what_decides_anything_of_it() -> None:
    fields = {model_type: {one.field for one in what_ifs(model_type)} for model_type in TYPES}
    assert fields["image"] - fields["text"] == {"grace_days"}
    assert fields["text"] - fields["image"] == {"backend_imbalance"}


def test_whole_numbers_are_asked_for_where_the_threshold_is_one() -> None:
    assert {one.field for one in WHAT_IFS if not one.is_whole} == {"low_usage_percentage", "backend_imbalance"}
    assert len({one.key for one in WHAT_IFS}) == len(WHAT_IFS)
