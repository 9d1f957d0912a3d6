"""From findings to action: what the chosen models add up to, and files of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit import ModelAuditInfo
from horde_core.audit.removal import Removal, remainder, removal
from horde_core.frames.audit import audit_frame, backends_frame
from horde_core.numbers import ENGLISH
from horde_core.selection import Selection
from horde_core.vocabulary import GIGABYTE
from pages.common import data, downloads, exports, panels, tables, tickable_table, words
from pages.common.downloads import File
from pages.sections.audit import charts, controls
from pages.sections.audit.table import Audited, identity


def act(audit: Audited, shown: Sequence[ModelAuditInfo], selection: Selection) -> None:
    """The ticked rows, or all that are shown where none is ticked: what they add up to, and what to do with them."""
    held = tickable_table.ticked(audit.key)
    ticked = [info for info in audit.infos if identity(info) in held] if held else []
    chosen = ticked or list(shown)
    is_everything = len(chosen) == len(audit.infos)
    st.subheader("Selection", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_what_is_chosen(ticked, shown, is_everything and not ticked))
        if ticked:
            st.button("Untick all", key="untick", type="tertiary", on_click=tickable_table.untick, args=(audit.key,))
    if not chosen:
        return
    with st.container(horizontal=True):
        downloads.offer(_files(audit, chosen, _about(audit, chosen, _spoken(audit, selection, bool(ticked)))))
    if audit.response.level == "exact":
        st.caption("API names are no models: group by model or family to see what a removal would cost and free.")
    if (is_everything and not ticked) or audit.response.level == "exact":
        return
    summed = removal(
        chosen, _statistics(audit, chosen), audit.snapshot.serving_workers, audit.response.category_month_usage
    )
    _figures(audit, summed)
    panels.chart(
        "kept_chart",
        None,
        lambda: charts.kept(remainder(audit.infos, chosen), audit.response, summed.models),
    )


def _what_is_chosen(ticked: Sequence[ModelAuditInfo], shown: Sequence[ModelAuditInfo], is_everything: bool) -> str:
    if is_everything:
        return "Tick rows, or narrow the table, to see what removing them would cost and free. Files are of all rows."
    if not ticked:
        return f"No row is ticked, so this is all that is shown: {words.plural(len(shown), 'row')}."
    visible = {identity(info) for info in shown}
    hidden = sum(identity(info) not in visible for info in ticked)
    told = f", {words.count(hidden)} of them not among those shown now" if hidden else ""
    return f"{words.plural(len(ticked), 'row')} ticked{told}."


def _statistics(audit: Audited, chosen: Sequence[ModelAuditInfo]) -> list[CombinedModelStatistics]:
    """The figures of the chosen, in their order; the audit is in the order of its subjects."""
    subjects, models = audit.snapshot.subjects(audit.response.level), audit.response.models

    def by_identity() -> dict[tickable_table.Identity, CombinedModelStatistics]:
        return {identity(info): subject.statistics for info, subject in zip(models, subjects, strict=True)}

    found = data.kept(("audited statistics", audit.key, audit.snapshot.id), by_identity)
    return [found[identity(info)] for info in chosen]


def _figures(audit: Audited, summed: Removal) -> None:
    noun = tables.REQUEST_WORDS[audit.response.model_type]
    stated = summed.without_size == 0
    size = f"{words.amount(summed.size / GIGABYTE)} GB"
    if not stated:
        size = f"≥ {size}" if summed.size else words.UNKNOWN
    panels.figures(
        "selection",
        panels.Figure("Models", words.count(summed.models), f"of {words.count(audit.members)} in the reference"),
        panels.Figure(
            "Usage lost",
            words.count(summed.usage_month),
            f"{noun} in 30 days: {words.share(summed.usage_share)} of the category",
            "What was asked of these models in the last counted 30 days.",
        ),
        panels.Figure(
            "Disk reclaimed",
            size,
            "on a machine that has all of them"
            if stated
            else f"{words.plural(summed.without_size, 'row')} without a stated size",
            "Sum of the sizes that the reference states. 1 GB is 10⁹ bytes.",
        ),
        panels.Figure(
            "Workers affected",
            words.count(summed.workers),
            "serve at least one of them now",
            "Distinct online workers, not in maintenance.",
        ),
    )


def _spoken(audit: Audited, selection: Selection, is_ticked: bool) -> str:
    """What a file says of how its rows were chosen."""
    sentences = [] if is_ticked else list(selection.sentences(audit.response.thresholds, ENGLISH).values())
    return "; ".join(["rows ticked by hand"] if is_ticked else sentences)


def _about(audit: Audited, chosen: Sequence[ModelAuditInfo], spoken: str) -> dict[str, str]:
    """Where the figures of a file are from, in plain English whatever the visitor's language: scripts read it."""
    response = audit.response
    return exports.provenance(
        audit.view,
        f"Audit of the {response.model_type} reference, one row a {controls.ROWS_ARE[response.level][0]}",
        spoken,
        {
            "thresholds": controls.threshold_words(response.thresholds, response.model_type),
            "snapshot": response.snapshot,
            "rows": f"{len(chosen)} of {len(response.models)}",
        },
    )


def _files(audit: Audited, chosen: Sequence[ModelAuditInfo], about: Mapping[str, str]) -> list[File]:
    """Files of the chosen."""
    response = audit.response
    members = list(dict.fromkeys(name for info in chosen for name in info.members))

    def findings() -> pd.DataFrame:
        return audit_frame(chosen, response.thresholds, ENGLISH)

    def workbook() -> bytes:
        backends = backends_frame(zip(chosen, _statistics(audit, chosen), strict=True))
        return exports.xlsx_bytes({"Findings": findings(), "Backends": backends}, about)

    rows = "The chosen rows with every column, for"
    sheets = "Findings, backends, and where the figures are from."
    files = downloads.rows_files("audit", findings, about, f"{rows} a spreadsheet.", f"{rows} a script.")
    files.append(File("XLSX", "audit", "xlsx", exports.XLSX, sheets, workbook))
    if response.level != "exact":
        purpose = "The names of the chosen models, one a line."
        make = partial(exports.names_bytes, members, about)
        files.append(File("Removal list", "removal", "txt", "text/plain", purpose, make))
    if response.model_type == "image":
        purpose = "The setting of an image worker's bridge with which it no longer serves these models."
        make = partial(exports.skip_list_bytes, members, about)
        files.append(File("models_to_skip", "skip", "yaml", "application/yaml", purpose, make))
    return files
