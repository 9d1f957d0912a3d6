"""Backends: how text models spread over the programs that serve them."""

import streamlit as st

from horde_core.summaries import backend_summary, leading_rows
from pages.common import charts, data, filters, panels, status, tables, words

view = data.current_view()
snapshot = view.snapshot
totals = data.backend_totals_frame(snapshot)
frame = data.backend_frame(snapshot)
audits = data.audits(snapshot)
summary = backend_summary(totals, audits)

panels.headline("Backends", "Which programs serve the text models, and do threads stand where the requests are?")
panels.figures(
    [
        panels.Figure(
            "Backends in use",
            words.count(summary.backends),
            "with requests in 30 days or threads now",
        ),
        panels.Figure(
            "Largest by requests",
            words.share(summary.largest_share),
            summary.largest or words.UNKNOWN,
            "Share of all text requests in 30 days.",
        ),
        panels.Figure("On several backends", words.count(summary.several_backends), "listed models"),
        panels.Figure("On a single backend", words.count(summary.single_backend), "listed models"),
        panels.Figure(
            "Uneven",
            words.count(summary.uneven),
            f"imbalance of {data.THRESHOLDS.backend_imbalance:g} or more",
            "Models whose requests and threads spread differently over their backends.",
        ),
    ]
)

current = totals[(totals["share_month"].fillna(0) > 0) | (totals["thread_share"].fillna(0) > 0)]
if len(current):
    panels.chart(
        "Share of 30-day requests and share of threads, by backend",
        f"All text names, listed or not · {status.usage_age(view)}",
        charts.paired_bars(
            list(current["backend"]),
            words.known(current["share_month"]),
            words.known(current["thread_share"]),
            ("Share of 30-day requests", "Share of threads now"),
            "% of the text category",
        ),
        alt=words.ranking(
            list(current["backend"]), [words.share(v) for v in current["share_month"]], "Share of 30-day requests"
        ),
        key="backend_chart",
    )
else:
    st.info("Usage and queue are unavailable, so there is nothing to draw.")

measures = {"usage_month": "Requests, 30 days", "threads": "Threads now"}
balances = data.balance_frame(snapshot)
measure = filters.choice("Split by", tuple(measures), "usage_month", "split", measures.__getitem__)
several = leading_rows(balances[balances["backend_count"] > 1], measure, 15)
if len(several):
    panels.chart(
        f"{measures[measure]} of each model, split over its backends",
        f"Listed models on two or more backends, the {len(several)} largest first",
        charts.backend_split(
            frame, list(several["name"]), measure, "requests" if measure == "usage_month" else "threads"
        ),
        alt=words.ranking(
            list(several["name"]), [f"on {words.listing(names)}" for names in several["backends"]], "Models by backend"
        ),
        key="split_chart",
    )

st.subheader("Backends", anchor=False)
tables.show(
    totals,
    {
        "backend": tables.name_column("Backend"),
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
    key="backend_table",
)
tables.download(totals, "backends", "backend_download")

st.subheader("Models", anchor=False)
kinds = {"several": "On several backends", "single": "On a single backend", "all": "All"}
with st.container(horizontal=True, vertical_alignment="center"):
    kind = filters.choice("Rows", tuple(kinds), "several", "backend_rows", kinds.__getitem__)
    text = filters.search("backend_name")
picked = {
    "several": balances[balances["backend_count"] > 1],
    "single": balances[balances["backend_count"] == 1],
    "all": balances,
}
chosen = filters.matching(picked[kind], text)
st.caption(f"{len(chosen):,} of {words.plural(len(balances), 'listed model')}, the most uneven first.")
if len(chosen):
    tables.show(
        chosen,
        {
            "name": tables.name_column(),
            "imbalance": st.column_config.NumberColumn(
                "Imbalance",
                format="%.2f",
                help="0 even, 1 opposite; n/a with one backend, or without requests or threads.",
            ),
            "backends": tables.list_column("Backends"),
            "usage_month": tables.count_column("Requests, 30 days"),
            "threads": tables.count_column("Threads"),
            "largest_usage_share": tables.part_column("Largest backend's requests", "Percent of the model's requests."),
            "largest_thread_share": tables.part_column(
                "Largest backend's threads", "Percent of the model's threads; n/a without threads."
            ),
        },
        alt="Text models by imbalance of their backends",
        key="balance_table",
    )
    tables.download(chosen, "backend-balance", "balance_download")
else:
    filters.nothing_matches(["backend_name", "backend_rows"], "*Search names* or *Rows*")

panels.explanation(
    "**Backend** is the program in front of a name (`koboldcpp/`, `aphrodite/`, ...); a name without one "
    "is *canonical*.",
    "**Imbalance** is half the sum over a model's backends of the difference between its share of the model's 30-day "
    "requests and its share of the model's threads: 0 is even, 1 is opposite. A backend counts when it has either.",
    "**Shares** in the first chart are of the whole text category, unlisted names included.",
)
