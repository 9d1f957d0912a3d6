"""The recorded days, played into the app with the wall clock of then: Model and Usage show the API's own days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from horde_core import HordeAPIIntegration
from horde_core.history.store import Store
from tests.fixtures.dashboard import Visit, _visit
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.upstream import TurnedClock
from tests.pages.test_past import SettingsOf, traces
from tests.recorded.test_recorded_history import Bodies, bodies, plain, played  # noqa: F401  (fixtures)
from tests.recorded.test_recorded_pages import PATHS

LAST = "2025-12-13"


@pytest.fixture
def visit_then(
    monkeypatch: pytest.MonkeyPatch,
    recordings: Path,
    horde_server: HordeServer,
    settings_of: SettingsOf,
    bodies: Bodies,  # noqa: F811
    played: Store,  # noqa: F811
) -> Visit:
    """Give a function that opens pages at the time of the last recorded body, on the history of all of them."""
    for path, file in PATHS.items():
        day = recordings / file.replace("2025-12-12", LAST)
        horde_server.answer(path, (day if day.exists() else recordings / file).read_bytes())
    clock = TurnedClock()
    clock.wall = float(bodies[-1][0])
    st.cache_resource.clear()
    horde = HordeAPIIntegration(settings_of(history_url=str(played.url)), clock=clock.both)
    monkeypatch.setattr(HordeAPIIntegration, "_shared", horde)
    return _visit


@pytest.mark.parametrize(
    ("category", "what", "off_by"), [("image", "stats_img_models", 0), ("text", "stats_text_models", 1)]
)
def test_the_bands_of_the_last_day_add_up_to_the_apis_own_day(
    visit_then: Visit,
    bodies: Bodies,  # noqa: F811
    category: str,
    what: str,
    off_by: int,
) -> None:
    app = visit_then("usage", category, usage_tab="Over time")
    assert not app.exception, app.exception
    last_day = sum(trace["y"][-1] for trace in traces(app, "usage_past"))
    assert last_day == pytest.approx(sum(plain(bodies, what)[-1]["day"].values()), abs=off_by)


def test_the_last_bar_of_the_most_used_model_is_the_apis_own_day(visit_then: Visit, bodies: Bodies) -> None:  # noqa: F811
    counts: dict[str, Any] = plain(bodies, "stats_img_models")[-1]
    name = max(counts["day"], key=counts["day"].__getitem__)
    app = visit_then("model", name=name)
    assert not app.exception, app.exception
    assert traces(app, "past_requests")[0]["y"][-1] == counts["day"][name]
    assert str(counts["day"][name]) in "".join(metric.value for metric in app.metric).replace(",", "")
