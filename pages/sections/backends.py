"""How text models spread over backends: shares, each model's split, imbalance, names with unknown prefixes."""

from __future__ import annotations

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from horde_core.analytics import formulas
from horde_core.analytics.names.spelling import BACKENDS, CANONICAL
from horde_core.frames.backends import distribution_frame, share_matrix
from horde_core.frames.usage import leading_rows
from horde_core.history.reading.series import Range
from horde_core.live.snapshot import PageView
from pages.common import bars, data, filters, freshness_header, panels, past, tables, unavailable, words
from pages.common.chart_frame import FULL_NAME, MEASURE_COLOURS, PALETTE, framed, label, name_rows
from pages.common.time_charts import Drawn

MEASURES = {
    "requests": "Share of 30-day requests",
    "threads": "Share of threads now",
    "workers": "Share of workers now",
    "models": "Share of listed models",
}
SPLITS = {"usage_month": "Requests of 30 days", "threads": "Threads now"}
BALANCES = {"several": "On several backends", "single": "On a single backend", "all": "All"}
_FIRST = ("koboldcpp", "aphrodite", CANONICAL, "tabbyapi", "vllm", "ollama", "oobabooga", "llamacpp", "tgi", "concedo")
COLOURS = dict(zip((*_FIRST, *(name for name in BACKENDS if name not in _FIRST)), PALETTE * 2, strict=False))
"""A backend keeps its colour; the ten most common have one of their own."""
_COUNTS = {"several": lambda count: count > 1, "single": lambda count: count == 1, "all": lambda count: count > 0}
NO_BACKEND = "No backend has requests in 30 days or threads now."
RESTS_ON = ("usage", "status", "reference")
_SCALE = ((0.0, "rgba(47,111,222,0.04)"), (1.0, "#2F6FDE"))


def distribution(view: PageView) -> None:
    """Requests, threads, workers and listed models of each backend, as shares side by side."""
    panels.chart("backend_chart", (), partial(_distribution_chart, view), freshness_header.usage_age(view))


def _distribution_chart(view: PageView) -> panels.Chart:
    snapshot = view.snapshot
    current = distribution_frame(data.backend_totals_frame(snapshot))
    title = "Share of requests, threads, workers and listed models, by backend"
    scope = "All text names, listed or not"
    if not len(current):
        return panels.Chart(
            title, scope, None, unavailable.sentence(view, ("usage", "status"), "this is unknown", NO_BACKEND)
        )
    return panels.Chart(
        title,
        scope,
        bars.grouped_bars(
            list(current["backend"]),
            {said: words.known(current[measure]) for measure, said in MEASURES.items()},
            "% of the text category",
            MEASURE_COLOURS,
        ),
        words.ranking(list(current["backend"]), [words.share(v) for v in current["requests"]], MEASURES["requests"]),
        current,
        {"backend": tables.name_column("Backend")}
        | {measure: tables.percent_column(said) for measure, said in MEASURES.items()},
    )


def _split_chart(view: PageView, measure: str) -> panels.Chart:
    snapshot = view.snapshot
    balances = data.balance_frame(snapshot)
    several = leading_rows(balances[balances["backend_count"] > 1], measure, 20)
    matrix = share_matrix(data.backend_frame(snapshot), list(several["name"]), measure)
    title = f"{SPLITS[measure]} of each model, split over its backends"
    noun = "requests" if measure == "usage_month" else "threads"
    scope = f"% of the model's {noun} · listed models on two or more backends, the largest first"
    if not len(matrix):
        why = unavailable.sentence(
            view, RESTS_ON, "it is unknown which models are", "No listed model is on two or more backends."
        )
        return panels.Chart(title, scope, None, why)
    return panels.Chart(
        title,
        scope,
        heat_map(matrix, noun),
        words.ranking(
            list(several["name"]), [f"on {words.listing(names)}" for names in several["backends"]], "By backend"
        ),
        matrix.reset_index(),
        {"name": tables.name_column()}
        | {backend: tables.percent_column(f"{backend} (%)") for backend in matrix.columns},
    )


def split(view: PageView) -> None:
    """The heat map of models and backends."""
    measure = filters.choice("Split by", tuple(SPLITS), "usage_month", "split", SPLITS.__getitem__)
    panels.chart("split_chart", (measure,), partial(_split_chart, view, measure), freshness_header.usage_age(view))


def over_time(view: PageView) -> None:
    """Requests by backend over time."""
    with st.container(horizontal=True):
        chosen, is_share = past.choose_range(), past.choose_share()
    past.chart("backends_past", ["usage:text"], (chosen, is_share), partial(_over_time_chart, view, chosen, is_share))
    past.note()


