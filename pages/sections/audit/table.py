"""The table of the audit: its rows, those that are shown, and the details of one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from horde_core.analytics.groups import GroupLevel
from horde_core.audit import CategoryAuditResponse, ModelAuditInfo, worst_first
from horde_core.cache.freshness import State
from horde_core.frames.audit import audit_frame
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.selection import Selection
from pages.common import data, findings, tables, tickable_table, words

NAMES = {"model": "Model", "family": "Family", "exact": "API name"}
MEMBERS_ARE: dict[GroupLevel, GroupLevel] = {"model": "exact", "family": "model"}


class Audited(NamedTuple):
    """The audit that a page draws: every model or group of it, worst first, with a row each."""

    view: PageView
    snapshot: Snapshot
    response: CategoryAuditResponse
    infos: Sequence[ModelAuditInfo]
    rows: pd.DataFrame
    given: tuple[Hashable, ...]
    """All that the rows depend on."""

    @property
    def members(self) -> int:
        """How many models the reference has."""
        return len(self.snapshot.reference)

    @property
    def key(self) -> str:
        """The key of what is ticked: one for each category and level."""
        return f"audit_{self.response.model_type}_{self.response.level}"


def audited(view: PageView, response: CategoryAuditResponse) -> Audited:
    """Make the rows of an audit, shared by all sessions with the same view."""
    digest = response.thresholds.digest
    inputs = (view.id, digest, response.level, response.model_type, response.as_of, response.recorded)
    given = ("audit", *inputs, words.numbers())

    def make() -> Audited:
        infos = worst_first(response.models)
        return Audited(view, view.snapshot, response, infos, _rows(infos, response), given)

    return data.kept(given, make)._replace(view=view)


def _rows(infos: Sequence[ModelAuditInfo], response: CategoryAuditResponse) -> pd.DataFrame:
    frame = findings.in_words(audit_frame(infos, response.thresholds, words.numbers()))
    return frame.assign(**{tables.MODEL_LINK: [tables.model_link(info.name) for info in infos]})


def identity(info: ModelAuditInfo) -> tickable_table.Identity:
    """The key of a row: the name alone is not unique, as a family may have the name of a single model."""
    return (info.name, info.members)


class Shown(NamedTuple):
    """The models that match a selection, and their rows."""

    infos: Sequence[ModelAuditInfo]
    rows: tickable_table.Rows


def shown(audit: Audited, selection: Selection, columns: Mapping[str, Any]) -> Shown:
    """Narrow the rows of an audit. Those of all models are shared by all sessions with the same view and columns."""

    def make() -> Shown:
        infos, rows = audit.infos, audit.rows
        if selection.chosen:
            kept = selection.narrows(infos)
            infos, rows = [info for info, is_kept in zip(infos, kept, strict=True) if is_kept], rows[kept]
        return Shown(infos, tickable_table.Rows.of(rows, columns, [identity(info) for info in infos]))

    is_as_it_opens = not selection.chosen and not {*findings.HIDDEN} & columns.keys()
    return data.kept((*audit.given, *columns), make) if is_as_it_opens else make()


def table(audit: Audited, chosen: Shown) -> None:
    """The rows that are shown, to be ticked; a click on a cell tells everything of its row."""
    looked_at = tickable_table.table(chosen.rows, "Audit of the model reference", audit.key, height=520)
    if looked_at is None:
        st.caption("Click a cell to see every finding of its row with its reason, and what it adds up.")
    else:
        details(audit, chosen.infos[looked_at])


def columns(audit: Audited) -> dict[str, Any]:
    """The columns that the visitor wants."""
    level = audit.response.level
    return tables.chosen_columns(
        f"audit_columns_{audit.response.model_type}",
        findings.columns(audit.response.model_type, NAMES[level]),
        findings.HIDDEN,
        has_link=level != "family",
    )


def details(audit: Audited, info: ModelAuditInfo) -> None:
    """Every flag of a row with its reason, and the members that it adds up."""
    with st.container(border=True):
        st.markdown("**All findings of**")
        st.text(words.one_line(info.name, 120))
        tables.show(
            findings.explanation_frame(info, audit.response.thresholds),
            {
                "what": tables.name_column("Finding"),
                "value": tables.text_column("Holds", width="small"),
                "why": tables.text_column("Why", width="large"),
            },
            alt="Every finding of the row and why it holds or does not",
            key="audit_details",
            height=560,
        )
        member_level = MEMBERS_ARE.get(audit.response.level)
        if member_level is not None:
            _members(audit, info, member_level)


def _members(audit: Audited, info: ModelAuditInfo, level: GroupLevel) -> None:
    """The models of a family, or the API names of a model, that are added up in its row."""
    snapshot = audit.snapshot
    names = set(info.members) if level == "model" else set(snapshot.names_of(info.members[0]))
    frame = data.category_frame(snapshot, level)
    members = frame[frame["name"].isin(names)]
    if not len(members) and any(source.state is State.UNAVAILABLE for source in audit.view.sources):
        st.markdown("Which API names belong to it is unknown, as a source is unavailable.")
        return
    what = "model" if level == "model" else "API name"
    st.markdown(f"**{words.plural(len(members), what)}** {'is' if len(members) == 1 else 'are'} added up in this row")
    if not len(members):
        return
    text = {"backends": tables.text_column("Backends")} if snapshot.model_type == "text" else {}
    tables.show(
        members,
        {
            "name": tables.name_column(NAMES[level]),
            **tables.usage_columns(snapshot.model_type),
            "threads": tables.count_column("Threads"),
            "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
            **text,
        },
        alt=f"The {what}s that are added up",
        key="audit_members",
        height=300,
    )
