"""Pages, routes and the command line show the same figures for one snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from horde_core import HordeAPIIntegration, Settings
from horde_core.audit import worst_first
from horde_core.command_line import main
from horde_core.endpoints.parameters import CATEGORY_OF
from horde_core.frames.audit import audit_frame
from horde_core.frames.models import category_frame
from horde_core.live.results import SharedResults, today
from horde_core.numbers import ENGLISH
from horde_core.safe_csv import csv_bytes
from horde_core.vocabulary import GIGABYTE, PERIODS, ModelType
from tests.fixtures.audits import TYPES
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import Client, by_name, csv_rows, names

CASES = [
    ("statistics", "/statistics/{}", []),
    ("with-stats", "/statistics/{}/with-stats", ["include_workers=true", "sort_by=usage_day", "sort_desc=true"]),
    ("with-stats", "/statistics/{}/with-stats", ["min_worker_count=1", "limit=1", "offset=1"]),
    ("audit", "/audit/{}", []),
    ("audit", "/audit/{}", ["preset=critical", "flag=low usage", "flag=no_active_workers", "threads_to=0"]),
    ("audit", "/audit/{}", ["low_usage_below=50", "critical_below=100000"]),
    ("unlisted", "/unlisted/{}", []),
    ("unlisted", "/unlisted/{}", ["sort_by=name", "sort_desc=false", "limit=2"]),
]


@pytest.fixture
def one_horde(
    horde_server: HordeServer,
    use_horde: Callable[[Settings], HordeAPIIntegration],
    settings_of: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> HordeAPIIntegration:
    """Put the pages, the routes and the command line on the same Horde."""
    for name in ("API_URL", "REFERENCE_URL"):
        monkeypatch.setenv(f"HORDE_{name}", horde_server.url)
    monkeypatch.setenv("HORDE_REFERENCE_IMAGE_AGES_URL", f"{horde_server.url}/model_mod_data.json")
    integration = use_horde(settings_of(api_rate_limit=0))
    integration.read(integration.all_sources())
    return integration


def written(capsys: pytest.CaptureFixture[str], question: str, *arguments: str) -> str:
    """Return what the command line writes."""
    capsys.readouterr()
    assert main([question, *arguments]) == 0
    return capsys.readouterr().out


def without_times(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out when sources were fetched: each process fetches for itself."""
    return {key: value for key, value in body.items() if key != "sources"}


@pytest.mark.parametrize(("question", "path", "asked"), CASES)
@pytest.mark.parametrize("kind", TYPES)
def test_the_command_line_and_the_route_say_the_same(
    one_horde: HordeAPIIntegration,
    capsys: pytest.CaptureFixture[str],
    question: str,
    path: str,
    asked: list[str],
    kind: ModelType,
) -> None:
    category = CATEGORY_OF[kind]
    link = path.format(category) + (f"?{'&'.join(asked)}" if asked else "")
    options = [f"--{name.replace('_', '-')}={value}" for name, _, value in (one.partition("=") for one in asked)]
    flags = {f"--{name}=true": f"--{name}" for name in ("include-workers", "sort-desc")}
    options = [flags.get(one, one.replace("--sort-desc=false", "--no-sort-desc")) for one in options]
    body = Client().body(link)
    on_terminal = json.loads(written(capsys, question, category, *options, "--format=json"))
    assert without_times(on_terminal) == without_times(body)
    assert [source["key"] for source in on_terminal["sources"]] == [source["key"] for source in body["sources"]]
    if question != "statistics":
        answer = Client().ask(f"{link}{'&' if asked else '?'}format=csv")
        assert written(capsys, question, category, *options, "--format=csv") == answer.content.decode("utf-8-sig")


