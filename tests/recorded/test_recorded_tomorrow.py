"""Unknown things added to the recorded bodies change no figure of a recorded day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horde_core.vocabulary import MODEL_TYPES, ModelType
from tests.fixtures.tomorrow import Bodies, figures, not_understood, with_something_new


@pytest.fixture(scope="module", params=MODEL_TYPES)
def today(request: pytest.FixtureRequest, recordings: Path) -> tuple[ModelType, Bodies, object]:
    kind: ModelType = request.param
    files = {
        "status": f"2025-12-12/status_models_{kind}.json",
        "usage": f"2025-12-12/stats_{'img' if kind == 'image' else kind}_models.json",
        "workers": "2025-12-12/workers.json",
        "reference": f"reference/reference_{kind}_v2.json",
        "performance": "2025-12-12/status_performance.json",
        "totals": f"2025-12-12/stats_{'img' if kind == 'image' else kind}_totals.json",
    }
    bodies = {name: json.loads((recordings / path).read_bytes()) for name, path in files.items()}
    bodies["modes"] = {"maintenance_mode": False, "invite_only_mode": False}
    return kind, bodies, figures(kind, bodies)


def test_all_of_it_is_understood(today: tuple[ModelType, Bodies, object]) -> None:
    kind, bodies, _ = today
    assert not any(not_understood(kind, bodies).values())


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_comes_tomorrow_changes_no_figure(today: tuple[ModelType, Bodies, object], data: st.DataObject) -> None:
    kind, bodies, before = today
    assert figures(kind, data.draw(with_something_new(bodies))) == before
