"""The words of formulas: complete, and the same everywhere."""

import pytest

from horde_core.analytics import formulas


@pytest.mark.parametrize("formula", formulas.FORMULAS, ids=lambda formula: formula.figure)
def test_a_formula_is_a_sentence_without_an_end_of_its_own(formula: formulas.Formula) -> None:
    assert all([formula.figure, formula.unit, formula.formula, formula.source])
    assert not formula.formula.endswith(".")
    assert formula.formula[1:] in formula.help
    assert formula.formula in formula.paragraph


def test_each_figure_has_one_formula() -> None:
    names = [formula.figure for formula in formulas.FORMULAS]
    assert len(names) == len(set(names)) > 20


def test_the_meaning_follows_the_formula() -> None:
    assert formulas.MOMENTUM.help == "Last day x 30 / 30 days: above 1 rises, below 1 falls."
    assert formulas.MOMENTUM.paragraph == "**Momentum** = last day x 30 / 30 days: above 1 rises, below 1 falls."
