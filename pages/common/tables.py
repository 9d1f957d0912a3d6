"""Tables: one way to show each kind of column, and one to explore a table: search, ranges, columns, downloads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import streamlit as st

from horde_core.live.snapshot import PageView
from horde_core.selection import Filter, Selection, bounds, search
from horde_core.vocabulary import PERIODS, ModelType, Period
from pages.common import address, data, downloads, exports, filters, words
from pages.common.packed_rows import packed

T = TypeVar("T")
Figures = npt.NDArray[np.float64]
Places = npt.NDArray[np.int_]

PERIOD_WORDS: Mapping[Period, str] = {"day": "Day", "month": "30 days", "total": "All time"}
REQUEST_WORDS: Mapping[ModelType, str] = {"image": "images", "text": "requests"}
ROW_HEIGHT = 36
MOST_DECIMALS = 6
"""Streamlit's pages count decimals of a step wrongly from 0.0000001 on."""

LOCALE_DECIMALS = 3
"""Browsers write up to this many, and none that are 0, where no step is given."""

PERCENT_READS_AS_ALL, READS_AS_THOUSANDS = 99.5, 999.5
"""From here on, where two digits are enough, a share is written as 100, and another figure as 1K."""

NO_GAP = 1e-9
"""Differences below this are the arithmetic's."""

MODEL_LINK = "link"
"""The column that leads to a model's own page."""

DRAWING = "drawing"
"""A column that is drawn in its cells, and left out of files."""


