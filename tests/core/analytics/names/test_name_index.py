"""The memory of a name index, which changes no answer."""

from __future__ import annotations

import pytest

from horde_core.analytics.merge import merge_category_with_horde_data
from horde_core.analytics.names.matching import NameIndex, name_index
from horde_core.upstream.api_records import HordeModelStatsResponse

USAGE = HordeModelStatsResponse(month={"koboldcpp/Model-7B-Q8_0": 3, "Nobody": 4})


def test_many_names_are_resolved_as_one_by_one() -> None:
    index = NameIndex(["A/Model-7B", "B/Model-7B", "C/Other-8B-v1"])
    names = ["Model-7B", "koboldcpp/Other-8B-v1-Q4_K_M", "other-8b-V1", "", "Nobody"]
    assert index.resolve_all(names) == {name: index.resolve(name) for name in names}


def test_what_is_remembered_is_what_the_last_call_named() -> None:
    index = NameIndex(["Model-7B"])
    first = index.resolve_all(["Model-7B-Q8_0", "Gone"])
    second = index.resolve_all(["Model-7B-Q8_0", "New"])
    assert second["Model-7B-Q8_0"] is first["Model-7B-Q8_0"]
    assert list(second) == ["Model-7B-Q8_0", "New"]
    assert list(first) == ["Model-7B-Q8_0", "Gone"]


def test_the_same_names_share_one_index_and_a_category_has_its_own() -> None:
    names = ("A/Model-7B", "B/Other-8B")
    assert name_index(names, "text") is name_index(tuple(names), "text")
    assert name_index(names, "image").resolve("Model-7B").model is None
    assert name_index(names[:1], "text") is not name_index(names, "text")


def test_names_that_are_indexed_already_merge_to_the_same() -> None:
    names = ["A/Model-7B", "B/Other-8B"]
    merged = merge_category_with_horde_data(NameIndex(names), None, USAGE, None)
    assert merged == merge_category_with_horde_data(names, None, USAGE, None)
    assert merged["A/Model-7B"].usage("month") == 3


def test_names_indexed_for_another_category_are_refused() -> None:
    index = NameIndex(["A/Model-7B"], model_type="image")
    with pytest.raises(ValueError, match="indexed for image models"):
        merge_category_with_horde_data(index, None, USAGE, None, model_type="text")
