"""Which payments hold money on an invoice, and whether it may be taken from under them.

The relay asks before an invoice is voided or lowered, and the worker once more, with the invoice's
link locked, in the transaction that opens the attempt: a payment that was being opened when the
relay looked is seen then, and one that is decided upon later sees the void or the new total.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from coordination.database import Connection
from records.facts import NOT_PAID, Holders
from records.link_columns import BOOKS
from records.links import lock_links

# Invoice by invoice: whatever a plan was made by, the index is asked for realm and invoice.
HOLDERS = f"""
SELECT i.pk, held.*
FROM proline_qbo.records i
JOIN proline_qbo.companies c ON c.id = i.company_id
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT p.record_id) AS "all", sum(a.held) AS held,
           coalesce(array_agg(DISTINCT p.record_id) FILTER (
               WHERE s.snapshot ->> 'voided_at' IS NULL AND s.snapshot ->> 'deleted_at' IS NULL),
               '{{}}') AS alive,
           min(p.record_id || ': ' || coalesce(p.sentence, '')) FILTER (
               WHERE p.state = 'skipped' OR (p.state = 'failed' AND p.code = ANY(%s))) AS locked
    FROM proline_qbo.applications a
    JOIN proline_qbo.records p ON p.pk = a.payment_pk
    JOIN proline_qbo.snapshots s ON s.record_pk = a.payment_pk
    WHERE a.realm_id = {BOOKS} AND a.invoice_pk = i.pk
) held
WHERE i.pk = ANY(%b::bigint[]) AND held.held IS NOT NULL
"""
LOCKED_IN_QUICKBOOKS = ("6450", "6540")
"""Codes of payments that are settled or in a deposit: they cannot be voided there."""


@dataclass(frozen=True)
class _Row:
    pk: int
    all: list[str]
    held: Decimal
    alive: list[str]
    locked: str | None


def load_holders(connection: Connection, invoice_pks: Collection[int]) -> dict[int, Holders]:
    """Load who holds what of these invoices; one that nobody holds anything of is left out."""
    if not invoice_pks:
        return {}
    arguments = [list(LOCKED_IN_QUICKBOOKS), list(invoice_pks)]
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(HOLDERS, arguments).fetchall()
    return {
        row.pk: Holders(tuple(sorted(row.all)), tuple(sorted(row.alive)), row.locked, row.held)
        for row in rows
    }


def load_locked(connection: Connection, realm_id: str, invoice_pk: int) -> Holders:
    """Load who holds what of one invoice, so that it stays so until the transaction is over."""
    lock_links(connection, realm_id, [invoice_pk])
    return load_holders(connection, [invoice_pk]).get(invoice_pk, NOT_PAID)
