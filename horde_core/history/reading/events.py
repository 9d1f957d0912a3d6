"""What changed in the model reference."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast

from sqlalchemy import Connection, bindparam, select

from horde_core.history.reading.series import Span
from horde_core.history.tables import reference_event
from horde_core.vocabulary import ModelType

Change = Literal["added", "removed", "changed"]

_EVENTS = (
    select(
        reference_event.c.at, reference_event.c.name, reference_event.c.event, reference_event.c.fields,
        reference_event.c.after, reference_event.c.origin,
    )
    .where(
        reference_event.c.category == bindparam("category"),
        reference_event.c.at > bindparam("begins"),
        reference_event.c.at <= bindparam("ends"),
    )
    .order_by(reference_event.c.at, reference_event.c.name)
)  # fmt: skip


class ReferenceEvent(NamedTuple):
    """A model was added, removed or changed between ``after`` (None: unknown) and ``at``, in epoch seconds.

    ``fields`` are those that changed; ``origin`` is ``seen``, or what it was imported from.
    """

    at: int
    model: str
    event: Change
    fields: tuple[str, ...]
    after: int | None
    origin: str


def read_events(connection: Connection, category: ModelType, span: Span) -> tuple[ReferenceEvent, ...]:
    """The events of a category's reference in a span, in order."""
    found = connection.execute(_EVENTS, {"category": category, "begins": span.begins, "ends": span.ends})
    return tuple(
        ReferenceEvent(at, name, cast(Change, event), tuple(fields.split(",")) if fields else (), after, origin)
        for at, name, event, fields, after, origin in found
    )
