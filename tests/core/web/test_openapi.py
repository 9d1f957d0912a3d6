"""The document that describes the routes, and the page that lists them: true, valid and complete."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from horde_core import HordeAPIIntegration, Settings
from horde_core.endpoints.parameters import CATEGORIES, CATEGORY_OF, audit_query
from horde_core.endpoints.table import ENDPOINTS
from horde_core.web.openapi import document
from tests.fixtures.audits import TYPES
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import BASE, EVERY_PATH, Client

SERVER = "https://dashboard.example/api/v1"
DESCRIBED: dict[str, Any] = document(SERVER)
SOURCES = (
    "/v2/status/models",
    "/v2/stats/img/models",
    "/v2/stats/text/models",
    "/v2/workers",
    "/model_references/v2/image_generation",
    "/model_references/v2/text_generation",
    "/model_mod_data.json",
)


def references(node: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        yield from (found for value in node.values() for found in references(value))
    elif isinstance(node, list):
        yield from (found for value in node for found in references(value))


def operation(path: str) -> dict[str, Any]:
    """Return what the document says of a route that was asked."""
    plain = path.partition("?")[0]
    for template, methods in DESCRIBED["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), plain):
            return dict(methods["get"])
    raise AssertionError(f"{path} is not described")


def conforms(body: Any, schema: dict[str, Any]) -> list[str]:
    """Return what in a body is not as its schema says."""
    validator = Draft202012Validator({**schema, "components": DESCRIBED["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def test_it_is_valid_openapi_3_1() -> None:
    assert DESCRIBED["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(json.loads(json.dumps(DESCRIBED))).validate()


def test_a_document_that_is_not_valid_would_be_noticed() -> None:
    broken = json.loads(json.dumps(DESCRIBED))
    del broken["info"]["title"]
    with pytest.raises(Exception, match="title"):
        schemathesis.openapi.from_dict(broken).validate()


def test_its_schemas_are_valid_and_every_reference_leads_somewhere() -> None:
    schemas = DESCRIBED["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    found = set(references(DESCRIBED))
    assert found == {reference for reference in found if reference.rpartition("/")[2] in schemas}
    assert set(schemas) == {reference.rpartition("/")[2] for reference in found}, "nothing is described for nobody"


def test_every_route_is_described_and_no_other() -> None:
    audits = {f"/audit/{category}" for category in CATEGORIES}
    assert set(DESCRIBED["paths"]) == {endpoint.path for endpoint in ENDPOINTS if endpoint.name != "audit"} | audits
    operations = [methods["get"] for methods in DESCRIBED["paths"].values()]
    assert {tuple(methods) for methods in DESCRIBED["paths"].values()} == {("get",)}
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] for one in operations)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_parameter_is_described_with_its_meaning(endpoint: Any) -> None:
    for kind in TYPES:
        path = endpoint.path.replace("{category}", CATEGORY_OF[kind])
        told = {one["name"]: one for one in operation(path)["parameters"]}
        assert {name for name, one in told.items() if one["in"] == "query"} == {
            *endpoint.query(kind).model_fields,
            "format",
        }
        assert all(one["description"] for one in told.values() if one["in"] == "query")
        assert told["format"]["schema"]["enum"] == list(endpoint.formats)


def test_choices_bounds_and_defaults_are_told() -> None:
    told = {one["name"]: one["schema"] for one in operation("/statistics/text_generation/with-stats")["parameters"]}
    assert told["category"]["enum"] == list(CATEGORIES)
    assert told["limit"] == {"type": "integer", "minimum": 1, "maximum": 10_000}
    assert told["sort_by"]["default"] == "name"
    assert "eta" in told["sort_by"]["enum"]
    audit = {one["name"]: one for one in operation("/audit/text_generation")["parameters"]}
    assert audit["group"]["schema"]["enum"] == ["exact", "model", "family"]
    assert audit["flag"]["schema"]["type"] == "array"
    assert audit["flag"]["explode"] is True
    assert set(audit) == {*audit_query("text").model_fields, "format"}


def test_it_says_where_it_is_asked(client: Client) -> None:
    answer = client.ask("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    (server,) = answer.json()["servers"]
    assert urljoin(f"http://dashboard{BASE}/openapi.json", server["url"]) == f"http://dashboard{BASE}"
    assert {**answer.json(), "servers": DESCRIBED["servers"]} == DESCRIBED


@pytest.mark.parametrize("missing", ["nothing", *SOURCES])
def test_answers_are_as_described_whatever_source_is_missing(
    cold: HordeAPIIntegration, horde_server: HordeServer, missing: str
) -> None:
    horde_server.answer(missing, status=404)
    cold.read(cold.all_sources())
    client = Client()
    more = "?include_workers=true&include_backend_variations=true"
    for path in (*EVERY_PATH, "/sources", f"/statistics/text_generation/with-stats{more}"):
        schema = operation(path)["responses"]["200"]["content"]["application/json"]["schema"]
        body = client.body(path)
        assert conforms(body, schema) == [], path
        record = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
        assert set(body) == set(record), "nothing is answered that is not described"


@pytest.mark.parametrize(
    ("path", "status"), [("/statistics/x", "404"), ("/audit/text_generation?x=1", "422"), ("/resolve", "422")]
)
def test_refusals_are_as_described(client: Client, path: str, status: str) -> None:
    described = operation(path)["responses"][status]["content"]["application/problem+json"]["schema"]
    assert conforms(client.ask(path).json(), described) == []


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


def test_the_page_lists_every_route_with_an_example_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = HordeAPIIntegration(Settings(source="demo"))
    simulation.read(simulation.all_sources())
    monkeypatch.setattr(HordeAPIIntegration, "_shared", simulation)
    client = Client()
    page = client.ask("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = unescape(page.text)
    assert [endpoint.path for endpoint in ENDPOINTS if f"GET {endpoint.path}" not in text] == []
    assert [endpoint.summary for endpoint in ENDPOINTS if endpoint.summary not in text] == []
    document_link, *examples = [urljoin(f"http://dashboard{BASE}/", link) for link in links(page.text)]
    assert document_link == f"http://dashboard{BASE}/openapi.json"
    assert len(examples) == len(ENDPOINTS)
    for link in (document_link, *examples):
        assert client.ask(link).status_code == 200, link
        assert link.startswith(f"http://dashboard{BASE}/")
    rows = [client.ask(link).json() for link in examples]
    assert all(body["returned_count"] > 0 for body in rows), "an example shows something"


def test_links_of_the_page_do_not_depend_on_how_it_was_asked_for(client: Client) -> None:
    assert links(client.ask("/?utm_source=elsewhere").text) == links(client.ask("/").text)


def test_the_page_is_found_with_and_without_a_slash(client: Client) -> None:
    redirect = client.ask("/../v1")
    assert redirect.status_code in (200, 307)
    assert redirect.headers.get("location", f"http://dashboard{BASE}/") == f"http://dashboard{BASE}/"


def test_the_page_needs_no_horde(cold: HordeAPIIntegration, horde_server: HordeServer) -> None:
    client = Client()
    assert client.ask("/").status_code == client.ask("/openapi.json").status_code == 200
    assert horde_server.requests.total() == 0
