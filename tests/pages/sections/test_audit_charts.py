"""The charts of the audit: marks, words, and escaped hostile names."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
import pytest

from horde_core.audit import AuditThresholds, CategoryAuditResponse, worst_first
from horde_core.audit.removal import remainder
from horde_core.frames.audit import uneven_frame
from horde_core.settings import Settings
from horde_core.vocabulary import PERIODS, ModelType
from pages.common.chart_frame import PALETTE
from pages.sections.audit import charts, size_scatter
from tests.fixtures.horde_bodies import (
    APHRODITE_MISTRAL,
    HTML_NAME,
    IMAGE_REFERENCE,
    KOBOLD_MISTRAL,
    TEXT_USAGE,
)
from tests.fixtures.snapshots import snapshot

TODAY = date(2026, 1, 1)
FLUX = "Flux.1-Schnell"
MODELS = ("model", "models")


def audited(model_type: ModelType, added: dict[str, date] | None = None, **bodies: Any) -> CategoryAuditResponse:
    thresholds = AuditThresholds.from_settings(Settings(), model_type)
    return snapshot(model_type, **bodies).audit(thresholds, TODAY, {} if added is None else added)


@pytest.fixture(scope="module")
def image() -> CategoryAuditResponse:
    return audited("image")


class TestFindings:
    def test_bars_are_models_by_finding_and_severity_that_add_up(self, image: CategoryAuditResponse) -> None:
        chart = charts.by_finding(worst_first(image.models), MODELS)
        assert chart.figure is not None
        assert [trace.name for trace in chart.figure.data] == list(charts.SEVERITY_COLOURS)
        drawn = sum(sum(trace.x) for trace in chart.figure.data)
        assert drawn == sum(info.risk_score for info in image.models)
        assert "3 models shown" in chart.scope

    def test_severities_have_colours_of_their_own(self) -> None:
        assert not set(charts.SEVERITY_COLOURS.values()) & set(PALETTE)

    def test_without_a_finding_a_sentence_says_so(self) -> None:
        chart = charts.by_finding([], MODELS)
        assert (chart.figure, chart.alt) == (None, "Nothing was found in what is shown.")


class TestSizes:
    def test_candidates_are_marked_and_unused_models_stand_at_the_bottom(self, image: CategoryAuditResponse) -> None:
        chart = charts.usage_against_size(image.models, "image", MODELS)
        assert chart.figure is not None
        none, candidates = chart.figure.data
        assert (none.name, candidates.name) == ("No candidate (2)", "Deletion candidate (1)")
        assert list(candidates.y) == [size_scatter.NO_USE]
        assert list(candidates.x) == [pytest.approx(17.246524772)]
        assert chart.alt == "Largest candidates:\nFlux.1-Schnell 17.2 GB."

    def test_without_ages_it_is_not_known_who_is_a_candidate(self) -> None:
        taken = snapshot("image").audit(AuditThresholds.from_settings(Settings(), "image"), TODAY, None)
        chart = charts.usage_against_size(taken.models, "image", MODELS)
        assert chart.figure is not None
        assert [trace.name for trace in chart.figure.data] == [
            "No candidate (2)",
            "Not known whether a candidate (1)",
        ]
        assert "is known to be" in chart.alt

    def test_text_models_stand_by_their_parameters(self) -> None:
        chart = charts.usage_against_size(audited("text").models, "text", MODELS)
        assert chart.figure is not None
        assert {float(x) for trace in chart.figure.data for x in trace.x} == {7.0, 24.0, 8.0}
        assert "parameters" in chart.title

    def test_what_has_no_size_or_no_known_usage_is_counted_as_left_out(self) -> None:
        chart = charts.usage_against_size(audited("image", usage=None).models, "image", MODELS)
        assert chart.figure is None

    @pytest.mark.parametrize(("sizes", "ends"), [((6.94, 6.97), (5, 7)), ((7.0, 7.0), (7, 7)), ((2.1, 38.0), (2, 40))])
    def test_the_axis_reaches_from_tick_to_tick_around_the_sizes(
        self, sizes: tuple[float, float], ends: tuple[float, float]
    ) -> None:
        frame = pd.DataFrame({"name": ["a", "b"], "size": sizes, "usage_month": [0, 3], "candidate": ["no", "no"]})
        axis = size_scatter.usage_against_size(
            frame, "Size on disk", "GB", "images", ["no", "unknown", "yes"]
        ).layout.xaxis
        assert [10**end for end in axis.range] == pytest.approx(ends, rel=0.1)
        assert set(ends) <= set(axis.tickvals)
        assert 10 ** axis.range[0] < ends[0] <= ends[1] < 10 ** axis.range[1]

    @pytest.mark.parametrize(
        ("least", "most", "ticks"),
        [
            (2, 17, [1, 2, 3, 4, 5, 7, 10, 20, 30]),
            (0.1, 400, [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]),
        ],
    )
    def test_ticks_are_round_and_reach_both_ends(self, least: float, most: float, ticks: list[float]) -> None:
        found = size_scatter.nice_ticks(least, most)
        assert set(found) <= set(ticks)
        assert min(found) <= least
        assert max(found) >= most


class TestKept:
    def test_shares_are_of_the_reference_as_it_is(self, image: CategoryAuditResponse) -> None:
        chosen = [info for info in image.models if info.name == FLUX]
        chart = charts.kept(remainder(image.models, chosen), image, 1)
        assert chart.rows is not None
        rows = chart.rows.set_index("measure")
        assert list(rows["unit"]) == ["models", "GB", "images"]
        assert rows.loc["Models", "kept_share"] == pytest.approx(200 / 3)
        assert rows.loc["Disk", "removed"] == pytest.approx(17.246524772)
        assert rows.loc["Images, 30 days", "kept_share"] == 100
        assert "without 1 chosen model" in chart.title

    def test_what_is_unknown_has_no_bar(self) -> None:
        taken = audited("text", usage=None)
        chart = charts.kept(remainder(taken.models, taken.models[:1]), taken, 1)
        assert chart.rows is not None
        assert list(chart.rows["measure"]) == ["Models"]


class TestUneven:
    def test_the_most_uneven_stands_on_top_with_both_shares_and_its_name_in_full(self) -> None:
        usage = {period: {KOBOLD_MISTRAL: 100, **TEXT_USAGE[period], APHRODITE_MISTRAL: 0} for period in PERIODS}
        chart = charts.uneven(uneven_frame(audited("text", usage=usage).models))
        assert chart.figure is not None
        requests, threads = chart.figure.data
        assert (list(requests.x), list(threads.x)) == ([0, 100], [75, 25])
        assert "mistralai/Mistral-7B-Instruct-v0.3 · aphrodite" in requests.hovertext[0]

    def test_without_a_model_on_two_backends_a_sentence_says_so(self) -> None:
        assert charts.uneven(uneven_frame(audited("text", status=None).models)).figure is None


def test_hostile_names_are_tame_on_every_chart() -> None:
    hostile = {HTML_NAME: IMAGE_REFERENCE[FLUX] | {"name": HTML_NAME}}
    taken = audited("image", reference=hostile)
    drawn = [
        charts.by_finding(taken.models, MODELS),
        charts.usage_against_size(taken.models, "image", MODELS),
        charts.kept(remainder(taken.models, taken.models), taken, 1),
    ]
    text = json.dumps([chart.figure.to_plotly_json() for chart in drawn if chart.figure], default=str)
    assert "<p" not in text
