"""Names in bulk: the same owners as the exact rules give one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.names.matching import NameIndex
from horde_core.analytics.names.quantisations import MAY_BE_OF_TOKEN, QUANTISATIONS
from tests.core.analytics.names.test_matching import AUTHORS_AND_BARE_NAMES, BY_BACKEND, BY_RULE, INDEX, REFERENCE
from tests.core.analytics.names.test_name_properties import ANY_TEXT, AUTHOR
from tests.core.analytics.names.test_name_properties import names as names_of_few_words
from tests.core.analytics.names.test_quantisations import BY_CONVERTER, BY_QUANTISATION, TYPES
from tests.fixtures.mutated_names import PIECES, mutations

# Models that spell others for a backend, share a segment or a key, or are named like a quantisation.
TRICKY = (
    "koboldcpp/Cydonia-24B-v4.1", "aphrodite/TheDrummer/Cydonia-24B-v4.1", "a/Model-7B", "b/Model-7B", "a/Model.7B",
    "c/MODEL-7B", "c/Model-7B", "FP16", "a/Q8_0", "b/Model-FP16", "\u017ftraße/Größe-7B", "K-7B", "x/", "", "...",
    "a/_b", "a/Model 7B Q8", "a\nb/Model-8B", "model@q8", "l3/8b-v2",
)  # fmt: skip
INDEXES = [INDEX, NameIndex([*REFERENCE, *TRICKY]), NameIndex(TRICKY), NameIndex([])]
KNOWN = [
    *(name for name, *_ in (*BY_RULE, *BY_BACKEND, *BY_QUANTISATION, *BY_CONVERTER)),
    *AUTHORS_AND_BARE_NAMES,
    *(f"Model-{quant}" for quant in TYPES),
    *REFERENCE,
    *TRICKY,
]


def one_by_one(index: NameIndex, names: Sequence[str]) -> list[tuple[str | None, str]]:
    return [index.resolve(name)[:2] for name in names]


@pytest.mark.parametrize("index", INDEXES)
def test_every_known_name_has_the_owner_of_the_exact_rules(index: NameIndex) -> None:
    assert index.owners(KNOWN) == one_by_one(index, KNOWN)


@pytest.mark.parametrize("index", INDEXES)
def test_mutated_names_have_the_owners_of_the_exact_rules(index: NameIndex) -> None:
    mutated = list(mutations([*KNOWN, *index.model_names], count=3_000, seed=1))
    found = zip(mutated, index.owners(mutated), one_by_one(index, mutated), strict=True)
    assert [(name, bulk, exact) for name, bulk, exact in found if bulk != exact] == []


@given(
    st.lists(
        st.one_of(ANY_TEXT, names_of_few_words(AUTHOR), st.lists(st.sampled_from(PIECES), max_size=9).map("".join)),
        max_size=8,
    ),
    st.lists(st.one_of(ANY_TEXT, names_of_few_words(AUTHOR)), max_size=6),
)
def test_any_names_have_the_owners_of_the_exact_rules_in_any_reference(names: list[str], reference: list[str]) -> None:
    index = NameIndex(reference)
    assert index.owners([*names, *reference]) == one_by_one(index, [*names, *reference])


def test_image_names_have_the_owners_of_the_exact_rules() -> None:
    index = NameIndex(["Deliberate", "deliberate", "Anything v5", "ICBINP XL"], model_type="image")
    names = ["DELIBERATE", "Deliberate", "anything V5", "Anything v5-Q8_0", "", "koboldcpp/ICBINP XL"]
    assert index.owners(names) == one_by_one(index, names)


def without_look_ahead(row: str) -> str:
    return re.sub(r"\(\?=.*?\)$", "", row)


@given(
    st.sampled_from(QUANTISATIONS).flatmap(
        lambda row: st.from_regex(re.compile(without_look_ahead(row), re.ASCII), fullmatch=True)
    )
)
def test_every_word_of_a_quantisation_may_be_of_one(quantisation: str) -> None:
    assert all(map(MAY_BE_OF_TOKEN.__getitem__, quantisation.split("_")))


@pytest.mark.parametrize("word", ["instruct", "mistral", "stheno", "uncensored", "v1", "8x7b", ""])
def test_few_other_words_may_be_of_a_quantisation(word: str) -> None:
    assert not MAY_BE_OF_TOKEN[word]


@pytest.mark.parametrize("quant", TYPES)
def test_a_long_word_of_hostile_repetition_is_read_in_linear_time(quant: str) -> None:
    assert not MAY_BE_OF_TOKEN[re.sub("[-_. ]", "", quant.lower()) * 100 + "!"]
