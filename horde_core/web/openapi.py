"""The OpenAPI 3.1 document, made from the records of the endpoints' parameters and answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from horde_core.endpoints.parameters import CATEGORIES, CATEGORY_OF, is_list
from horde_core.endpoints.table import ENDPOINTS, Endpoint
from horde_core.version import __version__
from horde_core.vocabulary import ModelType
from horde_core.web.problems import MEDIA_TYPE, Problem

_SCHEMAS = "#/components/schemas/{model}"
_PROBLEMS = {
    "422": "A parameter or a value that is not allowed; the detail names it, and what is.",
    "429": "Too many requests from this address; Retry-After says when to ask again.",
    "503": "Nothing was ever fetched; Retry-After says when to ask again.",
}
_DESCRIPTION = (
    "What the dashboard shows, for scripts: the same snapshots, so the same figures. Read-only, no key. "
    "What is unknown is null, never 0. Numbers are in the API's own units: pixelsteps, tokens, bytes, seconds."
)


def document(server: str) -> dict[str, Any]:
    """Return the document of the API at an address, which may be relative to the document's own."""
    return {**_document(), "servers": [{"url": server}]}


@cache
def _document() -> dict[str, Any]:
    records: list[type[BaseModel]] = [*(endpoint.record for endpoint in ENDPOINTS), Problem]
    _, definitions = models_json_schema([(record, "serialization") for record in records], ref_template=_SCHEMAS)
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        paths |= _paths(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "AI Horde dashboard", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _paths(endpoint: Endpoint) -> dict[str, Any]:
    """One path, or one a category where each has parameters of its own."""
    if not endpoint.differs:
        return {endpoint.path: {"get": _operation(endpoint, "image", endpoint.name)}}
    return {
        endpoint.path.replace("{category}", CATEGORY_OF[kind]): {
            "get": _operation(endpoint, kind, f"{endpoint.name}_{kind}", names_category=False)
        }
        for kind in CATEGORIES.values()
    }


def _operation(endpoint: Endpoint, kind: ModelType, name: str, names_category: bool = True) -> dict[str, Any]:
    parameters = [_category()] if endpoint.has_category and names_category else []
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": _ref(endpoint.record)}}}
    if "csv" in endpoint.formats:
        content["text/csv"] = {"schema": {"type": "string"}}
    problems = {**({"404": "No such category."} if parameters else {}), **_PROBLEMS}
    return {
        "operationId": name.replace("-", "_"),
        "summary": endpoint.summary,
        "parameters": [*parameters, *_query_parameters(endpoint, kind), _format(endpoint)],
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **({"304": {"description": "What If-None-Match names still holds."}} if endpoint.is_cached else {}),
            **{status: _problem(said) for status, said in problems.items()},
        },
    }


def _query_parameters(endpoint: Endpoint, kind: ModelType) -> list[dict[str, Any]]:
    query = endpoint.query(kind)
    schema = query.model_json_schema()
    required, definitions = schema.get("required", []), schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": details.get("description", ""),
            "schema": _parameter_schema(details, definitions),
            **({"style": "form", "explode": True} if is_list(query, name) else {}),
        }
        for name, details in schema.get("properties", {}).items()
    ]


def _parameter_schema(details: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one parameter, without null: a parameter that is not given is absent."""
    kept = {key: value for key, value in details.items() if key not in ("title", "description", "anyOf", "default")}
    kinds = [kind for kind in details.get("anyOf", ()) if kind.get("type") != "null"]
    schema = {**kept, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})}
    if details.get("default") not in (None, [], ""):
        schema["default"] = details["default"]
    assert not definitions, "a parameter is plain"
    return schema


def _category() -> dict[str, Any]:
    return {"name": "category", "in": "path", "required": True, "schema": {"type": "string", "enum": list(CATEGORIES)}}


def _format(endpoint: Endpoint) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(endpoint.formats), "default": "json"}
    return {"name": "format", "in": "query", "required": False, "description": "how to write it", "schema": schema}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": _ref(Problem)}}}}


def _ref(record: type[BaseModel]) -> str:
    return _SCHEMAS.format(model=record.__name__)
