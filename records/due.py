"""Which records have to be looked at because of the time, not because something changed."""

from dataclasses import dataclass
from datetime import timedelta

from coordination.database import Connection
from records.eligibility import BOOKS_READ_AGAIN_AFTER
from records.link_columns import BOOKS

# The clock stands in a subselect: a volatile function in the condition rules the index out.
_RETRIES = """
SELECT pk FROM proline_qbo.records
WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())
ORDER BY retry_at LIMIT %s
"""

# The first part is written as the index `records_looked_at_slowly` has it. A payment has a rest
# where QuickBooks has more of it than its applications hold.
SLICE = f"""
WITH slice AS MATERIALIZED (
    SELECT pk, company_id, state FROM proline_qbo.records
    WHERE pk > %s AND (state = 'waiting' OR (state = 'done' AND entity = 'payment')
                       OR (state = 'failed' AND code = 'parent_unknown'))
    ORDER BY pk LIMIT %s
)
SELECT s.pk, s.state <> 'done' OR EXISTS (
    SELECT FROM proline_qbo.links l
    WHERE l.realm_id = {BOOKS} AND l.record_pk = s.pk AND NOT l.voided
      AND l.total > (SELECT coalesce(sum(a.held), 0) FROM proline_qbo.applications a
                     WHERE (a.realm_id, a.payment_pk, a.part) = (l.realm_id, s.pk, l.part)))
FROM slice s
JOIN proline_qbo.companies c ON c.id = s.company_id
ORDER BY s.pk
"""


@dataclass(frozen=True)
class Slice:
    """A piece of the slow look: who is to be looked at, and up to which pk it was read."""

    pks: tuple[int, ...] = ()
    read_to: int = 0


def due_retries(connection: Connection, *, most: int) -> list[int]:
    """Name records whose time to go on has come, the longest due first."""
    return [pk for (pk,) in connection.execute(_RETRIES, [most]).fetchall()]


_SHORTEN = """
UPDATE proline_qbo.records SET retry_at = proline_qbo.clock() + %(longest)s
WHERE pk = ANY (ARRAY(
    SELECT pk FROM proline_qbo.records
    WHERE state = 'retrying' AND retry_at > (SELECT proline_qbo.clock()) + %(longest)s
    LIMIT %(most)s)) AND state = 'retrying'
"""
LONGEST_RETRY = timedelta(minutes=5)
"""No backoff, and no wait for the outcome of a write, is longer."""


def shorten_retries(connection: Connection, *, most: int = 5_000) -> int:
    """Let no retry lie further ahead than the longest there is; return how many did.

    Such a one was written before the clock went back.
    """
    return connection.execute(_SHORTEN, {"longest": LONGEST_RETRY, "most": most}).rowcount


_CLOSED = f"""
SELECT r.pk FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
JOIN proline_qbo.books b ON b.realm_id = {BOOKS}
WHERE r.state = 'waiting' AND r.reason = 'closed_books'
  AND b.read_at + %s <= (SELECT proline_qbo.clock())
ORDER BY r.pk LIMIT %s
"""


def due_closed(connection: Connection, *, most: int) -> list[int]:
    """Name what waits for closed books whose close date was not read for a day."""
    return [pk for (pk,) in connection.execute(_CLOSED, [BOOKS_READ_AGAIN_AFTER, most]).fetchall()]


def resync_slice(connection: Connection, *, after: int, most: int) -> Slice:
    """Name those among the next records behind `after` whom a lost wake-up would leave.

    They wait for others, miss a parent that ProLine's views may show by now, or are payments whose
    rest may find an invoice.

    Args:
        connection: any transaction.
        after: `read_to` of the piece before; 0 begins anew.
        most: records to read, whatever is found among them.
    """
    rows = connection.execute(SLICE, [after, most]).fetchall()
    if not rows:
        return Slice()
    return Slice(pks=tuple(pk for pk, left in rows if left), read_to=rows[-1][0])
