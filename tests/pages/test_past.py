"""The past on the pages, at each stage of a history, and where none is kept or can be read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from horde_core import HordeAPIIntegration, Settings
from horde_core.history.reading.status import NOTHING_YET
from horde_core.history.store import Store
from pages.common import time_charts
from tests.fixtures.dashboard import Visit
from tests.fixtures.history_stages import Stage, record_stage, serve_simulation
from tests.fixtures.horde_server import HordeServer

VIEWS: dict[str, tuple[str, dict[str, Any]]] = {
    "model": ("model", {"name": "Clovercabinet"}),
    "compared": ("model", {"name": ["Clovercabinet", "Quiet Mosaic v2"]}),
    "usage": ("usage", {"usage_tab": "Over time"}),
    "ranking": ("usage", {}),
    "backends": ("backends", {"backends_tab": "Over time"}),
    "workers": ("workers", {"workers_tab": "Over time"}),
    "trends": ("trends", {}),
    "overview": ("overview", {}),
    "sources": ("sources", {"sources_tab": "History"}),
}
"""Every place where the past is shown."""

TELLS_ITS_STATE = ("model", "usage", "backends", "workers", "trends")
OFF = "The past is not being kept: HORDE_HISTORY is off."

UseHorde = Callable[[Settings], HordeAPIIntegration]
SettingsOf = Callable[..., Settings]


def opened(visit: Visit, view: str) -> AppTest:
    page, link = VIEWS[view]
    app = visit(page, **link)
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(str(part.value) for part in [*app.caption, *app.info, *app.warning])


def traces(app: AppTest, key: str) -> list[dict[str, Any]]:
    """The traces of a chart."""
    chart = next(one for one in app.get("plotly_chart") if key in one.proto.id)
    found: list[dict[str, Any]] = json.loads(chart.proto.spec)["data"]
    return found


@pytest.fixture(scope="module", params=Stage, ids=lambda stage: stage.name.lower())
def staged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of each stage, which ends now."""
    return record_stage(request.param, tmp_path_factory.mktemp("history"), time.time())


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_the_past_opens_at_each_stage_and_says_since_when(
    visit: Visit,
    horde_server: HordeServer,
    use_horde: UseHorde,
    settings_of: SettingsOf,
    staged: Store,
    view: str,
) -> None:
    serve_simulation(horde_server, time.time())
    use_horde(settings_of(history_url=str(staged.url)))
    app = opened(visit, view)
    if view in TELLS_ITS_STATE:
        assert "Recorded since" in said(app)


@pytest.mark.parametrize("view", VIEWS)
def test_without_a_history_each_view_opens_and_says_why_nothing_is_known(
    visit: Visit, horde_server: HordeServer, use_horde: UseHorde, settings_of: SettingsOf, view: str
) -> None:
    serve_simulation(horde_server, time.time())
    use_horde(settings_of(history="off"))
    app = opened(visit, view)
    if view in TELLS_ITS_STATE:
        assert OFF in said(app)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("content", [b"no database at all, " * 100, None], ids=["garbage", "missing"])
def test_a_history_that_cannot_be_read_takes_nothing_from_the_page(
    visit: Visit,
    horde_server: HordeServer,
    use_horde: UseHorde,
    settings_of: SettingsOf,
    tmp_path: Path,
    view: str,
    content: bytes | None,
) -> None:
    serve_simulation(horde_server, time.time())
    if content is not None:
        (tmp_path / "horde.sqlite").write_bytes(content)
    use_horde(settings_of(history_url=f"sqlite:///{tmp_path}/horde.sqlite"))
    app = opened(visit, view)
    assert app.metric or view == "compared"
    if view in TELLS_ITS_STATE:
        assert ("cannot be read" if content else NOTHING_YET) in said(app)


def test_the_last_bar_of_a_model_is_its_own_figure_of_the_day(visit_simulation: Visit) -> None:
    app = opened(visit_simulation, "model")
    figures = {metric.label: metric.value for metric in app.metric}
    bar = traces(app, "past_requests")[0]
    assert f"{round(bar['y'][-1]):,}" == figures["Images, day"]
    assert f"{round(sum(bar['y'][-30:])):,}" == figures["Images, 30 days"]


def test_the_bands_of_usage_add_up_to_the_figure_of_the_day(visit_simulation: Visit) -> None:
    app = opened(visit_simulation, "usage")
    last_day = sum(trace["y"][-1] for trace in traces(app, "usage_past"))
    app = visit_simulation("usage", period="Day")
    assert f"{round(last_day):,}" == {metric.label: metric.value for metric in app.metric}["Images, day"]


def test_the_range_and_the_scale_are_in_the_link(visit_simulation: Visit) -> None:
    app = visit_simulation("usage", usage_tab="Over time", range="1 year", scale="Shares")
    assert not app.exception, app.exception
    assert len(traces(app, "usage_past")[0]["y"]) > 300
    shares = [sum(column) for column in zip(*(trace["y"] for trace in traces(app, "usage_past")), strict=True)]
    assert all(abs(share - 100) < 1e-6 for share in shares[-20:])


def test_the_most_used_models_are_drawn_as_lines_when_asked(visit_simulation: Visit) -> None:
    for shape, kind in {"Stacked": "bar", "Lines": "scatter"}.items():
        app = visit_simulation("usage", usage_tab="Over time", shape=shape)
        assert not app.exception, app.exception
        assert {trace["type"] for trace in traces(app, "usage_past")} == {kind}


def test_a_gap_is_a_grey_band_that_says_so(visit_simulation: Visit) -> None:
    app = visit_simulation("trends", kind="Text", range="1 year")
    chart = next(one for one in app.get("plotly_chart") if "trend_staff" in one.proto.id)
    layout = json.loads(chart.proto.spec)["layout"]
    assert any(shape["fillcolor"] == time_charts.GAP_COLOUR for shape in layout["shapes"] if "fillcolor" in shape)


def test_rows_of_usage_have_a_line_of_thirty_days_and_its_change(visit_simulation: Visit) -> None:
    app = visit_simulation("usage")
    table = max((one.value for one in app.dataframe), key=len)
    assert {"drawing", "change"} <= set(table.columns)
    assert len(table["drawing"].iloc[0]) in (29, 30, 31)
    assert table["drawing"].iloc[100:].isna().all()
