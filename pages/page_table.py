"""Every page, in the order of the navigation: a new page is its file, its entry here and its row in README.md."""

from __future__ import annotations

from typing import NamedTuple

from horde_core.vocabulary import MODEL_TYPES, ModelType


class PageSpec(NamedTuple):
    """One page: what the navigation calls it, the question it answers, and what is read for it.

    ``question`` may name the ``{category}`` that is looked at. ``chooses_category`` says that a visitor looks at one of
    the ``categories`` at a time. The sources of its categories are read for every page; ``has_network`` adds those of
    the network as a whole, ``has_ages`` when image models were added. A page that ``works_without_data`` is drawn
    also while no source can be reached.
    """

    title: str
    icon: str
    question: str
    categories: tuple[ModelType, ...] = MODEL_TYPES
    chooses_category: bool = False
    has_network: bool = False
    has_ages: bool = False
    works_without_data: bool = False

    @property
    def name(self) -> str:
        """What its file is called, without the ending."""
        return self.title.lower()

    @property
    def path(self) -> str:
        """Its address below the dashboard's own; the first page is at the root."""
        return "/" if self is PAGES[0] else f"/{self.name}"


PAGES = (
    PageSpec(
        "Overview",
        ":material/monitor_heart:",
        "Is the network healthy, what is on the move, and what should a worker serve next?",
        has_network=True,
    ),
    PageSpec(
        "Usage",
        ":material/bar_chart:",
        "Which {category} models do people ask for, and how many of them does the reference list?",
        chooses_category=True,
    ),
    PageSpec(
        "Queue",
        ":material/hourglass_top:",
        "Which {category} models have work waiting, and is there enough to serve it?",
        chooses_category=True,
    ),
    PageSpec(
        "Backends",
        ":material/dns:",
        "Which programs serve the text models, and do threads stand where the requests are?",
        categories=("text",),
    ),
    PageSpec(
        "Workers",
        ":material/groups:",
        "Who serves what, with which bridge, and what depends on few workers?",
        has_network=True,
    ),
    PageSpec(
        "Model",
        ":material/deployed_code:",
        "What is known of one model? Choose up to four to compare them; the link keeps the choice.",
    ),
    PageSpec(
        "Trends",
        ":material/timeline:",
        "How did workers, threads, queue and work of the network change, and how does that compare with before?",
        has_network=True,
    ),
    PageSpec(
        "Audit",
        ":material/fact_check:",
        "Which {category} models of the reference should a maintainer look at, and why?",
        chooses_category=True,
        has_ages=True,
    ),
    PageSpec(
        "Sources",
        ":material/cable:",
        "Where do the figures come from, how old are they, and what does each of them mean?",
        has_network=True,
        has_ages=True,
        works_without_data=True,
    ),
)
