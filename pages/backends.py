"""Backends: how text models spread over the programs that serve them."""

import streamlit as st

from horde_core.backend_frames import distribution_frame, share_matrix
from horde_core.summaries import backend_summary, leading_rows
from pages.common import charts, data, filters, panels, plots, status, tables, words

view = data.current_view()
snapshot = view.snapshot
totals = data.backend_totals_frame(snapshot)
balances = data.balance_frame(snapshot)
summary = backend_summary(totals, data.audits(snapshot))

panels.headline("Backends", "Which programs serve the text models, and do threads stand where the requests are?")
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
            f"imbalance of {data.THRESHOLDS.backend_imbalance:g} or more",
            "Models whose requests and threads spread differently over their backends.",
            summary.uneven,
        ),
    ],
)

current = distribution_frame(totals)
MEASURES = {
    "requests": "Share of 30-day requests",
    "threads": "Share of threads now",
    "workers": "Share of workers now",
    "models": "Share of listed models",
}
if len(current):
    panels.chart(
        panels.Chart(
            key="backend_chart",
            title="Share of requests, threads, workers and listed models, by backend",
            scope=f"All text names, listed or not · {status.usage_age(view)}",
            draw=lambda: charts.grouped_bars(
                list(current["backend"]),
                {title: words.known(current[measure]) for measure, title in MEASURES.items()},
                "% of the text category",
                charts.MEASURE_COLOURS,
            ),
            alt=words.ranking(
                list(current["backend"]), [words.share(v) for v in current["requests"]], MEASURES["requests"]
            ),
            rows=current,
            columns={"backend": tables.name_column("Backend")}
            | {measure: tables.part_column(title) for measure, title in MEASURES.items()},
        )
    )
else:
    st.info("Usage and queue are unavailable, so there is nothing to draw.")


def split() -> None:
    """Which backends carry each model."""
    splits = {"usage_month": "Requests of 30 days", "threads": "Threads now"}
    measure = filters.choice("Split by", tuple(splits), "usage_month", "split", splits.__getitem__)
    noun = "requests" if measure == "usage_month" else "threads"
    several = leading_rows(balances[balances["backend_count"] > 1], measure, 20)
    matrix = share_matrix(data.backend_frame(snapshot), list(several["name"]), measure)
    if not len(matrix):
        st.info("No listed model is on two or more backends now.")
        return
    panels.chart(
        panels.Chart(
            key="split_chart",
            title=f"{splits[measure]} of each model, split over its backends",
            scope=f"Listed models on two or more backends, the {len(matrix)} largest first",
            draw=lambda: plots.heat_map(matrix, noun),
            alt=words.ranking(
                list(several["name"]), [f"on {words.listing(names)}" for names in several["backends"]], "By backend"
            ),
            given=(measure,),
            rows=matrix.reset_index(),
            columns={"name": tables.name_column()}
            | {backend: tables.part_column(f"{backend} (%)") for backend in matrix.columns},
        )
    )


def balance() -> None:
    """Models by how unevenly their requests and threads spread."""
    kinds = {"several": "On several backends", "single": "On a single backend", "all": "All"}
    kind = filters.choice("Rows", tuple(kinds), "several", "rows", kinds.__getitem__)
    counts = {"several": lambda count: count > 1, "single": lambda count: count == 1, "all": lambda count: count > 0}
    tables.explore(
        tables.Table(
            key="balance",
            title="Text models by imbalance of their backends",
            load=lambda: (rows := data.balance_frame(snapshot))[counts[kind](rows["backend_count"])],
            columns={
                "name": tables.name_column(),
                "imbalance": tables.ratio_column(
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
            of=len(balances),
            ranges=("imbalance", "usage_month", "threads"),
            chosen=[kinds[kind].lower()] if kind != "all" else [],
            clear=("rows",),
            loosen="*Rows*",
            note="The most uneven first.",
            links_to="text",
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


panels.tabs({"Split by model": split, "Imbalance": balance, "All backends": programs, "Unknown prefixes": prefixes})

panels.explanation(
    "**Backend** is the program in front of a name (`koboldcpp/`, `aphrodite/`, ...); a name without one "
    "is *canonical*.",
    "**Imbalance** is half the sum over a model's backends of the difference between its share of the model's 30-day "
    "requests and its share of the model's threads: 0 is even, 1 is opposite. A backend counts when it has either.",
    "**Shares** of requests and threads are of the whole text category, unlisted names included. A worker or a model "
    "that several backends carry counts in each, so shares of workers and of listed models are of the sum over "
    "backends.",
)
