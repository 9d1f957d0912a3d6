"""Groups of text models: exact names, models, families."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.analytics.groups import GroupLevel, ModelGroup, group_models
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.model_reference import ModelRecord

RECORDS = {
    record.name: record
    for record in (
        ModelRecord(name="Drummer/Cydonia-24B-v4", text_model_group="Cydonia"),
        ModelRecord(name="Sao10K/Stheno-8B"),
        ModelRecord(name="Drummer/Cydonia-24B-v4.1", text_model_group="Cydonia"),
        ModelRecord(name="Cydonia"),
    )
}
QUANTISED, PLAIN, OTHER = "koboldcpp/Cydonia-24B-v4-Q4_K_M", "aphrodite/Drummer/Cydonia-24B-v4", "Cydonia-24B-v4.1"
UNLISTED = "koboldcpp/Nobody-1B"
USAGE = HordeModelStatsResponse(
    day={QUANTISED: 1, PLAIN: 2, OTHER: 4, UNLISTED: 8},
    month={QUANTISED: 10, PLAIN: 20, OTHER: 40, UNLISTED: 80},
    total={QUANTISED: 100, PLAIN: 200, OTHER: 400, UNLISTED: 800},
)
STATUS = [
    HordeModelStatus(name=QUANTISED, count=1, performance=10.0, queued=50.0, jobs=1, eta=5, type="text"),
    HordeModelStatus(name=OTHER, count=2, performance=20.0, queued=90.0, jobs=2, eta=2, type="text"),
]
BUSY = HordeWorker(
    id="busy", name="busy", type="text", models=(QUANTISED, OTHER), threads=3, online=True, maintenance_mode=False
)


def grouped(level: GroupLevel, **sources: Any) -> list[ModelGroup]:
    given = {"horde_status": STATUS, "horde_stats": USAGE, "workers": [BUSY], **sources}
    return list(group_models(RECORDS, level=level, **given))


def described(groups: list[ModelGroup]) -> list[tuple[str, tuple[str, ...], int | None]]:
    return [(group.name, group.members, group.usage("month")) for group in groups]


def test_by_exact_name_each_api_name_stands_alone_and_an_unsent_model_under_its_own_name() -> None:
    assert described(grouped("exact")) == [
        (PLAIN, ("Drummer/Cydonia-24B-v4",), 20),
        (QUANTISED, ("Drummer/Cydonia-24B-v4",), 10),
        ("Sao10K/Stheno-8B", ("Sao10K/Stheno-8B",), 0),
        (OTHER, ("Drummer/Cydonia-24B-v4.1",), 40),
        ("Cydonia", ("Cydonia",), 0),
    ]


def test_by_exact_name_one_without_a_row_has_no_threads_and_no_queue_where_the_status_lists_its_model() -> None:
    plain, *_ = grouped("exact")
    assert (plain.name, plain.thread_count, plain.thread_count_source, plain.queued) == (PLAIN, 0, "status", 0)


def test_by_model_quantisations_and_backends_are_one() -> None:
    assert described(grouped("model")) == [
        ("Drummer/Cydonia-24B-v4", ("Drummer/Cydonia-24B-v4",), 30),
        ("Sao10K/Stheno-8B", ("Sao10K/Stheno-8B",), 0),
        ("Drummer/Cydonia-24B-v4.1", ("Drummer/Cydonia-24B-v4.1",), 40),
        ("Cydonia", ("Cydonia",), 0),
    ]


def test_by_family_members_are_one_and_a_model_without_a_family_stands_alone_even_under_its_name() -> None:
    assert described(grouped("family")) == [
        ("Cydonia", ("Drummer/Cydonia-24B-v4", "Drummer/Cydonia-24B-v4.1"), 70),
        ("Sao10K/Stheno-8B", ("Sao10K/Stheno-8B",), 0),
        ("Cydonia", ("Cydonia",), 0),
    ]


def test_a_family_sums_threads_and_counts_a_worker_of_several_members_once() -> None:
    family = grouped("family")[0]
    assert (family.thread_count, family.worker_count, family.queued_jobs, family.queued) == (3, 1, 3, 140.0)
    assert list(family.worker_summaries or ()) == ["busy"]
    assert family.eta == 2  # 140 tokens at 1 x 10 + 2 x 20 a second
    assert family.performance == pytest.approx(50 / 3)


def test_a_family_tells_its_backends() -> None:
    backends = grouped("family")[0].backend_variations or {}
    assert {name: (part.names, part.usage_month) for name, part in backends.items()} == {
        "canonical": ((OTHER,), 40),
        "aphrodite": ((PLAIN,), 20),
        "koboldcpp": ((QUANTISED,), 10),
    }


@pytest.mark.parametrize("level", ["exact", "model", "family"])
def test_every_level_has_the_same_sums_and_leaves_unlisted_names_out(level: GroupLevel) -> None:
    groups = grouped(level)
    assert sum(group.usage("total") or 0 for group in groups) == 700
    assert sum(group.thread_count or 0 for group in groups) == 3
    assert UNLISTED not in {name for group in groups for name in group.names}


@pytest.mark.parametrize("level", ["exact", "model", "family"])
def test_what_is_unavailable_stays_unknown(level: GroupLevel) -> None:
    for group in grouped(level, horde_stats=None, workers=None):
        assert group.usage_stats is None
        assert group.worker_count_source == ("threads" if group.thread_count_source == "status" else None)
    assert {group.thread_count for group in grouped(level, horde_status=None)} == {None}


def test_a_group_survives_a_json_round_trip() -> None:
    for group in grouped("family"):
        assert ModelGroup.model_validate_json(group.model_dump_json()) == group
