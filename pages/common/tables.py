"""Tables: one way to show each kind of column, and one to explore a table: search, ranges, columns, downloads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
import streamlit as st

from horde_core.live.snapshot import PageView
from horde_core.vocabulary import PERIODS, ModelType, Period
from pages.common import data, exports, filters, words

PERIOD_WORDS: Mapping[Period, str] = {"day": "Day", "month": "30 days", "total": "All time"}
REQUEST_WORDS: Mapping[ModelType, str] = {"image": "images", "text": "requests"}
ROW_HEIGHT = 36
MODEL_LINK = "link"
"""The column that leads to a model's own page."""


class Table(NamedTuple):
    """What a table holds and what may be asked of it.

    ``load`` gives all its rows. They are kept for all who are given the same: it depends on the view and on ``given``
    alone. None is for what depends on the moment or on what somebody typed. It is called again for a download, so that
    no session keeps rows. ``chosen`` says in words what the page has already chosen of them, ``clear`` by which of its
    filters.
    """

    key: str
    title: str
    load: Callable[[], pd.DataFrame]
    columns: Mapping[str, Any]
    alt: str
    rows_are: tuple[str, str] = ("model", "models")
    of: int | None = None
    ranges: Sequence[str] = ()
    hidden: Sequence[str] = ()
    search: Sequence[str] = ("name",)
    search_label: str = "Search names"
    chosen: Sequence[str] = ()
    clear: Sequence[str] = ()
    loosen: str = ""
    note: str = ""
    links_to: ModelType | None = None
    given: tuple[Hashable, ...] | None = ()
    height: int = 420


def name_column(label: str = "Model") -> Any:
    """The pinned column of names: plain text whatever it holds."""
    return st.column_config.TextColumn(label, pinned=True, width=240)


def text_column(label: str, help_text: str = "", width: Any = None) -> Any:
    """Words."""
    return st.column_config.TextColumn(label, help=help_text or None, width=width)


def count_column(label: str, help_text: str = "") -> Any:
    """Whole numbers, grouped by thousands; empty is unknown."""
    return st.column_config.NumberColumn(label, format="localized", help=help_text or None)


def amount_column(label: str, help_text: str = "") -> Any:
    """Amounts with one decimal."""
    return st.column_config.NumberColumn(label, format="%,.1f", help=help_text or None)


def index_column(label: str, help_text: str = "") -> Any:
    """A figure between 0 and 1, with three digits however small it is."""
    return st.column_config.NumberColumn(label, format="%.3g", help=help_text or None)


def ratio_column(label: str, help_text: str = "") -> Any:
    """How many times, with two decimals."""
    return st.column_config.NumberColumn(label, format="%.2f", help=help_text or None)


def share_column(label: str, help_text: str = "", largest: float = 100.0) -> Any:
    """Percent of the whole, as a bar with its figure."""
    return st.column_config.ProgressColumn(
        label, format="%.4g %%", min_value=0.0, max_value=max(largest, 1e-9), help=help_text or None
    )


def part_column(label: str, help_text: str = "") -> Any:
    """Percent of something else than the category."""
    return st.column_config.NumberColumn(label, format="%.1f %%", help=help_text or None)


def exact_part_column(label: str, help_text: str = "") -> Any:
    """The same with four digits, however small it is: a little is told from nothing."""
    return st.column_config.NumberColumn(label, format="%.4g %%", help=help_text or None)


def duration_column(label: str, help_text: str = "") -> Any:
    """Durations (a timedelta column), in the visitor's words."""
    return st.column_config.NumberColumn(label, format="localized", help=help_text or None)


def flag_column(label: str, help_text: str = "") -> Any:
    """Yes or no."""
    return st.column_config.CheckboxColumn(label, help=help_text or None)


def list_column(label: str, help_text: str = "") -> Any:
    """Several words in one cell."""
    return st.column_config.ListColumn(label, help=help_text or None)


def link_column() -> Any:
    """The way to a model's own page."""
    return st.column_config.LinkColumn(
        "Page", display_text=":material/open_in_new:", pinned=True, width=44, help="Open the model's own page."
    )


def model_link(name: str) -> str:
    """The address of a model's own page, below whatever address the dashboard has."""
    return f"model?name={quote(name, safe='')}"


def usage_columns(model_type: ModelType) -> dict[str, Any]:
    """Requests in the three periods."""
    noun = REQUEST_WORDS[model_type]
    return {
        f"usage_{period}": count_column(
            f"{PERIOD_WORDS[period]}", f"{noun.capitalize()} in this period, at the API's last daily count."
        )
        for period in PERIODS
    }


