"""The simulated Horde answers like the real API: protocol, shapes, and a reference with things to find."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotals
from horde_core.upstream.parsing import parse_object, parse_status, parse_usage, parse_workers
from tests.fixtures.simulated_horde import DAY, NOW, Horde, simulated

BODIES = (
    "/api/v2/status/models?type=image&model_state=all",
    "/api/v2/status/models?type=text&model_state=all",
    "/api/v2/workers",
    "/api/v2/stats/img/models?model_state=all",
    "/api/v2/stats/text/models",
    "/api/v2/stats/img/totals",
    "/api/v2/stats/text/totals",
    "/api/v2/status/performance",
    "/api/v2/status/modes",
    "/api/model_references/v2/image_generation",
    "/api/model_references/v2/text_generation",
    "/owner/repository/main/model_mod_data.json",
)
SEEDED = tuple(path for path in BODIES if not path.endswith("modes"))

ROOT = Path(__file__).resolve().parents[3]
DIGEST = f"""
import hashlib, sys, httpx
from horde_core.demo import DemoTransport
client = httpx.Client(transport=DemoTransport(0, clock=lambda: {NOW}), base_url="https://simulated.example")
print(hashlib.sha256(b"".join(client.get(path).content for path in sys.argv[1:])).hexdigest())
"""


@pytest.fixture
def horde() -> Horde:
    return simulated()


class TestProtocol:
    @pytest.mark.parametrize("path", BODIES)
    def test_the_same_seed_and_clock_give_the_same_bytes(self, path: str) -> None:
        assert Horde(seed=7).body(path) == simulated(7).body(path)

    def test_the_hash_seed_of_a_process_changes_nothing(self) -> None:
        digests = {
            subprocess.run(
                [sys.executable, "-c", DIGEST, *BODIES],
                env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
                check=True,
                capture_output=True,
            ).stdout
            for hash_seed in ("1", "2")
        }
        assert len(digests) == 1

    @pytest.mark.parametrize("path", SEEDED)
    def test_another_seed_gives_another_horde(self, path: str) -> None:
        assert simulated(1).body(path) != simulated(2).body(path)

    def test_host_and_prefix_do_not_matter(self, horde: Horde) -> None:
        assert horde.body("/api/v2/workers") == horde.body("http://elsewhere.example:8080/proxy/horde/v2/workers")

    @pytest.mark.parametrize("path", ["/", "/api/v2/unknown", "/api/v2/workers/", "/api/v2/status/models/Some%20Name"])
    def test_an_unknown_path_is_a_404_html_page(self, horde: Horde, path: str) -> None:
        answer = horde.client.get(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.startswith("<!doctype html>")

    def test_a_good_answer_carries_retry_after_until_the_next_minute(self, horde: Horde) -> None:
        answer = horde.client.get("/api/v2/workers")
        assert answer.status_code == 200
        assert answer.headers["Retry-After"] == str(60 - int(NOW) % 60)
        assert answer.headers["X-Ratelimit-Limit"] == "90"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert "Retry-After" not in horde.client.get("/api/model_references/v2/text_generation").headers

    def test_type_selects_and_an_unknown_type_selects_nothing(self, horde: Horde) -> None:
        assert horde.read("/api/v2/status/models") == horde.status("image")
        assert {row["type"] for row in horde.status("text")} == {"text"}
        assert {worker["type"] for worker in horde.workers("?type=interrogation")} == {"interrogation"}
        for path in ("status/models?type=IMAGE", "status/models?type=interrogation", "workers?type=alchemy"):
            assert horde.read(f"/api/v2/{path}") == []

    def test_many_threads_read_the_same_bytes(self) -> None:
        expected = {path: Horde().body(path) for path in BODIES}
        horde, start = Horde(), threading.Barrier(16)

        def reader(number: int) -> list[tuple[str, bytes]]:
            start.wait(timeout=10)
            turned = BODIES[number % len(BODIES) :] + BODIES[: number % len(BODIES)]
            return [(path, horde.body(path)) for path in turned]

        with ThreadPoolExecutor(16) as pool:
            answers = [answer for some in pool.map(reader, range(16)) for answer in some]
        assert len(answers) == 16 * len(BODIES)
        assert all(content == expected[path] for path, content in answers)


class TestShapes:
    def test_no_row_is_dropped_by_the_parsers(self, horde: Horde) -> None:
        assert parse_status(horde.body(BODIES[0]), "image").dropped == 0
        assert parse_status(horde.body(BODIES[1]), "text").dropped == 0
        workers = parse_workers(horde.body(BODIES[2]))
        assert (workers.dropped, len(workers.data)) == (0, len(horde.workers()))
        assert parse_usage(horde.body(BODIES[3])).dropped == parse_usage(horde.body(BODIES[4])).dropped == 0

    def test_the_objects_have_every_documented_field(self, horde: Horde) -> None:
        performance = parse_object(HordePerformance)(horde.body("/v2/status/performance")).data
        assert None not in performance.model_dump().values()
        for path in ("/v2/stats/img/totals", "/v2/stats/text/totals"):
            totals = parse_object(HordeTotals)(horde.body(path)).data
            assert None not in (totals.minute, totals.hour, totals.day, totals.month, totals.total)
        assert parse_object(HordeModes)(horde.body("/v2/status/modes")).data.maintenance_mode is False

    def test_status_rows_have_the_seven_keys_and_unique_names(self, horde: Horde) -> None:
        for category in ("image", "text"):
            rows = horde.status(category)
            keys = {"name", "count", "performance", "queued", "jobs", "eta", "type"}
            assert all(set(row) == keys for row in rows)
            assert len({row["name"] for row in rows}) == len(rows)

    def test_workers_have_the_fields_of_their_kind(self, horde: Horde) -> None:
        common = {"id", "name", "type", "online", "requests_fulfilled", "uncompleted_jobs", "kudos_rewards"}
        common |= {"kudos_details", "performance", "threads", "uptime", "maintenance_mode", "trusted", "flagged"}
        common |= {"nsfw", "bridge_agent", "team"}
        painting = {"img2img", "painting", "post-processing", "lora", "controlnet", "sdxl_controlnet"}
        special = {
            "image": {"models", "max_pixels", "megapixelsteps_generated"} | painting,
            "text": {"models", "max_length", "max_context_length"},
            "interrogation": {"forms"},
        }
        for worker in horde.workers():
            optional = {"info", "owner", "messages"}
            assert set(worker) - optional == common | special[worker["type"]]
            assert worker["bridge_agent"].count(":") >= 2
            assert set(worker["team"]) == {"name", "id"}
            assert set(worker["kudos_details"]) == {"generated", "uptime"}

    def test_worker_speeds_are_sentences_of_their_kind(self, horde: Horde) -> None:
        units = defaultdict(set)
        for worker in parse_workers(horde.body("/v2/workers")).data:
            units[worker.type].add(worker.speed.unit if worker.speed else worker.performance)
        assert units["image"] == {"megapixelsteps per second"}
        assert units["text"] == {"tokens per second"}
        assert units["interrogation"] == {"seconds per form", "No requests fulfilled yet"}


class TestReference:
    def test_counts(self, horde: Horde) -> None:
        assert len(horde.reference("image")) == 160
        assert len(horde.reference("text")) == 700

    @pytest.mark.parametrize("seed", range(5))
    def test_last_segments_of_text_models_are_unique(self, seed: int) -> None:
        names = [name.rpartition("/")[2].lower() for name in simulated(seed).reference("text")]
        assert len(set(names)) == 700

    def test_image_records_give_an_audit_something_to_find(self, horde: Horde) -> None:
        records = horde.reference("image").values()
        hosts = [tuple(file["file_url"].split("/")[2] for file in record["config"]["download"]) for record in records]
        assert sum(not record["description"] for record in records) == 3
        assert sum("size_on_disk_bytes" not in record for record in records) == 1
        assert hosts.count(()) == 1
        assert sum("[" in host for some in hosts for host in some) == 1
        assert sum(len(some) > 1 for some in hosts) >= 4
        assert sum("huggingface.co" in some for some in hosts) > 0.8 * len(hosts)
        assert sum(some != () and "huggingface.co" not in some for some in hosts) >= 8
        assert {record["nsfw"] for record in records} == {True, False}

    def test_text_records_form_families_and_have_no_downloads(self, horde: Horde) -> None:
        records = horde.reference("text").values()
        families = Counter(record["text_model_group"] for record in records)
        assert all(record["config"]["download"] == [] for record in records)
        assert all(record["parameters"] > 0 for record in records)
        assert sum(count > 1 for count in families.values()) > 60
        assert max(families.values()) >= 6
        assert 0 < sum(not record["description"] for record in records) < 0.15 * len(records)

    @pytest.mark.parametrize("now", [1_701_000_000.0, NOW, NOW + 5 * DAY, 1_900_000_000.0])
    def test_three_image_models_were_added_within_thirty_days(self, now: float) -> None:
        ages = simulated(now=now).read("/model_mod_data.json")
        added = {name: age["date_added"] for name, age in ages.items()}
        assert max(added.values()) <= now
        assert sum(now - date < 30 * DAY for date in added.values()) == 3

    def test_ages_cover_the_reference_and_the_retired(self, horde: Horde) -> None:
        ages = horde.read("/model_mod_data.json")
        retired = {name for name, age in ages.items() if age["date_removed"] is not None}
        assert set(ages) - retired == set(horde.reference("image"))
        assert 30 < len(retired) < 160
        assert sum(NOW - ages[name]["date_added"] > 365 * DAY for name in ages) > 100
