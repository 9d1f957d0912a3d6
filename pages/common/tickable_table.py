"""A table whose rows can be ticked. Ticks are kept by row key, not by position."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from pages.common import tables

_TICKED, _GENERATIONS = "_ticked_rows", "_tick_generations"

Identity = tuple[Hashable, ...]


def ticked(key: str) -> set[Identity]:
    """What is ticked in a table, shown or not."""
    held: dict[str, set[Identity]] = st.session_state.setdefault(_TICKED, {})
    return held.setdefault(key, set())


def untick(key: str) -> None:
    """Clear all ticks; to be called from a button's callback."""
    ticked(key).clear()
    generations: dict[str, int] = st.session_state.setdefault(_GENERATIONS, {})
    generations[key] = generations.get(key, 0) + 1


class Rows(NamedTuple):
    """Rows to be ticked: what a browser is sent of them, the key of each, and a digest of these keys in their order."""

    shown: tables.Rows
    identities: Sequence[Identity]
    order: str

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Mapping[str, Any], identities: Sequence[Identity]) -> Rows:
        """Return the named columns of a frame, whose rows have these keys."""
        return cls(tables.Rows.of(frame, columns), identities, _digest(identities))


def table(rows: Rows, alt: str, key: str, height: int) -> int | None:
    """Show rows, note which of them are ticked, and return the position of the row whose cell was clicked.

    Streamlit's selection holds positions. So the element gets a new key whenever the rows or their order change, and
    starts with the rows selected that were ticked before.
    """
    identities = rows.identities
    held = ticked(key)
    before = [place for place, identity in enumerate(identities) if identity in held]
    state = rows.shown.show(
        alt,
        _element_key(key, rows.order),
        height,
        on_select="rerun",
        selection_mode=("multi-row", "single-cell"),
        selection_default={"selection": {"rows": before}},
    )
    selection = state["selection"]
    held -= set(identities)
    held |= {identities[place] for place in selection["rows"] if place < len(identities)}
    cells = [row for row, _column in selection.get("cells", ()) if row < len(identities)]
    return cells[0] if cells else None


def element_key(key: str, identities: Sequence[Identity]) -> str:
    """The key of the element that shows these rows, in this order, since all were last unticked."""
    return _element_key(key, _digest(identities))


def _element_key(key: str, order: str) -> str:
    return f"{key}_{st.session_state.get(_GENERATIONS, {}).get(key, 0)}_{order}"


def _digest(identities: Sequence[Identity]) -> str:
    return hashlib.blake2b(repr(identities).encode(errors="replace"), digest_size=6).hexdigest()