def show(frame: pd.DataFrame, columns: Mapping[str, Any], alt: str, key: str, height: int = 420) -> None:
    """Show the named columns of a frame, in that order."""
    st.dataframe(
        frame[list(columns)],
        column_config=dict(columns),
        hide_index=True,
        height="content" if ROW_HEIGHT * (len(frame) + 1) < height else height,
        placeholder=words.UNKNOWN,
        alt=alt,
        key=key,
    )


def explore(table: Table, view: PageView) -> None:
    """Show a table with a search, ranges and a choice of columns above it, and downloads of just what is shown."""
    frame = _rows(table, view)
    with st.container(horizontal=True, vertical_alignment="center"):
        text = filters.search(f"{table.key}_name", table.search_label) if table.search else ""
        labels = {column: _label(table.columns[column]) for column in table.ranges}
        limits = filters.ranges(table.key, labels) if labels else []
        columns = chosen_columns(_columns_key(table, view), table.columns, table.hidden, bool(table.links_to))
        downloads = st.container(horizontal=True, width="content")
    chosen = _narrowed(frame, table, text, limits)
    conditions = [*table.chosen, *filter(None, (limit.sentence for limit in limits))]
    conditions += ["the name holds what you typed"] if text else []
    st.caption(_counted(len(chosen), table.of or len(frame), table, conditions))
    if not len(chosen):
        _nothing_matches(table)
        return
    show(chosen, columns, table.alt, f"{table.key}_table", table.height)
    spoken = "; ".join([*conditions[:-1], f"name holds “{text}”"] if text else conditions)
    with downloads:
        _offer(table, text, limits, [column for column in columns if column != MODEL_LINK], spoken, view)


def _narrowed(frame: pd.DataFrame, table: Table, text: str, limits: Sequence[filters.Range]) -> pd.DataFrame:
    return filters.within(filters.matching(frame, text, table.search), limits)


def _counted(shown: int, whole: int, table: Table, conditions: Sequence[str]) -> str:
    said = f"{words.count(shown)} of {words.plural(whole, *table.rows_are)}"
    return f"{said}: {'; '.join(conditions)}. {table.note}" if conditions else f"{said}. {table.note}"


def _columns_key(table: Table, view: PageView) -> str:
    """A key of the category's own: what another one has no column for would be forgotten there."""
    return "_".join([table.key, "columns", *(view.categories if len(view.categories) == 1 else ())])


def chosen_columns(key: str, columns: Mapping[str, Any], hidden: Sequence[str], has_link: bool) -> dict[str, Any]:
    """The columns that the visitor wants; the name, and the way to its page, always."""
    first, *others = columns
    labels = {column: _label(columns[column]) for column in others}
    with st.popover("Columns", icon=":material/view_column:"):
        wanted = st.multiselect(
            "Columns",
            others,
            default=[column for column in others if column not in hidden],
            format_func=labels.__getitem__,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
            width=320,
        )
    chosen = {first: columns[first]}
    if has_link:
        chosen[MODEL_LINK] = link_column()
    return chosen | {column: columns[column] for column in others if column in wanted}


def _rows(table: Table, view: PageView) -> pd.DataFrame:
    if table.given is None:
        return _loaded(table)
    return data.kept(("rows", table.key, view.id, words.numbers(), *table.given), lambda: _loaded(table))


def _loaded(table: Table) -> pd.DataFrame:
    """All rows, each with the way to its model's page where there is one."""
    frame = table.load()
    if not table.links_to:
        return frame
    return frame.assign(**{MODEL_LINK: [model_link(name) for name in frame["name"]]})


def _nothing_matches(table: Table) -> None:
    own = [f"{table.key}_name", *(f"{table.key}_{column}_{end}" for column in table.ranges for end in ("from", "to"))]
    mine = " or ".join([*(["*Search*"] if table.search else []), *(["*Ranges*"] if table.ranges else [])])
    filters.nothing_matches(table.rows_are[0], [*own, *table.clear], " or ".join(filter(None, [table.loosen, mine])))


def _offer(
    table: Table, text: str, limits: Sequence[filters.Range], columns: list[str], spoken: str, view: PageView
) -> None:
    """Offer what is shown as files, which are made when somebody wants them."""
    about = exports.provenance(view, table.title, spoken)

    def rows() -> pd.DataFrame:
        return _narrowed(table.load(), table, text, limits)[columns]

    kinds: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("CSV", "text/csv", lambda: exports.csv_bytes(rows(), about)),
        ("JSON", "application/json", lambda: exports.json_bytes(rows(), about)),
    )
    for label, mime, make in kinds:
        st.download_button(
            label,
            data=make,
            file_name=exports.file_name(table.key, label.lower()),
            mime=mime,
            icon=":material/download:",
            key=f"{table.key}_{label.lower()}",
            on_click="ignore",
            type="tertiary",
            help=f"Download what is shown as {label}, with its sources, time and filters.",
        )


def _label(config: Any) -> str:
    return config if isinstance(config, str) else str(config["label"])
