"""Backends: how text models spread over the programs that serve them."""

from functools import partial

import streamlit as st

from horde_core.frames.backends import distribution_frame, share_matrix
from horde_core.frames.summaries import backend_summary, leading_rows
from pages.common import bar_charts, data, filters, freshness_header, other_charts, panels, tables, words

view = data.current_view()
snapshot = view.snapshot
summary = data.kept(
    ("backend summary", snapshot.id),
    lambda: backend_summary(data.backend_totals_frame(snapshot), data.audits(snapshot)),
)

panels.figures(
    "backends",
    [
        panels.Figure("Backends in use", words.count(summary.backends), "with requests in 30 days or threads now"),
        panels.Figure(
            "Largest by requests",
            words.share(summary.largest_share),
            summary.largest or words.UNKNOWN,
            "Share of all text requests in 30 days.",
        ),
        panels.Figure(
            "On several backends",
            words.count(summary.several_backends),
            "listed models",
            number=summary.several_backends,
        ),
        panels.Figure(
            "On a single backend", words.count(summary.single_backend), "listed models", number=summary.single_backend
        ),
        panels.Figure(
            "Uneven",
            words.count(summary.uneven),
            f"imbalance of {data.THRESHOLDS['text'].backend_imbalance:g} or more",
            "Models whose requests and threads spread differently over their backends.",
            summary.uneven,
        ),
    ],
)

MEASURES = {
    "requests": "Share of 30-day requests",
    "threads": "Share of threads now",
    "workers": "Share of workers now",
    "models": "Share of listed models",
}


def distribution_chart() -> panels.Chart:
    """Four things side by side."""
    current = distribution_frame(data.backend_totals_frame(snapshot))
    title = "Share of requests, threads, workers and listed models, by backend"
    scope = "All text names, listed or not"
    if not len(current):
        return panels.Chart(title, scope, None, "Usage and queue are unavailable, so there is nothing to draw.")
    return panels.Chart(
        title,
        scope,
        bar_charts.grouped_bars(
            list(current["backend"]),
            {said: words.known(current[measure]) for measure, said in MEASURES.items()},
            "% of the text category",
            bar_charts.MEASURE_COLOURS,
        ),
        words.ranking(list(current["backend"]), [words.share(v) for v in current["requests"]], MEASURES["requests"]),
        current,
        {"backend": tables.name_column("Backend")}
        | {measure: tables.part_column(said) for measure, said in MEASURES.items()},
    )


panels.chart("backend_chart", (), distribution_chart, freshness_header.usage_age(view))

SPLITS = {"usage_month": "Requests of 30 days", "threads": "Threads now"}


def split_chart(measure: str) -> panels.Chart:
    """Which backends carry each model."""
    balances = data.balance_frame(snapshot)
    several = leading_rows(balances[balances["backend_count"] > 1], measure, 20)
    matrix = share_matrix(data.backend_frame(snapshot), list(several["name"]), measure)
    title = f"{SPLITS[measure]} of each model, split over its backends"
    scope = f"Listed models on two or more backends, the {len(matrix)} largest first"
    if not len(matrix):
        return panels.Chart(title, scope, None, "No listed model is known to be on two or more backends now.")
    return panels.Chart(
        title,
        scope,
        other_charts.heat_map(matrix, "requests" if measure == "usage_month" else "threads"),
        words.ranking(
            list(several["name"]), [f"on {words.listing(names)}" for names in several["backends"]], "By backend"
        ),
        matrix.reset_index(),
        {"name": tables.name_column()} | {backend: tables.part_column(f"{backend} (%)") for backend in matrix.columns},
    )


def split() -> None:
    """The heat map of models and backends."""
    measure = filters.choice("Split by", tuple(SPLITS), "usage_month", "split", SPLITS.__getitem__)
    panels.chart("split_chart", (measure,), partial(split_chart, measure), freshness_header.usage_age(view))


def balance() -> None:
    """Models by how unevenly their requests and threads spread."""
    kinds = {"several": "On several backends", "single": "On a single backend", "all": "All"}
    kind = filters.choice("Rows", tuple(kinds), "several", "balance_rows", kinds.__getitem__)
    counts = {"several": lambda count: count > 1, "single": lambda count: count == 1, "all": lambda count: count > 0}
    tables.explore(
        tables.Table(
            key="balance",
            title="Text models by imbalance of their backends",
            load=lambda: (rows := data.balance_frame(snapshot))[counts[kind](rows["backend_count"])],
            columns={
                "name": tables.name_column(),
                "imbalance": tables.index_column(
                    "Imbalance", "0 even, 1 opposite; n/a with one backend, or without requests or threads."
                ),
                "backends": tables.list_column("Backends"),
                "usage_month": tables.count_column("Requests, 30 days"),
                "threads": tables.count_column("Threads"),
                "largest_usage_share": tables.part_column(
                    "Largest backend's requests", "Percent of the model's requests."
                ),
                "largest_thread_share": tables.part_column(
                    "Largest backend's threads", "Percent of the model's threads; n/a without threads."
                ),
            },
            alt="Text models by imbalance of their backends",
            rows_are=("listed model", "listed models"),
            of=summary.models,
            ranges=("imbalance", "usage_month", "threads"),
            chosen=[kinds[kind].lower()] if kind != "all" else [],
            clear=("balance_rows",),
            loosen="*Rows*",
            note="The most uneven first.",
            links_to="text",
            given=(kind,),
        ),
        view,
    )


def programs() -> None:
    """Every backend with its figures."""
    tables.explore(
        tables.Table(
            key="backends",
            title="Text backends",
            load=lambda: data.backend_totals_frame(snapshot).rename(columns={"backend": "name"}),
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
            alt="Text backends",
            rows_are=("backend", "backends"),
            search_label="Search backends",
        ),
        view,
    )


def prefixes() -> None:
    """What stands in front of names and is no backend that is known."""
    st.caption(
        "What stands before a slash in unlisted names, and is neither a known backend nor an author on the list."
    )
    tables.explore(
        tables.Table(
            key="prefixes",
            title="Unknown prefixes of text names",
            load=lambda: data.unknown_prefix_frame(snapshot).rename(columns={"prefix": "name"}),
            columns={
                "name": tables.name_column("Prefix"),
                "names": tables.count_column("Names", "API names that begin with it."),
                **tables.usage_columns("text"),
                "threads": tables.count_column("Threads"),
            },
            alt="Unknown prefixes of text names by usage",
            rows_are=("prefix", "prefixes"),
            ranges=("usage_month", "usage_total"),
            search_label="Search prefixes",
        ),
        view,
    )


panels.tabs(
    "backends_tab",
    {"Split by model": split, "Imbalance": balance, "All backends": programs, "Unknown prefixes": prefixes},
)

panels.explanation(
    "**Backend** is the program in front of a name (`koboldcpp/`, `aphrodite/`, ...); a name without one "
    "is *canonical*.",
    "**Imbalance** is half the sum over a model's backends of the difference between its share of the model's 30-day "
    "requests and its share of the model's threads: 0 is even, 1 is opposite. A backend counts when it has either.",
    "**Shares** of requests and threads are of the whole text category, unlisted names included. A worker or a model "
    "that several backends carry counts in each, so shares of workers and of listed models are of the sum over "
    "backends.",
)
