"""One model by any of its names."""

from __future__ import annotations

import pytest

from horde_core.live.find_model import find_model
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME, KOBOLD_MISTRAL, QUANTISED_CYDONIA
from tests.fixtures.snapshots import snapshot

MISTRAL, CYDONIA = "mistralai/Mistral-7B-Instruct-v0.3", "TheDrummer/Cydonia-24B-v4.1"
BOTH = (snapshot("image"), snapshot("text"))


@pytest.mark.parametrize(
    ("asked", "name", "kind", "how"),
    [
        (MISTRAL, MISTRAL, "text", "exact"),
        (MISTRAL.upper(), MISTRAL, "text", "case"),
        (KOBOLD_MISTRAL, MISTRAL, "text", "segment"),
        (QUANTISED_CYDONIA, CYDONIA, "text", "quantisation"),
        ("Deliberate", "Deliberate", "image", "exact"),
        ("deliberate", "Deliberate", "image", "case"),
        ("Retired Model", "Retired Model", "image", "none"),
        (HTML_NAME, HTML_NAME, "text", "none"),
        (FORMULA_NAME, FORMULA_NAME, "text", "none"),
        (FORMULA_NAME.lower(), FORMULA_NAME, "text", "none"),
    ],
)
def test_a_name_leads_to_its_model(asked: str, name: str, kind: str, how: str) -> None:
    found = find_model(asked, BOTH)
    assert found is not None
    assert (found.name, found.model_type, found.how) == (name, kind, how)
    assert (found.record is None) == (how == "none")


def test_an_unlisted_name_has_its_figures() -> None:
    found = find_model("Retired Model", BOTH)
    assert found is not None
    assert found.statistics.usage("month") == 400


@pytest.mark.parametrize("asked", ["no such model", "x" * 300, "Cydonia"])
def test_an_unknown_name_finds_no_model(asked: str) -> None:
    assert find_model(asked, BOTH) is None


def test_without_a_reference_every_name_is_unlisted() -> None:
    found = find_model("Deliberate", [snapshot("image", reference=None)])
    assert found is not None
    assert (found.record, found.how) == (None, "none")
