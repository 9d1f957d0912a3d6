"""Fixtures of the routes' tests: an integration on the test's own Horde and clock, and a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from horde_core import HordeAPIIntegration
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import Client, integration_on
from tests.fixtures.upstream import TurnedClock


@pytest.fixture
def cold(
    horde_server: HordeServer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HordeAPIIntegration]:
    """Give the app's integration, which has asked for nothing yet."""
    with integration_on(horde_server, clock.both) as integration:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
        yield integration


@pytest.fixture
def horde(cold: HordeAPIIntegration) -> HordeAPIIntegration:
    """Give the app's integration with every source loaded."""
    cold.read(cold.all_sources())
    return cold


@pytest.fixture
def client(horde: HordeAPIIntegration) -> Client:
    return Client()
