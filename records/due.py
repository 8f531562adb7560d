"""Which records have to be looked at because of the time, not because something changed."""

from coordination.database import Connection

# The clock stands in a subselect: a volatile function in the condition rules the index out.
_RETRIES = """
SELECT pk FROM proline_qbo.records
WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())
ORDER BY retry_at LIMIT %s
"""

# Waiting for others, and payments whose rest may find an invoice: a lost wake-up would leave these.
_SLICE = """
SELECT pk FROM proline_qbo.records
WHERE pk > %s AND (state = 'waiting' OR (state = 'done' AND entity = 'payment'))
ORDER BY pk LIMIT %s
"""

_OF_COMPANIES = """
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT company_id, entity, record_id FROM proline_qbo.records
WHERE company_id = ANY(%s) AND state IN ('waiting', 'failed', 'skipped')
"""


def due_retries(connection: Connection, *, most: int) -> list[int]:
    """Name records whose time to go on has come, the longest due first."""
    return [pk for (pk,) in connection.execute(_RETRIES, [most]).fetchall()]


def resync_slice(connection: Connection, *, after: int, most: int) -> list[int]:
    """Name the next records of the slow look, in pk order behind `after`; empty at its end."""
    return [pk for (pk,) in connection.execute(_SLICE, [after, most]).fetchall()]


def nudge_held_records(connection: Connection, company_ids: list[str]) -> int:
    """Leave a nudge for every record of these companies that something holds back.

    A company's own change (enabled, connected, settings) may release any of them; as single nudges
    they are then looked at in bounded batches.
    """
    return connection.execute(_OF_COMPANIES, [company_ids]).rowcount
