"""The model reference: what one body of it changes against the one before. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from horde_core.upstream.model_reference import ModelRecord

Digests = Mapping[str, str]
"""A digest of each field of a model, by the field's name."""


class ReferenceEvent(NamedTuple):
    """A model was added, removed or changed; ``fields`` are those that changed, in alphabetic order."""

    name: str
    event: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()


def digests_of(record: ModelRecord) -> dict[str, str]:
    """Return a digest of each field that a record states."""
    stated = record.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    return {
        field: hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=4).hexdigest()
        for field, value in sorted(stated.items())
    }


def reference_events(before: Mapping[str, Digests], now: Mapping[str, Digests]) -> list[ReferenceEvent]:
    """Return what happened between two bodies, in alphabetic order of the models."""
    events: list[ReferenceEvent] = []
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            events.append(ReferenceEvent(name, "added"))
        elif name not in now:
            events.append(ReferenceEvent(name, "removed"))
        else:
            old, new = before[name], now[name]
            changed = tuple(sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field)))
            events += [ReferenceEvent(name, "changed", changed)] if changed else []
    return events
