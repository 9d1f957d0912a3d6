"""What the header strip says."""

from dataclasses import replace
from typing import Any

import pytest

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading, RefreshOutcome
from horde_core.vocabulary import ModelType
from pages.common import freshness_header
from tests.fixtures.upstream import source_called


def reading(state: State, **rest: Any) -> Reading[Any]:
    return Reading(source_called("workers", about="Live."), None, state, **rest)


@pytest.mark.parametrize(
    ("taken", "label"),
    [
        (reading(State.FRESH, age=12.4), "Workers · 12 s"),
        (reading(State.STALE, age=200.0, error="The server could not be reached."), "Workers · stale · 3 min"),
        (reading(State.STALE, age=63.0), "Workers · 63 s · updating"),
        (reading(State.UNAVAILABLE), "Workers · unavailable"),
    ],
)
def test_a_chip_says_the_age_and_a_word_where_all_is_not_well(taken: Reading[Any], label: str) -> None:
    assert freshness_header.chip([taken])[0] == label


def test_a_chip_tells_the_exact_time_and_the_last_trouble_on_hover() -> None:
    taken = reading(State.STALE, age=5.0, fetched_at=1_765_600_000.0, error="The server could not be reached.")
    assert "13 Dec 2025, 04:26:40 UTC" in freshness_header.chip([taken])[3]
    assert "The server could not be reached." in freshness_header.chip([taken])[3]


def test_the_note_of_a_refresh_says_what_came_of_each_source_in_one_line() -> None:
    outcomes = [
        RefreshOutcome("Queue", "new", model_type="text"),
        RefreshOutcome("Usage", "unchanged", model_type="text"),
        RefreshOutcome("Workers", "failed", error="The server could not be reached."),
        RefreshOutcome("Reference", "refused", retry_in=7.2, model_type="text"),
    ]
    assert freshness_header.refresh_note(outcomes) == (
        "Refresh: text queue new; text usage unchanged; text reference not asked again, possible in 8 s; "
        "workers failed: The server could not be reached."
    )


def test_sources_that_failed_alike_are_told_together() -> None:
    outcomes = [RefreshOutcome(title, "failed", error="No answer.") for title in ("Queue", "Usage", "Workers")]
    assert freshness_header.refresh_note(outcomes) == "Refresh: queue, usage and workers failed: No answer."


def test_a_source_still_under_way_is_said_to_be() -> None:
    assert freshness_header.refresh_note([RefreshOutcome("Usage", "pending")]) == "Refresh: usage still being fetched."


def test_with_many_visitors_a_chip_tells_the_time_of_the_fetch_which_stays_true() -> None:
    taken = reading(State.FRESH, age=12.0, fetched_at=1_765_600_000.0)
    assert freshness_header.chip([taken], has_clock=True)[0] == "Workers · of 04:26:40"


def test_what_is_held_goes_on_ageing_and_is_no_longer_called_fresh() -> None:
    taken = reading(State.FRESH, age=12.0, fetched_at=1_765_600_000.0)
    assert freshness_header.chip([taken], now=1_765_600_090.0)[0] == "Workers · 90 s · updating"
    assert freshness_header.chip([taken], now=1_765_600_090.0, is_paused=True)[0] == "Workers · 90 s · paused"


def test_of_two_categories_the_worse_source_is_told() -> None:
    young = reading(State.FRESH, age=1.0)
    old = reading(State.FRESH, age=30.0)
    failing = reading(State.STALE, age=5.0, error="no answer")
    assert freshness_header.chip([young, old])[0] == "Workers · 30 s"
    assert freshness_header.chip([young, failing, old])[0] == "Workers · stale · 5 s"


def test_of_two_categories_that_differ_the_one_that_is_told_is_named() -> None:
    def queue(model_type: ModelType, state: State, **rest: Any) -> Reading[Any]:
        source = replace(source_called("status", about="Live."), title="Queue", model_type=model_type)
        return Reading(source, None, state, **rest)

    image = queue("image", State.FRESH, age=12.0)
    assert freshness_header.chip([image, queue("text", State.UNAVAILABLE)])[0] == "Queue, text · unavailable"
    assert freshness_header.chip([image, queue("text", State.FRESH, age=3.0)])[0] == "Queue · 12 s"
