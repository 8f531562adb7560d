"""How much of QuickBooks' limits is in use, realm by realm, and how old nudges are: for operators.

The counts are those of the limiter itself (`proline_qbo.next_slot`), read without its lock: they
are of one moment and may be off by what changes in it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from psycopg.rows import class_row

from coordination.database import Connection

NEAR: Final = 0.9
"""A realm that uses so much of its ceiling waits for QuickBooks, and for nothing else."""

_USED = """
SELECT l.realm_id, u.open_calls, u.open_calls + u.ended AS used,
       CASE WHEN l.lowered_until > t.now THEN l.ceiling / 2 ELSE l.ceiling END AS allowed,
       coalesce(l.lowered_until > t.now, false) AS lowered
FROM (SELECT proline_qbo.clock() AS now) t
CROSS JOIN proline_qbo.limiters l
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE ended_at IS NULL) AS open_calls,
           count(*) FILTER (WHERE ended_at IS NOT NULL) AS ended
    FROM proline_qbo.calls c
    WHERE c.realm_id = l.realm_id AND NOT c.unsent
      AND (c.ended_at IS NULL OR c.ended_at > t.now - %(window)s)
) u
WHERE l.last_slot_at > t.now - %(window)s - %(longest_call)s OR l.lowered_until > t.now
"""
LONGEST_CALL: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Usage:
    """One realm: calls that are open, those that count in the window, and how many may.

    `lowered`: another app of the contractor's uses the rest, as a 429 has shown.
    """

    realm_id: str
    open_calls: int
    used: int
    allowed: int
    lowered: bool

    @property
    def share(self) -> float:
        """Used of allowed, 0 to 1; 1 where nothing is allowed."""
        return min(self.used / self.allowed, 1.0) if self.allowed else 1.0

    @property
    def is_full(self) -> bool:
        """Whether its records wait for QuickBooks' limit."""
        return self.share >= NEAR


def usage(connection: Connection, *, window_seconds: float = 60.0) -> list[Usage]:
    """Read the realms that had a call lately."""
    values = {"window": timedelta(seconds=window_seconds), "longest_call": LONGEST_CALL}
    with connection.cursor(row_factory=class_row(Usage)) as cursor:
        return cursor.execute(_USED, values).fetchall()


_NUDGES = "SELECT min(created_at) FROM (SELECT * FROM proline_qbo.nudges ORDER BY id LIMIT 100) n"


def oldest_nudge(connection: Connection) -> datetime | None:
    """Say when the oldest nudge was left that no leader has taken."""
    row = connection.execute(_NUDGES).fetchone()
    return row[0] if row else None
