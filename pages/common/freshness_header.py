"""Freshness on screen: the header strip, the notices, and what to show when nothing can be reached."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from horde_core.cache.freshness import State
from horde_core.cache.source import Reading, RefreshOutcome
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import ModelType
from pages.common import data, unavailable, words
from pages.common.visitors import TICK_SECONDS, Visitors

NOTE_SECONDS = 45
VISITORS = Visitors()

_NOTE, _DRAWN, _VISITOR = "_refresh_note", "_drawn_view", "_visitor"
_WORST_FIRST = (State.UNAVAILABLE, State.STALE, State.FRESH)
_ICONS = {
    State.FRESH: ":material/check_circle:",
    State.STALE: ":material/schedule:",
    State.UNAVAILABLE: ":material/cloud_off:",
}
_COLOURS = {State.FRESH: "green", State.STALE: "orange", State.UNAVAILABLE: "red"}


def chip(
    readings: Sequence[Reading[Any]], now: float | None = None, has_clock: bool = False, is_paused: bool = False
) -> tuple[str, str, str, str]:
    """Return label, icon, colour and help of a chip: of one source, or of a source of both categories, the worse one.

    The category is named where the two differ in state. ``now`` is given where the readings are older than this moment,
    because the page is paused or waits for its turn to be drawn again; their states no longer hold then. ``has_clock``
    tells the time of the fetch instead of the age: it stays true however long the chip stands.
    """
    reading = min(readings, key=lambda one: (_WORST_FIRST.index(one.state), one.error is None, -(one.age or 0.0)))
    is_of_one = len({one.state for one in readings}) > 1 and reading.model_type
    title = f"{reading.title}, {reading.model_type}" if is_of_one else reading.title
    help_text = reading.source.about
    if reading.fetched_at is not None:
        help_text += f" Fetched {words.moment(reading.fetched_at)}."
    if reading.error:
        help_text += f" Last refresh: {reading.error}"
    if reading.age is None:
        return f"{title} · unavailable", _ICONS[reading.state], _COLOURS[reading.state], help_text
    held_for = 0.0 if now is None or reading.fetched_at is None else now - reading.fetched_at
    aged = words.age(max(reading.age, held_for))
    if has_clock and reading.fetched_at is not None:
        aged = f"of {words.clock(reading.fetched_at)}"
    if is_paused:
        return f"{title} · {aged} · paused", ":material/pause_circle:", "gray", help_text
    if now is not None or (reading.state is State.STALE and reading.error is None):
        return f"{title} · {aged} · updating", ":material/sync:", "gray", help_text
    word = f"{reading.state.value} · " if reading.state is State.STALE else ""
    return f"{title} · {word}{aged}", _ICONS[reading.state], _COLOURS[reading.state], help_text


def header_strip(drawn: PageView) -> None:
    """One chip a source with its age, Refresh and Pause. Ticks; the page is drawn again only when its content changed.

    With many visitors it ticks less often, and tells when each source was fetched instead of its age.
    """
    visitor = _note_visitor()
    seconds = VISITORS.tick_seconds(spread=int(visitor[:4], 16) / 0xFFFF)
    st.fragment(_strip, run_every=seconds)(drawn, seconds)


def _note_visitor() -> str:
    visitor: str = st.session_state.setdefault(_VISITOR, uuid.uuid4().hex)
    VISITORS.seen(visitor)
    return visitor


def _strip(drawn: PageView, tick_seconds: float) -> None:
    """The header strip of one moment. Ages are of what is drawn, also while that is paused or waits for its turn."""
    _note_visitor()
    words.speak(st.context.locale, st.context.timezone)
    is_tick = st.session_state.get(_DRAWN) is drawn
    st.session_state[_DRAWN] = drawn
    view = drawn
    if is_tick and not data.is_paused():
        view = data.look(drawn)
        if view.id != drawn.id:
            if VISITORS.may_redraw():
                st.rerun(scope="app")
            view = drawn
    _chips(view, is_held=is_tick and view is drawn, has_clock=tick_seconds > TICK_SECONDS)
    note, written = st.session_state.get(_NOTE, ("", 0.0))
    if note and time.monotonic() - written < NOTE_SECONDS:
        st.caption(note)


def _chips(view: PageView, is_held: bool, has_clock: bool) -> None:
    titles = dict.fromkeys(reading.title for reading in view.sources)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for title in titles:
            same = [reading for reading in view.sources if reading.title == title]
            now = time.time() if is_held else None
            text, icon, colour, help_text = chip(same, now, has_clock, is_held and data.is_paused())
            st.badge(text, icon=icon, color=colour, help=help_text)  # type: ignore[arg-type]
        st.button(
            "Refresh",
            icon=":material/refresh:",
            key="refresh",
            type="tertiary",
            on_click=_refresh,
            args=(view,),
            help="Ask AI Horde for all of this anew. Possible every 10 s for everybody together.",
        )
        st.toggle("Pause", key=data.PAUSED, help="Keep the page as it is; the ages go on.")


def _refresh(drawn: PageView) -> None:
    st.session_state[_NOTE] = (refresh_note(data.refresh(drawn)), time.monotonic())


def refresh_note(outcomes: list[RefreshOutcome]) -> str:
    """What came of a refresh, in one line."""
    parts = []
    for result, sentence in (
        ("new", "{} new"),
        ("unchanged", "{} unchanged"),
        ("pending", "{} still being fetched"),
        ("refused", "{} not asked again, possible in {} s"),
    ):
        chosen = [outcome for outcome in outcomes if outcome.result == result]
        if chosen:
            wait = math.ceil(max(outcome.retry_in or 0.0 for outcome in chosen))
            parts.append(sentence.format(unavailable.named(chosen), wait))
    errors = [outcome.error or "" for outcome in outcomes if outcome.result == "failed"]
    for error in dict.fromkeys(errors):
        failed = [outcome for outcome in outcomes if outcome.result == "failed" and outcome.error == error]
        parts.append(f"{unavailable.named(failed)} failed: {error.removesuffix('.')}")
    return f"Refresh: {'; '.join(parts)}."


def usage_age(view: PageView, model_type: ModelType | None = None) -> str:
    """How old the usage itself is: what is known of its last change upstream."""
    usage = view.reading(f"usage:{model_type or view.snapshot.model_type}")
    if usage.fetched_at is None or usage.unchanged_since is None:
        return "usage unavailable"
    now = time.time()
    if usage.changed_at is not None:
        return f"compiled daily, last changed {words.age(max(0.0, now - usage.changed_at))} ago"
    unchanged = max(0.0, now - usage.unchanged_since)
    return (
        "compiled once a day" if unchanged < 3600 else f"compiled daily, unchanged for {words.age(unchanged)} or more"
    )


def workforce_source(view: PageView) -> str:
    """Which source the network's workers and threads are counted from, and when it was fetched."""
    assert view.network is not None, "only pages with the network tell its workers"
    key = view.network.health("image").counted_from
    fetched_at = view.reading(key).fetched_at
    if fetched_at is None:
        return "The number of workers and threads is unavailable."
    named = "the list of workers" if key == "workers" else "AI Horde's own counts, which lag by up to 5 min,"
    return f"Workers and threads, those in maintenance included: from {named} of {words.clock(fetched_at)}."


