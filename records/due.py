"""Which records have to be looked at because of the time, not because something changed."""

from coordination.database import Connection

# The clock stands in a subselect: a volatile function in the condition rules the index out.
_RETRIES = """
SELECT pk FROM proline_qbo.records
WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())
ORDER BY retry_at LIMIT %s
"""

# Waiting for others, without a parent that ProLine's views may show by now, and payments whose rest
# may find an invoice: a lost wake-up would leave these.
_SLICE = """
SELECT pk FROM proline_qbo.records
WHERE pk > %s AND (state = 'waiting' OR (state = 'done' AND entity = 'payment')
                   OR (state = 'failed' AND code = 'parent_unknown'))
ORDER BY pk LIMIT %s
"""


def due_retries(connection: Connection, *, most: int) -> list[int]:
    """Name records whose time to go on has come, the longest due first."""
    return [pk for (pk,) in connection.execute(_RETRIES, [most]).fetchall()]


def resync_slice(connection: Connection, *, after: int, most: int) -> list[int]:
    """Name the next records of the slow look, in pk order behind `after`; empty at its end."""
    return [pk for (pk,) in connection.execute(_SLICE, [after, most]).fetchall()]
