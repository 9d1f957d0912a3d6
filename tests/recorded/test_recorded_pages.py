"""The pages on a recorded day, each figure traced to the recorded bodies by plain arithmetic."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from horde_core import HordeAPIIntegration, Settings
from horde_core.frames.models import WORK_UNIT
from horde_core.vocabulary import PERIODS, ModelType
from pages.common import words
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_server import HordeServer
from tests.pages.test_pages import figures

DAY = "2025-12-12"
PERIOD_WORDS = {"day": "day", "month": "30 days", "total": "all time"}
PATHS = {
    "/v2/status/models?type=image": f"{DAY}/status_models_image.json",
    "/v2/status/models?type=text": f"{DAY}/status_models_text.json",
    "/v2/stats/img/models": f"{DAY}/stats_img_models.json",
    "/v2/stats/text/models": f"{DAY}/stats_text_models.json",
    "/v2/stats/img/totals": f"{DAY}/stats_img_totals.json",
    "/v2/stats/text/totals": f"{DAY}/stats_text_totals.json",
    "/v2/status/performance": f"{DAY}/status_performance.json",
    "/v2/workers": f"{DAY}/workers.json",
    "/model_references/v2/image_generation": "reference/reference_image_v2.json",
    "/model_references/v2/text_generation": "reference/reference_text_v2.json",
}
USAGE: dict[ModelType, str] = {"image": "/v2/stats/img/models", "text": "/v2/stats/text/models"}

Bodies = dict[str, Any]
UseHorde = Callable[[Settings], HordeAPIIntegration]


@pytest.fixture
def bodies(recordings: Path, horde_server: HordeServer) -> Bodies:
    """The recorded bodies as plain data; the Horde of the test answers with them."""
    read = {path: json.loads((recordings / file).read_bytes()) for path, file in PATHS.items()}
    for path, body in read.items():
        horde_server.answer(path, body)
    return read


def picked(bodies: Bodies, kind: ModelType) -> list[str]:
    """Ten models at random: of the text ones five that workers serve with several backends."""
    chance = random.Random(f"{DAY} {kind}")
    names = sorted(bodies[f"/model_references/v2/{kind}_generation"])
    if kind == "image":
        return chance.sample(names, 10)
    used = [api.casefold() for api, count in bodies[USAGE["text"]]["month"].items() if count]
    backends = {
        name: {api.partition("/")[0] for api in used if name.split("/")[-1].casefold() in api} for name in names
    }
    several = [name for name in names if len(backends[name] & {"koboldcpp", "aphrodite", "tabbyapi"}) > 1]
    assert len(several) >= 5
    return [*chance.sample(several, 5), *chance.sample(sorted(set(names) - set(several)), 5)]


def table(app: AppTest, column: str) -> list[dict[str, Any]]:
    """The rows of the first table that has a column."""
    found = [frame.value for frame in app.dataframe if column in frame.value.columns]
    rows: list[dict[str, Any]] = found[0].to_dict("records") if found else []
    return rows


@pytest.mark.parametrize("kind", ["image", "text"])
def test_every_figure_of_ten_models_is_the_sum_over_their_names_in_the_recorded_bodies(
    kind: ModelType, bodies: Bodies, visit: Visit
) -> None:
    usage = bodies[USAGE[kind]]
    status = {row["name"]: row for row in bodies[f"/v2/status/models?type={kind}"]}
    workers = [w for w in bodies["/v2/workers"] if w["type"] == kind and w["online"] and not w["maintenance_mode"]]
    noun = {"image": "Images", "text": "Requests"}[kind]
    for model in picked(bodies, kind):
        app = visit("model", kind, name=model)
        shown = figures(app)
        names = [frame.value["name"].tolist() for frame in app.dataframe if list(frame.value.columns) == ["name"]]
        attributed = names[0] if names else []
        for period in PERIODS:
            expected = sum(usage[period].get(name, 0) for name in attributed)
            assert shown[f"{noun}, {PERIOD_WORDS[period]}"] == words.count(expected), (model, period)
            share = expected / sum(usage[period].values()) * 100
            assert any(words.share(share) in caption.value for caption in app.caption), (model, period)
        live = [status[name] for name in attributed if name in status]
        assert shown["Threads"] == words.count(sum(row["count"] for row in live)), model
        queued = sum(row["queued"] for row in live) / WORK_UNIT[kind][1]
        serving = [w for w in workers if set(w["models"]) & set(attributed)]
        is_known = live or (kind == "image" and not serving)
        assert shown.get("Work queued", shown.get("Work queued, at least")) == (
            words.amount(queued) if is_known else words.UNKNOWN
        ), model
        assert shown["Workers"] == words.count(len(serving)), model
        if kind == "text":
            rows = table(app, "usage_share")
            assert sum(row["usage_month"] for row in rows) == sum(usage["month"].get(name, 0) for name in attributed)
            assert sum(row["threads"] for row in rows) == sum(row["count"] for row in live)


def test_the_overview_shows_the_networks_own_totals(bodies: Bodies, visit: Visit) -> None:
    performance = bodies["/v2/status/performance"]
    app = visit("overview")
    shown = [(metric.label, metric.value) for metric in app.metric]
    minutes = performance["queued_megapixelsteps"] / performance["past_minute_megapixelsteps"]
    assert shown[:4] == [
        ("Drain time, at least", words.duration(minutes * 60)),
        ("Jobs queued", words.count(performance["queued_requests"])),
        ("Threads", words.count(performance["thread_count"])),
        ("Workers", words.count(performance["worker_count"])),
    ]
    made = app.dataframe[0].value.set_index("window")
    totals = bodies["/v2/stats/img/totals"], bodies["/v2/stats/text/totals"]
    assert made.loc["Last 24 hours", "images"] == totals[0]["day"]["images"]
    assert made.loc["Last 30 days", "tokens"] == totals[1]["month"]["tokens"]


def test_the_workers_page_counts_the_recorded_workers(bodies: Bodies, visit: Visit) -> None:
    app = visit("workers")
    shown = figures(app)
    by_type = {"Image workers": "image", "Text workers": "text", "Alchemy workers": "interrogation"}
    for label, kind in by_type.items():
        assert shown[label] == words.count(sum(worker["type"] == kind for worker in bodies["/v2/workers"]))
    assert len(app.dataframe[0].value) == len(bodies["/v2/workers"])


@pytest.mark.parametrize("kind", ["image", "text"])
def test_listed_and_unlisted_usage_add_up_to_the_recorded_map_on_the_page(
    kind: ModelType, bodies: Bodies, visit: Visit
) -> None:
    app = visit("usage", kind, usage_rows="All names", period="30 days")
    expected = sum(bodies[USAGE[kind]]["month"].values())
    assert app.dataframe[0].value["usage_month"].sum() == expected
    unlisted = visit("usage", kind, usage_tab="Unlisted models", unlisted="Everything ever used")
    listed = visit("usage", kind, usage_rows="Listed")
    parts = (unlisted.dataframe[0].value["usage_month"].sum(), listed.dataframe[0].value["usage_month"].sum())
    assert sum(parts) == expected
