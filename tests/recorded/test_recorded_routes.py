"""The routes and the command line on a recorded day: their figures are those of the recorded bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from horde_core import HordeAPIIntegration
from horde_core.audit import worst_first
from horde_core.audit.presets import PRESET_OF
from horde_core.command_line import main
from horde_core.endpoints.parameters import CATEGORY_OF
from horde_core.frames.audit import audit_frame
from horde_core.frames.models import category_frame
from horde_core.live.results import SharedResults, today
from horde_core.numbers import ENGLISH
from horde_core.safe_csv import csv_bytes
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import TYPES
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import Client, by_name, csv_rows, integration_on, names, with_parameters

DAYS = ("2025-12-12", "2025-12-13")
SHORT: dict[ModelType, str] = {"image": "img", "text": "text"}


def files(day: str) -> dict[str, str]:
    """The recorded files of a day by what is asked."""
    return {
        **{f"/v2/status/models?type={kind}": f"{day}/status_models_{kind}.json" for kind in TYPES},
        **{f"/v2/stats/{short}/models": f"{day}/stats_{short}_models.json" for short in SHORT.values()},
        **{
            f"/model_references/v2/{category}": f"reference/reference_{kind}_v2.json"
            for kind, category in CATEGORY_OF.items()
        },
        "/v2/workers": f"{day}/workers.json",
        "/model_mod_data.json": "reference/reference_image_ages.json",
    }


@pytest.fixture(params=DAYS)
def bodies(request: pytest.FixtureRequest, recordings: Path, horde_server: HordeServer) -> dict[str, Any]:
    """Have the Horde of the test answer with a recorded day; the bodies as plain data."""
    read = {path: (recordings / file).read_bytes() for path, file in files(request.param).items()}
    for path, body in read.items():
        horde_server.answer(path, body)
    return {path: json.loads(body) for path, body in read.items()}


@pytest.fixture
def horde(
    bodies: dict[str, Any], horde_server: HordeServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HordeAPIIntegration]:
    """Give the app's integration with the recorded day loaded; the command line finds it too."""
    for name in ("API_URL", "REFERENCE_URL"):
        monkeypatch.setenv(f"HORDE_{name}", horde_server.url)
    monkeypatch.setenv("HORDE_REFERENCE_IMAGE_AGES_URL", f"{horde_server.url}/model_mod_data.json")
    with integration_on(horde_server) as integration:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
        integration.read(
            [*integration.sources("image"), *integration.sources("text"), integration.reference.ages_source]
        )
        yield integration


def every_row(client: Client, kind: ModelType) -> dict[str, dict[str, Any]]:
    """The rows of models and of unlisted names."""
    category = CATEGORY_OF[kind]
    listed, others = client.body(f"/statistics/{category}/with-stats"), client.body(f"/unlisted/{category}")
    assert not set(names(listed)) & set(names(others))
    return by_name(listed) | by_name(others)


@pytest.mark.parametrize("kind", TYPES)
def test_all_rows_together_are_all_that_was_recorded(
    horde: HordeAPIIntegration, bodies: dict[str, Any], kind: ModelType
) -> None:
    rows = every_row(Client(), kind).values()
    usage = bodies[f"/v2/stats/{SHORT[kind]}/models"]
    for period in PERIODS:
        assert sum(row["usage_stats"][period] for row in rows) == sum(usage[period].values())
    status = bodies[f"/v2/status/models?type={kind}"]
    listed = [row for row in rows if row["thread_count_source"] == "status"]
    assert sum(row["thread_count"] for row in listed) == sum(row["count"] for row in status)
    assert sum(row["queued_jobs"] for row in listed) == sum(row["jobs"] for row in status)


@pytest.mark.parametrize("kind", TYPES)
def test_each_row_is_that_of_the_pages_table_as_json_and_as_csv(horde: HordeAPIIntegration, kind: ModelType) -> None:
    client, category = Client(), CATEGORY_OF[kind]
    shown = category_frame(SharedResults.of(horde).reader.view(kind).snapshot).set_index("name")
    answered = every_row(client, kind)
    assert set(answered) == set(shown.index)
    in_files = [*client.rows(f"/statistics/{category}/with-stats"), *client.rows(f"/unlisted/{category}")]
    for (name, row), in_file in zip(answered.items(), in_files, strict=True):
        of_page = shown.loc[name]
        figures = [row["usage_stats"][period] for period in PERIODS]
        figures += [row["thread_count"], row["worker_count"], row["queued_jobs"]]
        page = [of_page[key] for key in (*(f"usage_{p}" for p in PERIODS), "threads", "workers", "jobs")]
        assert figures == [None if pd.isna(figure) else figure for figure in page]
        keys = (*(f"usage_{period}" for period in PERIODS), "thread_count", "worker_count", "queued_jobs")
        assert figures == [int(in_file[key]) if in_file[key] else None for key in keys]


@pytest.mark.parametrize("kind", TYPES)
def test_the_audit_is_that_of_the_page(horde: HordeAPIIntegration, kind: ModelType) -> None:
    results, client, path = SharedResults.of(horde), Client(), f"/audit/{CATEGORY_OF[kind]}"
    view = results.reader.page_view((kind,), has_ages=kind == "image")
    response = results.audits.get(view.snapshot, today(), view.ages)
    body, infos = client.body(path), worst_first(response.models)
    assert names(body) == [info.name for info in infos]
    for row, info in zip(body["models"], infos, strict=True):
        assert {key: row[key] for key in type(info).model_fields} == {
            key: value for key, value in info.model_dump(mode="json").items() if key in type(info).model_fields
        }
    assert client.ask(f"{path}?format=csv").content == csv_bytes(audit_frame(infos, response.thresholds, ENGLISH))
    for preset, count in body["summary"]["by_preset"].items():
        if (kind, preset) == ("image", "uneven_backends"):
            continue  # cannot be asked of images
        assert client.body(f"{path}?preset={preset}&limit=1")["total_count"] == (
            sum(PRESET_OF[preset].selects(info) is True for info in infos) if count is None else count
        )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("statistics", "/statistics/{}"),
        ("with-stats", "/statistics/{}/with-stats"),
        ("audit", "/audit/{}"),
        ("unlisted", "/unlisted/{}"),
    ],
)
def test_the_command_line_writes_what_the_route_answers(
    horde: HordeAPIIntegration, capsys: pytest.CaptureFixture[str], kind: ModelType, question: str, path: str
) -> None:
    client, link = Client(), path.format(CATEGORY_OF[kind])

    def written(form: str) -> str:
        capsys.readouterr()
        assert main([question, CATEGORY_OF[kind], "--format", form]) == 0
        return capsys.readouterr().out

    body, told = client.body(link), json.loads(written("json"))
    assert {**told, "sources": []} == {**body, "sources": []}
    if question != "statistics":
        assert csv_rows(written("csv").encode()) == client.rows(link)


def test_every_name_of_the_day_is_resolved_to_the_model_that_has_its_figures(
    horde: HordeAPIIntegration, bodies: dict[str, Any]
) -> None:
    client = Client()
    rows = by_name(client.body("/statistics/text_generation/with-stats"))
    owners = {name: model for model, row in rows.items() for name in row["names"]}
    used = sorted(bodies["/v2/stats/text/models"]["month"])
    for name in used[:: len(used) // 40]:
        body = client.body(with_parameters("/resolve", category="text_generation", name=name))
        assert body["resolutions"][0]["model"] == owners.get(name), name
