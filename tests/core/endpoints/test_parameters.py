"""Parameters of a link: words, lists, bounds, and the messages for values that are not allowed."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from horde_core.analytics.groups import LEVEL_WORDS
from horde_core.audit.filters import filters_for, selection
from horde_core.audit.presets import PRESET_OF
from horde_core.audit.records import FLAGS
from horde_core.audit.rules import RULE_OF
from horde_core.audit.thresholds import what_ifs
from horde_core.endpoints.parameters import (
    CATEGORIES,
    CATEGORY_OF,
    MOST_ROWS,
    AuditQuery,
    ModelsQuery,
    Query,
    QueryError,
    ResolveQuery,
    UnlistedQuery,
    audit_query,
    is_list,
    read_query,
)
from horde_core.selection import Kind
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import THRESHOLDS, TYPES

QUERIES: tuple[type[Query], ...] = (
    Query, ModelsQuery, UnlistedQuery, ResolveQuery, *map(audit_query, TYPES),
)  # fmt: skip
ANYTHING = st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=5)


def audit(kind: ModelType, *parameters: tuple[str, str]) -> AuditQuery:
    return read_query(audit_query(kind), parameters)


def complaint(query: type[Query], *parameters: tuple[str, str]) -> str:
    with pytest.raises(QueryError) as refused:
        read_query(query, parameters)
    return str(refused.value)


def test_categories_and_types_are_the_same_both_ways() -> None:
    assert {CATEGORY_OF[kind]: kind for kind in CATEGORY_OF} == CATEGORIES
    assert tuple(CATEGORIES.values()) == TYPES


def test_nothing_asked_is_the_default() -> None:
    assert read_query(ModelsQuery, ()) == ModelsQuery()  # type: ignore[call-arg]
    assert (ModelsQuery().sort_by, ModelsQuery().sort_desc) == ("name", False)  # type: ignore[call-arg]
    assert (UnlistedQuery().sort_by, UnlistedQuery().sort_desc) == ("usage_month", None)  # type: ignore[call-arg]
    for kind in TYPES:
        assert audit(kind).selection(kind).chosen == {}
        assert audit(kind).thresholds(kind, THRESHOLDS[kind]) == THRESHOLDS[kind]
        assert audit(kind).level == "model"


def test_text_is_read_as_its_type() -> None:
    asked = [("limit", "10"), ("offset", "5"), ("include_workers", "true"), ("sort_by", "eta"), ("sort_desc", "1")]
    query = read_query(ModelsQuery, asked)
    assert (query.limit, query.offset, query.include_workers, query.sort_by, query.sort_desc) == (
        10, 5, True, "eta", True,
    )  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_every_filter_and_threshold_of_the_page_is_a_parameter_under_its_own_key(kind: ModelType) -> None:
    own = {one.key for one in filters_for(kind)} | {one.key for one in what_ifs(kind)}
    grouping = {"group"} if kind == "text" else set()
    assert set(audit_query(kind).model_fields) == own | grouping | {"limit", "offset"}


@pytest.mark.parametrize("kind", TYPES)
def test_what_may_be_repeated_are_the_filters_of_several_words(kind: ModelType) -> None:
    several = {one.key for one in filters_for(kind) if one.kind is Kind.SEVERAL}
    assert {name for name in audit_query(kind).model_fields if is_list(audit_query(kind), name)} == several
    assert not is_list(audit_query(kind), "no such parameter")


def test_a_list_keeps_every_word_and_a_single_value_the_last() -> None:
    query = audit("image", ("severity", "critical"), ("severity", "warning"), ("search", "a"), ("search", "b"))
    assert query.selection("image").chosen == {"severity": ["critical", "warning"], "search": "b"}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("key", ["flag", "flag_not", "flag_unknown"])
def test_flags_are_known_by_key_and_by_label_in_any_case(key: str, flag: Any) -> None:
    for word in (flag, RULE_OF[flag].label, RULE_OF[flag].label.upper()):
        assert audit("text", (key, word)).selection("text").chosen == {key: [flag]}


@pytest.mark.parametrize(("key", "word"), [("preset", "uneven_backends"), ("flag", "uneven backends")])
def test_what_means_nothing_of_images_cannot_be_asked_of_them(key: str, word: str) -> None:
    with pytest.raises(QueryError, match=key):
        audit("image", (key, word))


@pytest.mark.parametrize("preset", PRESET_OF.values(), ids=lambda preset: preset.key)
def test_presets_are_known_by_key_and_by_label(preset: Any) -> None:
    for word in (preset.key, preset.label, preset.label.lower()):
        assert audit("text", ("preset", word)).selection("text").chosen == {"preset": preset.key}


@pytest.mark.parametrize(("level", "word"), LEVEL_WORDS.items())
def test_levels_are_known_by_key_and_by_label(level: str, word: str) -> None:
    assert audit("text", ("group", level)).level == audit("text", ("group", word)).level == level


def test_bounds_of_nothing_are_bounds_and_empty_choices_are_none() -> None:
    assert audit("image", ("size_from", "0")).selection("image").chosen == {"size_from": 0}
    assert audit("image", ("search", "")).selection("image").chosen == {}


def test_a_selection_is_that_of_the_page() -> None:
    asked = [("preset", "Critical"), ("flag", "low usage"), ("month_to", "17.5"), ("host", "civitai.com")]
    chosen = {"preset": "critical", "flag": ["low_usage"], "month_to": 17.5, "host": ["civitai.com"]}
    assert audit("image", *asked).selection("image") == selection("image", chosen)


def test_thresholds_are_tried_by_the_keys_of_the_page() -> None:
    tried = audit("image", ("low_usage_below", "2.5"), ("grace_days", "0")).thresholds("image", THRESHOLDS["image"])
    assert tried == THRESHOLDS["image"].model_copy(update={"low_usage_percentage": 2.5, "grace_days": 0})


def test_every_bound_of_a_threshold_is_that_of_the_page() -> None:
    for kind in TYPES:
        for one in what_ifs(kind):
            assert getattr(audit(kind, (one.key, str(int(one.most)))), one.key) == one.most
            assert f"{one.key}=" in complaint(audit_query(kind), (one.key, str(int(one.most) + 1)))
            assert f"{one.key}=" in complaint(audit_query(kind), (one.key, "-1"))


def test_filters_of_the_other_category_are_no_parameters() -> None:
    keys = {kind: {one.key for one in filters_for(kind)} for kind in TYPES}
    for kind, other in (TYPES, TYPES[::-1]):
        assert keys[other] - keys[kind]
        for key in keys[other] - keys[kind]:
            assert f"'{key}' is no parameter here" in complaint(audit_query(kind), (key, "1"))


def test_an_unknown_parameter_is_told_what_was_meant_and_what_is_allowed() -> None:
    told = complaint(ModelsQuery, ("sort_bye", "name"))
    assert told.startswith("'sort_bye' is no parameter here; allowed are limit, offset, ")
    assert told.endswith("Did you mean sort_by?")
    assert complaint(Query, ("zzz", "1")) == "'zzz' is no parameter here; allowed are none."


def test_everything_that_is_wrong_is_told_once() -> None:
    told = complaint(ModelsQuery, ("limit", "0"), ("limit", "-1"), ("offset", "x"), ("y", "1"))
    assert told.count("limit=") == told.count("offset=") == told.count("'y'") == 1


@pytest.mark.parametrize(("limit", "is_allowed"), [(0, False), (1, True), (MOST_ROWS, True), (MOST_ROWS + 1, False)])
def test_a_page_has_a_row_at_least_and_no_more_than_a_client_can_take(limit: int, is_allowed: bool) -> None:
    asked = [("limit", str(limit))]
    if is_allowed:
        assert read_query(ModelsQuery, asked).limit == limit
    else:
        assert f"limit='{limit}' is not allowed" in complaint(ModelsQuery, *asked)


def test_a_query_does_not_change() -> None:
    with pytest.raises(ValidationError):
        ModelsQuery().limit = 3  # type: ignore[call-arg, misc]


@pytest.mark.parametrize("query", QUERIES)
@given(ANYTHING)
def test_whatever_is_asked_is_read_or_refused_in_words(query: type[Query], parameters: list[tuple[str, str]]) -> None:
    with contextlib.suppress(QueryError):
        assert isinstance(read_query(query, parameters), query)


@pytest.mark.parametrize("kind", TYPES)
@given(st.data())
def test_any_value_of_any_parameter_is_read_or_named(kind: ModelType, data: st.DataObject) -> None:
    query = audit_query(kind)
    name = data.draw(st.sampled_from(sorted(query.model_fields)))
    value = data.draw(st.text(max_size=20) | st.floats().map(str) | st.integers().map(str))
    told = f"{name}="
    try:
        read = read_query(query, [(name, value)])
    except QueryError as refused:
        told = str(refused)
    else:
        assert type(read).model_validate_json(read.model_dump_json()) == read
    assert told.startswith(f"{name}=")
