"""The routes of the history: what is known of each point, where the record ends, and when an answer changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from horde_core import HordeAPIIntegration
from horde_core.history import history_of
from horde_core.history.store import Store
from tests.fixtures.history import DAY, HOUR, performance, record, usage, worker, workers
from tests.fixtures.horde_bodies import APHRODITE_MISTRAL, FORMULA_NAME, KOBOLD_MISTRAL
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import Client, integration_on
from tests.fixtures.upstream import TurnedClock

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"
USAGE, NETWORK, WORKERS = "/history/text_generation/usage", "/history/network", "/history/workers"
LAST = 1_765_540_800
"""When the last day ended: 2025-12-12 12:00 UTC."""


@pytest.fixture
def horde(
    horde_server: HordeServer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HordeAPIIntegration]:
    """Give the app's integration on the test's own Horde, with every source loaded."""
    with integration_on(horde_server, clock.both) as integration:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
        integration.read(integration.all_sources())
        yield integration


@pytest.fixture
def store(horde: HordeAPIIntegration) -> Store:
    """Give the app's history: two days of usage, and an hour of the network."""
    store = Store(horde.settings.history_url)
    store.prepare()
    kobold = [(5, 35, 100), (7, 40, 107)]
    for day, at in enumerate((LAST - DAY, LAST)):
        counts = {KOBOLD_MISTRAL: kobold[day], APHRODITE_MISTRAL: (1, 1, 1 + day), FORMULA_NAME: (2, 2, 9 + 2 * day)}
        record(store, usage(at, counts))
        if day == 0:
            record(store, usage(LAST - HOUR, counts))
    for slot in range(13):
        at = LAST + slot * 300
        record(store, workers(at, worker("secret name", "Flux")), performance(at, jobs=slot))
    return store


def points(body: dict[str, object], figure: str) -> list[tuple[object, str]]:
    (series,) = [one for one in body["series"] if one["figure"] == figure]  # type: ignore[attr-defined]
    return [(point["value"], point["kind"]) for point in series["points"]]


@pytest.mark.usefixtures("store")
class TestAnswers:
    def test_a_models_requests_by_day_with_what_is_known_of_each(self) -> None:
        body = Client().body(f"{USAGE}?name={MISTRAL}&from=2025-12-09T12:00:00Z")
        assert (body["state"], body["unknown"], body["why"]) == ("fresh", [], None)
        assert points(body, "requests")[-3:] == [(27, "block"), (6, "known"), (8, "known")]
        assert points(body, "requests_of_all")[-1] == (10, "known")
        assert (body["begins"], body["ends"]) == ("2025-12-09T12:00:00Z", "2025-12-12T12:00:00Z")
        assert [(one["source"], one["begins"], one["ends"]) for one in body["coverage"]] == [
            ("usage:text", "2025-12-11T12:00:00Z", "2025-12-11T12:00:00Z"),
            ("usage:text", "2025-12-12T11:00:00Z", "2025-12-12T12:00:00Z"),
        ]

    def test_without_a_name_the_most_used_and_all_others_add_up(self) -> None:
        body = Client().body(f"{USAGE}?most=1&from=2025-12-11T12:00:00Z")
        parts = [points(body, name) for name in ("requests", "requests_of_others", "requests_unlisted")]
        assert [sum(value for value, _ in column) for column in zip(*parts, strict=True)] == [  # type: ignore[misc]
            value for value, _ in points(body, "requests_of_all")
        ]

    def test_a_name_that_nobody_recorded_is_unknown(self) -> None:
        body = Client().body(f"{USAGE}?name=nobody%2Fever&from=2025-12-11")
        assert points(body, "requests") == [(None, "gap")]

    def test_the_network_by_the_step_that_is_asked_for_as_far_as_was_recorded(self) -> None:
        body = Client().body(f"{NETWORK}?kind=image&step=hour&from=2025-12-12T12:00:00Z")
        assert (body["step"], body["ends"]) == ("hour", "2025-12-12T13:00:00Z")
        assert points(body, "jobs") == [(5.5, "known")]
        assert {one["figure"]: one["unit"] for one in body["series"]}["queued"] == "megapixelsteps"
        alchemy = Client().body(f"{NETWORK}?kind=alchemy")
        assert {one["figure"] for one in alchemy["series"]} == {"workers", "threads", "jobs", "queued"}

    def test_no_worker_is_named(self) -> None:
        text = Client().ask(WORKERS).text
        assert "secret" not in text
        assert {one["of"] for one in Client().body(WORKERS)["series"]} == {"image", "text", "interrogation"}

    @pytest.mark.parametrize("path", [USAGE, NETWORK, WORKERS])
    def test_csv_has_a_row_a_point(self, path: str) -> None:
        body, rows = Client().body(path), Client().rows(path)
        assert len(rows) == body["returned_count"] == sum(len(one["points"]) for one in body["series"]) > 0
        assert list(rows[0]) == ["of", "figure", "unit", "begins", "ends", "value", "kind"]

    @pytest.mark.parametrize("path", [f"{NETWORK}?step=5min&from=1971-01-01", f"{WORKERS}?from=2000-01-01"])
    def test_a_long_answer_begins_later(self, path: str) -> None:
        assert max(len(one["points"]) for one in Client().body(path)["series"]) <= 2_501

    def test_an_answer_changes_when_something_is_recorded_and_not_with_time(
        self, store: Store, clock: TurnedClock
    ) -> None:
        client = Client()
        first = client.ask(NETWORK)
        assert first.headers["cache-control"] == "public, max-age=60"
        clock.advance(30)
        assert client.ask(NETWORK, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        record(store, performance(LAST + 13 * 300, jobs=1))
        assert client.ask(NETWORK, headers={"If-None-Match": first.headers["etag"]}).status_code == 200
        used = client.ask(USAGE)
        record(store, performance(LAST + 14 * 300, jobs=1))
        assert client.ask(USAGE).headers["etag"] == used.headers["etag"]

    @pytest.mark.parametrize(
        ("asked", "named"),
        [
            ("from=yesterday", "A date such as 2026-06-01"),
            ("from=17000000", "A date such as 2026-06-01"),
            ("step=hour", "step='hour'"),
            ("most=101", "most='101'"),
            ("since=2025-01-01", "'since' is no parameter here"),
        ],
    )
    def test_what_is_not_understood_is_named(self, asked: str, named: str) -> None:
        assert named in Client().problem(f"{USAGE}?{asked}", 422)


@pytest.mark.parametrize("path", [USAGE, NETWORK, WORKERS])
def test_without_a_history_everything_is_unknown_and_a_sentence_says_why(horde: HordeAPIIntegration, path: str) -> None:
    body = Client().body(path)
    assert (body["state"], body["unknown"], body["why"]) == (
        "unavailable",
        ["history"],
        "Nothing has been recorded yet.",
    )
    assert {point["value"] for one in body["series"] for point in one["points"]} <= {None}
    assert history_of(horde).status().state == "kept"
