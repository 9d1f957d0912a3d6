"""The names of the recorded days against the references of their time and of today."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from horde_core.analytics.names.matching import NameIndex
from horde_core.analytics.names.spelling import CANONICAL

Recorded = Callable[[str], Any]

DAYS = ("2025-12-12", "2025-12-13")
PERIODS = ("day", "month", "total")


@pytest.fixture(scope="module")
def recorded(recordings: Path) -> Recorded:
    """Read a recorded body by its path in the recordings."""
    return lambda path: json.loads((recordings / path).read_bytes())


@pytest.fixture(scope="module")
def legacy(recorded: Recorded) -> tuple[str, ...]:
    """Each text model of December 2025 three times: bare, for aphrodite and for koboldcpp."""
    return tuple(recorded("reference/reference_text_legacy.json"))


@pytest.fixture(scope="module")
def december(legacy: tuple[str, ...]) -> NameIndex:
    return NameIndex(name for name in legacy if not name.startswith(("aphrodite/", "koboldcpp/")))


@pytest.fixture(scope="module")
def today(recorded: Recorded) -> NameIndex:
    return NameIndex(recorded("reference/reference_text_v2.json"))


@pytest.fixture(scope="module", params=DAYS)
def usage(request: pytest.FixtureRequest, recorded: Recorded) -> dict[str, dict[str, int]]:
    """The three maps of a recorded day: requests by name."""
    maps: dict[str, dict[str, int]] = recorded(f"{request.param}/stats_text_models.json")
    return maps


def share(index: NameIndex, requests: dict[str, int], *how: str) -> float:
    """Return the share of the requests whose name has a model, or was resolved by one of these rules."""
    resolutions = {name: index.resolve(name) for name in requests}
    found = (
        count for name, count in requests.items() if (resolutions[name].how in how if how else resolutions[name].model)
    )
    return sum(found) / sum(requests.values())


def test_the_references_have_the_models_that_were_counted_by_hand(december: NameIndex, today: NameIndex) -> None:
    assert (len(december.model_names), len(today.model_names)) == (646, 719)


def test_two_thirds_of_the_month_carry_a_name_of_the_legacy_reference_to_the_letter(
    legacy: tuple[str, ...], usage: dict[str, dict[str, int]]
) -> None:
    assert share(NameIndex(legacy), usage["month"], "exact") == pytest.approx(0.68, abs=0.005)


def test_the_rules_attribute_what_they_cover_of_the_month_and_guess_nothing_more(
    december: NameIndex, usage: dict[str, dict[str, int]]
) -> None:
    assert 0.819 <= share(december, usage["month"]) <= 0.824


def test_a_legacy_reference_that_is_not_folded_attributes_as_much(
    legacy: tuple[str, ...], december: NameIndex, usage: dict[str, dict[str, int]]
) -> None:
    assert share(NameIndex(legacy), usage["month"]) == share(december, usage["month"])


def test_todays_reference_attributes_more_than_the_one_of_the_time(
    december: NameIndex, today: NameIndex, usage: dict[str, dict[str, int]]
) -> None:
    for period in PERIODS:
        assert share(today, usage[period]) >= share(december, usage[period])


def test_no_recorded_name_is_ambiguous(december: NameIndex, today: NameIndex, usage: dict[str, dict[str, int]]) -> None:
    for index in (december, today):
        assert [name for name in usage["total"] if index.resolve(name).how == "ambiguous"] == []


def test_every_model_of_the_references_resolves_to_itself(december: NameIndex, today: NameIndex) -> None:
    for index in (december, today):
        for model in index.model_names:
            assert index.resolve(model) == (model, CANONICAL, None, "exact")


def test_every_name_that_is_live_is_resolved(recorded: Recorded, today: NameIndex) -> None:
    for day in DAYS:
        live = {row["name"] for row in recorded(f"{day}/status_models_text.json")}
        live |= {
            name for worker in recorded(f"{day}/workers.json") if worker["type"] == "text" for name in worker["models"]
        }
        assert live
        assert all((today.resolve(name).model is None) == (today.resolve(name).how == "none") for name in live)


def test_names_in_bulk_have_the_owners_of_the_exact_rules(
    legacy: tuple[str, ...], december: NameIndex, today: NameIndex, usage: dict[str, dict[str, int]]
) -> None:
    names = list(usage["total"])
    for index in (december, today, NameIndex(legacy)):
        assert index.owners(names) == [index.resolve(name)[:2] for name in names]


def test_image_names_of_the_recorded_days_belong_to_the_model_that_they_spell(recorded: Recorded) -> None:
    index = NameIndex(recorded("reference/reference_image_v2.json"), model_type="image")
    for day in DAYS:
        for name in recorded(f"{day}/stats_img_models.json")["month"]:
            model = index.resolve(name).model
            assert model is None or model.casefold() == name.casefold()
