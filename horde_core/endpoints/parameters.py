"""The parameters of the endpoints: one record an endpoint, with the name, type, bounds and meaning of each.

Routes and the command line read the same records, and the audit's filters and thresholds come from the tables that its
page is drawn from, so a parameter means the same in all three. Choices may be given as keys or in the page's words.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from horde_core.analytics.groups import LEVEL_WORDS, GroupLevel
from horde_core.audit import AuditThresholds
from horde_core.audit.filters import filters_for, selection
from horde_core.audit.thresholds import WhatIf, what_ifs, with_tried
from horde_core.selection import Filter, Kind, Selection
from horde_core.vocabulary import ModelType

Category = Literal["image_generation", "text_generation"]
CATEGORIES: Mapping[str, ModelType] = {"image_generation": "image", "text_generation": "text"}
CATEGORY_OF: Mapping[ModelType, Category] = {"image": "image_generation", "text": "text_generation"}

SortBy = Literal[
    "name", "worker_count", "thread_count", "usage_day", "usage_month", "usage_total", "queued_jobs", "eta"
]
MOST_ROWS = 10_000
LONGEST_WORD = 200
MOST_PARAMETERS = 1_000
"""Parameters of one request, repeated ones counted: more than all that an endpoint has, each as often as it may be."""

MOST_COMPLAINTS = 5
LONGEST_SHOWN = 100
"""What one error message holds at most: mistakes, and characters of each value."""


class QueryError(ValueError):
    """A parameter or a value that is not allowed; the message names it and what is."""


class Query(BaseModel):
    """The parameters of an endpoint: none but those listed are allowed. By itself it has none."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


Q = TypeVar("Q", bound=Query)


class Paging(Query):
    """Parameters of endpoints that list rows."""

    limit: int | None = Field(None, ge=1, le=MOST_ROWS, description="at most this many rows; all of them by default")
    offset: int = Field(0, ge=0, le=10**9, description="rows to skip")


class ModelsQuery(Paging):
    """Parameters of the models of the reference."""

    include_workers: bool = Field(False, description="with the workers that list each model")
    include_backend_variations: bool = Field(False, description="with the figures of each backend; text only")
    min_worker_count: int | None = Field(
        None,
        ge=0,
        le=10**9,
        description="only models with at least this many workers; models whose workers are unknown are left out",
    )
    sort_by: SortBy = Field("name", description="what rows are ordered by; unknown is last")
    sort_desc: bool = Field(False, description="largest first")

    @property
    def descends(self) -> bool:
        """Whether the largest comes first."""
        return self.sort_desc


class UnlistedQuery(ModelsQuery):
    """Parameters of the names outside the reference; most used this month first."""

    sort_by: SortBy = Field("usage_month", description="what rows are ordered by; unknown is last")
    sort_desc: bool | None = Field(None, description="largest first; by default for figures and not for names")  # type: ignore[assignment]

    @property
    def descends(self) -> bool:
        """Whether the largest comes first."""
        return self.sort_by != "name" if self.sort_desc is None else self.sort_desc


class ResolveQuery(Query):
    """A name to resolve, in one category or both."""

    name: str = Field(max_length=1000, description="a name as workers send it")
    category: Category | None = Field(None, description="the category; both by default")


class AuditQuery(Paging):
    """The audit of a category: filters, thresholds to try, and grouping. See :func:`audit_query`."""

    def selection(self, model_type: ModelType) -> Selection:
        """What was chosen, by the key of each filter."""
        return selection(model_type, {one.key: _plain(getattr(self, one.key)) for one in filters_for(model_type)})

    def thresholds(self, model_type: ModelType, own: AuditThresholds) -> AuditThresholds:
        """The thresholds in force, with what is tried instead."""
        asked = {one.field: getattr(self, one.key) for one in what_ifs(model_type)}
        return with_tried(own, {field: value for field, value in asked.items() if value is not None})

    @property
    def level(self) -> GroupLevel:
        """How models are grouped."""
        level: GroupLevel = getattr(self, "group", "model")
        return level


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _as_keys(words: Mapping[str, str]) -> BeforeValidator:
    """Read words as a person writes them as their keys."""
    keys = {word.casefold(): key for key, word in words.items()}

    def read(value: Any) -> Any:
        if isinstance(value, str):
            return keys.get(value.casefold(), value)
        return [read(one) for one in value] if isinstance(value, list | tuple) else value

    return BeforeValidator(read)


