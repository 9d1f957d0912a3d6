"""Workers as a frame: bridges and versions, speeds with their unit, how few carry half."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.frames.workers import (
    bridge_counts,
    bridge_frame,
    bridge_summary,
    capabilities_of,
    fewest_for_half,
    meets_requirements,
    staff_summary,
    worker_frame,
    worker_rows,
    workforce_summary,
)
from horde_core.upstream.api_records import HordeWorker
from horde_core.upstream.model_reference import ModelRecord
from tests.fixtures.horde_bodies import IMAGE_WORKERS, TEXT_WORKERS
from tests.fixtures.snapshots import snapshot

_numbers = itertools.count()


def worker(**fields: Any) -> HordeWorker:
    usual = {"name": f"worker {next(_numbers)}", "type": "text", "threads": 1, "models": [], "maintenance_mode": False}
    return HordeWorker.model_validate(usual | fields)


def usual() -> pd.DataFrame:
    return worker_frame([HordeWorker.model_validate(row) for row in (*IMAGE_WORKERS, *TEXT_WORKERS)])


def test_versions_are_compared_as_versions_and_within_a_bridge() -> None:
    agents = ("A:9.0.5:x", "A:10.1.1:x", "A:10.1.1:x", "B:2:x", "C:what:x", "unknown:0:unknown")
    frame = worker_frame([worker(bridge_agent=agent) for agent in agents])
    told = bridge_frame(frame).set_index(["bridge", "version"])
    assert bool(told.loc[("A", "9.0.5"), "behind"])
    assert not told.loc[("A", "10.1.1"), "behind"]
    assert told.loc[("A", "10.1.1"), "workers"] == 2
    assert pd.isna(told.loc[("C", "n/a"), "behind"])
    assert bridge_summary(frame) == (4, 1, 25.0)
    counts = bridge_counts(frame)
    assert list(counts.loc["A"]) == [2, 1, 0, 0]
    assert list(counts.loc["C"]) == [0, 0, 0, 1]
    assert counts.to_numpy().sum() == len(agents)


def test_what_a_worker_says_of_its_owner_and_its_whole_life_is_told_as_text_and_figures() -> None:
    hostile = "<b>mine</b> [x](javascript:alert(1))\n=1+1"
    told = worker_frame(
        [
            worker(
                name="a",
                info=hostile,
                owner="somebody#7",
                team={"name": "Team", "id": "x"},
                kudos_rewards=12.5,
                kudos_details={"generated": 8.0, "uptime": 4},
                megapixelsteps_generated=3,
            ),
            worker(name="b", kudos_details={"generated": None, "uptime": "x"}, info=5, team={"name": None}),
            worker(name="c", kudos_details="none"),
        ]
    ).set_index("name")
    columns = ["info", "owner", "team", "kudos", "kudos_generated", "kudos_uptime", "megapixelsteps"]
    assert list(told.loc["a", columns]) == [hostile, "somebody#7", "Team", 12.5, 8.0, 4.0, 3.0]
    assert told.loc[["b", "c"], columns].isna().all().all(), "what is not said is unknown, never 0"


@pytest.mark.parametrize(
    ("models", "paints", "meets"),
    [
        (["Deliberate"], False, True),
        (["Deliberate", "deliberate inpainting"], True, True),
        (["Deliberate", "deliberate inpainting"], False, False),
        (["Deliberate Inpainting"], None, None),
        ([], False, True),
    ],
)
def test_a_worker_meets_what_its_models_require_where_it_paints_for_inpainting(
    models: list[str], paints: bool | None, meets: bool | None
) -> None:
    reference = {
        "Deliberate": ModelRecord(name="Deliberate"),
        "Deliberate Inpainting": ModelRecord(name="Deliberate Inpainting", inpainting=True),
    }
    frame = worker_frame([worker(type="image", models=models, painting=paints)])
    assert meets_requirements(frame, reference) == [meets]
    assert meets_requirements(frame, None) == [None]


def test_a_worker_has_its_speed_as_number_and_unit_and_unknown_stays_unknown() -> None:
    frame = usual().set_index("name")
    assert (frame.loc["painter", "speed"], frame.loc["painter", "unit"]) == (1.0, "megapixelsteps per second")
    assert frame.loc["scribe", "context"] == 8_192
    assert pd.isna(frame.loc["painter", "context"])
    assert frame.loc["resting painter", "maintenance"]
    assert frame.loc["scribe", "uptime"] == pd.Timedelta(days=3)
    new = worker_frame([worker(performance="No requests fulfilled yet", threads=None, uptime=None)]).iloc[0]
    assert pd.isna(new["speed"])
    assert pd.isna(new["threads"])
    assert pd.isna(new["uptime"])


def test_capabilities_are_those_a_worker_affirms_and_an_alchemists_forms() -> None:
    assert capabilities_of(worker(img2img=True, lora=False, controlnet=None)) == ["img2img"]
    assert capabilities_of(worker(type="interrogation", forms=["caption", "nsfw"])) == ["caption", "nsfw"]


def test_alchemists_are_called_so() -> None:
    assert worker_frame([worker(type="interrogation")])["type"].iloc[0] == "alchemy"


def test_half_of_the_threads_is_of_those_not_in_maintenance() -> None:
    rows = [worker(threads=8, maintenance_mode=True), worker(threads=5), worker(threads=3), worker(threads=1)]
    summary = workforce_summary(worker_frame(rows), "text")
    assert summary == (1, 1)
    unknown = workforce_summary(worker_frame([worker(threads=None), worker(maintenance_mode=None)]), "text")
    assert unknown == (None, None)


def test_all_workers_in_figures() -> None:
    summary = staff_summary(usual())
    assert summary.workers == 4
    assert summary.by_type["image"].in_maintenance == 1
    assert summary.by_type["alchemy"].in_maintenance == 0


def test_no_workers_are_an_empty_frame() -> None:
    frame = worker_frame([])
    assert len(frame) == 0
    assert bridge_summary(frame) == (0, 0, None)
    assert len(bridge_frame(frame)) == 0
    assert len(bridge_counts(frame)) == 0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_the_fewest_for_half_are_enough_and_one_less_is_not(threads: list[int]) -> None:
    fewest = fewest_for_half(threads)
    assert fewest is not None
    ordered = sorted(threads, reverse=True)
    assert sum(ordered[:fewest]) * 2 >= sum(threads)
    assert sum(ordered[: fewest - 1]) * 2 < sum(threads)


@pytest.mark.parametrize("threads", [[], [0, 0], [3, None]])
def test_half_of_nothing_or_of_the_unknown_is_unknown(threads: list[int | None]) -> None:
    assert fewest_for_half(threads) is None


def test_the_workers_of_a_model_are_listed_most_threads_first_and_unknown_without_workers() -> None:
    rows = worker_rows(snapshot("text").merged.models["mistralai/Mistral-7B-Instruct-v0.3"])
    assert rows is not None
    assert list(rows["name"]) == ["printing press", "scribe"]
    assert worker_rows(snapshot("text", workers=None).merged.models["mistralai/Mistral-7B-Instruct-v0.3"]) is None


def test_pre_releases_are_told_apart_and_make_nobody_behind() -> None:
    frame = worker_frame([worker(bridge_agent=agent) for agent in ("A:10.1:x", "A:10.1:x", "A:10.4b1:x")])
    assert bridge_summary(frame) == (3, 0, 0.0)
    assert list(bridge_counts(frame).loc["A"]) == [2, 0, 1, 0]
    told = bridge_frame(frame).set_index("version")
    assert (told.loc["10.4b1", "prerelease"], told.loc["10.1", "prerelease"]) == (True, False)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_worker_without_a_name_is_told_by_its_id(name: str) -> None:
    body = {**TEXT_WORKERS[0], "name": name, "models": ["mistralai/Mistral-7B-Instruct-v0.3"]}
    told = f"(no name) {body['id']}"
    assert list(worker_frame([HordeWorker.model_validate(body)])["name"]) == [told]
    rows = worker_rows(snapshot("text", workers=[body]).merged.models["mistralai/Mistral-7B-Instruct-v0.3"])
    assert rows is not None
    assert list(rows["name"]) == [told]


def test_the_speed_of_a_worker_that_has_fulfilled_nothing_is_unknown() -> None:
    frame = worker_frame([worker(performance="1.0 tokens per second", requests_fulfilled=0)])
    assert frame[["speed", "unit"]].isna().all(axis=None)
