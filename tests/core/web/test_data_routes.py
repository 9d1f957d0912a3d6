"""What each route answers: fresh, stale and without a source, in pages, in order, narrowed, as JSON and as CSV."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core import HordeAPIIntegration
from horde_core.endpoints.parameters import SortBy
from tests.fixtures.horde_bodies import (
    APHRODITE_MISTRAL,
    FORMULA_NAME,
    HTML_NAME,
    IMAGE_WORKERS,
    KOBOLD_MISTRAL,
    QUANTISED_CYDONIA,
    TEXT_WORKERS,
)
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import CATEGORIES, EVERY_PATH, Client, by_name, names, with_parameters
from tests.fixtures.upstream import TurnedClock

IMAGE_MODELS = "/statistics/image_generation/with-stats"
TEXT_MODELS = "/statistics/text_generation/with-stats"
IMAGE_AUDIT, TEXT_AUDIT = "/audit/image_generation", "/audit/text_generation"
IMAGE_UNLISTED, TEXT_UNLISTED = "/unlisted/image_generation", "/unlisted/text_generation"
FLUX, ALBEDO, DELIBERATE = "Flux.1-Schnell", "AlbedoBase XL (SDXL)", "Deliberate"
MISTRAL, CYDONIA, STHENO = (
    "mistralai/Mistral-7B-Instruct-v0.3",
    "TheDrummer/Cydonia-24B-v4.1",
    "Sao10K/L3-8B-Stheno-v3.2",
)
A_MINUTE, MOST_OF_AN_HOUR = 60.0, 3_600.0
ANSWER = {"snapshot", "simulated", "state", "sources", "unknown", "total_count", "returned_count"}
LISTED = ("/with-stats", "/audit", "/unlisted", "/resolve")


def figures(body: dict[str, Any]) -> dict[str, Any]:
    """What an answer says, but for how its sources do."""
    return {key: value for key, value in body.items() if key not in ("state", "sources")}


class TestFresh:
    @pytest.mark.parametrize("path", EVERY_PATH)
    def test_every_answer_says_where_its_figures_are_from(self, client: Client, path: str) -> None:
        body = client.body(path)
        assert set(body) >= ANSWER
        assert (body["state"], body["unknown"], body["simulated"]) == ("fresh", [], False)
        assert {source["state"] for source in body["sources"]} == {"fresh"}
        assert {source["fetched_at"] for source in body["sources"]} == {"2025-12-13T04:26:40Z"}
        assert all(set(source) == {"key", "title", "state", "fetched_at"} for source in body["sources"])

    def test_statistics_are_of_the_category(self, client: Client) -> None:
        for kind, category in CATEGORIES:
            body = client.body(f"/statistics/{category}")
            assert (body["category"], body["statistics"]["model_type"]) == (category, kind)
            assert body["statistics"]["catalogue"]["models"] == 3
            assert body["statistics"]["coverage"]["served"] == 2

    def test_every_model_of_the_reference_has_its_figures(self, client: Client) -> None:
        rows = by_name(client.body(TEXT_MODELS))
        assert set(rows) == {MISTRAL, CYDONIA, STHENO}
        mistral = rows[MISTRAL]
        assert mistral["usage_stats"] == {"day": 250, "month": 6_500, "total": 70_000}
        assert (mistral["thread_count"], mistral["worker_count"], mistral["worker_count_source"]) == (4, 2, "workers")
        assert (mistral["queued_jobs"], mistral["queued"]) == (8, 1_600.0)
        assert mistral["names"] == [APHRODITE_MISTRAL, KOBOLD_MISTRAL]

    def test_names_outside_the_reference_are_told_most_used_this_month_first(self, client: Client) -> None:
        body = client.body(TEXT_UNLISTED)
        assert names(body) == [HTML_NAME, FORMULA_NAME, ""]
        assert [row["backend"] for row in body["models"]] == ["koboldcpp", "canonical", "canonical"]
        assert names(client.body(IMAGE_UNLISTED)) == ["Retired Model"]
        assert client.body(IMAGE_UNLISTED)["models"][0]["backend"] is None

    def test_the_audit_tells_findings_with_their_reasons_worst_first(self, client: Client) -> None:
        body = client.body(IMAGE_AUDIT)
        assert names(body) == [FLUX, ALBEDO, DELIBERATE]
        assert [row["severity"] for row in body["models"]] == ["critical", "warning", "none"]
        assert "0 workers serve it" in body["models"][0]["severity_reason"]
        assert "0 threads to serve" in body["models"][0]["reasons"]["unserved_queue"]
        assert body["models"][0]["age_days"] > 0
        assert (body["summary"]["models"], body["category_month_usage"], body["group"]) == (3, 4_300, "model")

    def test_a_name_is_resolved_in_both_categories_or_in_one(self, client: Client) -> None:
        path = f"/resolve?name={QUANTISED_CYDONIA}"
        image, text = client.body(path)["resolutions"]
        assert (image["category"], image["model"], image["how"]) == ("image_generation", None, "none")
        assert text == {
            "category": "text_generation",
            "model": CYDONIA,
            "backend": "koboldcpp",
            "quant": "Q4_K_M",
            "how": "quantisation",
        }
        assert client.body(with_parameters(path, category="text_generation"))["resolutions"] == [text]
        assert [source["key"] for source in client.body(path)["sources"]] == ["reference:image", "reference:text"]

    def test_every_source_is_told_without_asking_for_any(
        self, cold: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        client = Client()
        body = client.body("/sources")
        assert (body["state"], body["total_count"], len(body["unknown"])) == ("unavailable", 12, 12)
        assert horde_server.requests.total() == 0
        cold.read(cold.all_sources())
        clock.advance(20)
        body = client.body("/sources")
        assert (body["state"], body["unknown"]) == ("fresh", [])
        assert {source["age_seconds"] for source in body["sources"]} == {20.0}
        assert {source["key"]: source["rows"] for source in body["sources"]}["status:text"] == 5
        assert client.ask("/sources").headers["cache-control"] == "no-store"

    def test_what_was_not_understood_of_a_source_is_told_with_an_example_and_is_unknown_without_it(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        def told(source: dict[str, Any]) -> Any:
            return source["not_understood"]

        client = Client()
        assert {source["key"]: told(source) for source in client.body("/sources")["sources"]}["workers"] is None
        assert {source["not_understood"] for source in client.rows("/sources")} == {""}
        first, *others = [*IMAGE_WORKERS, *TEXT_WORKERS]
        horde_server.answer("/v2/workers", [{**first, "colour": "blue"}, {**first, "type": "audio"}, *others])
        cold.read(cold.all_sources())
        sources = {source["key"]: source for source in client.body("/sources")["sources"]}
        assert sorted(told(sources["workers"]), key=lambda one: one["kind"]) == [
            {"kind": "foreign type", "field": "type", "times": 1, "example": "audio"},
            {"kind": "unknown field", "field": "colour", "times": 1, "example": "blue"},
        ]
        assert told(sources["modes"]) == []
        rows = {source["key"]: source["not_understood"] for source in client.rows("/sources")}
        assert "unknown field colour (1): blue" in rows["workers"]
        assert rows["modes"] == "none"


class TestStale:
    @pytest.mark.parametrize("path", EVERY_PATH)
    def test_when_the_api_dies_the_same_figures_are_answered_as_stale(
        self, client: Client, horde_server: HordeServer, clock: TurnedClock, path: str
    ) -> None:
        before = client.ask(path)
        horde_server.stop()
        clock.advance(MOST_OF_AN_HOUR)
        after = client.ask(path)
        assert after.status_code == 200
        assert after.json()["state"] == "stale"
        assert after.headers["cache-control"] == "public, max-age=0"
        assert figures(after.json()) == figures(before.json())
        assert after.headers["etag"] != before.headers["etag"]

    @pytest.mark.parametrize("path", [path for path in EVERY_PATH if "resolve" not in path])
    def test_one_stale_source_makes_the_answer_stale(
        self, client: Client, horde_server: HordeServer, clock: TurnedClock, path: str
    ) -> None:
        horde_server.stop()
        clock.advance(A_MINUTE)
        body = client.body(path)
        states = {source["key"].partition(":")[0]: source["state"] for source in body["sources"]}
        assert body["state"] == states["usage"] == "stale"
        assert states["reference"] == "fresh"

    def test_the_names_of_a_reference_that_is_fresh_are_too(self, client: Client, clock: TurnedClock) -> None:
        clock.advance(A_MINUTE)
        assert client.body("/resolve?name=x")["state"] == "fresh"

    def test_what_is_too_old_is_not_served(self, client: Client, horde_server: HordeServer, clock: TurnedClock) -> None:
        horde_server.stop()
        clock.advance(2 * MOST_OF_AN_HOUR + 1)
        assert client.ask(IMAGE_MODELS).status_code == 503


def without(horde: HordeAPIIntegration, horde_server: HordeServer, *paths: str) -> Client:
    """Return a client of an app that could load everything but these."""
    for path in paths:
        horde_server.answer(path, status=404)
    horde.read(horde.all_sources())
    return Client()


class TestUnavailable:
    def test_without_usage_requests_are_unknown(self, cold: HordeAPIIntegration, horde_server: HordeServer) -> None:
        client = without(cold, horde_server, "/v2/stats/img/models")
        for path in ("/statistics/image_generation", IMAGE_MODELS, IMAGE_AUDIT, IMAGE_UNLISTED):
            body = client.body(path)
            assert (body["unknown"], body["state"]) == (["usage:image"], "unavailable")
        assert {row["usage_stats"] for row in client.body(IMAGE_MODELS)["models"]} == {None}
        audit = client.body(IMAGE_AUDIT)
        assert audit["category_month_usage"] is None
        assert {row[key] for row in audit["models"] for key in ("usage_day", "usage_month", "usage_total")} == {None}
        assert {row["flags"]["low_usage"] for row in audit["models"]} == {None}
        assert audit["summary"]["by_preset"]["critical"] is None
        told = client.body("/statistics/image_generation")["statistics"]
        assert set(told["coverage"]["usage_percentage"].values()) == set(told["concentration"].values()) == {None}
        assert {row["usage_month"] for row in client.rows(IMAGE_MODELS)} == {""}
        assert {row["usage_month"] for row in client.rows(IMAGE_AUDIT)} == {""}

    def test_without_the_queue_threads_and_jobs_are_unknown(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        client = without(cold, horde_server, "/v2/status/models?type=image")
        body = client.body(IMAGE_MODELS)
        assert body["unknown"] == ["status:image"]
        unknown = ("thread_count", "queued_jobs", "queued", "performance", "eta", "unserved")
        assert {row[key] for row in body["models"] for key in unknown} == {None}
        assert {row["thread_count"] for row in client.rows(IMAGE_MODELS)} == {""}
        audit = client.body(IMAGE_AUDIT)
        assert {row["flags"]["unserved_queue"] for row in audit["models"]} == {None}
        assert {row["threads"] for row in client.rows(IMAGE_AUDIT)} == {""}
        assert client.body("/statistics/image_generation")["statistics"]["coverage"]["served"] is None
        assert client.body(TEXT_MODELS)["unknown"] == []

    def test_without_workers_a_count_of_threads_says_that_it_is_one_and_never_counts_as_workers(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        client = without(cold, horde_server, "/v2/workers")
        for path in (IMAGE_MODELS, TEXT_MODELS, IMAGE_AUDIT, TEXT_AUDIT):
            assert client.body(path)["unknown"] == ["workers"]
        assert {row["worker_count_source"] for row in client.body(IMAGE_MODELS)["models"]} == {"threads"}
        narrowed = client.body(f"{IMAGE_MODELS}?min_worker_count=0")
        assert (narrowed["total_count"], narrowed["returned_count"]) == (None, 0), "nobody knows how many there are"
        assert names(client.body(f"{IMAGE_MODELS}?sort_by=worker_count")) == names(client.body(IMAGE_MODELS))
        assert {row["worker_count"] for row in client.body(IMAGE_AUDIT)["models"]} == {None}
        assert client.body("/statistics/image_generation")["statistics"]["supply"]["without_worker"] is None
        included = client.body(f"{IMAGE_MODELS}?include_workers=true")["models"]
        assert {row["worker_summaries"] for row in included} == {None}

    def test_without_the_reference_what_is_listed_is_unknown(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        client = without(cold, horde_server, "/model_references/v2/image_generation")
        for path in (IMAGE_MODELS, IMAGE_AUDIT, IMAGE_UNLISTED):
            body = client.body(path)
            assert (body["unknown"], body["models"]) == (["reference:image"], [])
        told = client.body("/statistics/image_generation")["statistics"]
        assert told["catalogue"] is told["coverage"] is told["supply"] is None
        resolved = client.body("/resolve?name=Deliberate")
        assert resolved["unknown"] == ["reference:image"]
        assert [row["how"] for row in resolved["resolutions"]] == [None, "none"]

    def test_without_the_reference_no_count_of_the_audit_is_nothing(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        summary = without(cold, horde_server, "/model_references/v2/image_generation").body(IMAGE_AUDIT)["summary"]
        assert summary is None or set(summary["by_preset"].values()) == set(summary["by_severity"].values()) == {None}

    def test_without_ages_no_model_is_new_or_a_candidate(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        client = without(cold, horde_server, "/model_mod_data.json")
        body = client.body(IMAGE_AUDIT)
        assert body["unknown"] == ["ages"]
        assert {row[key] for row in body["models"] for key in ("age_days", "is_new")} == {None}
        assert body["summary"]["by_preset"]["deletion_candidates"] is None
        assert client.body(f"{IMAGE_AUDIT}?preset=deletion_candidates")["models"] == []
        assert client.body(TEXT_AUDIT)["unknown"] == client.body(IMAGE_MODELS)["unknown"] == []

    @pytest.mark.parametrize("path", EVERY_PATH)
    def test_a_source_that_is_held_does_not_make_the_answer_leave_out_those_on_their_way(
        self, cold: HordeAPIIntegration, path: str
    ) -> None:
        cold.read([cold.workers_source, cold.reference.sources["image"], cold.reference.sources["text"]])
        assert Client().body(path)["unknown"] == []


class TestPages:
    @pytest.mark.parametrize("path", [IMAGE_MODELS, TEXT_MODELS, IMAGE_AUDIT, TEXT_AUDIT, TEXT_UNLISTED])
    def test_pages_put_together_are_the_whole_and_each_tells_how_much_there_is(self, client: Client, path: str) -> None:
        whole = client.body(path)
        assert (whole["total_count"], whole["returned_count"], whole["offset"]) == (3, 3, 0)
        pages = [client.body(f"{path}?limit=2&offset={offset}") for offset in (0, 2, 4)]
        assert [page["total_count"] for page in pages] == [3, 3, 3]
        assert [page["returned_count"] for page in pages] == [2, 1, 0]
        assert [page["offset"] for page in pages] == [0, 2, 4]
        assert [row for page in pages for row in page["models"]] == whole["models"]
        assert [row["name"] for row in client.rows(f"{path}?limit=1")] == names(whole)[:1]

    def test_what_is_counted_before_paging_is_what_was_chosen(self, client: Client) -> None:
        body = client.body(f"{IMAGE_AUDIT}?preset=host_issues&limit=1")
        assert (body["total_count"], body["returned_count"], body["summary"]["models"]) == (1, 1, 3)
        body = client.body(f"{IMAGE_MODELS}?min_worker_count=1&limit=1")
        assert (body["total_count"], body["returned_count"]) == (2, 1)


ASCENDING: dict[SortBy, list[str]] = {
    "name": [ALBEDO, DELIBERATE, FLUX],
    "worker_count": [FLUX, ALBEDO, DELIBERATE],
    "thread_count": [FLUX, ALBEDO, DELIBERATE],
    "usage_day": [FLUX, ALBEDO, DELIBERATE],
    "usage_month": [FLUX, ALBEDO, DELIBERATE],
    "usage_total": [FLUX, ALBEDO, DELIBERATE],
    "queued_jobs": [ALBEDO, FLUX, DELIBERATE],
    "eta": [ALBEDO, DELIBERATE, FLUX],
}
DESCENDING: dict[SortBy, list[str]] = {
    "name": [FLUX, DELIBERATE, ALBEDO],
    "worker_count": [ALBEDO, DELIBERATE, FLUX],
    "thread_count": [ALBEDO, DELIBERATE, FLUX],
    "usage_day": [DELIBERATE, ALBEDO, FLUX],
    "usage_month": [DELIBERATE, ALBEDO, FLUX],
    "usage_total": [DELIBERATE, ALBEDO, FLUX],
    "queued_jobs": [DELIBERATE, FLUX, ALBEDO],
    "eta": [DELIBERATE, ALBEDO, FLUX],
}
"""Names that are even keep their order by name; Flux's eta is unknown, so it is last either way."""


