"""What changed while a company was off: counted before it is turned on, and left out if so chosen.

Counted is what would be sent by itself: eligible now, in flight with a newer version behind it, or
waiting for nothing but its parent, which would go first. What waits for a person, a stage or its
sending in ProLine goes on waiting, and is no part of the choice. What became eligible before the
company was turned off is none either: it was to be sent, and is.
"""

import hashlib
from dataclasses import dataclass

from coordination.database import Connection
from records.orders import Order, order

ORDERS_AT_ONCE = 1_000
WHY = "It changed while the integration was off, and was left out."

# The second arm is of what changed only in what it rests on: a job follows its contact's name.
_CHANGED = """
FROM proline_qbo.records r JOIN proline_qbo.companies c ON c.id = r.company_id
WHERE r.company_id = %s AND r.standing IN ('in_progress', 'waiting')
  AND (r.state IN ('pending', 'retrying', 'dispatched')
       OR (r.state = 'waiting' AND r.reason = 'parent'))
  AND (r.taken_in_at >= c.disabled_at
       OR (r.settled_version = r.version AND r.since >= c.disabled_at))
"""
_COUNT = f"SELECT count(*) {_CHANGED}"
_LIST = f"SELECT r.pk, r.version {_CHANGED} ORDER BY r.pk"


@dataclass(frozen=True)
class Changed:
    """Records that changed, each as (pk, version), ordered by pk."""

    records: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        """Count them."""
        return len(self.records)

    @property
    def digest(self) -> str:
        """Name exactly these, in these versions: what a person is asked about, and answers."""
        return hashlib.sha256(repr(self.records).encode()).hexdigest()


def count_changed(connection: Connection, company_id: str) -> int:
    """Count the records that changed since the company was turned off and would be sent now."""
    row = connection.execute(_COUNT, [company_id]).fetchone()
    return int(row[0]) if row else 0


def find_changed(connection: Connection, company_id: str) -> Changed:
    """Find what `count_changed` counts."""
    return Changed(tuple(connection.execute(_LIST, [company_id]).fetchall()))


def skip_changed(connection: Connection, changed: Changed, by: str) -> None:
    """Leave these out, with so many others at once.

    What hangs from a contact or project that is left out so has it sent when it needs it.

    Args:
        connection: the transaction that turns the company on.
        changed: what `find_changed` found in it, while the company was off.
        by: who chose.
    """
    for start in range(0, len(changed), ORDERS_AT_ONCE):
        some = changed.records[start : start + ORDERS_AT_ONCE]
        order(connection, [Order(pk, "skip", by, WHY, in_bulk=True) for pk, _ in some])
