"""Unknown is not shown as none: notices name the unavailable source, its category, and what is unknown."""

from __future__ import annotations

import pytest

from tests.fixtures.dashboard import Visit
from tests.fixtures.screen import texts
from tests.pages.test_pages import chips, figures, notices
from tests.pages.test_states import VisitWithout, visit_without

__all__ = ["visit_without"]

SAID = (
    ("model", "", "all but the reference", "Text queue and text usage are unavailable", "its backends are unknown"),
    ("model", "", "all but the reference", "Text queue and text usage are unavailable", "its names are unknown"),
    (
        "model",
        "",
        "all but the usage",
        "Text queue and text reference are",
        "it is unknown whether there is a model called:",
    ),
    ("model", "", "workers", "Workers are unavailable", "it is unknown who serves it"),
    ("workers", "Workers", "workers", "Workers are unavailable", "it is unknown who serves what"),
    ("workers", "Concentration", "reference", "Text reference is unavailable", "this is unknown"),
    ("overview", "", "queue", "Text queue is unavailable", "it is unknown what waits"),
    ("overview", "", "usage", "Text usage is unavailable", "it is unknown what moves"),
    (
        "usage",
        "Ranking",
        "all but the reference",
        "Text queue and text usage are",
        "it is unknown which names there are",
    ),
    ("usage", "Concentration", "usage", "Text usage is unavailable", "this is unknown"),
    ("usage", "Unlisted models", "reference", "Text reference is unavailable", "it is unknown what it does not list"),
    ("queue", "", "queue", "Text queue is unavailable", "it is unknown what waits"),
    ("backends", "Split by model", "reference", "Text reference is", "it is unknown which models are"),
    ("backends", "Imbalance", "queue", "Text queue is", "it is unknown which listed models there are"),
    ("audit", "Findings", "reference", "Text reference is", "it is unknown what there is to audit"),
    ("audit", "Uneven backends", "usage", "Text usage is", "it is unknown how requests and threads spread"),
)


@pytest.mark.parametrize(("page", "tab", "away", "what", "so"), SAID)
def test_it_says_which_source_is_unavailable_and_what_that_makes_unknown(
    visit_without: VisitWithout, page: str, tab: str, away: str, what: str, so: str
) -> None:
    shown = texts(visit_without(page, tab, away))
    assert [text for text in shown if text.startswith(what) and so in text]


def test_rows_that_may_be_missing_are_told_beside_those_that_are_known(visit_without: VisitWithout) -> None:
    shown = texts(visit_without("usage", "Ranking", "usage"))
    assert [text for text in shown if text.endswith("Text usage is unavailable, so there may be more.")]


def test_notices_and_chips_name_the_category_of_what_is_away(visit_without: VisitWithout) -> None:
    app = visit_without("overview", "", "queue")
    assert "Text queue: unavailable." in notices(app)
    assert "Queue, text · unavailable" in chips(app)
    assert "Usage · " in chips(app)


def test_with_every_source_of_the_figures_away_no_figure_reads_0(visit_without: VisitWithout) -> None:
    for page in ("usage", "queue", "backends", "workers"):
        shown = figures(visit_without(page, "", "all but the reference"))
        assert {value for label, value in shown.items() if "reference" not in label} <= {"n/a"}, page


def test_a_model_is_not_called_unlisted_while_the_reference_is_away(visit_without: VisitWithout, visit: Visit) -> None:
    visit_without("model", "", "reference")
    shown = texts(visit("model", "text", name="koboldcpp/Mistral-7B-Instruct-v0.3"))
    assert any("Not known whether in the reference" in text for text in shown)
    assert not any("Not in the reference" in text for text in shown)
    assert "Text reference is unavailable, so its size, baseline and purpose are unknown." in shown


def test_work_queued_and_drain_time_of_images_are_told_as_a_least_and_those_of_text_are_not(visit: Visit) -> None:
    image = texts(visit("queue", "image"))
    assert "Work queued, at least" in image
    assert any("AI Horde counts one image of each request" in text for text in image)
    assert "Work queued" in texts(visit("queue", "text"))
    overview = texts(visit("overview"))
    assert {"Drain time, at least", "Drain time"} <= set(overview)
    assert [text for text in overview if text.startswith("At least") and "megapixelsteps queued" in text]
    assert {"Work queued, at least", "Drain time, at least"} <= set(texts(visit("model", name="Deliberate")))
    facts = visit("model", name=["Deliberate", "mistralai/Mistral-7B-Instruct-v0.3"]).dataframe[0].value
    told = facts.set_index("fact")
    assert list(told.loc["Work queued"]) == ["at least 4 megapixelsteps", "1,600 tokens"]
    assert list(told.loc["Drain time"]) == ["at least 2 s", "11 s"]


@pytest.mark.parametrize("page", ["overview", "queue", "model"])
def test_that_each_request_counts_once_is_said_of_usage_only(visit: Visit, page: str) -> None:
    assert not [text for text in texts(visit(page)) if "request once" in text or "request counts once" in text]
