"""What failed, of all companies, as whoever runs it asks for it: listed, counted and ordered.

The page has its own way (`attention`), by company and as it was shown. Here a filter says what is
meant, and what fits it when the command runs is ordered, each record once, parents before what
hangs from them, the oldest first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from psycopg.rows import class_row

from coordination.database import SET_PLANS_BY_INDEX, Connection
from records.orders import Order, order

ORDERS_AT_ONCE = 5_000
"""Some 150 ms of one transaction, well within a session's timeouts."""


@dataclass(frozen=True)
class Wanted:
    """Which failures are meant; None: any.

    Attributes:
        company_id: ProLine's id of their company.
        entity: contact, project, invoice or payment.
        code: of the failure: QuickBooks' own, or one of ours.
        longer_than: they have stood so for at least so long.
    """

    company_id: str | None = None
    entity: str | None = None
    code: str | None = None
    longer_than: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that failed; `ordered`: somebody has said what becomes of it, in a moment."""

    company_id: str
    entity: str
    record_id: str
    code: str
    sentence: str | None
    since: datetime
    ordered: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Failures of one company and entity with one code."""

    company_id: str
    entity: str
    code: str
    records: int
    oldest: datetime


_MEANT = """
FROM proline_qbo.records r
WHERE r.standing = 'attention' AND r.state = 'failed'
  AND (%(company_id)s::text IS NULL OR r.company_id = %(company_id)s)
  AND (%(entity)s::text IS NULL OR r.entity = %(entity)s)
  AND (%(code)s::text IS NULL OR r.code = %(code)s)
  AND (%(longer_than)s::interval IS NULL
       OR r.since <= (SELECT proline_qbo.clock()) - %(longer_than)s)
"""
_IN_ORDER = """
array_position(ARRAY['contact', 'project', 'invoice', 'payment'], r.entity), r.since, r.pk
"""
_ORDERED = """EXISTS (SELECT FROM proline_qbo.orders o
                      WHERE o.record_pk = r.pk AND o.carried_out_at IS NULL)"""
_LIST = f"""
SELECT r.company_id, r.entity, r.record_id, r.code, r.sentence, r.since,
       {_ORDERED} AS ordered
{_MEANT} ORDER BY r.since, r.pk LIMIT %(most)s
"""
_COUNT = f"""
SELECT r.company_id, r.entity, r.code, count(*) AS records, min(r.since) AS oldest
{_MEANT} GROUP BY r.company_id, r.entity, r.code ORDER BY r.company_id, records DESC, r.code
"""
_PKS = f"SELECT r.pk {_MEANT} ORDER BY {_IN_ORDER}"
_STILL = """
SELECT r.pk, r.company_id
FROM unnest(%(pks)s::bigint[]) WITH ORDINALITY AS a (pk, place)
JOIN proline_qbo.records r ON r.pk = a.pk AND r.state = 'failed'
WHERE NOT EXISTS (SELECT FROM proline_qbo.orders o
                  WHERE o.record_pk = r.pk AND o.carried_out_at IS NULL AND o.kind = %(kind)s)
ORDER BY a.place
"""


def list_failures(connection: Connection, wanted: Wanted, *, most: int) -> list[Failure]:
    """List what failed, the oldest first."""
    with connection.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(_LIST, asdict(wanted) | {"most": most}).fetchall()


def count_failures(connection: Connection, wanted: Wanted) -> list[Counted]:
    """Count what failed, by company, entity and code."""
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(_COUNT, asdict(wanted)).fetchall()


def pieces_of(connection: Connection, wanted: Wanted) -> Iterator[Sequence[int]]:
    """Name all that are meant now, in the order in which they are to be ordered, in pieces."""
    pks = [pk for (pk,) in connection.execute(_PKS, asdict(wanted))]
    return (pks[at : at + ORDERS_AT_ONCE] for at in range(0, len(pks), ORDERS_AT_ONCE))


def order_failures(connection: Connection, pks: Sequence[int], like: Order) -> dict[str, int]:
    """Order for those of these that are failed still and have no such order yet.

    Args:
        connection: the caller's transaction.
        pks: a piece.
        like: what is ordered for each of them.

    Returns:
        How many were ordered, by company.
    """
    # Orders pile up while this goes on, and what is known of their number is from before.
    connection.execute(f"SELECT {SET_PLANS_BY_INDEX}")
    rows = connection.execute(_STILL, {"pks": list(pks), "kind": like.kind}).fetchall()
    order(connection, [replace(like, record_pk=pk) for pk, _ in rows])
    counted: dict[str, int] = {}
    for _, company_id in rows:
        counted[company_id] = counted.get(company_id, 0) + 1
    return counted
