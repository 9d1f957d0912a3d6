"""The workers: every one with filters, their bridges by version, and the models that few of them serve."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pandas as pd
import streamlit as st

from horde_core.analytics import formulas
from horde_core.analytics.indexes import IndexedHordeWorkers
from horde_core.analytics.network import KINDS, WORKER_TYPES, Kind
from horde_core.frames.workers import StaffSummary, bridge_counts, bridge_frame, meets_requirements
from horde_core.history.reading.series import Range
from horde_core.live.snapshot import PageView
from horde_core.selection import has_all_of, search, several
from pages.common import address, bars, columns, data, filters, panels, past, tables, time_charts, unavailable, words
from pages.common.chart_frame import PALETTE
from pages.common.time_charts import Drawn

BRIDGE_WORDS = {
    "newest": "Newest in use",
    "behind": "Behind it",
    "prerelease": "Pre-release",
    "unknown": "Version unknown",
}
BRIDGE_COLOURS = (PALETTE[0], PALETTE[3], PALETTE[1], PALETTE[6])
SUPPLIES = {"one": "With one worker", "none": "With none", "few": "With up to three"}
_BOUNDS = {"one": (1, 1), "none": (0, 0), "few": (1, 3)}

REQUIREMENTS = {"met": "meets its models' requirements", "unmet": "lists models for inpainting, cannot paint"}


def _met(rows: pd.DataFrame) -> list[str | None]:
    said = {True: "met", False: "unmet", None: None}
    return [said[value] for value in filters.cells("meets")(rows)]


FILTERS = (
    several("type", "Any type", filters.cells("type"), "type", {kind: kind.capitalize() for kind in KINDS})._replace(
        sentence=lambda chosen, *_: f"type {' or '.join(chosen)}"
    ),
    several("capability", "Any capability", filters.cells("capabilities"), "can do", holds=has_all_of),
    several("bridge", "Any bridge", filters.cells("bridge"), "bridge"),
    several("team", "Any team", filters.cells("team"), "team"),
    several("requirements", "Requirements", _met, choices=REQUIREMENTS),
    search("serves", "Serves a model named", filters.cells("serves"), "serves a model whose name holds"),
)


def everyone(view: PageView, staff: StaffSummary) -> None:
    """Every worker, with filters."""

    def load() -> pd.DataFrame:
        rows = data.worker_frame(view)
        reference = view.categories["image"].reference
        meets = pd.array(meets_requirements(rows, reference if reference.available else None), "boolean")
        return rows.assign(serves=rows["models"], models=rows["models"].map(words.first_few), meets=meets)

    tables.Table(
        key="workers",
        title="Workers",
        load=load,
        columns=columns.workers(),
        alt="Workers, most threads first",
        rows_are=("worker", "workers"),
        of=staff.workers,
        filters=FILTERS,
        ranges=("context", "threads", "model_count"),
        hidden=columns.WORKERS_HIDDEN,
        search_label="Search workers",
        loosen="*type, capability, bridge, team, requirements* or *model*",
        height=560,
    ).explore(view)


def over_time(view: PageView) -> None:
    """Workers that were seen, gained and lost each day, and when one of them was there."""
    with st.container(horizontal=True):
        kind = filters.choice("Kind of work", KINDS, "image", "kind", str.capitalize)
        chosen = past.choose_range()
    past.chart("workers_past", ["workers"], (kind, chosen), partial(_seen_chart, kind, chosen))
    identities = data.kept(("workers by name", view.id), lambda: _identities(view))
    address.note_text("worker")
    one = st.selectbox(
        "When was a worker there?", sorted(identities), None, key="worker", bind="query-params", placeholder="A worker"
    )
    if one is not None:
        past.chart("presence", ["workers"], (one, chosen), partial(_presence_chart, one, identities[one], chosen))
    past.note("Workers that have left are told by number only after 90 days.")


def _identities(view: PageView) -> dict[str, str]:
    """The workers on the list by a name to choose from; a name that several have is told with its id."""
    listed: IndexedHordeWorkers = view.reading("workers").value_or(IndexedHordeWorkers.unavailable())
    counted = Counter(worker.name for worker in listed)
    return {
        words.one_line(worker.name if counted[worker.name] == 1 else f"{worker.name} ({worker.identity})", 80): (
            worker.identity
        )
        for worker in listed
    }


def _seen_chart(kind: Kind, chosen: Range) -> panels.Chart:
    found = data.history().workers_by_day(WORKER_TYPES[kind], chosen)
    drawn = [
        Drawn(series, title, colour)
        for series, title, colour in zip(
            (found.seen, found.gained, found.lost), ("Seen", "Gained", "Lost"), PALETTE, strict=False
        )
    ]
    title, scope = f"{kind.capitalize()} workers seen, gained and lost a day", "Days in UTC, against the day before"
    if not past.is_known([one.series for one in drawn]):
        return panels.Chart(title, scope, None, "No whole day was recorded in this time.")
    figure = time_charts.lines(drawn, found.span, "workers")
    last = [words.amount(one.series.last_known) for one in drawn]
    alt = words.ranking([one.title for one in drawn], last, f"{title}, as last known")
    return panels.Chart(title, scope, figure, alt, time_charts.rows_of(drawn), past.table_columns(drawn, "workers"))


def _presence_chart(name: str, identity: str, chosen: Range) -> panels.Chart:
    found = data.history().presence(identity, chosen)
    drawn = [Drawn(found.threads, "Threads", PALETTE[0])]
    title, scope = "Threads of the worker, 0 while it was away", words.one_line(name, 80)
    if not past.is_known([found.threads]):
        return panels.Chart(title, scope, None, "Nothing was recorded of it in this time.")
    figure = time_charts.lines(drawn, found.span, "threads")
    alt = f"{title}, now {words.amount(found.threads.last_known)}"
    return panels.Chart(title, scope, figure, alt, time_charts.rows_of(drawn), past.table_columns(drawn, "threads"))


def _bridge_chart(view: PageView) -> panels.Chart:
    counted = bridge_counts(data.worker_frame(view))
    names = list(counted.index)
    series = {title: [int(count) for count in counted[column]] for column, title in BRIDGE_WORDS.items()}
    return panels.Chart(
        "Workers by bridge, and whether they run its newest version",
        "The newest stable version that at least two owners, or a tenth of the bridge's workers, run now",
        bars.stacked_counts(names, series, "workers", BRIDGE_COLOURS),
        words.ranking(names, [words.plural(int(total), "worker") for total in counted.sum(axis=1)], "Bridges"),
        counted.reset_index(),
        {"bridge": tables.name_column("Bridge")}
        | {column: tables.count_column(title) for column, title in BRIDGE_WORDS.items()},
    )


def bridges(view: PageView) -> None:
    """The bridges, as a chart and version by version."""
    panels.chart("bridge_chart", (), partial(_bridge_chart, view))
    tables.Table(
        key="bridges",
        title="Bridges by version",
        load=lambda: bridge_frame(data.worker_frame(view)).rename(columns={"bridge": "name"}),
        columns={
            "name": tables.name_column("Bridge"),
            "version": tables.text_column("Version"),
            "workers": tables.count_column("Workers"),
            "threads": tables.count_column("Threads"),
            "prerelease": tables.flag_column("Pre-release"),
            "behind": tables.flag_column("Behind", formulas.BEHIND.help),
        },
        alt="Workers by bridge and version",
        rows_are=("version of a bridge", "versions of bridges"),
        search_label="Search bridges",
    ).explore(view)


def _workers_per_model(view: PageView) -> None:
    """How many models have how many workers, in both categories."""
    with st.grid(2, gap="small", min_column_width=330):
        for snapshot in view.categories.values():
            with st.container(border=True):
                supply = data.statistics(snapshot).supply
                st.markdown(f"**{snapshot.model_type.capitalize()} models of the reference by number of workers**")
                if supply is None or supply.workers_per_model is None:
                    missing = unavailable.sentence(
                        view, ("workers", "reference"), "this is unknown", "This is unknown.", snapshot.model_type
                    )
                    st.info(missing)
                    continue
                none, one = words.count(supply.without_worker), words.count(supply.single_worker)
                st.caption(f"{none} have no worker, {one} have one. Workers in maintenance do not count.")
                rows = pd.DataFrame([part.model_dump() for part in supply.workers_per_model])
                tables.show(
                    rows,
                    {"workers": tables.count_column("Workers"), "models": tables.count_column("Models")},
                    alt=f"{snapshot.model_type} models of the reference by number of workers",
                    key=f"supply_{snapshot.model_type}",
                )


def concentration(view: PageView) -> None:
    """Which models have one worker, or none."""
    _workers_per_model(view)
    kind = filters.choice("Rows", tuple(SUPPLIES), "one", "supply_rows", SUPPLIES.__getitem__)
    of = filters.choice("Models of", tuple(view.categories), "image", "models_of", str.title)
    least, most = _BOUNDS[kind]
    snapshot = view.categories[of]

    def load() -> pd.DataFrame:
        rows = data.category_frame(snapshot)
        return rows[rows["listed"].fillna(False).astype(bool) & rows["workers"].between(least, most).fillna(False)]

    tables.Table(
        key="supply",
        title=f"{of.capitalize()} models by number of workers",
        load=load,
        columns={
            "name": tables.name_column(),
            "workers": tables.count_column("Workers"),
            "threads": tables.count_column("Threads"),
            **tables.usage_columns(of),
            "queued": tables.amount_column("Queued"),
        },
        alt=f"{of} models by number of workers",
        rows_are=("listed model", "listed models"),
        of=len(snapshot.reference),
        ranges=("usage_month",),
        chosen=[SUPPLIES[kind].lower()],
        clear=("supply_rows",),
        loosen="*Rows*",
        note="Most used first.",
        incomplete=unavailable.clause(view, "workers", "reference", model_type=of),
        links_to=of,
        given=(kind, of),
    ).explore(view)
