"""The simulated Horde has a past: every day of it obeys the API's rules, and names come and go."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_core.analytics.names.matching import NameIndex
from tests.fixtures.simulated_horde import DAY, NOW, Horde, simulated

CATEGORIES = ("image", "text")
MONTH = 30
MIDNIGHT = int(NOW // DAY * DAY)
Usage = dict[str, dict[str, int]]

# Clocks of several decades: within a day, and around the moment at which usage is compiled, leap days among them.
DATES = st.dates(date(2023, 9, 30), date(2060, 12, 31)) | st.sampled_from(
    [date(year, month, day) for year in (2024, 2028) for month, day in ((2, 28), (2, 29), (3, 1), (3, 30))]
)
SECONDS = st.integers(0, DAY - 1) | st.sampled_from([0, 1, 59, 60, DAY - 60, DAY - 1])
CLOCKS = st.builds(
    lambda day, second: datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + second, DATES, SECONDS
)


def compiled(horde: Horde, category: str, at: float) -> Usage:
    horde.now = at
    return horde.usage(category)


def assert_a_compile_follows_the_one_before(before: Usage, after: Usage) -> None:
    assert after["total"].keys() >= before["total"].keys()
    for name, total in after["total"].items():
        assert total - before["total"].get(name, 0) == after["day"][name], name
        assert 0 <= after["day"][name] <= after["month"][name] <= total, name


def revealed(before: Usage, after: Usage) -> dict[str, int]:
    """The day that left the month: `day(t - 30 d) = day(t) - (month(t) - month(t - 1 d))`."""
    return {name: after["day"][name] - (month - before["month"].get(name, 0)) for name, month in after["month"].items()}


def month_sums(day: np.ndarray) -> np.ndarray:
    """The sums over the 30 days that end with each day that has so many."""
    sums = np.cumsum(day, axis=0)
    return sums[MONTH:] - sums[:-MONTH]


class TestUsage:
    @pytest.mark.parametrize("category", CATEGORIES)
    @pytest.mark.parametrize("seed", range(3))
    def test_every_day_of_the_past_and_some_after_today_obeys_the_rules(self, category: str, seed: int) -> None:
        horde = simulated(seed)
        bodies = [compiled(horde, category, MIDNIGHT + day * DAY) for day in range(-400 - MONTH, 60)]
        assert all(before["total"].keys() <= after["total"].keys() for before, after in pairwise(bodies))
        names = list(bodies[-1]["total"])
        day, month, total = (
            np.array([[body[period].get(name, 0) for name in names] for body in bodies])
            for period in ("day", "month", "total")
        )
        assert (day >= 0).all()
        assert (day <= month).all()
        assert (month <= total).all()
        assert (np.diff(total, axis=0) == day[1:]).all()
        assert (month[MONTH:] == month_sums(day)).all()
        assert (day[1:] - np.diff(month, axis=0))[MONTH - 1 :].tolist() == day[:-MONTH].tolist()

    @pytest.mark.parametrize("category", CATEGORIES)
    @settings(deadline=None, max_examples=40)
    @given(clock=CLOCKS)
    def test_any_clock_obeys_the_rules(self, category: str, clock: float) -> None:
        horde = simulated()
        now, month_ago = compiled(horde, category, clock), compiled(horde, category, clock - MONTH * DAY)
        yesterday = compiled(horde, category, clock - DAY)
        assert_a_compile_follows_the_one_before(yesterday, now)
        assert all(
            total - month_ago["total"].get(name, 0) == now["month"][name] for name, total in now["total"].items()
        )
        assert {name: count for name, count in revealed(yesterday, now).items() if count} == {
            name: count for name, count in month_ago["day"].items() if count
        }
        assert compiled(horde, category, clock // DAY * DAY) == compiled(horde, category, clock // DAY * DAY + DAY - 1)

    @pytest.mark.parametrize("category", CATEGORIES)
    @settings(deadline=None, max_examples=40)
    @given(clock=CLOCKS, later=st.integers(0, 3 * DAY))
    def test_totals_of_the_network_never_fall_and_their_day_is_a_difference(
        self, category: str, clock: float, later: int
    ) -> None:
        horde, totals = simulated(), []
        path, field = ("img", "images") if category == "image" else ("text", "requests")
        for at in (clock - DAY, clock, clock + later):
            horde.now = at
            totals.append(horde.read(f"/v2/stats/{path}/totals"))
        counts = [one["total"][field] for one in totals]
        assert counts == sorted(counts)
        assert totals[1]["day"][field] == pytest.approx(counts[1] - counts[0], abs=1)

    @pytest.mark.parametrize("at", [0.0, 1_000_000_000.0, 19_600 * DAY - 1.0, 19_600.0 * DAY, 19_601.0 * DAY])
    @pytest.mark.parametrize("category", CATEGORIES)
    def test_before_the_beginning_nothing_is_asked_for(self, category: str, at: float) -> None:
        before, after = (compiled(simulated(), category, max(0.0, clock)) for clock in (at - DAY, at))
        assert_a_compile_follows_the_one_before(before, after)


class TestChange:
    @pytest.mark.parametrize("seed", range(3))
    def test_many_text_requests_go_to_names_that_did_not_exist_half_a_year_ago(self, seed: int) -> None:
        horde = simulated(seed)
        then, now = compiled(horde, "text", NOW - 180 * DAY)["month"], compiled(horde, "text", NOW)["month"]
        new = sum(count for name, count in now.items() if name not in then)
        assert 0.12 < new / sum(now.values()) < 0.45
        used_most = sorted(then, key=then.__getitem__)[-50:]
        assert sum(now[name] == 0 for name in used_most) >= 5

    @pytest.mark.parametrize("category", CATEGORIES)
    def test_a_name_appears_rises_falls_and_vanishes(self, category: str) -> None:
        horde = simulated()
        weeks = [compiled(horde, category, MIDNIGHT + week * 7 * DAY) for week in range(-100, 1)]
        new = weeks[-1]["month"].keys() - weeks[0]["month"].keys()
        lives = [[week["month"].get(name, 0) for week in weeks] for name in new]
        over = [life for life in lives if life[-1] == 0 and max(life) > 1000]
        assert len(over) >= 10
        assert all(0 < life.index(max(life)) < len(life) - 1 for life in over)
        steps = [max(abs(after - before) for before, after in pairwise(life)) for life in over]
        assert all(step < 0.5 * max(life) for step, life in zip(steps, over, strict=True))

    @pytest.mark.parametrize("category", CATEGORIES)
    def test_models_are_added_to_and_removed_from_the_reference_and_their_number_stays(self, category: str) -> None:
        horde, references = simulated(), []
        for day in range(-400, 1, 4):
            horde.now = NOW + day * DAY
            references.append(horde.reference(category))
        assert {len(reference) for reference in references} == {160 if category == "image" else 700}
        assert len(references[-1].keys() - references[0].keys()) >= 20
        changes = [
            (before.keys() - after.keys(), after.keys() - before.keys()) for before, after in pairwise(references)
        ]
        assert sum(len(added) for _, added in changes) >= 30
        assert all(len(removed) == len(added) for removed, added in changes)

    def test_the_ages_of_image_models_agree_with_the_reference_of_each_day(self) -> None:
        horde = simulated()
        ages = horde.read("/model_mod_data.json")
        for day in range(-400, 1):
            horde.now = NOW + day * DAY
            midnight = horde.now // DAY * DAY
            present = {
                name
                for name, age in ages.items()
                if age["date_added"] <= midnight and not (age["date_removed"] and age["date_removed"] <= midnight)
            }
            assert present == set(horde.reference("image"))

    def test_some_records_are_revised_after_they_were_added(self) -> None:
        horde, revised = simulated(), 0
        before = horde.reference("image")
        for _ in range(400):
            horde.now += DAY
            after = horde.reference("image")
            revised += sum(after[name] != record for name, record in before.items() if name in after)
            before = after
        assert revised >= 10

    @pytest.mark.parametrize("days", range(-390, 1, 30))
    def test_what_is_served_is_asked_for_and_most_of_it_is_listed(self, days: int) -> None:
        horde = simulated(now=NOW + days * DAY)
        index, month = NameIndex(horde.reference("text")), horde.usage("text")["month"]
        served = [row["name"] for row in horde.status("text")]
        assert sum(month.get(name, 0) > 0 for name in served) > 0.9 * len(served)
        assert sum(index.resolve(name).model is not None for name in served) > 0.75 * len(served)
        assert {row["name"] for row in horde.status("image")} & set(horde.reference("image"))

    def test_workers_come_and_go_by_the_week_and_so_does_their_number(self) -> None:
        horde, seen = simulated(), []
        for day in range(-90, 1):
            horde.now = NOW + day * DAY
            seen.append({worker["id"] for worker in horde.workers()})
        counts = {len(ids) for ids in seen}
        assert 60 <= min(counts) < 64 < max(counts) <= 68
        assert len(set.union(*seen)) > 100
        always = set.intersection(*seen)
        assert 15 < len(always) < 50
