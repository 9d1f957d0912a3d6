"""Backends as frames: four shares side by side, a model's split, unknown prefixes."""

from __future__ import annotations

import pandas as pd
import pytest

from horde_core.frames.backends import (
    BackendSummary,
    backend_frame,
    backend_summary,
    backend_totals_frame,
    distribution_frame,
    share_matrix,
    unknown_prefix_frame,
    variation_frame,
)
from horde_core.live.snapshot import Snapshot
from tests.fixtures.audits import audited
from tests.fixtures.horde_bodies import TEXT_USAGE, usage
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


def backends_of(taken: Snapshot) -> BackendSummary:
    audits = {info.name: info for info in audited(taken).models}
    return backend_summary(backend_totals_frame(taken), audits)


class TestSummary:
    def test_in_figures(self) -> None:
        summary = backends_of(snapshot("text"))
        assert summary._replace(largest_share=None) == BackendSummary(
            backends=3,
            largest="aphrodite",
            largest_share=None,
            single_backend=1,
            several_backends=1,
            uneven=0,
            models=2,
        )
        assert summary.largest_share == pytest.approx(100 * 5_000 / 7_010)

    def test_uneven_models_are_counted(self) -> None:
        taken = snapshot("text", usage={**TEXT_USAGE, "month": {"koboldcpp/Mistral-7B-Instruct-v0.3": 9}})
        assert backends_of(taken).uneven == 1

    @pytest.mark.parametrize("missing", ["status", "usage", "reference"])
    def test_without_a_source_how_models_spread_is_unknown(self, missing: str) -> None:
        summary = backends_of(snapshot("text", **{missing: None}))
        assert (summary.single_backend, summary.several_backends, summary.uneven) == (None, None, None)

    def test_without_usage_no_backend_is_the_largest(self) -> None:
        summary = backends_of(snapshot("text", usage=None))
        assert (summary.largest, summary.largest_share) == (None, None)
