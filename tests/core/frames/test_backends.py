"""Backends as frames: four shares side by side, a model's split, unknown prefixes."""

from __future__ import annotations

import pandas as pd
import pytest

from horde_core.frames.backends import (
    backend_frame,
    backend_totals_frame,
    distribution_frame,
    share_matrix,
    unknown_prefix_frame,
    variation_frame,
)
from tests.fixtures.horde_bodies import usage
from tests.fixtures.snapshots import snapshot

MISTRAL, CYDONIA = "mistralai/Mistral-7B-Instruct-v0.3", "TheDrummer/Cydonia-24B-v4.1"


def test_four_things_are_shared_out_over_the_backends_each_to_a_hundred_percent() -> None:
    frame = distribution_frame(backend_totals_frame(snapshot("text"))).set_index("backend")
    assert set(frame.index) == {"aphrodite", "koboldcpp", "canonical"}
    for measure in ("requests", "threads", "workers", "models"):
        assert frame[measure].sum() == pytest.approx(100), measure
    assert frame.loc["aphrodite", "requests"] == pytest.approx(5_000 / 70.1)
    assert frame.loc["aphrodite", "threads"] == pytest.approx(3 / 7 * 100)


def test_what_is_unavailable_has_no_share() -> None:
    frame = distribution_frame(backend_totals_frame(snapshot("text", workers=None)))
    assert frame["workers"].isna().all()
    assert frame["requests"].notna().all()


def test_a_models_split_makes_a_hundred_percent() -> None:
    matrix = share_matrix(backend_frame(snapshot("text")), [CYDONIA, MISTRAL], "usage_month")
    assert list(matrix.index) == [CYDONIA, MISTRAL]
    assert list(matrix.columns) == ["aphrodite", "koboldcpp"]
    assert list(matrix.loc[MISTRAL]) == pytest.approx([5_000 / 65, 1_500 / 65])
    assert list(matrix.loc[CYDONIA]) == [0, 100]


def test_names_without_the_figure_are_no_rows() -> None:
    assert len(share_matrix(backend_frame(snapshot("text")), ["Sao10K/L3-8B-Stheno-v3.2"], "usage_month")) == 0
    assert len(share_matrix(backend_frame(snapshot("text", usage=None)), [MISTRAL], "usage_month")) == 0


def test_a_models_own_backends_add_up_to_it() -> None:
    statistics = snapshot("text").merged.models[MISTRAL]
    frame = variation_frame(statistics).set_index("backend")
    assert frame["usage_month"].sum() == statistics.usage("month")
    assert frame["threads"].sum() == statistics.thread_count
    assert frame.loc["aphrodite", "usage_share"] == pytest.approx(5_000 / 65)
    assert frame["names"].tolist() == [1, 1]


def test_a_prefix_that_is_neither_backend_nor_author_is_told_with_its_usage() -> None:
    month = {"mystery/one": 5, "mystery/two": 7, "koboldcpp/three": 9, "TheDrummer/four": 11, "plain": 13}
    frame = unknown_prefix_frame(snapshot("text", usage=usage(day={}, month=month, total=month), status=[], workers=[]))
    assert list(frame["prefix"]) == ["mystery"]
    assert (frame["names"].iloc[0], frame["usage_month"].iloc[0]) == (2, 12)


def test_no_unknown_prefix_is_an_empty_frame() -> None:
    frame = unknown_prefix_frame(
        snapshot("text", usage=usage(day={}, month={"plain": 1}, total={}), status=[], workers=[])
    )
    assert len(frame) == 0
    assert pd.api.types.is_integer_dtype(frame["usage_month"])
