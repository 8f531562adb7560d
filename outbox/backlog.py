"""What lies in the outbox, sent and not taken in yet: read for people, never by the relay.

Each reads the oldest `READ_MOST` events and no more: after a long outage the outbox is long, and a
person wants to know that it is, not how long exactly.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from coordination.database import Connection
from coordination.processes import awake

READ_MOST = 100_000
RECORDS_MOST = 20


@dataclass(frozen=True)
class Backlog:
    """One company's events in the outbox, and when the oldest was sent."""

    company_id: str
    events: int
    since: datetime


@dataclass(frozen=True)
class Unread:
    """A record with events in the outbox, and when the oldest was sent."""

    company_id: str
    entity: str
    record_id: str
    since: datetime


_OLDEST = f"(SELECT * FROM proline_outbox.outbox_events ORDER BY id LIMIT {READ_MOST}) oldest"
_BY_COMPANY = f"""
SELECT company_id, count(*) AS events, min(created_at) AS since FROM {_OLDEST}
GROUP BY company_id ORDER BY company_id
"""
_BY_RECORD = f"""
SELECT company_id, entity, record_id, min(created_at) AS since FROM {_OLDEST}
WHERE record_id = %(record_id)s
  AND (%(entity)s::text IS NULL OR entity = %(entity)s)
  AND (%(company_id)s::text IS NULL OR company_id = %(company_id)s)
GROUP BY company_id, entity, record_id ORDER BY company_id, entity LIMIT {RECORDS_MOST}
"""


def backlog(connection: Connection) -> list[Backlog]:
    """Count what lies in the outbox, by company."""
    with connection.cursor(row_factory=class_row(Backlog)) as cursor:
        return cursor.execute(_BY_COMPANY).fetchall()


def unread(
    connection: Connection,
    record_id: str,
    *,
    entity: str | None = None,
    company_id: str | None = None,
) -> list[Unread]:
    """Find records by ProLine's id among what lies in the outbox."""
    arguments = {"record_id": record_id, "entity": entity, "company_id": company_id}
    with connection.cursor(row_factory=class_row(Unread)) as cursor:
        return cursor.execute(_BY_RECORD, arguments).fetchall()


_OF_COMPANY = f"""
SELECT count(*) FROM (SELECT FROM proline_outbox.outbox_events
                      WHERE company_id = %s LIMIT {READ_MOST}) theirs
"""


def count_unread(connection: Connection, company_id: str) -> int:
    """Count a company's events in the outbox, wherever they lie; at most `READ_MOST`."""
    row = connection.execute(_OF_COMPANY, [company_id]).fetchone()
    return int(row[0]) if row else 0


def why_unread(connection: Connection) -> str:
    """Say what events in the outbox wait for."""
    if any(each.kind == "relay" for each in awake(connection)):
        return "A relay is running and takes it in."
    return "No relay is running: start one with proline-qbo relay."
