"""What has changed since a visitor looked before: each figure against that of the snapshot they saw before this one."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

_SEEN = "_seen_figures"


class Seen(NamedTuple):
    """A figure as it was first drawn from a snapshot, and as it was before that."""

    snapshot_id: str
    number: float | None
    before: float | None

    def next(self, snapshot_id: str, number: float | None) -> Seen:
        """What is known once a figure is drawn from a snapshot: only another snapshot makes it an earlier one."""
        return Seen(snapshot_id, number, self.before if snapshot_id == self.snapshot_id else self.number)

    @property
    def difference(self) -> float | None:
        """Now less before; None where either is unknown."""
        return None if self.number is None or self.before is None else self.number - self.before


def since_seen(label: str, snapshot_id: str, number: float | None) -> float | None:
    """Return how much a figure differs from the one seen before; None where there is nothing to compare."""
    if number is None:
        return None
    seen: dict[str, Seen] = st.session_state.setdefault(_SEEN, {})
    seen[label] = seen.get(label, Seen(snapshot_id, None, None)).next(snapshot_id, number)
    return seen[label].difference
