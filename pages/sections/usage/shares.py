"""How requests, threads and models spread over what models have in common: baseline, size, NSFW."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from horde_core.analytics.category_statistics import Part
from horde_core.frames.usage import leading_parts, part_frame
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.vocabulary import Period
from pages.common import bars, data, freshness_header, panels, tables, unavailable, words
from pages.common.chart_frame import MEASURE_COLOURS

MOST_PARTS = 15


def draw(view: PageView, period: Period) -> None:
    """Draw one chart for each thing that models have in common."""
    catalogue = data.statistics(view.snapshot).catalogue
    if catalogue is None:
        st.info(unavailable.sentence(view, ("reference",), "it is unknown what models have in common"))
        return
    splits: list[tuple[str, Sequence[Part]]] = [("baseline", catalogue.by_baseline)]
    if catalogue.by_parameter_size:
        splits.append(("parameter size", catalogue.by_parameter_size))
    splits.append(("NSFW", catalogue.by_nsfw))
    for what, parts in splits:
        panels.chart(
            f"split_{what.replace(' ', '_')}",
            (period,),
            partial(_chart, view.snapshot, period, what, parts),
            freshness_header.usage_age(view),
        )


def _chart(snapshot: Snapshot, period: Period, what: str, parts: Sequence[Part]) -> panels.Chart:
    noun = tables.REQUEST_WORDS[snapshot.model_type]
    everything = part_frame(parts, period, snapshot.merged.reconciliation)
    rows = leading_parts(everything, MOST_PARTS)
    left_out = len(everything) - len(rows)
    most = f" · the most used, without {words.plural(left_out, 'other')}" if left_out else ""
    return panels.Chart(
        title=f"Share of all {noun}, of threads and of listed models, by {what}",
        scope=f"Models of the reference · {tables.PERIOD_WORDS[period]}{most}",
        figure=bars.grouped_bars(
            list(rows["label"]),
            {
                f"Share of all {noun}": words.known(rows["usage_share"]),
                "Share of threads": words.known(rows["thread_share"]),
                "Share of listed models": words.known(rows["model_share"]),
            },
            "% of the category",
            MEASURE_COLOURS,
        ),
        alt=words.ranking(list(rows["label"]), [words.share(v) for v in rows["usage_share"]], f"Share of {noun}"),
        rows=rows,
        columns={
            "label": tables.name_column(what.capitalize() if what.islower() else what),
            "models": tables.count_column("Models"),
            "usage": tables.count_column(noun.capitalize()),
            "usage_share": tables.percent_column(f"% of all {noun}"),
            "threads": tables.count_column("Threads"),
            "thread_share": tables.percent_column("% of all threads"),
        },
    )
