"""What a question is about, as its office knows it: invoices that may be paid, or a customer.

A question stores ids; their numbers, names and amounts are read when it is shown, as they are then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from coordination.database import Connection
from records.link_columns import BOOKS
from records.shown import Shown, show

ASKED_MOST = 1_000


@dataclass(frozen=True)
class MayBePaid:
    """An invoice a payment may pay; `left` is what is not paid of it yet, None: nobody can tell."""

    shown: Shown
    left: Decimal | None


_PAID = f"""
SELECT i.pk, l.total, coalesce(l.elsewhere, 0) + coalesce(x.held, 0) AS paid
FROM proline_qbo.records i
JOIN proline_qbo.companies c ON c.id = i.company_id
LEFT JOIN proline_qbo.links l ON l.realm_id = {BOOKS} AND l.record_pk = i.pk AND l.part = ''
LEFT JOIN LATERAL (
    SELECT sum(a.held) AS held FROM proline_qbo.applications a
    WHERE a.realm_id = {BOOKS} AND a.invoice_pk = i.pk
) x ON true
WHERE i.company_id = %s AND i.entity = 'invoice' AND i.record_id = ANY(%s)
"""


def invoices_asked_about(
    connection: Connection, company_id: str, record_ids: Collection[str]
) -> dict[str, MayBePaid]:
    """Look up a company's invoices by ProLine's id, at most `ASKED_MOST`; unknown ones stay away.

    Of one that is not in QuickBooks yet all is left that its payments do not hold already.
    """
    some = sorted(set(record_ids))[:ASKED_MOST]
    if not some:
        return {}
    rows = connection.execute(_PAID, [company_id, some]).fetchall()
    money = {pk: (total, paid) for pk, total, paid in rows}
    shown = show(connection, company_id, list(money))
    return {each.record_id: MayBePaid(each, _left(each, *money[each.pk])) for each in shown}


def _left(shown: Shown, total: Decimal | None, paid: Decimal) -> Decimal | None:
    whole = shown.amount if total is None else total
    return None if whole is None else max(whole - paid, Decimal(0))


@dataclass(frozen=True)
class CustomerThere:
    """The QuickBooks customer a record is linked to; `there` is the name we last saw there."""

    record_pk: int
    number: str | None
    name: str | None
    there: str | None
    qbo_id: str


_CUSTOMERS = f"""
SELECT r.pk AS record_pk, s.number, s.name, l.owned ->> 'DisplayName' AS there, l.qbo_id
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
JOIN proline_qbo.links l
  ON l.realm_id = {BOOKS} AND l.record_pk = r.pk AND l.part = '' AND l.kind = 'Customer'
LEFT JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
WHERE r.company_id = %s AND r.pk = ANY(%s)
"""


def customers_asked_about(
    connection: Connection, company_id: str, pks: Sequence[int]
) -> dict[int, CustomerThere]:
    """Look up the QuickBooks customers of these contacts and projects of a company, by their pk."""
    if not pks:
        return {}
    with connection.cursor(row_factory=class_row(CustomerThere)) as cursor:
        rows = cursor.execute(_CUSTOMERS, [company_id, list(pks)[:ASKED_MOST]]).fetchall()
    return {each.record_pk: each for each in rows}
