"""Two recorded days of the real Horde, against arithmetic on the plain bodies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from horde_core.analytics.merge import merge_category_with_horde_data, unlisted_models
from horde_core.frames.backends import backend_frame, backend_totals_frame
from horde_core.frames.models import category_frame
from horde_core.frames.queue import queue_summary
from horde_core.frames.usage import usage_summary
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import ModelType
from tests.fixtures.snapshots import snapshot

Bodies = dict[str, Any]
Category = tuple[Bodies, Snapshot]

DAYS = ("2025-12-12", "2025-12-13")
TYPES: tuple[ModelType, ...] = ("image", "text")
PERIODS = ("day", "month", "total")


def read(recordings: Path, day: str, model_type: ModelType, reference: str = "v2") -> Category:
    """Return the bodies of a recorded day as plain dictionaries, and the snapshot of them."""
    usage_name = {"image": "img", "text": "text"}[model_type]
    files = {
        "status": f"{day}/status_models_{model_type}.json",
        "usage": f"{day}/stats_{usage_name}_models.json",
        "workers": f"{day}/workers.json",
        "reference": f"reference/reference_{model_type}_{reference}.json",
    }
    bodies = {name: json.loads((recordings / path).read_bytes()) for name, path in files.items()}
    return bodies, snapshot(model_type, **bodies)


@pytest.fixture(scope="module", params=[(day, kind) for day in DAYS for kind in TYPES], ids=" ".join)
def category(request: pytest.FixtureRequest, recordings: Path) -> Category:
    return read(recordings, *request.param)


@pytest.fixture(scope="module", params=[(day, ref) for day in DAYS for ref in ("v2", "legacy")], ids=" ".join)
def image(request: pytest.FixtureRequest, recordings: Path) -> Category:
    day, reference = request.param
    return read(recordings, day, "image", reference)


@pytest.fixture(scope="module", params=DAYS)
def text(request: pytest.FixtureRequest, recordings: Path) -> Category:
    return read(recordings, request.param, "text")


def live_sums(bodies: Bodies) -> dict[str, float]:
    return {
        figure: sum(row[field] for row in bodies["status"])
        for field, figure in (("count", "thread_count"), ("jobs", "queued_jobs"), ("queued", "queued"))
    }


class TestConservation:
    def test_models_and_unlisted_names_make_the_maps_sum_to_the_unit(self, category: Category) -> None:
        bodies, taken = category
        sources = (list(bodies["reference"]), taken.status, taken.usage, taken.workers)
        models = merge_category_with_horde_data(*sources, model_type=taken.model_type)
        unlisted = unlisted_models(*sources, model_type=taken.model_type)
        assert list(models) == list(bodies["reference"])
        for period in PERIODS:
            counts = bodies["usage"][period]
            merged = [getattr(one.usage_stats, period) for one in [*models.values(), *unlisted.values()]]
            assert sum(merged) == sum(counts.values()) > 0
        listed = [one for one in [*models.values(), *unlisted.values()] if one.thread_count_source == "status"]
        for figure, expected in live_sums(bodies).items():
            assert sum(getattr(one, figure) for one in listed) == expected > 0

    def test_what_the_pages_show_adds_up_to_the_maps_sum(self, category: Category) -> None:
        bodies, taken = category
        frame, reconciliation = category_frame(taken), taken.merged.reconciliation
        for period in PERIODS:
            expected = sum(bodies["usage"][period].values())
            summary = usage_summary(frame, reconciliation, period, reference_available=True)
            assert frame[f"usage_{period}"].sum() == summary.total == expected
            assert (summary.listed or 0) + (summary.unlisted or 0) == expected
            assert frame.loc[frame["listed"], f"usage_{period}"].sum() == summary.listed
            assert frame[f"share_{period}"].sum() == pytest.approx(100)
        unit = 1e6 if taken.model_type == "image" else 1
        queue, live = queue_summary(frame, reconciliation, unit), live_sums(bodies)
        assert (queue.threads, queue.jobs) == (live["thread_count"], live["queued_jobs"])
        assert (frame["threads"].sum(), frame["jobs"].sum()) == (queue.threads, queue.jobs)
        assert queue.queued == pytest.approx(live["queued"] / unit)
        assert frame["queued"].sum() == pytest.approx(queue.queued)

    def test_every_name_that_the_api_sent_is_in_one_row(self, category: Category) -> None:
        bodies, taken = category
        sent = {row["name"] for row in bodies["status"]} | {name for map_ in bodies["usage"].values() for name in map_}
        sent |= {name for one in bodies["workers"] if one["type"] == taken.model_type for name in one.get("models", ())}
        merged = taken.merged
        placed = [name for one in [*merged.models.values(), *merged.unlisted.values()] for name in one.names]
        assert sorted(placed) == sorted(sent)

    def test_backends_add_up_to_the_maps_sum(self, text: Category) -> None:
        bodies, taken = text
        for frame in (backend_frame(taken), backend_totals_frame(taken)):
            for period in PERIODS:
                assert frame[f"usage_{period}"].sum() == sum(bodies["usage"][period].values())
            assert frame["threads"].sum() == live_sums(bodies)["thread_count"]

    def test_image_names_match_to_the_letter_or_without_case(self, image: Category) -> None:
        bodies, taken = image
        for model, one in taken.merged.models.items():
            assert set(one.names) <= {
                name for name in (*bodies["usage"]["total"], *names_served(bodies)) if name.lower() == model.lower()
            }


def names_served(bodies: Bodies) -> list[str]:
    """Return every name in the status and in the lists of the workers."""
    listed = [name for one in bodies["workers"] for name in one.get("models", ())]
    return [row["name"] for row in bodies["status"]] + listed