class TestOrder:
    @pytest.mark.parametrize("sort_by", ASCENDING)
    def test_rows_are_ordered_by_each_figure_both_ways_with_the_unknown_last(
        self, client: Client, sort_by: SortBy
    ) -> None:
        assert names(client.body(f"{IMAGE_MODELS}?sort_by={sort_by}")) == ASCENDING[sort_by]
        assert names(client.body(f"{IMAGE_MODELS}?sort_by={sort_by}&sort_desc=true")) == DESCENDING[sort_by]

    def test_unlisted_names_may_be_ordered_too(self, client: Client) -> None:
        assert names(client.body(f"{TEXT_UNLISTED}?sort_by=usage_total&sort_desc=true")) == [
            HTML_NAME,
            "",
            FORMULA_NAME,
        ]
        assert names(client.body(f"{TEXT_UNLISTED}?sort_desc=false")) == ["", FORMULA_NAME, HTML_NAME]


class TestParts:
    def test_parts_that_were_not_asked_for_are_left_out(self, client: Client) -> None:
        for path in (TEXT_MODELS, TEXT_UNLISTED):
            for row in client.body(path)["models"]:
                assert not {"worker_summaries", "backend_variations"} & set(row)

    def test_parts_that_were_asked_for_are_there(self, client: Client) -> None:
        path = f"{TEXT_MODELS}?include_workers=true&include_backend_variations=true"
        mistral = by_name(client.body(path))[MISTRAL]
        assert {worker["name"] for worker in mistral["worker_summaries"].values()} == {"scribe", "printing press"}
        assert {name: part["usage_month"] for name, part in mistral["backend_variations"].items()} == {
            "koboldcpp": 1_500,
            "aphrodite": 5_000,
        }
        workers_only = by_name(client.body(f"{TEXT_MODELS}?include_workers=1"))[MISTRAL]
        assert "backend_variations" not in workers_only
        assert workers_only["worker_summaries"] == mistral["worker_summaries"]

    def test_image_models_have_no_backends(self, client: Client) -> None:
        rows = client.body(f"{IMAGE_MODELS}?include_backend_variations=true")["models"]
        assert [row["backend_variations"] for row in rows] == [None, None, None]

    @pytest.mark.parametrize(("least", "found"), [(0, 3), (1, 2), (2, 1), (3, 0)])
    def test_only_models_with_so_many_workers(self, client: Client, least: int, found: int) -> None:
        body = client.body(f"{TEXT_MODELS}?min_worker_count={least}")
        assert (body["total_count"], len(body["models"])) == (found, found)
        assert all(row["worker_count"] >= least for row in body["models"])


