"""Properties of resolving any name against any reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.names.matching import NameIndex, resolve
from horde_core.analytics.names.spelling import BACKENDS, CANONICAL

REFERENCE = ("Sao10K/L3-8B-Stheno-v3.2", "mistralai/Mistral-7B-v0.1", "openai-community/gpt2")

WORDS = st.sampled_from(["foo", "Foo", "bar", "v1"])
SEPARATOR = st.sampled_from(["-", "_", ".", " ", "--"])
TOKEN = st.sampled_from(["Q8_0", "Q4_K_M", "gguf", "FP16"])
AUTHOR = st.sampled_from(["", "a/", "b/", "A/"])


@st.composite
def names(draw: Callable[..., str], author: st.SearchStrategy[str]) -> str:
    """Build a name of few words, so that names collide in every way that the rules tell apart."""
    name = draw(author) + draw(WORDS)
    for part in draw(st.lists(st.one_of(WORDS, TOKEN), max_size=3)):
        name += draw(SEPARATOR) + part
    return name


def one_by_one(name: str, reference: Sequence[str]) -> tuple[str | None, str]:
    """Read the rules of the specification to the letter, one after the other, over the whole reference."""

    def key(segment: str) -> str:
        return re.sub(r"[-_. ]+", "-", segment.casefold()).strip("-")

    def stems(segment: str) -> list[str]:
        found = re.fullmatch(r"(.*?)[-_. ]+(?:Q8_0|Q4_K_M|gguf|FP16)", segment)
        return [found[1], *stems(found[1])] if found else []

    alike: Callable[[str], str]
    for how, alike in (("exact", str), ("case", str.casefold)):
        if hits := [model for model in reference if alike(model) == alike(name)]:
            return (hits[0], how) if len(hits) == 1 else (None, "ambiguous")
    author, _, segment = name.rpartition("/")
    owner, underscore, rest = segment.partition("_")
    readings = [("", author, segment)] + ([("author+", owner, rest.lstrip("_"))] if underscore else [])
    for prefix, author, segment in readings:
        for how, forms, alike in (
            ("segment", [segment], str.casefold),
            ("quantisation", stems(segment), str.casefold),
            ("key", [segment], key),
            ("key+quantisation", stems(segment), key),
        ):
            by_form = [
                [model for model in reference if alike(model.rpartition("/")[2]) == alike(form)] for form in forms
            ]
            hits = next(filter(None, by_form), [])
            same = [model for model in hits if model.rpartition("/")[0].casefold() == author.casefold()]
            if prefix and "key" in how and hits and not same:
                return None, "none"
            if hits:
                return ((same or hits)[0], prefix + how) if len(same or hits) == 1 else (None, "ambiguous")
    return None, "none"


@given(
    st.one_of(names(AUTHOR), names(st.sampled_from(["a_", "b_", "c_", "c/a_"]))),
    st.lists(names(AUTHOR), max_size=6, unique=True),
)
def test_the_index_finds_what_the_rules_find_one_by_one(name: str, reference: list[str]) -> None:
    assert resolve(name, reference)[::3] == one_by_one(name, reference)


@given(
    st.lists(names(AUTHOR), max_size=6, unique=True).flatmap(
        lambda names: st.tuples(st.just(names), st.permutations(names))
    ),
    names(AUTHOR),
)
def test_the_order_of_the_reference_changes_nothing(orders: tuple[list[str], list[str]], name: str) -> None:
    assert resolve(name, orders[0]) == resolve(name, orders[1])


ANY_TEXT = st.one_of(
    st.text(),
    st.text(st.characters(codec=None)),  # lone surrogates too
    st.text(alphabet="-_. /@:(#)qQikKmM0148gf\n", max_size=40).map("L3-8B-Stheno-v3.2".__add__),
)


@given(ANY_TEXT, st.sampled_from(["text", "image"]))
def test_any_string_is_a_name(name: str, model_type: str) -> None:
    index = NameIndex(REFERENCE, model_type="image" if model_type == "image" else "text")
    resolution = index.resolve(name)
    assert resolution == index.resolve(name)
    assert (resolution.model is None) == (resolution.how in ("ambiguous", "none"))
    assert resolution.backend in {*BACKENDS, CANONICAL}


@given(st.lists(st.one_of(ANY_TEXT, names(AUTHOR)), max_size=8), st.sampled_from(["text", "image"]))
def test_each_model_of_the_reference_resolves_to_itself(reference: list[str], model_type: str) -> None:
    index = NameIndex(reference, model_type="image" if model_type == "image" else "text")
    for model in reference:
        assert index.resolve(model)[::3] == (model, "exact")
