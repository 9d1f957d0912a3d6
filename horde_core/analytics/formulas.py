"""What each figure is computed from, in words: written once, for help texts, explanations, glossary and axes."""

from __future__ import annotations

from typing import NamedTuple

REQUESTS = "requests (text), images (image)"
WORK = "megapixelsteps (image), tokens (text)"
LEAST_OF_IMAGES = "AI Horde counts one image of each request, so work of images is at least this"


class Formula(NamedTuple):
    """One figure: its name, unit, formula, the sources it rests on, and what its values mean."""

    figure: str
    unit: str
    formula: str
    source: str
    meaning: str = ""

    @property
    def help(self) -> str:
        """The formula and its meaning as a sentence."""
        text = ": ".join(filter(None, [self.formula, self.meaning]))
        return f"{text[0].upper()}{text[1:]}."

    @property
    def paragraph(self) -> str:
        """The figure, its formula and its meaning as a sentence in Markdown."""
        return f"**{self.figure}** = {': '.join(filter(None, [self.formula, self.meaning]))}."


USAGE = Formula("Usage of a model", REQUESTS, "the sum over all API names that belong to it", "usage")
CATEGORY_USAGE = Formula(
    "Usage of the category", REQUESTS, "the sum of AI Horde's own map, listed and unlisted names", "usage"
)
SHARE = Formula("Share", "percent", "usage of the model / usage of the category", "usage")
RANK = Formula("Rank", "place", "1 + the number of names with more usage, among all names of the category", "usage")
MOMENTUM = Formula("Momentum", "times", "last day x 30 / 30 days", "usage", "above 1 rises, below 1 falls")
TOP = Formula("Top n", "percent", "usage of the n most used names / usage of the category", "usage, reference")
HALF_OF_USAGE = Formula("Half go to", "names", "the fewest names with half of the usage together", "usage, reference")
THREADS = Formula("Threads", "threads", "the sum over the model's API names", "queue")
WORKERS = Formula(
    "Workers", "workers", "distinct online workers, not in maintenance, that serve one of its names", "workers"
)
QUEUED = Formula("Work queued by model", WORK, "the sum over the model's API names", "queue", LEAST_OF_IMAGES)
QUEUE_SHARE = Formula("Share of queue", "percent", "work queued of the model / the sum over all names", "queue")
THREAD_SHARE = Formula("Share of threads", "percent", "threads of the model / the sum over all names", "queue")
DEMAND = Formula(
    "Demand / supply",
    "times",
    "share of queue / share of threads",
    "queue",
    "at 2 its queue is twice as long for each thread as the category's",
)
QUEUE_PER_THREAD = Formula("Queue for each thread", WORK, "work queued / threads", "queue")
SPEED = Formula(
    "Speed of a model", f"{WORK} per second", "the mean over its names with a known one, weighted by threads", "queue"
)
MODEL_DRAIN = Formula(
    "Drain time of a model",
    "time",
    "AI Horde's estimate, work queued / (threads x speed), over all names of the model",
    "queue",
    "unknown where no speed is known",
)
NETWORK_DRAIN = Formula(
    "Drain time of the network", "time", "work queued / work of the last minute", "network", LEAST_OF_IMAGES
)
MADE = Formula("Images and requests made", "images, requests", "AI Horde's totals of sliding windows", "totals")
IMBALANCE = Formula(
    "Imbalance of backends",
    "0 to 1",
    "half the sum over a model's backends of |its share of the model's 30-day requests - its share of the model's "
    "threads|",
    "usage, queue",
    "0 is even, 1 is opposite",
)
BEHIND = Formula(
    "Behind the newest bridge",
    "percent",
    "workers with an older version than the newest stable one of their bridge that at least two owners, or a tenth of "
    "its workers, run / workers with a readable version",
    "workers",
    "pre-releases are compared and are no yardstick",
)
HALF_OF_THREADS = Formula(
    "Half of the threads",
    "workers",
    "the fewest workers, not in maintenance, that have half of the threads together",
    "workers",
)
COST_BENEFIT = Formula("Cost-benefit score", "requests per GiB", "usage of 30 days / size on disk", "usage, reference")
COST_BENEFIT_PERCENTILE = Formula(
    "Cost-benefit percentile",
    "0 to 100",
    "models with a lower cost-benefit score / other models with a size x 100",
    "usage, reference",
    "0 is the least use for its size, 100 the most",
)
MODEL_AGE = Formula(
    "Age of a model", "days", "today (UTC) - the day on which it was last added to the reference", "ages"
)
SOURCE_AGE = Formula("Age of a source", "time", "now - when its last good answer arrived", "every source")

FORMULAS = (
    USAGE, CATEGORY_USAGE, SHARE, RANK, MOMENTUM, TOP, HALF_OF_USAGE, THREADS, WORKERS, QUEUED, QUEUE_SHARE,
    THREAD_SHARE, DEMAND, QUEUE_PER_THREAD, SPEED, MODEL_DRAIN, NETWORK_DRAIN, MADE, IMBALANCE, BEHIND, HALF_OF_THREADS,
    COST_BENEFIT, COST_BENEFIT_PERCENTILE, MODEL_AGE, SOURCE_AGE,
)  # fmt: skip
"""Every figure that a page shows, in this order."""