def _field_of(one: Filter) -> tuple[Any, Any]:
    """The type and the default of one filter of the audit."""
    if one.kind is Kind.BOUND:
        return float | None, Field(None, ge=0, le=1e18, allow_inf_nan=False, description=one.label)
    if one.kind is Kind.TEXT:
        return Annotated[str, Field(max_length=1000)], Field("", description="only names that hold this text")
    choice: Any = Literal[tuple(one.choices)] if one.choices else Annotated[str, Field(max_length=LONGEST_WORD)]
    kind: Any = choice | None if one.kind is Kind.ONE else tuple[choice, ...]
    field = (
        Field(None, description="a ready-made filter")
        if one.kind is Kind.ONE
        else Field((), max_length=100, description=f"{one.label}; may be repeated")
    )
    return Annotated[kind, _as_keys(one.choices)] if one.choices else kind, field


def _field_to_try(one: WhatIf, model_type: ModelType) -> tuple[Any, Any]:
    kind: Any = int if one.is_whole else float
    return kind | None, Field(
        None, ge=0, le=one.most, description=f"{one.label} so many {one.unit_of(model_type)}; the setting without it"
    )


def _made(model_type: ModelType) -> type[AuditQuery]:
    fields: dict[str, Any] = {one.key: _field_of(one) for one in filters_for(model_type)}
    fields |= {one.key: _field_to_try(one, model_type) for one in what_ifs(model_type)}
    if model_type == "text":
        level = Annotated[GroupLevel, _as_keys({str(level): word for level, word in LEVEL_WORDS.items()})]
        fields["group"] = (level, Field("model", description="what a row is: a model, a family, or an exact API name"))
    return create_model(f"{model_type.title()}AuditQuery", __base__=AuditQuery, **fields)


_AUDIT_QUERIES: Mapping[ModelType, type[AuditQuery]] = {kind: _made(kind) for kind in CATEGORIES.values()}


def audit_query(model_type: ModelType) -> type[AuditQuery]:
    """What can be asked of the audit of a category: its filters, its thresholds, and for text the grouping."""
    return _AUDIT_QUERIES[model_type]


def is_list(query: type[Query], name: str) -> bool:
    """Whether a parameter may be repeated."""
    field = query.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is tuple


def read_query(query: type[Q], parameters: Iterable[tuple[str, str]]) -> Q:
    """Read the parameters of a link.

    Raises :class:`QueryError` naming the first :data:`MOST_COMPLAINTS` that are not allowed, and what is.
    """
    given: dict[str, Any] = {}
    for name, text in parameters:
        if is_list(query, name):
            given.setdefault(name, []).append(text)
        else:
            given[name] = text
    try:
        return query.model_validate(given)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        told = [_complaint(query, detail) for detail in mistakes[:MOST_COMPLAINTS]]
        told += [f"And {len(mistakes) - MOST_COMPLAINTS} more."] if len(mistakes) > MOST_COMPLAINTS else []
        raise QueryError(" ".join(dict.fromkeys(told))) from error


def _complaint(query: type[Query], detail: Any) -> str:
    name = cut(str(detail["loc"][0])) if detail["loc"] else "the query"
    if detail["type"] == "extra_forbidden":
        allowed = list(query.model_fields)
        near = difflib.get_close_matches(name, allowed, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{name!r} is no parameter here; allowed are {_listed(allowed)}.{hint}"
    if detail["type"] == "missing":
        return f"{name} is missing."
    return f"{name}={cut(repr(detail['input']))} is not allowed: {detail['msg']}."


def cut(text: str) -> str:
    """Return a text of a request as an error message quotes it: a long one is cut."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
