"""The application as a process: how it starts, and how it refuses to."""

import pytest

from tests.fixtures.app_server import StartApp
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until


def test_a_bad_setting_stops_the_start_with_one_clear_line(start_app: StartApp) -> None:
    with pytest.raises(RuntimeError) as refusal:
        start_app(HORDE_API_TIMEOUT="soon")
    (line,) = [line for line in str(refusal.value).splitlines() if "HORDE_" in line]
    assert line.startswith("HORDE_API_TIMEOUT='soon' is not allowed. Input should be a valid number")
    assert "Traceback" not in str(refusal.value)


def test_the_first_data_is_asked_for_before_the_first_visitor_once_a_source(
    start_app: StartApp, horde_server: HordeServer
) -> None:
    app = start_app(HORDE_API_URL=horde_server.url, HORDE_REFERENCE_URL=horde_server.url)
    wait_until(lambda: horde_server.requests.total() == 7, "both categories have been asked for")
    assert set(horde_server.requests.values()) == {1}
    assert "Traceback" not in app.log()
