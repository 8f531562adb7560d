"""The outbox between ProLine and this service.

ProLine writes it, in its own transactions: one INSERT into an append-only table, no trigger, no
NOTIFY, no lock but that of the row of the record's root (the invoice for its lines, the payment for
its allocations). The relay, in this package too, reads and empties it.

With SQLAlchemy, declare once what makes up a record, and every commit is captured:

    capture(sessionmaker, Root(Invoice, entity="invoice", snapshots=invoice_snapshots,
                               parts=(Part(InvoiceLine, owner="invoice_id"),)))

From SQL, or wherever capture does not see the change, keep this order, at READ COMMITTED:

    BEGIN;
    -- 1. Lock the root; several in the order contact, project, invoice, payment, and of their ids.
    SELECT id FROM invoices WHERE id = 'inv-1' ORDER BY id FOR NO KEY UPDATE;
    -- 2. Change the root and its parts.
    UPDATE invoice_lines SET amount = 120.00 WHERE id = 'line-7';
    -- 3. Read the snapshot in a statement of its own, after lock and change, and append it.
    SELECT proline_outbox.append(company_id, 'invoice', record_id, snapshot, 'invoice.changed')
    FROM proline_export.invoices WHERE record_id = 'inv-1';
    COMMIT;

Lock first, because two transactions that change different lines of one invoice would otherwise
each read a snapshot without the other's change, and the newer event would be wrong for ever. Lock
and read in one statement will not do: what it reads is older than its lock. A hard delete appends
the snapshot read before it, with `deleted_at`. The role that ProLine logs in with needs membership
of `proline_outbox_writer`, which may append and nothing else.
"""

from outbox.capture import capture
from outbox.errors import BulkChangeNotNamed, CaptureError, IsolationTooHigh
from outbox.plain_json import plain_json
from outbox.roots import Part, Root, Snapshots
from outbox.writer import record

__all__ = [
    "BulkChangeNotNamed",
    "CaptureError",
    "IsolationTooHigh",
    "Part",
    "Root",
    "Snapshots",
    "capture",
    "plain_json",
    "record",
]