def test_a_name_and_the_sources_are_the_same_too(
    one_horde: HordeAPIIntegration, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "koboldcpp/Cydonia-24B-v4.1-Q4_K_M"
    body = Client().body(f"/resolve?name={name}")
    assert without_times(json.loads(written(capsys, "resolve", "--name", name, "--format=json"))) == without_times(body)
    rows = csv_rows(written(capsys, "sources", "--format=csv").encode())
    moving = ("fetched_at", "age_seconds")
    assert [{key: row[key] for key in row if key not in moving} for row in rows] == [
        {key: row[key] for key in row if key not in moving} for row in Client().rows("/sources")
    ]


@pytest.mark.parametrize("kind", TYPES)
def test_rows_of_the_route_are_those_of_the_pages_table(one_horde: HordeAPIIntegration, kind: ModelType) -> None:
    view = SharedResults.of(one_horde).reader.view(kind)
    shown, client = category_frame(view.snapshot).set_index("name"), Client()
    for path, is_listed in (
        (f"/statistics/{CATEGORY_OF[kind]}/with-stats", True),
        (f"/unlisted/{CATEGORY_OF[kind]}", False),
    ):
        body = client.body(path)
        assert set(names(body)) == set(shown.index[shown["listed"] == is_listed])
        written_rows = {row["name"].removeprefix("'"): row for row in client.rows(path)}
        for name, row in by_name(body).items():
            of_page, in_file = shown.loc[name], written_rows[name]
            for period in PERIODS:
                assert row["usage_stats"][period] == of_page[f"usage_{period}"] == int(in_file[f"usage_{period}"])
            assert row["thread_count"] == of_page["threads"] == int(in_file["thread_count"])
            assert row["worker_count"] == of_page["workers"] == int(in_file["worker_count"])
            jobs = None if pd.isna(of_page["jobs"]) else of_page["jobs"]
            assert row["queued_jobs"] == jobs == (int(in_file["queued_jobs"]) if in_file["queued_jobs"] else None)


@pytest.mark.parametrize("kind", TYPES)
def test_the_audits_file_is_the_pages_frame_in_plain_words(one_horde: HordeAPIIntegration, kind: ModelType) -> None:
    results = SharedResults.of(one_horde)
    view = results.reader.page_view((kind,), has_ages=kind == "image")
    response = results.audits.get(view.snapshot, today(), view.ages)
    frame = audit_frame(worst_first(response.models), response.thresholds, ENGLISH)
    assert Client().ask(f"/audit/{CATEGORY_OF[kind]}?format=csv").content == csv_bytes(frame)


def table_of(app: AppTest, column: str) -> pd.DataFrame:
    """The first table of a page that has a column."""
    assert not app.exception, app.exception
    return next(table.value for table in app.dataframe if column in table.value.columns)


@pytest.mark.parametrize(
    ("kind", "chosen"), [("image", {}), ("image", {"preset": "host_issues"}), ("text", {"flag": "low usage"})]
)
def test_the_audit_page_shows_what_the_route_answers(
    one_horde: HordeAPIIntegration, visit: Visit, kind: ModelType, chosen: dict[str, str]
) -> None:
    shown = table_of(visit("audit", kind, **chosen), "severity")
    parameters = "&".join(f"{key}={value}" for key, value in chosen.items())
    body = Client().body(f"/audit/{CATEGORY_OF[kind]}?{parameters}")
    assert list(shown["name"]) == names(body)
    for (_, row), answered in zip(shown.iterrows(), body["models"], strict=True):
        assert row["usage_month"] == answered["usage_month"]
        assert row["share_month"] == pytest.approx(answered["usage_percentage_of_category"], abs=0.05), "as written"
        assert (row["threads"], row["workers"]) == (answered["thread_count"], answered["worker_count"])
        if kind == "image":
            assert row["size"] == pytest.approx(answered["size"] / GIGABYTE, abs=0.005), "as written"
            assert row["age"] == answered["age_days"]


@pytest.mark.parametrize("kind", TYPES)
def test_the_usage_page_shows_what_the_routes_answer(
    one_horde: HordeAPIIntegration, visit: Visit, kind: ModelType
) -> None:
    shown = table_of(visit("usage", kind, usage_rows="All names"), "momentum").set_index("name")
    client, category = Client(), CATEGORY_OF[kind]
    answered = by_name(client.body(f"/statistics/{category}/with-stats")) | by_name(
        client.body(f"/unlisted/{category}")
    )
    assert len(shown) >= 3
    for name, row in shown.iterrows():
        figures = answered[str(name)]
        assert {period: row[f"usage_{period}"] for period in PERIODS} == figures["usage_stats"]
        assert (row["threads"], row["workers"]) == (figures["thread_count"], figures["worker_count"])
