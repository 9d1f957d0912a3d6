"""Backends: how text models spread over the programs that serve them."""

from horde_core.analytics import formulas
from horde_core.frames.backends import backend_summary
from pages.common import data, panels, words
from pages.sections import backends

view = data.current_view()
snapshot = view.snapshot
summary = data.kept(
    ("backend summary", snapshot.id),
    lambda: backend_summary(data.backend_totals_frame(snapshot), data.audits(snapshot)),
)

panels.figures(
    "backends",
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
        f"imbalance of {words.exact(data.THRESHOLDS['text'].backend_imbalance)} or more",
        "Models whose requests and threads spread differently over their backends.",
        summary.uneven,
    ),
)

backends.distribution(view)
panels.tabs(
    "backends_tab",
    {
        "Split by model": lambda: backends.split(view),
        "Over time": lambda: backends.over_time(view),
        "Imbalance": lambda: backends.balance(view, summary.models),
        "All backends": lambda: backends.programs(view),
        "Unknown prefixes": lambda: backends.prefixes(view),
    },
)

panels.explanation(
    "**Backend** is the program in front of a name (`koboldcpp/`, `aphrodite/`, ...); a name without one "
    "is *canonical*.",
    f"{formulas.IMBALANCE.paragraph} A backend counts when it has either.",
    "**Shares** of requests and threads are of the whole text category, unlisted names included. A worker or a model "
    "that several backends carry counts in each, so shares of workers and of listed models are of the sum over "
    "backends.",
)
