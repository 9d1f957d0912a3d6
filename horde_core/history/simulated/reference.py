"""What changed in the model reference of the simulated past."""

from __future__ import annotations

from sqlalchemy import Connection

from horde_core.demo.catalogue.places import ReferenceChange
from horde_core.demo.horde import SimulatedHorde
from horde_core.history import tables
from horde_core.history.simulated.rows import write
from horde_core.history.simulated.watch import DAY, HOUR, Watch
from horde_core.vocabulary import MODEL_TYPES, ModelType


class ReferencePast:
    """The events of the reference that were written so far."""

    def __init__(self, horde: SimulatedHorde, watch: Watch) -> None:
        self._horde = horde
        self._watch = watch
        self._until = watch.since

    def write(self, connection: Connection, until: int) -> None:
        """Write the events up to then that are not written yet."""
        until -= until % HOUR
        rows = [
            (category, one.name, at, one.event, ",".join(one.fields) or None, before, "seen")
            for category in MODEL_TYPES
            for at, before, one in self._events(category, until)
        ]
        write(connection, tables.reference_event, rows)
        self._until = max(self._until, until)

    def _events(self, category: ModelType, until: int) -> list[tuple[int, int, ReferenceChange]]:
        """Return each event with the sample that first showed it and the one before. The last of a model's counts."""
        source = f"reference:{category}"
        changes = self._horde.reference_changes(category, self._watch.since // DAY, until // DAY)
        seen = {(self._watch.at_or_after(source, one.day * DAY), one.name): one for one in changes}
        return [
            (at, self._watch.before(source, at), one)
            for (at, _), one in sorted(seen.items(), key=lambda item: item[0])
            if self._until < at <= until
        ]
