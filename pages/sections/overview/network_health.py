"""The network's health on screen: one card a kind of work, each figure with its unit, the load as icon and word."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from horde_core.analytics import formulas
from horde_core.analytics.network import (
    BUSY_FROM_SECONDS,
    KINDS,
    OVERLOADED_FROM_SECONDS,
    Activity,
    Health,
    Load,
    Network,
    Window,
)
from horde_core.history.reading.network import Figure as Past
from horde_core.vocabulary import ModelType
from pages.common import headlines, panels, tables, words

LOADS: Mapping[Load, tuple[str, str]] = {
    Load.FINE: (":material/check_circle:", "green"),
    Load.BUSY: (":material/hourglass_top:", "orange"),
    Load.OVERLOADED: (":material/error:", "red"),
    Load.UNKNOWN: (":material/help:", "gray"),
}
WINDOW_WORDS: Mapping[Window, str] = {
    "minute": "Last minute",
    "hour": "Last hour",
    "day": "Last 24 hours",
    "month": "Last 30 days",
}
"""The windows that are shown, in words."""


def thresholds() -> str:
    """What the words mean, with the thresholds in force."""
    return (
        f"Drain time is {formulas.NETWORK_DRAIN.formula}: fine below {words.duration(BUSY_FROM_SECONDS)}, busy from "
        f"there, overloaded from {words.duration(OVERLOADED_FROM_SECONDS)}."
    )


def cards(network: Network) -> None:
    """Image, text and alchemy side by side."""
    with st.grid(len(KINDS), gap="small", min_column_width=300):
        for kind in KINDS:
            with st.container(border=True, height="stretch", gap="small"):
                _card(network.health(kind), network.id)


def _card(health: Health, network_id: str) -> None:
    icon, colour = LOADS[health.load]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(health.kind.capitalize(), anchor=False)
        st.badge(health.load.value, icon=icon, color=colour, help=f"{thresholds()} {formulas.LEAST_OF_IMAGES}.")  # type: ignore[arg-type]
    included = "those in maintenance included"
    drain = words.duration(health.drain_seconds)
    figures: dict[panels.Figure, Past | None] = {
        panels.Figure(
            words.bounded("Drain time", health.kind, health.queued), drain, "", formulas.NETWORK_DRAIN.help
        ): None,
        panels.Figure("Jobs queued", words.count(health.jobs), "", "Waiting or in progress.", health.jobs): "jobs",
        panels.Figure(
            "Threads", words.count(health.threads), "", f"Of all workers, {included}.", health.threads
        ): "threads",
        panels.Figure(
            "Workers", words.count(health.workers), "", f"{included.capitalize()}.", health.workers
        ): "workers",
    }
    with st.grid(2, gap="xsmall", min_column_width=110):
        for figure, past in figures.items():
            with st.container(gap=None):
                panels.metric(figure, f"health {health.kind}", network_id)
                if past is not None:
                    headlines.line(health.kind, past, f"{figure.label} of {health.kind} work")
    least = words.sentence_case(words.at_least(health.kind, health.queued))
    queued = f"{least}{words.plural_amount(health.queued, health.unit)} queued"
    st.caption(f"{queued} · {words.amount(health.per_minute)} done in the last minute")


def activity(network: Network) -> None:
    """Draw what was made in each window."""
    tables.show(
        activity_frame(network),
        ACTIVITY_COLUMNS,
        alt="Images and text requests made in the last minute, hour, day and month",
        key="activity_table",
    )


def activity_frame(network: Network) -> pd.DataFrame:
    """What was made in each window, images and text requests side by side."""
    by_kind: dict[ModelType, dict[Window, Activity]] = {
        kind: {one.window: one for one in network.activity(kind)} for kind in ("image", "text")
    }
    rows = [
        {
            "window": said,
            "images": by_kind["image"][window].requests,
            "pixelsteps": by_kind["image"][window].work,
            "requests": by_kind["text"][window].requests,
            "tokens": by_kind["text"][window].work,
        }
        for window, said in WINDOW_WORDS.items()
    ]
    return pd.DataFrame(rows).convert_dtypes()


def notice(network: Network) -> None:
    """Maintenance and invite-only mode, where the network is in one."""
    modes = network.modes
    if modes is not None and modes.maintenance_mode:
        st.warning("AI Horde is in maintenance: it takes no new requests now.", icon=":material/build:")
    if modes is not None and modes.invite_only_mode:
        st.info("AI Horde is in invite-only mode: new workers need an invitation.", icon=":material/lock:")


ACTIVITY_COLUMNS = {
    "window": tables.text_column("Window"),
    "images": tables.count_column("Images", "Images that were made."),
    "pixelsteps": tables.amount_column("Megapixelsteps", "Width x height x steps of those images, in millions."),
    "requests": tables.count_column("Text requests", "Texts that were made."),
    "tokens": tables.count_column("Tokens", "Tokens that those requests asked for."),
}
