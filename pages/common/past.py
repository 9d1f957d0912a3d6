"""What all views of the past share: the range in the link, the events of the reference, and since when it is known."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import streamlit as st

from horde_core.history.reading.events import ReferenceEvent
from horde_core.history.reading.series import DAY, Range, Series, shares
from horde_core.history.reading.usage import Usage
from horde_core.history.tables import Part
from horde_core.vocabulary import ModelType
from pages.common import data, filters, panels, tables, time_charts, words
from pages.common.time_charts import Drawn, Event

RANGES: tuple[Range, ...] = ("7d", "30d", "90d", "1y", "all")
RANGE_WORDS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "1y": "1 year", "all": "All"}

EVENT_WORDS = {"added": "added to the reference", "removed": "removed from the reference"}
SCALES = ("counts", "shares")
SCALE_WORDS = {"counts": "Counts", "shares": "Shares"}
USAGE: Mapping[ModelType, Part] = {"image": "usage:image", "text": "usage:text"}
NAMES: Mapping[ModelType, Part] = {"image": "names:image", "text": "names:text"}
"""The parts of the history that hold a category's requests, and what serves and waits for its names."""

DAYS_NOTE = "Days are the 24 hours up to AI Horde's daily count, in UTC"


def choose_range(key: str = "range", default: Range = "30d") -> Range:
    """The range that a view of the past shows, in its link under ``key``."""
    return filters.choice("Range", RANGES, default, key, RANGE_WORDS.__getitem__)


def choose_share(key: str = "scale") -> bool:
    """Whether requests are shown as shares of their category, in the link under ``key``."""
    return filters.choice("Scale", SCALES, "counts", key, SCALE_WORDS.__getitem__) == "shares"


def events(found: Sequence[ReferenceEvent], models: Sequence[str]) -> list[Event]:
    """Events of the reference that are about these models, as a chart tells them."""
    return [Event(one.at, event_sentence(one)) for one in found if one.model in models]


def event_sentence(event: ReferenceEvent) -> str:
    """What happened to a model in the reference."""
    changed = f"changed in the reference: {', '.join(event.fields)}"
    return f"{words.one_line(event.model, 80)} {EVENT_WORDS.get(event.event, changed)}"


def state_sentence() -> str:
    """Since when the past is kept, or why it is not, in one sentence or two."""
    status = data.history().status()
    if status.sentence is None and status.since is not None:
        return " ".join(filter(None, [f"Recorded since {words.moment(status.since)}.", _ended(status.note)]))
    return " ".join(filter(None, [status.sentence, _ended(status.note)]))


def _ended(note: str | None) -> str:
    return f"{note.rstrip('.')}." if note else ""


def note(*more: str) -> None:
    """Say below a view of the past what it rests on."""
    st.caption(" ".join([state_sentence(), *more]))


def chart(key: str, parts: Sequence[Part], given: tuple[Hashable, ...], build: Callable[[], panels.Chart]) -> None:
    """Draw a chart of the past, built once for all visitors until one of these parts of the history is written."""
    view = data.current_view()
    references = [one.content for one in view.sources if one.key.startswith("reference:")]
    content = (data.recorded(*parts), view.is_simulated, *references, words.visitor())
    panels.chart(key, (*given, *content), build, is_of_view=False)


def table_columns(drawn: Sequence[Drawn], unit: str) -> dict[str, object]:
    """The columns of :func:`~pages.common.time_charts.rows_of`."""
    figures = {
        column: tables.amount_column(f"{words.one_line(title, 40)} ({unit})")
        for column, title in time_charts.figure_columns(drawn).items()
    }
    return {"when": tables.text_column("When"), **figures, "known": tables.text_column("What is known")}


def is_known(series: Sequence[Series]) -> bool:
    """Whether anything is known in any of them."""
    return any(one.is_known for one in series)


def usage_chart(
    usage: Usage,
    title: str,
    titles: Sequence[Drawn],
    noun: str,
    is_share: bool,
    chosen: Range,
    is_stacked: bool = True,
) -> panels.Chart:
    """Requests by day of parts of a category that add up, as counts or as shares of it, stacked or as lines."""
    scope = f"{RANGE_WORDS[chosen]} · {DAYS_NOTE}"
    if not is_known([usage.total]):
        return panels.Chart(title, scope, None, f"Nothing is known of the {noun} in this time.")
    drawn = [one._replace(series=shares(one.series, usage.total)) for one in titles] if is_share else list(titles)
    unit = f"% of all {noun}" if is_share else noun
    scope = f"{scope} · {unit}"
    sums = [words.amount(one.series.known_sum) for one in titles]
    alt = words.ranking([one.title for one in titles], sums, f"{noun.capitalize()} in what is known of this time")
    draw = time_charts.bars if is_stacked else time_charts.lines
    figure = draw(drawn, usage.span, unit, step=None if is_share else DAY)
    return panels.Chart(title, scope, figure, alt, time_charts.rows_of(drawn), table_columns(drawn, unit))