class TestFiles:
    @pytest.mark.parametrize("path", [path for path in EVERY_PATH if any(part in path for part in LISTED)])
    def test_rows_as_csv_are_those_of_json(self, client: Client, path: str) -> None:
        body, rows = client.body(path), client.rows(path)
        assert len(rows) == body["returned_count"]
        if "models" in body:
            assert [row["name"].removeprefix("'") for row in rows] == names(body)

    def test_no_cell_is_taken_for_a_formula(self, client: Client) -> None:
        text = client.ask(f"{TEXT_UNLISTED}?format=csv")
        assert f'"\'{FORMULA_NAME.replace(chr(34), 2 * chr(34))}"' in text.content.decode("utf-8-sig")
        rows = client.rows(TEXT_UNLISTED)
        assert [row["name"] for row in rows] == [HTML_NAME, f"'{FORMULA_NAME}", ""]
        assert rows[1]["names"] == f"'{FORMULA_NAME}"
        assert [row["usage_month"] for row in rows] == ["100", "10", "0"]

    def test_sources_are_rows_too(self, client: Client) -> None:
        rows = client.rows("/sources")
        assert len(rows) == 12
        assert {row["state"] for row in rows} == {"fresh"}
        assert {row["error"] for row in rows} == {"none"}

    def test_figures_that_rows_do_not_have_are_no_csv(self, client: Client) -> None:
        assert "json" in client.problem("/statistics/image_generation?format=csv", 422)

    def test_json_may_be_asked_for_by_its_name(self, client: Client) -> None:
        assert client.body(f"{IMAGE_MODELS}?format=json") == client.body(IMAGE_MODELS)

    def test_a_hostile_name_is_only_text_in_json(self, client: Client) -> None:
        assert HTML_NAME in names(client.body(TEXT_UNLISTED))
        resolved = client.body(with_parameters("/resolve", name=HTML_NAME, category="text_generation"))
        assert (resolved["name"], resolved["resolutions"][0]["model"]) == (HTML_NAME, None)