def notices(view: PageView) -> None:
    """Say what a reader has to know before any figure: simulated, stale, or unavailable."""
    if view.is_simulated:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info("Simulated Horde: every figure and every name on this page is made up.", icon=":material/science:")
            if data.is_visitors_choice():
                st.button("Back to the live Horde", on_click=data.close_simulation, key="close_simulation")
    failed = [source for source in view.sources if source.state is State.STALE and source.error]
    if failed:
        oldest = max(source.age or 0.0 for source in failed)
        st.warning(
            f"{words.sentence_case(unavailable.named(failed))} could not be refreshed. "
            f"These figures are {words.age(oldest)} old; the app keeps trying.{_doubts(failed)}",
            icon=":material/schedule:",
        )
    missing = [source for source in view.sources if source.state is State.UNAVAILABLE]
    if missing:
        st.warning(
            f"{words.sentence_case(unavailable.named(missing))}: unavailable. "
            f"What depends on this reads {words.UNKNOWN}; the app keeps trying.{_doubts(missing)}",
            icon=":material/cloud_off:",
        )


def _doubts(readings: Sequence[Reading[Any]]) -> str:
    """Say why last answers are not believed, a sentence for each reason; "" where none is doubted."""
    by_reason: dict[str, list[Reading[Any]]] = {}
    for reading in readings:
        if reading.doubt:
            by_reason.setdefault(reading.doubt, []).append(reading)
    return "".join(
        f" The last answer for {unavailable.named(of)} is not believed: {reason[0].lower()}{reason[1:]}"
        for reason, of in by_reason.items()
    )


def nothing_reachable(view: PageView) -> None:
    """One sentence, Retry, and the way to the simulated Horde."""
    with st.container(border=True):
        doubts = _doubts(view.sources)
        happened = "AI Horde cannot be reached" if not doubts else "AI Horde sends nothing that can be believed"
        st.subheader(f"{happened}, and nothing was loaded before.", anchor=False)
        st.caption(f"The app keeps trying by itself. Meanwhile you can look around with made-up figures.{doubts}")
        with st.container(horizontal=True):
            st.button(
                "Retry",
                icon=":material/refresh:",
                key="retry",
                on_click=_refresh,
                args=(view,),
            )
            st.button(
                "Open the simulated Horde",
                icon=":material/science:",
                on_click=data.open_simulation,
                key="open_simulation",
            )
