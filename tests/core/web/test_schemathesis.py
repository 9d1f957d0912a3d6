"""Every request that the OpenAPI document allows, and others, are answered as described; on the simulated Horde."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis

from horde_core import HordeAPIIntegration, Settings
from horde_core.web.openapi import document
from tests.fixtures.routes import BASE, application

EXAMPLES = 25
"""How many questions are made up for each route, besides those at the bounds of what it allows."""

described = schemathesis.openapi.from_dict(document(BASE))
described.app = application()


@pytest.fixture(scope="module")
def horde() -> Iterator[HordeAPIIntegration]:
    """Give a simulated Horde with every source loaded and no rate limit."""
    integration = HordeAPIIntegration(Settings(source="demo", api_rate_limit=0))
    integration.read(integration.all_sources())
    yield integration
    integration.client.close()


@pytest.fixture(autouse=True)
def asked_of_the_simulation(horde: HordeAPIIntegration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HordeAPIIntegration, "_shared", horde)


@described.parametrize()
@hypothesis.settings(max_examples=EXAMPLES)
def test_every_answer_is_as_the_document_says(case: schemathesis.Case) -> None:
    case.call_and_validate()
