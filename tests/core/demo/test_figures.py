"""The simulated Horde's figures: they agree with each other, follow the API's rules, and move."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import pytest

from horde_core.analytics.names.matching import NameIndex
from tests.fixtures.simulated_horde import DAY, NOW, Horde, simulated

LIVE = ("/v2/status/models", "/v2/status/models?type=text", "/v2/workers", "/v2/status/performance")


@pytest.fixture
def horde() -> Horde:
    return simulated()


class TestUsage:
    @pytest.mark.parametrize(("category", "low", "high"), [("image", 70_000, 130_000), ("text", 145_000, 215_000)])
    @pytest.mark.parametrize("seed", range(4))
    def test_magnitudes(self, category: str, low: int, high: int, seed: int) -> None:
        usage = simulated(seed).usage(category)
        day, month, total = (sum(usage[period].values()) for period in ("day", "month", "total"))
        assert low < day < high
        assert 0.75 * 30 * day < month < 1.35 * 30 * day
        assert 15 * month < total < 120 * month

    @pytest.mark.parametrize("category", ["image", "text"])
    def test_the_periods_have_the_same_names_and_contain_each_other(self, horde: Horde, category: str) -> None:
        usage = horde.usage(category)
        assert list(usage) == ["day", "month", "total"]
        assert set(usage["day"]) == set(usage["month"]) == set(usage["total"])
        assert all(0 <= day <= usage["month"][name] <= usage["total"][name] for name, day in usage["day"].items())

    @pytest.mark.parametrize("category", ["image", "text"])
    def test_some_models_have_zeros_and_some_are_not_listed(self, horde: Horde, category: str) -> None:
        usage, reference = horde.usage(category), set(horde.reference(category))
        listed = reference & set(usage["day"])
        assert sum(usage["total"][name] == 0 for name in listed) >= 5
        assert any(usage["month"][name] == 0 < usage["total"][name] for name in listed)
        assert len(reference - listed) >= 10

    @pytest.mark.parametrize("category", ["image", "text"])
    def test_usage_is_constant_within_a_day_and_moves_from_day_to_day(self, category: str) -> None:
        horde = simulated(now=NOW // DAY * DAY)
        first = horde.usage(category)
        horde.now += DAY - 1
        assert horde.usage(category) == first
        horde.now += 1
        second = horde.usage(category)
        assert second["day"] != first["day"]
        assert set(second["day"]) >= set(first["day"])

    @pytest.mark.parametrize("category", ["image", "text"])
    def test_a_day_is_what_the_total_grew_by(self, horde: Horde, category: str) -> None:
        before = horde.usage(category)["total"]
        horde.now += DAY
        after = horde.usage(category)
        assert sum(after["day"].values()) == pytest.approx(
            sum(after["total"].values()) - sum(before.values()), rel=1e-9
        )

    @pytest.mark.parametrize("category", ["image", "text"])
    @pytest.mark.parametrize("seed", range(2))
    def test_for_400_days_no_total_falls_and_each_day_is_what_it_grew_by(self, category: str, seed: int) -> None:
        horde = simulated(seed)
        path, field = ("img", "images") if category == "image" else ("text", "requests")
        before, sum_before = horde.usage(category)["total"], 0
        for _ in range(400):
            horde.now += DAY
            network = horde.read(f"/v2/stats/{path}/totals")["total"][field]
            assert network > sum_before
            sum_before = network
            usage = horde.usage(category)
            assert {name: total - before.get(name, 0) for name, total in usage["total"].items()} == usage["day"]
            assert min(usage["day"].values()) == 0
            before = usage["total"]

    def test_a_model_that_was_just_added_had_no_requests_before(self, horde: Horde) -> None:
        for _ in range(40):
            ages, month = horde.read("/model_mod_data.json"), horde.usage("image")["month"]
            days = {name: (horde.now - ages[name]["date_added"]) // DAY for name in month if name in ages}
            new = [name for name, age in days.items() if age < 1]
            assert all(month[name] == 0 for name in new)
            horde.now += DAY

    @pytest.mark.parametrize("seed", range(4))
    def test_most_of_the_text_requests_belong_to_listed_models(self, seed: int) -> None:
        horde = simulated(seed)
        index, month = NameIndex(horde.reference("text")), horde.usage("text")["month"]
        unlisted = {name: count for name, count in month.items() if index.resolve(name).model is None}
        assert 300 <= len(unlisted) < 400
        assert 0.75 < 1 - sum(unlisted.values()) / sum(month.values()) < 0.9
        assert 0.04 < max(unlisted.values()) / sum(month.values()) < 0.085

    def test_hostile_names_are_unlisted_and_little_used(self, horde: Horde) -> None:
        index, month = NameIndex(horde.reference("text")), horde.usage("text")["month"]
        hostile = [name for name in month if "<" in name or "\n" in name or name.startswith("=")]
        assert len(hostile) == 3
        assert all(index.resolve(name).model is None for name in hostile)
        assert all(0 < month[name] < 0.001 * sum(month.values()) for name in hostile)

    def test_spellings_vary_in_backend_quantisation_case_and_owner(self, horde: Horde) -> None:
        names = set(horde.usage("text")["total"])
        heads = {name.partition("/")[0] for name in names}
        assert {"koboldcpp", "aphrodite", "tabbyapi", "vllm", "ollama"} <= heads
        for ending in ("-Q4_K_M", ".Q5_K_M.gguf", "-GPTQ-Int4", "-AWQ", "-4.0bpw-exl2", ".i1-IQ4_XS"):
            assert any(name.endswith(ending) for name in names)
        assert any("::" in name and "#" in name for name in names)
        assert len({name.lower() for name in names}) < len(names)
        assert names & set(horde.reference("text"))

    @pytest.mark.parametrize("seed", range(4))
    def test_a_dozen_models_are_on_several_backends_and_two_are_uneven(self, seed: int) -> None:
        horde = simulated(seed)
        index = NameIndex(horde.reference("text"))
        usage: dict[str, Counter[str]] = defaultdict(Counter)
        threads: dict[str, Counter[str]] = defaultdict(Counter)
        for name, count in horde.usage("text")["month"].items():
            found = index.resolve(name)
            if found.model is not None and count:
                usage[found.model][found.backend] += count
        for row in horde.status("text"):
            found = index.resolve(row["name"])
            if found.model is not None and row["count"]:
                threads[found.model][found.backend] += row["count"]
        several = {model: usage[model] | threads[model] for model in usage if len(usage[model] | threads[model]) > 1}
        assert len(several) == 12
        imbalances = [
            sum(abs(usage[m][b] / usage[m].total() - threads[m][b] / threads[m].total()) for b in backends) / 2
            for m, backends in several.items()
        ]
        assert sum(imbalance >= 0.3 for imbalance in imbalances) == 2


class TestLive:
    @pytest.mark.parametrize("hours", range(8))
    def test_counts_of_workers_hold_at_any_hour(self, horde: Horde, hours: int) -> None:
        horde.now += hours * 3600
        workers = horde.workers()
        assert Counter(worker["type"] for worker in workers) == {"image": 25, "text": 35, "interrogation": 4}
        assert len({worker["id"] for worker in workers}) == len({worker["name"] for worker in workers}) == 64
        assert sum(worker["maintenance_mode"] for worker in workers) == 4
        assert 0 < sum(worker["trusted"] for worker in workers) < 64

    def test_one_worker_leaves_and_one_comes_each_hour(self, horde: Horde) -> None:
        rosters = []
        for _ in range(12):
            rosters.append({worker["id"] for worker in horde.workers()})
            horde.now += 3600
        assert all(len(before - after) == 1 for before, after in itertools.pairwise(rosters))

    def test_workers_serve_one_to_many_models(self, horde: Horde) -> None:
        image = [len(worker["models"]) for worker in horde.workers("?type=image")]
        text = [len(worker["models"]) for worker in horde.workers("?type=text")]
        assert (min(image), max(image)) == (1, 140)
        assert set(text) == {1, 2}

    @pytest.mark.parametrize("hours", range(6))
    @pytest.mark.parametrize("category", ["image", "text"])
    def test_status_counts_the_threads_of_workers_outside_maintenance(
        self, horde: Horde, category: str, hours: int
    ) -> None:
        horde.now += hours * 3600
        threads: Counter[str] = Counter()
        for worker in horde.workers(f"?type={category}"):
            if not worker["maintenance_mode"]:
                threads.update(dict.fromkeys(worker["models"], worker["threads"]))
        served = {row["name"]: row["count"] for row in horde.status(category) if row["count"]}
        assert served == threads

    @pytest.mark.parametrize("minutes", [0, 7, 61, 500])
    def test_queues_follow_the_formulas_of_the_api(self, horde: Horde, minutes: int) -> None:
        horde.now += minutes * 60
        for row in [*horde.status("image"), *horde.status("text")]:
            capacity = row["count"] * row["performance"]
            expected = (int(row["queued"] / capacity) if capacity else 10_000) if row["queued"] else 0
            assert row["eta"] == expected
            assert (row["queued"] > 0) == (row["jobs"] > 0)
            assert row["jobs"].is_integer()

    def test_some_unserved_models_have_queued_work(self, horde: Horde) -> None:
        for _ in range(20):
            unserved = [row for row in horde.status("image") if row["count"] == 0]
            assert len(unserved) == 4
            assert all(row["queued"] > 0 and row["eta"] == 10_000 for row in unserved)
            assert {row["name"] for row in unserved} < set(horde.reference("image"))
            horde.now += 60
        assert all(row["count"] for row in horde.status("text"))

    def test_now_and_then_somebody_waits_for_a_served_model_of_unknown_speed(self, horde: Horde) -> None:
        waits = []
        for _ in range(48):
            waits.append(sum(row["eta"] == 10_000 and row["count"] > 0 for row in horde.status("image")))
            horde.now += 1800
        assert min(waits) < max(waits) <= 8

    def test_some_speeds_are_unknown(self, horde: Horde) -> None:
        speeds = [row["performance"] for row in horde.status("image") if row["count"]]
        assert 0 < speeds.count(0.0) < len(speeds) / 2

    @pytest.mark.parametrize("path", LIVE)
    def test_the_live_side_moves_from_minute_to_minute_and_not_within_one(self, horde: Horde, path: str) -> None:
        first = horde.body(path)
        horde.now += 20
        assert horde.body(path) == first
        horde.now += 60
        assert horde.body(path) != first

    def test_queues_move_smoothly(self, horde: Horde) -> None:
        jobs = []
        for _ in range(60):
            jobs.append(horde.read("/v2/status/performance")["queued_requests"])
            horde.now += 60
        steps = [abs(after - before) for before, after in itertools.pairwise(jobs)]
        assert len(set(jobs)) > 10
        assert max(steps) < 0.4 * max(jobs)

    def test_the_network_agrees_with_the_workers_the_queues_and_the_totals(self, horde: Horde) -> None:
        network, workers = horde.read("/v2/status/performance"), horde.workers()
        for kind, prefix in (("image", ""), ("text", "text_"), ("interrogation", "interrogator_")):
            threads = [worker["threads"] for worker in workers if worker["type"] == kind]
            assert network[f"{prefix}worker_count" if kind != "interrogation" else "interrogator_count"] == len(threads)
            assert network[f"{prefix}thread_count"] == sum(threads)
        jobs = sum(row["jobs"] for row in horde.status("image"))
        assert 0 < network["queued_requests"] <= jobs
        minute = horde.read("/v2/stats/img/totals")["minute"]
        assert network["past_minute_megapixelsteps"] == pytest.approx(minute["ps"] / 1e6, abs=0.01)

    @pytest.mark.parametrize("category", ["image", "text"])
    def test_totals_agree_with_the_usage_maps_at_the_start_of_a_day(self, category: str) -> None:
        horde = simulated(now=NOW // DAY * DAY)
        usage = horde.usage(category)
        totals = horde.read(f"/v2/stats/{'img' if category == 'image' else 'text'}/totals")
        field = "images" if category == "image" else "requests"
        for period in ("day", "month", "total"):
            assert totals[period][field] == pytest.approx(sum(usage[period].values()), rel=1e-6, abs=1)
        assert 0 < totals["minute"][field] < totals["hour"][field] < totals["day"][field]