class Table(NamedTuple):
    """What a table holds and what may be asked of it.

    ``load`` gives all its rows. They are kept for all who are given the same: it depends on the view and on ``given``
    alone. None is for what depends on the moment or on what somebody typed. It is called again for a download, so that
    no session keeps rows. ``filters`` are drawn above the search. ``chosen`` says in words what the page has already
    chosen of the rows, ``clear`` names the boxes in which it was chosen. ``incomplete`` says why there may be rows that
    are not known ("Text usage is unavailable"): then no rows are not told as none.
    """

    key: str
    title: str
    load: Callable[[], pd.DataFrame]
    columns: Mapping[str, Any]
    alt: str
    rows_are: tuple[str, str] = ("model", "models")
    of: int | None = None
    filters: Sequence[Filter] = ()
    ranges: Sequence[str] = ()
    hidden: Sequence[str] = ()
    search: Sequence[str] = ("name",)
    search_label: str = "Search names"
    chosen: Sequence[str] = ()
    clear: Sequence[str] = ()
    loosen: str = ""
    note: str = ""
    incomplete: str = ""
    links_to: ModelType | None = None
    given: tuple[Hashable, ...] | None = ()
    height: int = 420

    def explore(self, view: PageView) -> None:
        """Show a table with its filters and a choice of columns above it, and downloads of just what is shown."""
        frame = self._rows(view)
        searches = [search(f"{self.key}_name", self.search_label, filters.cells(*self.search))] if self.search else []
        limits = [limit for column in self.ranges for limit in self._range(column)]
        given = {}
        if self.filters:
            with st.container(horizontal=True, vertical_alignment="center"):
                given = {one.key: filters.draw(one, self._options(view, one, frame), 180) for one in self.filters}
        with st.container(horizontal=True, vertical_alignment="center"):
            given |= {one.key: filters.draw(one) for one in searches}
            given |= filters.ranges(limits, f"{self.key}_ranges") if limits else {}
            columns = chosen_columns(self._columns_key(view), self.columns, self.hidden, bool(self.links_to))
            downloads = st.container(horizontal=True, width="content")
        selection = Selection.of([*self.filters, *limits, *searches], given)
        chosen = frame[selection.narrows(frame)] if selection.chosen else frame
        conditions = [*self.chosen, *filters.sentences(selection)]
        counted = f"{words.count(len(chosen))} of {words.plural(self.of or len(frame), *self.rows_are)}"
        said = f"{counted}: {words.escaped('; '.join(conditions))}" if conditions else counted
        more = f"{self.incomplete}, so there may be more." if self.incomplete else ""
        unknown = f"{self.incomplete}, so it is unknown which {self.rows_are[1]} there are." if self.incomplete else ""
        if len(chosen) or not unknown:
            st.caption(" ".join(filter(None, [f"{said}.", self.note, more])))
        if not len(chosen):
            mine = [*(["*Search*"] if searches else []), *(["*Ranges*"] if limits else [])]
            loosen = " or ".join(filter(None, [self.loosen, *mine]))
            keys = [one.key for one in selection.filters]
            blind = dict.fromkeys(one.figure for one in selection.blind(frame) if one.figure) if len(frame) else {}
            unbounded = f"*{words.listing(list(blind))}* of every row is unknown." if blind else ""
            none = unknown or unbounded or f"No {self.rows_are[0]} matches."
            filters.nothing_matches(f"{self.key}_name", none, loosen, [*keys, *self.clear])
            return
        table = partial(show, chosen, columns, self.alt, f"{self.key}_table", self.height)
        is_as_it_opens = not selection.chosen and columns.keys() - {MODEL_LINK} == self.columns.keys() - {*self.hidden}
        if is_as_it_opens:
            self._kept(view, "table", table)
        else:
            table()
        about = exports.provenance(view, self.title, "; ".join(conditions))
        with downloads:
            self._offer(selection, [column for column in columns if column not in (MODEL_LINK, DRAWING)], about)

    def _range(self, column: str) -> tuple[Filter, Filter]:
        return bounds(f"{self.key}_{column}", _label(self.columns[column]), filters.cells(column))

    def _columns_key(self, view: PageView) -> str:
        """The key of the chosen columns: one for each category, as Streamlit drops columns that the other one lacks."""
        return "_".join([self.key, "columns", *(view.categories if len(view.categories) == 1 else ())])

    def _rows(self, view: PageView) -> pd.DataFrame:
        return self._kept(view, "rows", self._loaded)

    def _options(self, view: PageView, one: Filter, frame: pd.DataFrame) -> Sequence[str]:
        return self._kept(view, f"options of {one.key}", lambda: one.options(frame, None))

    def _kept(self, view: PageView, what: str, compute: Callable[[], T]) -> T:
        """Keep what depends on the rows alone, where they are kept at all."""
        if self.given is None:
            return compute()
        return data.kept((what, self.key, view.id, words.numbers(), *self.given), compute)

    def _loaded(self) -> pd.DataFrame:
        """All rows, each with the way to its model's page where there is one."""
        frame = self.load()
        if not self.links_to:
            return frame
        return frame.assign(**{MODEL_LINK: [model_link(name) for name in frame["name"]]})

    def _offer(self, selection: Selection, columns: list[str], about: Mapping[str, str]) -> None:
        """Offer what is shown as files."""

        def rows() -> pd.DataFrame:
            frame = self.load()
            return frame[selection.narrows(frame)][columns]

        purpose = "Download what is shown as {}, with its sources, time and filters."
        downloads.offer(
            downloads.rows_files(self.key, rows, about, purpose.format("CSV"), purpose.format("JSON")), "tertiary"
        )


def name_column(label: str = "Model") -> Any:
    """The pinned column of names: plain text whatever it holds."""
    return st.column_config.TextColumn(label, pinned=True, width=240)


def text_column(label: str, help_text: str = "", width: Any = None) -> Any:
    """Words."""
    return st.column_config.TextColumn(label, help=help_text or None, width=width)


