"""Writes what a body of the model reference changes against the one recorded before."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, select

from horde_core.history import tables
from horde_core.history.recording.reference_changes import digests_of, reference_events
from horde_core.history.recording.sample import Sample
from horde_core.history.store import insert_into
from horde_core.upstream.model_reference import ModelRecord

SEEN = "seen"
KEPT_FIELDS = ",".join(sorted(ModelRecord.model_fields))


def write_reference(connection: Connection, category: str, sample: Sample, last_seen: int | None) -> bool:
    """Record the events between the body before and this one; return whether it could be compared.

    The v2 service and the legacy files state the same models otherwise. A body is compared with one of the same format
    only; one of the first choice takes the place of another's, which it does not the other way round. Fields that an
    earlier version did not know are no news.
    """
    key = f"reference:{category}"
    form = f"{'first choice' if sample.is_first_choice else 'fallback'}:{KEPT_FIELDS}"
    meta, table = tables.meta.c, tables.reference_model
    recorded = connection.execute(select(meta.value).where(meta.key == key)).scalar()
    if recorded is not None and recorded.startswith("first choice") and not sample.is_first_choice:
        return False
    of_category = table.c.category == category
    before = {row.name: json.loads(row.fields) for row in connection.execute(select(table).where(of_category))}
    now = {name: digests_of(record) for name, record in sample.value.items()}
    events = reference_events(before, now) if recorded == form else []
    if events:
        rows = [
            {
                "category": category, "name": one.name, "at": sample.at, "event": one.event,
                "fields": ",".join(one.fields) or None, "after": last_seen, "origin": SEEN,
            }
            for one in events
        ]  # fmt: skip
        connection.execute(tables.reference_event.insert(), rows)
    if now != before or recorded != form:
        connection.execute(delete(table).where(of_category))
        models = [{"category": category, "name": name, "fields": json.dumps(fields)} for name, fields in now.items()]
        if models:
            connection.execute(table.insert(), models)
        insert = insert_into(connection.dialect.name, tables.meta).values(key=key, value=form)
        connection.execute(insert.on_conflict_do_update(index_elements=[meta.key], set_={"value": form}))
    return True
