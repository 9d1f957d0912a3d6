"""The history of recorded days, against the API's own sums. A short script on the plain bodies is the other side."""

from __future__ import annotations

import json
import time
from calendar import timegm
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from horde_core.analytics.indexes import IndexedHordeModelStats, IndexedHordeModelStatus, IndexedHordeWorkers
from horde_core.analytics.names.matching import NameIndex
from horde_core.history import tables
from horde_core.history.recording.sample import Sample
from horde_core.history.store import Store
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsing import parse_status, parse_usage, parse_workers
from horde_core.vocabulary import MODEL_TYPES, ModelType
from tests.fixtures.history import HOUR, everything, named, reader_at, record, rows

STEP = 300
IMAGE, TEXT = ("image", "stats_img_models"), ("text", "stats_text_models")
Bodies = list[tuple[int, str, bytes]]


@pytest.fixture(scope="module")
def bodies(recordings: Path) -> Bodies:
    """Return every recorded body of usage and of the live sources: when it was fetched, what it is, and its bytes."""
    folder = recordings.parents[1] / "history"
    if not folder.is_dir():
        pytest.skip("the recorded history is not here")
    found = []
    for file in sorted([*folder.glob("usage/*.json"), *folder.glob("live/*.json")]):
        stamp, _, what = file.stem.partition("__")
        at = timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ" if len(stamp) == 16 else "%Y%m%dT%H%MZ"))
        found.append((at, what, file.read_bytes()))
    return sorted(found)


def sample(at: int, what: str, body: bytes) -> Sample:
    if what == "workers":
        return Sample("workers", at, IndexedHordeWorkers(parse_workers(body).data), STEP)
    if what == "status_models_image":
        return Sample("status:image", at, IndexedHordeModelStatus(parse_status(body, "image").data), STEP)
    category = "image" if "img" in what else "text"
    return Sample(f"usage:{category}", at, IndexedHordeModelStats(parse_usage(body).data), HOUR)


def play(folder: Path, bodies: Bodies) -> Store:
    """Record every body in order, with a restart after each slot."""
    for moment in sorted({at for at, _, _ in bodies}):
        store = Store(f"sqlite:///{folder}/horde.sqlite")
        store.prepare()
        record(store, *(sample(*body) for body in bodies if body[0] == moment), now=bodies[-1][0])
        store.close()
    return store


@pytest.fixture(scope="module")
def played(bodies: Bodies, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return play(tmp_path_factory.mktemp("history"), bodies)


def plain(bodies: Bodies, what: str) -> list[dict[str, dict[str, int]]]:
    return [json.loads(body) for _, one, body in bodies if one == what]


def by_name(store: Store, table: tables.Table, category: str, key: int) -> dict[str, Any]:
    numbers = {row[0]: row[2] for row in rows(store, tables.api_name) if row[1] == category}
    column = "compile_id" if table is tables.usage else "stretch_id"
    of_key = {row[0]: row[2] for row in rows(store, table, "name_id", column, "requests") if row[1] == key}
    return {numbers[number]: requests for number, requests in of_key.items()}


@pytest.mark.parametrize(("category", "what", "off_by"), [(*IMAGE, 0), (*TEXT, 1)])
def test_requests_between_two_compiles_are_the_apis_own_day(
    played: Store, bodies: Bodies, category: str, what: str, off_by: int
) -> None:
    earlier, later = plain(bodies, what)[-2:]
    *_, number = [row[0] for row in rows(played, tables.usage_compile, "id", "category") if row[1] == category]
    requests = by_name(played, tables.usage, category, number)
    assert abs(sum(requests.values()) - sum(later["day"].values())) <= off_by
    for name, total in later["total"].items():
        assert requests.get(name, 0) == total - earlier["total"].get(name, 0)


@pytest.mark.parametrize(("category", "what"), [IMAGE, TEXT])
def test_the_month_before_is_revealed(played: Store, bodies: Bodies, category: str, what: str) -> None:
    earlier, later = plain(bodies, what)[-2:]
    *_, number = [row[0] for row in rows(played, tables.usage_past_stretch, "id", "category") if row[1] == category]
    found = by_name(played, tables.usage_past, category, number)
    for name, month in later["month"].items():
        came_in = later["total"][name] - earlier["total"].get(name, 0)
        left = came_in - (month - earlier["month"].get(name, 0))
        assert found.get(name, 0) == (left if left >= 0 else None)


def test_what_serves_a_name_is_what_the_last_moment_says(played: Store, bodies: Bodies) -> None:
    (*_, (_, _, status)) = [body for body in bodies if body[1] == "status_models_image"]
    (*_, (_, _, workers)) = [body for body in bodies if body[1] == "workers"]
    serving = Counter[str]()
    for one in json.loads(workers):
        if one["type"] == "image" and not one["maintenance_mode"]:
            serving.update(set(one["models"]))
    found = {row[0]: row[2:] for row in named(played, tables.serving, "ended", "threads", "workers") if row[1] is None}
    assert found == {
        row["name"]: (row["count"], serving[row["name"]]) for row in json.loads(status) if row["count"]
    } | {name: found[name] for name in found if name not in {row["name"] for row in json.loads(status)}}


def test_playing_it_once_more_changes_no_row(played: Store, bodies: Bodies) -> None:
    before = everything(played)
    assert played.path is not None
    again = play(played.path.parent, bodies)
    assert everything(again) == before


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_what_is_read_of_the_last_day_are_the_apis_own_requests_by_model(
    played: Store, bodies: Bodies, recordings: Path, kind: ModelType
) -> None:
    records = parse_reference((recordings / "reference" / f"reference_{kind}_v2.json").read_bytes(), kind).data
    index = NameIndex(tuple(records), model_type=kind)
    what = {"image": "stats_img_models", "text": "stats_text_models"}[kind]
    at, _, last = [body for body in bodies if body[1] == what][-1]
    day = json.loads(last)["day"]
    expected: Counter[str | None] = Counter()
    for name, requests in day.items():
        expected[index.resolve(name).model] += requests
    found = reader_at(played, at).most_used(index, "all", 20)
    parts = [*found.series, found.rest, found.unlisted]
    assert sum(one.points[-1].value or 0 for one in parts if one) == found.total.points[-1].value
    assert found.total.points[-1].value == pytest.approx(sum(day.values()), abs=1)
    assert found.unlisted is not None
    assert found.unlisted.points[-1].value == pytest.approx(expected[None], abs=1)
    assert [one.points[-1].value for one in found.series] == [
        pytest.approx(expected[one.name], abs=1) for one in found.series
    ]
