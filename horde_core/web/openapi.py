"""The OpenAPI 3.1 document, made from the records that questions are read into and answers are written from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from horde_core.endpoints.parameters import CATEGORIES, CATEGORY_OF, is_list
from horde_core.endpoints.table import QUESTIONS, Question
from horde_core.version import __version__
from horde_core.vocabulary import ModelType
from horde_core.web.problems import MEDIA_TYPE, Problem

_SCHEMAS = "#/components/schemas/{model}"
_PROBLEMS = {
    "422": "A parameter or a value that is not allowed; the detail names it, and what is.",
    "429": "Too many requests from this address; Retry-After says when to ask again.",
    "503": "Nothing was ever had; Retry-After says when to ask again.",
}
_DESCRIPTION = (
    "What the dashboard shows, for scripts: the same snapshots, so the same figures. Read-only, no key. "
    "What is unknown is null, never 0. Numbers are in the API's own units: pixelsteps, tokens, bytes, seconds."
)


def document(server: str) -> dict[str, Any]:
    """Return the document of the API at an address."""
    return {**_document(), "servers": [{"url": server}]}


@cache
def _document() -> dict[str, Any]:
    records: list[type[BaseModel]] = [*(question.record for question in QUESTIONS), Problem]
    _, definitions = models_json_schema([(record, "serialization") for record in records], ref_template=_SCHEMAS)
    paths: dict[str, Any] = {}
    for question in QUESTIONS:
        paths |= _paths(question)
    return {
        "openapi": "3.1.0",
        "info": {"title": "AI Horde dashboard", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _paths(question: Question) -> dict[str, Any]:
    """One path, or one a category where each may be asked other things."""
    if question.name != "audit":
        return {question.path: {"get": _operation(question, "image", question.name)}}
    return {
        question.path.replace("{category}", CATEGORY_OF[kind]): {
            "get": _operation(question, kind, f"{question.name}_{kind}", names_category=False)
        }
        for kind in CATEGORIES.values()
    }


def _operation(question: Question, kind: ModelType, name: str, names_category: bool = True) -> dict[str, Any]:
    parameters = [_category()] if question.has_category and names_category else []
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": _ref(question.record)}}}
    if "csv" in question.formats:
        content["text/csv"] = {"schema": {"type": "string"}}
    problems = {**({"404": "No such category."} if parameters else {}), **_PROBLEMS}
    return {
        "operationId": name.replace("-", "_"),
        "summary": question.summary,
        "parameters": [*parameters, *_query_parameters(question, kind), _format(question)],
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **({} if question.name == "sources" else {"304": {"description": "What If-None-Match names still holds."}}),
            **{status: _problem(said) for status, said in problems.items()},
        },
    }


def _query_parameters(question: Question, kind: ModelType) -> list[dict[str, Any]]:
    query = question.query(kind)
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
    """A parameter is there or not, so null is none of its values."""
    kept = {key: value for key, value in details.items() if key not in ("title", "description", "anyOf", "default")}
    kinds = [kind for kind in details.get("anyOf", ()) if kind.get("type") != "null"]
    schema = {**kept, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})}
    if details.get("default") not in (None, [], ""):
        schema["default"] = details["default"]
    assert not definitions, "a parameter is plain"
    return schema


def _category() -> dict[str, Any]:
    return {"name": "category", "in": "path", "required": True, "schema": {"type": "string", "enum": list(CATEGORIES)}}


def _format(question: Question) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(question.formats), "default": "json"}
    return {"name": "format", "in": "query", "required": False, "description": "how to write it", "schema": schema}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": _ref(Problem)}}}}


def _ref(record: type[BaseModel]) -> str:
    return _SCHEMAS.format(model=record.__name__)
