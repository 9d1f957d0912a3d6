"""Answers from hand-made snapshots: rows, their order, and unknown figures."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.analytics.category_statistics import category_statistics
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit.presets import PRESETS
from horde_core.cache.freshness import State
from horde_core.cache.source import Reading
from horde_core.endpoints import answers, records, rows
from horde_core.endpoints.parameters import ModelsQuery, ResolveQuery, SortBy, UnlistedQuery, audit_query
from horde_core.endpoints.table import ENDPOINTS
from horde_core.frames.models import category_frame
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import SharedResults
from horde_core.live.snapshot import PageView
from horde_core.safe_csv import csv_bytes
from horde_core.settings import Settings
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import TYPES
from tests.fixtures.horde_bodies import FORMULA_NAME, worker
from tests.fixtures.routes import csv_rows
from tests.fixtures.snapshots import snapshot
from tests.fixtures.upstream import source_called

TITLES = {"status": "Queue", "usage": "Usage", "workers": "Workers", "reference": "Reference"}
MAPS = ("day", "month", "total")


def view(kind: ModelType, states: dict[str, State] | None = None, **bodies: Any) -> PageView:
    """Return what would be drawn of hand-made bodies; a source without a body is unavailable, others fresh."""
    told = {name: State.UNAVAILABLE for name, body in bodies.items() if body is None} | (states or {})
    readings = [
        Reading(source_called(name, title), None, told.get(name, State.FRESH), fetched_at=1_765_600_000.9)
        for name, title in TITLES.items()
    ]
    return PageView({kind: snapshot(kind, **bodies)}, None, tuple(readings))


def models(kind: ModelType = "image", of: PageView | None = None, **asked: Any) -> records.ModelsAnswer:
    return answers.models_answer(of or view(kind), ModelsQuery.model_validate(asked))


def unlisted(kind: ModelType = "text", of: PageView | None = None, **asked: Any) -> records.UnlistedAnswer:
    return answers.unlisted_answer(of or view(kind), UnlistedQuery.model_validate(asked))


@pytest.fixture(scope="module")
def results() -> SharedResults:
    return SharedResults(HordeAPIIntegration(Settings(source="demo")))


@pytest.mark.parametrize(
    ("states", "worst", "unknown"),
    [
        ({}, State.FRESH, ()),
        ({"usage": State.STALE}, State.STALE, ()),
        ({"usage": State.STALE, "workers": State.UNAVAILABLE}, State.UNAVAILABLE, ("workers",)),
        (dict.fromkeys(TITLES, State.UNAVAILABLE), State.UNAVAILABLE, tuple(TITLES)),
    ],
)
def test_an_answer_is_as_good_as_its_worst_source(
    states: dict[str, State], worst: State, unknown: tuple[str, ...]
) -> None:
    answer = models(of=view("image", states))
    assert (answer.state, answer.unknown) == (worst, unknown)
    assert [source.fetched_at.isoformat() for source in answer.sources if source.fetched_at] == [
        "2025-12-13T04:26:40+00:00"
    ] * 4


@pytest.mark.parametrize("kind", TYPES)
def test_figures_are_those_of_the_pages_table(kind: ModelType) -> None:
    shown = category_frame(snapshot(kind)).set_index("name")
    rows = [*models(kind).models, *unlisted(kind).models]
    assert {row.name for row in rows} == set(shown.index)
    listed = {row.name for row in models(kind).models}
    for row in rows:
        of_page = shown.loc[row.name]
        assert of_page["listed"] == (row.name in listed)
        assert {period: row.usage(period) for period in PERIODS} == {p: of_page[f"usage_{p}"] for p in PERIODS}
        assert (row.thread_count, row.worker_count, row.queued_jobs, row.unserved) == (
            *(None if pd.isna(of_page[key]) else of_page[key] for key in ("threads", "workers", "jobs", "unserved")),
        )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("missing", ["usage", "status", "workers"])
def test_what_the_pages_table_does_not_know_the_rows_do_not_either(kind: ModelType, missing: str) -> None:
    of = view(kind, **{missing: None})
    shown = category_frame(of.snapshot).set_index("name")
    for row in models(kind, of).models:
        of_page = shown.loc[row.name]
        for period in PERIODS:
            assert (row.usage(period) is None) == pd.isna(of_page[f"usage_{period}"])
        assert (row.thread_count is None) == pd.isna(of_page["threads"])
        assert (row.queued is None) == pd.isna(of_page["queued"])
        assert (row.worker_count_source == "workers") == pd.notna(of_page["workers"])


@pytest.mark.parametrize("kind", TYPES)
def test_statistics_are_those_of_the_snapshot(results: SharedResults, kind: ModelType) -> None:
    of = view(kind)
    own = category_statistics(of.snapshot.reference, of.snapshot.merged, kind)
    answer = answers.statistics_answer(results, of)
    assert (answer.statistics, answer.category) == (own, f"{kind}_generation")
    assert (answer.total_count, answer.returned_count) == (1, 1)


@pytest.mark.parametrize("sort_by", ["thread_count", "usage_day", "usage_month", "usage_total", "queued_jobs", "eta"])
@pytest.mark.parametrize("descending", [False, True])
def test_the_unknown_is_last_in_the_order_of_names(sort_by: SortBy, descending: bool) -> None:
    of = view("image", usage=None, status=None)
    assert [row.name for row in models(of=of, sort_by=sort_by, sort_desc=descending).models] == [
        "AlbedoBase XL (SDXL)", "Deliberate", "Flux.1-Schnell",
    ]  # fmt: skip


def test_names_are_ordered_as_people_read_them_and_always_the_same() -> None:
    names = ["B", "a", "C", "Ä", "c2"]
    usage = {period: dict.fromkeys(names, 1) for period in MAPS}
    of = view("image", usage=usage, status=[], workers=[])
    told = [row.name for row in unlisted("image", of, sort_by="name", sort_desc=False).models]
    assert told == ["a", "B", "C", "c2", "Ä"]
    assert [row.name for row in unlisted("image", of, sort_by="name").models] == told
    assert [row.name for row in unlisted("image", of, sort_by="name", sort_desc=True).models] == told[::-1]
    assert [row.name for row in unlisted("image", of).models] == told, "all are used alike"


def test_rows_say_only_what_was_asked_for() -> None:
    row = models("text").models[0]
    assert not {"worker_summaries", "backend_variations"} & row.model_fields_set
    row = models("text", include_workers=True).models[0]
    assert "worker_summaries" in row.model_fields_set
    assert set(CombinedModelStatistics.model_fields) <= set(records.ModelRow.model_fields)


def test_a_page_beyond_the_last_is_empty_and_tells_how_much_there_is() -> None:
    answer = models(offset=10**9)
    assert (answer.models, answer.total_count, answer.returned_count) == ((), 3, 0)


@pytest.mark.parametrize(
    ("name", "model", "how"),
    [
        ("Deliberate", "Deliberate", "exact"),
        ("DELIBERATE", "Deliberate", "case"),
        ("", None, "none"),
        (FORMULA_NAME, None, "none"),
    ],
)
def test_a_name_is_resolved_as_the_merge_does(name: str, model: str | None, how: str) -> None:
    (resolved,) = answers.resolve_answer(view("image"), ResolveQuery(name=name, category=None)).resolutions
    assert (resolved.model, resolved.how) == (model, how)
    own = snapshot("image").name_index.resolve(name)
    assert (resolved.model, resolved.how, resolved.backend, resolved.quant) == (
        own.model, own.how, own.backend, own.quant,
    )  # fmt: skip


def test_names_that_the_server_hides_on_purpose_are_a_kind_of_their_own_among_the_unlisted() -> None:
    hidden, other = "horde_special::painter::Alias#7", "Some Painter"
    staff = [worker("image", 1, "w", models=[hidden, other])]
    told = {row.name: row.hidden_by_server for row in unlisted("image", view("image", workers=staff)).models}
    assert (told[hidden], told[other]) == (True, False)
    frame = category_frame(view("image", workers=staff).snapshot).set_index("name")["hidden"]
    assert list(frame[frame].index) == [hidden]


def test_without_the_reference_nobody_says_that_a_name_is_unlisted() -> None:
    of = view("image", reference=None)
    answer = answers.resolve_answer(of, ResolveQuery(name="Deliberate", category=None))
    assert (answer.resolutions[0].how, answer.unknown) == (None, ("reference",))


@pytest.mark.parametrize(
    ("chosen", "needs"),
    [
        ({"search": "e", "size_from": 0, "baseline": ("flux_1",), "inpainting": ("no",)}, set()),
        ({"month_from": 1}, {"usage"}),
        ({"threads_from": 1}, {"status"}),
        ({"workers_from": 1}, {"workers"}),
        ({"preset": "low_usage"}, {"usage"}),
        ({"preset": "zero_usage"}, {"usage"}),
        ({"preset": "unserved_queue"}, {"status"}),
        ({"preset": "no_workers"}, set()),  # threads tell where workers are away, and workers where threads are
        ({"preset": "missing_data"}, set()),
        ({"preset": "host_issues"}, set()),
        ({"flag": ("no_download_urls",)}, set()),
        ({"flag": ("unserved_queue",)}, {"status"}),
        ({"flag_not": ("low_usage",)}, {"usage"}),
        ({"flag_unknown": ("low_usage",)}, set()),
        ({"severity": ("critical",)}, {"usage", "status", "workers"}),
    ],
)
@pytest.mark.parametrize("missing", ["usage", "status", "workers"])
def test_rows_of_the_audit_are_counted_unless_a_filter_needs_what_is_away(
    results: SharedResults, chosen: dict[str, Any], needs: set[str], missing: str
) -> None:
    query = audit_query("image").model_validate(chosen)
    answer = answers.audit_answer(results, view("image", **{missing: None}), query)
    assert (answer.total_count is None) is (missing in needs)
    assert answer.total_count in (None, answer.returned_count)


@pytest.mark.parametrize("preset", [preset.key for preset in PRESETS if "image" in preset.of])
@pytest.mark.parametrize("missing", ["usage", "status", "workers"])
def test_a_preset_counts_what_the_summary_counts(results: SharedResults, preset: str, missing: str) -> None:
    query = audit_query("image").model_validate({"preset": preset})
    answer = answers.audit_answer(results, view("image", **{missing: None}), query)
    assert answer.summary is not None
    assert answer.total_count == answer.summary.by_preset[preset]


class TestRows:
    def test_counts_stay_whole_where_some_are_unknown(self) -> None:
        frame = rows.model_rows(models())
        assert list(frame.columns) == list(rows.MODEL_COLUMNS)
        assert {str(frame[name].dtype) for name in ("usage_month", "thread_count", "worker_count", "eta")} == {"Int64"}
        written = csv_rows(csv_bytes(frame))
        assert [row["eta"] for row in written] == ["0", "2", ""]
        assert [float(row["queued"]) for row in written] == [0, 4_000_000, 2_097_152]

    def test_every_figure_of_a_record_has_a_column_in_a_fixed_order(self) -> None:
        parts = {"usage_stats", "worker_summaries", "backend_variations"}
        every = {*records.ModelRow.model_fields, *records.ModelRow.model_computed_fields} - parts
        assert set(rows.MODEL_COLUMNS) == every | {f"usage_{period}" for period in PERIODS}
        promised = (
            "name", "usage_day", "usage_month", "usage_total", "thread_count", "worker_count", "worker_count_source",
            "queued_jobs", "queued", "performance", "eta", "unserved", "names",
        )  # fmt: skip
        assert [name for name in rows.MODEL_COLUMNS if name in promised] == list(promised)

    def test_figures_of_a_source_that_is_unavailable_are_empty(self) -> None:
        written = csv_rows(csv_bytes(rows.model_rows(models(of=view("image", usage=None, status=None)))))
        unknown = ("usage_day", "usage_month", "usage_total", "thread_count", "queued_jobs", "queued", "unserved")
        assert {row[name] for row in written for name in unknown} == {""}

    def test_no_rows_are_a_header(self, results: SharedResults) -> None:
        empty = rows.model_rows(models(min_worker_count=10**9))
        assert (len(empty), list(empty.columns)) == (0, list(rows.MODEL_COLUMNS))
        query = audit_query("image").model_validate({"search": "no such name"})
        assert len(rows.audit_rows(answers.audit_answer(results, view("image"), query))) == 0
        assert list(rows.unlisted_rows(unlisted(min_worker_count=10**9)).columns) == list(rows.UNLISTED_COLUMNS)

    def test_what_lists_nothing_has_no_rows(self) -> None:
        assert [endpoint.name for endpoint in ENDPOINTS if endpoint.rows is None] == ["statistics"]
