"""Writes one event into the outbox, in the caller's transaction.

It neither commits nor locks: the caller has locked the row of the record's root before it read the
snapshot (the package's docstring says why, and how), or lets `capture` do all of it.
"""

import json

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, scoped_session

from schemas import Event

_APPEND = text(
    "SELECT proline_outbox.append("
    ":company_id, :entity, :record_id, CAST(:snapshot AS jsonb), :event_type)"
)


def record(session: Session | scoped_session[Session] | Connection, event: Event) -> int:
    """Append one event and return its id; it is seen when the caller commits, or never.

    The function in the database does the INSERT: ProLine's role needs no right on the table.
    """
    row = {
        "company_id": event.company_id,
        "entity": event.entity.value,
        "record_id": event.record_id,
        "snapshot": json.dumps(event.snapshot),
        "event_type": event.event_type,
    }
    return int(session.execute(_APPEND, row).scalar_one())