class FigureColumn(NamedTuple):
    """A column of figures that need decimals: at least so many, and as many as each needs to be told from 0.

    The browser writes them, in its own locale; :func:`shown` tells it how. Percent say so in the header. ``bar_to``
    draws a bar that is full at this figure.
    """

    label: str
    help: str = ""
    least_decimals: int = 1
    is_percent: bool = False
    bar_to: float | None = None

    def places(self, figures: Figures) -> Places:
        """Decimals with which no figure reads 0 that is not, and no share reads 100 that is less. NaN is unknown."""
        size = np.abs(figures)
        gap = np.minimum(size, np.abs(100 - size)) if self.is_percent else size
        needed = -np.floor(np.log10(np.where(gap > NO_GAP, gap, 1.0)))
        places: Places = np.clip(np.nan_to_num(needed), self.least_decimals, MOST_DECIMALS).astype(int)
        return places

    def written(self, figures: Figures) -> tuple[Figures, dict[str, Any]]:
        """Return the figures as they are sent, and how the browser is to write them.

        Up to three decimals are written by a locale's own rules, without zeros at the end. Where one needs more, all
        read with two digits, such as 15, 0.46 and 0.00001; where that would make a whole of a share, or a K of
        thousands, all have the decimals of the smallest.
        """
        places = self.places(figures)
        most = int(places.max(initial=0))
        if most <= LOCALE_DECIMALS:
            scale = 10.0**places
            return np.round(figures * scale) / scale, {"format": "localized"}
        if not np.any(np.abs(figures) >= (PERCENT_READS_AS_ALL if self.is_percent else READS_AS_THOUSANDS)):
            return figures, {"format": "compact"}
        return np.round(figures, most), {"format": "localized", "step": 10.0**-most}

    def config(self, how: Mapping[str, Any]) -> Any:
        """Return what Streamlit calls a column's configuration."""
        label = f"{self.label} (%)" if self.is_percent and "%" not in self.label else self.label
        common: dict[str, Any] = {**how, "help": self.help or None}
        if self.bar_to is None:
            return st.column_config.NumberColumn(label, **common)
        return st.column_config.ProgressColumn(label, min_value=0.0, max_value=max(self.bar_to, 1e-9), **common)


def count_column(label: str, help_text: str = "") -> Any:
    """Whole numbers, grouped by thousands; empty is unknown."""
    return st.column_config.NumberColumn(label, format="localized", help=help_text or None)


def amount_column(label: str, help_text: str = "", least_decimals: int = 1) -> FigureColumn:
    """Amounts and ratios."""
    return FigureColumn(label, help_text, least_decimals)


def share_column(label: str, help_text: str = "", largest: float = 100.0) -> FigureColumn:
    """Percent of the whole, as a bar with its figure."""
    return FigureColumn(label, help_text, is_percent=True, bar_to=largest)


def percent_column(label: str, help_text: str = "") -> FigureColumn:
    """Percent, as figures."""
    return FigureColumn(label, help_text, is_percent=True)


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


def shown(frame: pd.DataFrame, columns: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the named columns of a frame, in that order, with their configuration.

    Figures are rounded to the decimals they are written with, as Streamlit cuts off the rest.
    """
    sent, configs = {}, dict(columns)
    for name, column in columns.items():
        if isinstance(column, FigureColumn):
            figures = frame[name].to_numpy("float64", na_value=np.nan)
            sent[name], how = column.written(figures)
            configs[name] = column.config(how)
    return frame[list(columns)].assign(**sent), configs


class Rows(NamedTuple):
    """What a browser is sent of a table: its rows, and how each column is shown."""

    packed: pa.Table
    configs: dict[str, Any]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Mapping[str, Any]) -> Rows:
        """Return the named columns of a frame, in that order."""
        chosen, configs = shown(frame, columns)
        return cls(packed(chosen), configs)

    def show(self, alt: str, key: str, height: int = 420, **selection: Any) -> Any:
        """Show them; return what is selected where ``selection`` allows it."""
        return st.dataframe(
            self.packed,
            column_config=self.configs,
            hide_index=True,
            height="content" if ROW_HEIGHT * (self.packed.num_rows + 1) < height else height,
            placeholder=words.UNKNOWN,
            alt=alt,
            key=key,
            **selection,
        )


def show(frame: pd.DataFrame, columns: Mapping[str, Any], alt: str, key: str, height: int = 420) -> None:
    """Show the named columns of a frame, in that order."""
    Rows.of(frame, columns).show(alt, key, height)


def chosen_columns(key: str, columns: Mapping[str, Any], hidden: Sequence[str], has_link: bool) -> dict[str, Any]:
    """The columns that the visitor chose; the name and the link to its page always."""
    first, *others = columns
    labels = {column: _label(columns[column]) for column in others}
    address.note_options(key, list(labels.values()), may_be_none=True)
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


def _label(config: Any) -> str:
    return config.label if isinstance(config, FigureColumn) else str(config["label"])
