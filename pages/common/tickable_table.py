"""A table whose rows can be ticked. Ticks are kept by row key, not by position."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

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


def table(
    frame: pd.DataFrame,
    identities: Sequence[Identity],
    columns: Mapping[str, Any],
    alt: str,
    key: str,
    height: int,
) -> int | None:
    """Show a frame, note which rows are ticked, and return the position of the row whose cell was clicked.

    Streamlit's selection holds positions. So the element gets a new key whenever the rows or their order change, and
    starts with the rows selected that were ticked before.
    """
    held = ticked(key)
    before = [place for place, identity in enumerate(identities) if identity in held]
    state = tables.show(
        frame,
        columns,
        alt,
        element_key(key, identities),
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
    generation = st.session_state.get(_GENERATIONS, {}).get(key, 0)
    digest = hashlib.blake2b(repr(identities).encode(errors="replace"), digest_size=6).hexdigest()
    return f"{key}_{generation}_{digest}"
