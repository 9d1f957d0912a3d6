"""Masked, trailing and absurd bodies make figures unknown and never wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from horde_core.analytics.indexes import combined_eta, combined_performance
from horde_core.analytics.merge import merge_category_with_horde_data, merge_everything
from horde_core.audit import Severity
from horde_core.frames.backends import backend_totals_frame
from horde_core.frames.models import category_frame
from horde_core.frames.queue import queue_summary
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.parsing import parse_status, parse_usage
from horde_core.vocabulary import PERIODS
from tests.fixtures.audits import audited
from tests.fixtures.horde_bodies import IMAGE_STATUS, IMAGE_USAGE, TEXT_STATUS, TEXT_WORKERS, worker
from tests.fixtures.snapshots import snapshot


def without(body: list[dict[str, Any]], *fields: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in fields} for row in body]


def test_workers_whose_type_is_masked_do_not_turn_into_findings() -> None:
    infos = audited(snapshot("text", workers=without(TEXT_WORKERS, "type"))).models
    assert [info.flags.no_active_workers for info in infos] == [False, False, None]  # no row names the last


def test_without_a_count_of_threads_who_is_unserved_is_unknown() -> None:
    taken = snapshot("text", status=without(TEXT_STATUS, "count"))
    summary = queue_summary(category_frame(taken), taken.merged.reconciliation, 1.0)
    assert (summary.threads, summary.unserved, summary.unknown_drain) == (None, None, None)


def test_what_rests_on_an_unavailable_source_is_not_counted_as_zero() -> None:
    summary = audited(snapshot("image", usage=None)).summary
    assert summary.by_severity[Severity.CRITICAL] is None
    assert summary.by_preset["zero_usage"] is summary.by_preset["low_usage"] is summary.by_preset["critical"] is None
    assert summary.by_preset["host_issues"] == 1


def test_without_a_reference_it_is_unknown_what_it_lists() -> None:
    assert category_frame(snapshot("text", reference=None))["listed"].isna().all()
    assert backend_totals_frame(snapshot("text", reference=None))[["models", "unlisted"]].isna().all(axis=None)


@pytest.mark.parametrize("count", [2**63, 10**30])
def test_an_absurd_count_takes_no_page_down(count: int) -> None:
    usage = {period: {**IMAGE_USAGE[period], "absurd": count} for period in PERIODS}
    assert len(category_frame(snapshot("image", usage=usage)))


@pytest.mark.parametrize("eta", [10**13, 10**20])
def test_an_absurd_eta_takes_no_page_down(eta: int) -> None:
    status = [{**IMAGE_STATUS[0], "eta": eta}, *IMAGE_STATUS[1:]]
    assert len(category_frame(snapshot("image", status=status)))


def test_a_queue_that_would_take_ages_has_no_known_end() -> None:
    rows = [HordeModelStatus(name=n, count=1, performance=1e-5, queued=1e18, jobs=1, eta=1) for n in ("A", "a")]
    assert merge_category_with_horde_data(["A"], rows, None, None)["A"].eta is None


def test_a_model_whose_author_is_named_like_a_backend_keeps_its_workers() -> None:
    name = "concedo/Beepo-22B"
    taken = snapshot(
        "text",
        reference={name: {"name": name}},
        status=[{**TEXT_STATUS[0], "name": name}],
        workers=[worker("text", 1, "w", models=[name], threads=1)],
    )
    totals = backend_totals_frame(taken).set_index("backend")
    assert (totals["threads"]["canonical"], totals["workers"]["canonical"]) == (1, 1)


@pytest.mark.parametrize("masked", ["maintenance_mode", "models"])
def test_workers_of_a_backend_are_unknown_where_workers_do_not_say(masked: str) -> None:
    assert backend_totals_frame(snapshot("text", workers=without(TEXT_WORKERS, masked)))["workers"].isna().all()


def test_offline_workers_are_no_workers_of_a_backend() -> None:
    offline = [{**one, "online": False} for one in TEXT_WORKERS]
    assert (backend_totals_frame(snapshot("text", workers=offline))["workers"] == 0).all()


def test_a_new_backend_whose_total_trails_is_not_left_out() -> None:
    usage = {"day": {"tabbyapi/new": 5}, "month": {"tabbyapi/new": 50}, "total": {"tabbyapi/new": 0}}
    assert list(backend_totals_frame(snapshot("text", usage=usage, status=[]))["backend"]) == ["tabbyapi"]


def test_unknown_threads_make_the_time_and_the_mean_speed_of_several_names_unknown() -> None:
    rows = [
        HordeModelStatus(name="a", count=None, performance=10.0, queued=100.0),
        HordeModelStatus(name="b", count=1, performance=20.0, queued=100.0),
    ]
    assert combined_eta(rows) is None
    assert combined_performance(rows) is None


def test_the_order_of_fractional_queues_does_not_change_the_sum() -> None:
    rows = [HordeModelStatus(name=f"{n}", count=1, queued=q, jobs=0) for n, q in enumerate((0.1, 0.2, 0.3))]
    one, other = (merge_everything([], order, None, None, "text").reconciliation for order in (rows, rows[::-1]))
    assert one == other


def test_a_backend_that_only_a_worker_names_is_no_variation() -> None:
    workers = [HordeWorker(id="1", name="w", type="text", models=("aphrodite/A",), online=True, maintenance_mode=True)]
    usage = HordeModelStatsResponse(day={"koboldcpp/A": 1}, month={"koboldcpp/A": 1}, total={"koboldcpp/A": 1})
    merged = merge_category_with_horde_data(["A"], [], usage, workers, include_backend_variations=True)["A"]
    assert list(merged.backend_variations or ()) == ["koboldcpp"]


def test_who_serves_a_model_is_unknown_where_a_worker_hides_its_models() -> None:
    workers = [HordeWorker(id="1", name="w", type="text", online=True, maintenance_mode=False)]
    assert merge_category_with_horde_data(["A"], [], None, workers)["A"].worker_summaries is None


def test_a_never_used_model_that_nobody_serves_is_critical_whatever_the_thresholds() -> None:
    taken = snapshot("text", status=[], usage={p: {} for p in PERIODS}, workers=[])
    infos = audited(taken, critical_usage=0, critical_workers=0).models
    assert {info.severity for info in infos} == {Severity.CRITICAL}


def test_sums_are_to_the_unit_beyond_two_to_the_fifty_third() -> None:
    counts = {"A": 2**53, "b": 1}
    usage = HordeModelStatsResponse(day=counts, month=counts, total=counts)
    assert merge_everything(["A"], [], usage, [], "text").reconciliation.total_usage("month") == 2**53 + 1


def test_half_a_surrogate_pair_in_one_name_costs_no_body() -> None:
    body = b'{"day": {"broken \\ud800": 1, "A": 2}, "month": {}, "total": {}}'
    assert parse_usage(body).data.day == {"broken ?": 1, "A": 2}


def test_an_amount_beyond_all_reason_drops_its_row() -> None:
    rows = [{"name": "A", "count": 1, "queued": 1e308}, {"name": "B", "count": 1, "queued": 1.5}]
    parsed = parse_status(json.dumps(rows).encode(), "text")
    assert [row.name for row in parsed.data] == ["B"]
    assert parsed.dropped == 1