def _over_time_chart(view: PageView, chosen: Range, is_share: bool) -> panels.Chart:
    usage = data.history().backends(view.snapshot.name_index, chosen)
    drawn = [Drawn(one, one.name, COLOURS[one.name]) for one in usage.series]
    return past.usage_chart(usage, "Text requests a day, by backend", drawn, "requests", is_share, chosen)


def balance(view: PageView, models: int) -> None:
    """Models by how unevenly their requests and threads spread."""
    kind = filters.choice("Rows", tuple(BALANCES), "several", "balance_rows", BALANCES.__getitem__)
    tables.Table(
        key="balance",
        title="Text models by imbalance of their backends",
        load=lambda: (rows := data.balance_frame(view.snapshot))[_COUNTS[kind](rows["backend_count"])],
        columns={
            "name": tables.name_column(),
            "imbalance": tables.amount_column(
                "Imbalance", f"{formulas.IMBALANCE.help} n/a with one backend, or without requests or threads.", 3
            ),
            "backends": tables.list_column("Backends"),
            "usage_month": tables.count_column("Requests, 30 days"),
            "threads": tables.count_column("Threads"),
            "largest_usage_share": tables.percent_column(
                "Largest backend's requests", "Percent of the model's requests."
            ),
            "largest_thread_share": tables.percent_column(
                "Largest backend's threads", "Percent of the model's threads; n/a without threads."
            ),
        },
        incomplete=unavailable.clause(view, *RESTS_ON),
        alt="Text models by imbalance of their backends",
        rows_are=("listed model", "listed models"),
        of=models,
        ranges=("imbalance", "usage_month", "threads"),
        chosen=[BALANCES[kind].lower()] if kind != "all" else [],
        clear=("balance_rows",),
        loosen="*Rows*",
        note="The most uneven first.",
        links_to="text",
        given=(kind,),
    ).explore(view)


def programs(view: PageView) -> None:
    """Every backend with its figures."""
    tables.Table(
        key="backends",
        title="Text backends",
        load=lambda: data.backend_totals_frame(view.snapshot).rename(columns={"backend": "name"}),
        columns={
            "name": tables.name_column("Backend"),
            "models": tables.count_column(
                "Listed models", "Models of the reference with requests in 30 days or threads now."
            ),
            "unlisted": tables.count_column(
                "Unlisted names", "Names outside the reference with requests in 30 days or threads now."
            ),
            "threads": tables.count_column("Threads"),
            "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
            "share_month": tables.share_column("Share of requests, 30 days"),
            "thread_share": tables.share_column("Share of threads"),
            **tables.usage_columns("text"),
        },
        incomplete=unavailable.clause(view, "usage", "status"),
        alt="Text backends",
        rows_are=("backend", "backends"),
        search_label="Search backends",
    ).explore(view)


def prefixes(view: PageView) -> None:
    """What stands in front of names and is no backend that is known."""
    st.caption(
        "What stands before a slash in unlisted names, and is neither a known backend nor an author on the list."
    )
    tables.Table(
        key="prefixes",
        title="Unknown prefixes of text names",
        load=lambda: data.unknown_prefix_frame(view.snapshot).rename(columns={"prefix": "name"}),
        columns={
            "name": tables.name_column("Prefix"),
            "names": tables.count_column("Names", "API names that begin with it."),
            **tables.usage_columns("text"),
            "threads": tables.count_column("Threads"),
        },
        incomplete=unavailable.clause(view, *RESTS_ON),
        alt="Unknown prefixes of text names by usage",
        rows_are=("prefix", "prefixes"),
        ranges=("usage_month", "usage_total"),
        search_label="Search prefixes",
    ).explore(view)


def heat_map(matrix: pd.DataFrame, noun: str) -> go.Figure:
    """Draw :func:`horde_core.frames.backends.share_matrix`: percent of each model's figure, by backend."""
    shares = [[float(value) for value in row] for row in matrix.to_numpy()]
    names, backends = [str(name) for name in matrix.index], [str(backend) for backend in matrix.columns]
    squares = go.Heatmap(
        z=shares,
        x=[label(backend) for backend in backends],
        y=list(range(len(names))),
        zmin=0,
        zmax=100,
        colorscale=[list(step) for step in _SCALE],
        text=[[words.share(share) if share else "" for share in row] for row in shares],
        texttemplate="%{text}",
        hovertext=[
            [
                f"{label(name, FULL_NAME)}<br>{label(backend)}: {words.share(share)} of its {noun}"
                for backend, share in zip(backends, row, strict=True)
            ]
            for name, row in zip(names, shares, strict=True)
        ],
        hoverinfo="text",
        xgap=2,
        ygap=2,
        showscale=False,
    )
    return framed([squares], 76 + 26 * max(len(names), 1), {"side": "top", "showgrid": False}, name_rows(names))
