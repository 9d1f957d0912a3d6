"""The charts of the audit: findings by severity, usage against size, what a selection leaves, uneven backends."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from horde_core.audit import CategoryAuditResponse, ModelAuditInfo, Severity
from horde_core.audit.presets import PRESET_OF
from horde_core.audit.removal import Remainder
from horde_core.frames.audit import findings_by_severity
from horde_core.vocabulary import GIGABYTE, ModelType
from pages.common import bars, findings, panels, tables, words
from pages.common.chart_frame import PALETTE, framed, linear_axis, name_rows
from pages.sections.audit import size_scatter

SEVERITY_COLOURS = {
    Severity.CRITICAL.value: "#C62828",
    Severity.WARNING.value: "#B26A00",
    Severity.NOTICE.value: "#6B7A8F",
    Severity.UNKNOWN.value: "#8E6BB0",
}
"""Of their own, never in a chart with the last of the ten: each has a contrast of 3 and more on both grounds."""

CANDIDACY = {False: "No candidate", None: "Not known whether a candidate", True: "Deletion candidate"}
"""What is told of a model; in this order, so that candidates lie on top of the others."""

SMALLEST_TEXT = 11
"""Pixels; a figure that does not fit into its bar at this size is left to the hover and the table."""

UNEVEN_MODELS = 8
"""How many models the chart of uneven backends shows."""


def by_finding(infos: Sequence[ModelAuditInfo], rows_are: tuple[str, str]) -> panels.Chart:
    """How many models each finding has, by their severity."""
    counts = findings_by_severity(infos)
    title = f"{words.sentence_case(rows_are[1])} by finding and severity"
    scope = f"The {words.plural(len(infos), *rows_are)} shown; one may have several findings"
    unknown = {flag for info in infos for flag in info.flags.unknown_flags()}
    if unknown:
        scope += f" · without {words.plural(len(unknown), 'finding that is', 'findings that are')} unknown of some"
    if not len(counts):
        what = "what is known" if unknown else "what is shown"
        return panels.Chart(title, scope, None, f"Nothing was found in {what}.")
    labels = [findings.label(flag) for flag in counts.index]
    totals = [words.count(total) for total in counts.sum(axis=1)]
    return panels.Chart(
        title,
        scope,
        bars.stacked_counts(
            labels,
            {severity: [int(count) for count in counts[severity]] for severity in SEVERITY_COLOURS},
            rows_are[1],
            list(SEVERITY_COLOURS.values()),
        ),
        words.ranking(labels, totals, title, len(labels)),
        counts.assign(label=labels).reset_index(drop=True),
        {"label": tables.name_column("Finding")}
        | {severity: tables.count_column(severity.capitalize()) for severity in SEVERITY_COLOURS},
    )


def usage_against_size(
    infos: Sequence[ModelAuditInfo], model_type: ModelType, rows_are: tuple[str, str]
) -> panels.Chart:
    """Requests against size (text: parameters, as text records state no size), deletion candidates marked."""
    is_image = model_type == "image"
    what, unit = ("Size on disk", "GB") if is_image else ("Parameters", "billion")
    noun = tables.REQUEST_WORDS[model_type]
    title = f"{noun.capitalize()} in 30 days against {what.lower()}, deletion candidates marked"
    candidate = PRESET_OF["deletion_candidates"].selects
    rows = [
        (info.name, size / (GIGABYTE if is_image else 1e9), info.usage_month, CANDIDACY[candidate(info)])
        for info in infos
        if (size := info.size if is_image else info.parameters) and info.usage_month is not None
    ]
    left_out = len(infos) - len(rows)
    if not rows:
        why = (
            f"Size or usage of the {words.plural(len(infos), *rows_are)} shown is unknown."
            if infos
            else "Nothing is shown."
        )
        return panels.Chart(title, "Both axes logarithmic", None, why)
    scope = f"The {words.plural(len(rows), *rows_are)} shown · both axes logarithmic, no use at the bottom" + (
        f" · without {words.count(left_out)} of unknown size or usage" if left_out else ""
    )
    frame = pd.DataFrame(rows, columns=["name", "size", "usage_month", "candidate"])
    marked = frame[frame["candidate"] == CANDIDACY[True]].sort_values("size", ascending=False)
    return panels.Chart(
        title,
        scope,
        size_scatter.usage_against_size(frame, what, unit, noun, list(CANDIDACY.values())),
        words.ranking(
            list(marked["name"]), [f"{words.amount(size)} {unit}" for size in marked["size"]], "Largest candidates"
        )
        if len(marked)
        else "No row that is shown is known to be a deletion candidate.",
        frame.sort_values(["candidate", "size"], ascending=False),
        {
            "name": tables.name_column(),
            "size": tables.amount_column(f"{what} ({unit})"),
            "usage_month": tables.count_column(f"{noun.capitalize()}, 30 days"),
            "candidate": tables.text_column("Deletion candidate"),
        },
    )


def kept(parts: Sequence[Remainder], response: CategoryAuditResponse, removed: int) -> panels.Chart:
    """What would be kept of the reference, and what removed, in models, bytes and requests."""
    noun = tables.REQUEST_WORDS[response.model_type]
    disk = "Disk" if all(info.size is not None for info in response.models) else "Disk, as far as stated"
    said = {"models": ("Models", "models"), "size": (disk, "GB"), "usage": (f"{noun.capitalize()}, 30 days", noun)}
    rows = [
        {
            "measure": said[part.measure][0],
            "kept": _in_unit(part.kept, part.measure),
            "removed": _in_unit(part.removed, part.measure),
            "unit": said[part.measure][1],
            "kept_share": part.kept_share,
        }
        for part in parts
        if part.kept_share is not None
    ]
    title = f"The reference without {words.plural(removed, 'chosen model')}"
    scope = "What would be kept and what would go, of what the reference has now; requests of its own models only"
    if not rows:
        return panels.Chart(title, scope, None, "What models take and what is asked of them is unknown.")
    frame = pd.DataFrame(rows)
    return panels.Chart(
        title,
        scope,
        kept_bars(frame),
        words.ranking(list(frame["measure"]), [f"{words.share(share)} kept" for share in frame["kept_share"]], title),
        frame,
        {
            "measure": tables.name_column("What"),
            "kept": tables.amount_column("Kept"),
            "removed": tables.amount_column("Removed"),
            "unit": tables.text_column("Unit"),
            "kept_share": tables.percent_column("% kept"),
        },
    )


def kept_bars(frame: pd.DataFrame) -> go.Figure:
    """One bar a measure, of what is kept and what goes, in percent; ``frame`` has kept, removed, unit, kept_share."""
    shares = [float(share) for share in frame["kept_share"]]
    traces = []
    for title, colour, values, column in (
        ("Kept", PALETTE[0], shares, "kept"),
        ("Removed", size_scatter.CANDIDATE_COLOUR, [100 - share for share in shares], "removed"),
    ):
        amounts = [f"{words.amount(value)} {unit}" for value, unit in zip(frame[column], frame["unit"], strict=True)]
        texts = [f"{amount} ({words.share(value)})" for amount, value in zip(amounts, values, strict=True)]
        hovers = [
            f"{measure}: {amount} {title.lower()}, {words.share(value)}"
            for measure, amount, value in zip(frame["measure"], amounts, values, strict=True)
        ]
        traces.append(bars.stacked(values, texts, hovers, colour, title))
    return framed(
        traces,
        74 + 34 * len(frame),
        {"title": "% of the reference as it is"} | linear_axis(100),
        name_rows(list(frame["measure"])),
        has_legend=True,
        barmode="stack",
        bargap=0.3,
        uniformtext={"minsize": SMALLEST_TEXT, "mode": "hide"},
    )


def uneven(frame: pd.DataFrame, missing: str = "") -> panels.Chart:
    """Share of a model's requests against share of its threads, by backend; ``frame`` is ``uneven_frame``.

    ``missing`` says what is unavailable.
    """
    known = frame[frame["imbalance"].notna()]
    names = list(dict.fromkeys(known["name"]))[:UNEVEN_MODELS]
    rows = known[known["name"].isin(names)]
    title = "Share of a model's 30-day requests and share of its threads, by backend"
    scope = f"Listed models on two or more backends, at most {words.count(UNEVEN_MODELS)}, the most uneven first"
    if not len(rows):
        why = f"{missing}, so this is unknown." if missing else "No listed model is on two or more backends now."
        return panels.Chart(title, scope, None, why)
    pairs = list(zip(rows["name"], rows["backend"], strict=True))
    labels = [f"{name} · {backend}" for name, backend in pairs]
    figure: go.Figure = bars.grouped_bars(
        labels,
        {
            "Share of its requests": words.known(rows["usage_share"]),
            "Share of its threads": words.known(rows["thread_share"]),
        },
        "% of the model's own",
        ticks=[f"{words.one_line(name, 22)} · {backend}" for name, backend in pairs],
    )
    told = [
        f"{words.share(usage)} of requests, {words.share(threads)} of threads"
        for usage, threads in zip(rows["usage_share"], rows["thread_share"], strict=True)
    ]
    return panels.Chart(
        title,
        scope,
        figure,
        words.ranking(labels, told, title),
        rows,
        {
            "name": tables.name_column(),
            "backend": tables.text_column("Backend"),
            "usage_share": tables.percent_column("% of its requests"),
            "thread_share": tables.percent_column("% of its threads"),
        },
    )


def _in_unit(value: float | None, measure: str) -> float | None:
    return value / GIGABYTE if value is not None and measure == "size" else value
