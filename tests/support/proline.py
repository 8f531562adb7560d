"""What ProLine writes: small snapshots to change one thing in, events, and companies set up in SQL.

A company here is connected without QuickBooks being asked: the relay needs only its rows.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg.types.json import Jsonb

from connections import companies
from connections.audit import Actor
from connections.books import Books
from connections.settings import CompanySettings
from coordination.database import Connection

Snapshot = dict[str, Any]

ACME: Final = "acme"
OFFICE: Final = Actor("the office", "program")
WON: Final = "Closed - Won"
SENT_AT: Final = datetime.now(UTC) + timedelta(days=1)
"""After the enable of every company of a test, whenever it runs."""
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
UPDATED: Final = {"updated_at": "2026-03-01T09:30:00-05:00"}


def contact(record_id: str = "c1", **changes: object) -> Snapshot:
    """Give a contact."""
    return {"id": record_id, "number": "1001", "display_name": "Ada Example"} | UPDATED | changes


def project(record_id: str = "p1", **changes: object) -> Snapshot:
    """Give a project of contact c1 that stands in the trigger stage."""
    first = {"id": record_id, "number": "2001", "name": "New roof", "contact_id": "c1"}
    return first | {"stage": WON, "status": "Won"} | UPDATED | changes


def invoice(record_id: str = "i1", total: str = "100.00", **changes: object) -> Snapshot:
    """Give a standalone invoice of project p1, of one line, sent after the enable."""
    line = {"id": "l1", "kind": "item", "name": "Tear-off", "amount": total}
    first = {
        "id": record_id,
        "number": f"N-{record_id}",
        "kind": "standalone",
        "project_id": "p1",
        "contact_id": "c1",
        "sent_at": SENT_AT.isoformat(),
        "issued_on": "2026-03-01",
        "lines": [line | {"quantity": "1", "unit_price": total}],
        "total": total,
    }
    return first | UPDATED | changes


def running(record_id: str, total: str, **changes: object) -> Snapshot:
    """Give a running-balance invoice, which repeats the whole sum of project p1."""
    return invoice(record_id, total) | {"kind": "running_balance"} | changes


def payment(record_id: str = "y1", amount: str = "40.00", **changes: object) -> Snapshot:
    """Give a complete payment of project p1 that names no invoice."""
    first = {
        "id": record_id,
        "number": f"N-{record_id}",
        "project_id": "p1",
        "contact_id": "c1",
        "status": "complete",
        "received_on": "2026-03-02",
        "amount": amount,
    }
    return first | UPDATED | changes


def pays(record_id: str, amount: str, **invoices: str) -> Snapshot:
    """Give a complete payment over invoices, each with its amount."""
    named = [{"invoice_id": each, "amount": allocated} for each, allocated in invoices.items()]
    return payment(record_id, amount, allocations=named)


def append(
    connection: Connection, entity: str, snapshot: Snapshot, *, company_id: str = ACME
) -> int:
    """Append one event as ProLine does, and return its id; the caller commits."""
    row = connection.execute(
        "SELECT proline_outbox.append(%s, %s, %s, %s, 'changed')",
        [company_id, entity, snapshot["id"], Jsonb(snapshot)],
    ).fetchone()
    assert row is not None
    return int(row[0])


def enable_company(
    connection: Connection, company_id: str = ACME, settings: CompanySettings | None = None
) -> None:
    """Make a company known, connected to a realm of its own, and on."""
    connect_company(connection, company_id, settings)
    companies.enable(connection, company_id)


def connect_company(
    connection: Connection, company_id: str = ACME, settings: CompanySettings | None = None
) -> None:
    """Make a company known and connected to a realm of its own, but not on."""
    companies.open_company(connection, company_id, company_id.title())
    companies.change_settings(connection, company_id, settings or CompanySettings())
    companies.connect(connection, company_id, realm_of(company_id))


def realm_of(company_id: str) -> str:
    """Name the realm a company of a test is connected to."""
    return f"realm-{company_id}"


def books_of(realm_id: str, company_name: str = "Example Books") -> Books:
    """Give what connecting would have read of a realm's books: they take our numbers, no tax."""
    return Books(
        realm_id=realm_id,
        company_name=company_name,
        country="US",
        home_currency="USD",
        custom_txn_numbers=True,
        using_sales_tax=False,
        book_close_date=None,
        income_item_id="1",
        payment_method_id="1",
        deposit_account_id=None,
    )


EXPORT_VIEWS = """
CREATE SCHEMA proline_export;
CREATE TABLE proline_export.shown (
    entity text, company_id text, record_id text, snapshot jsonb, updated_at timestamptz
);
CREATE VIEW proline_export.contacts AS SELECT * FROM proline_export.shown WHERE entity = 'contact';
CREATE VIEW proline_export.projects AS SELECT * FROM proline_export.shown WHERE entity = 'project';
CREATE VIEW proline_export.invoices AS SELECT * FROM proline_export.shown WHERE entity = 'invoice';
"""


def show_in_export(
    connection: Connection, entity: str, snapshot: Snapshot, *, company_id: str = ACME
) -> None:
    """Let ProLine's views show a record that the outbox never carried."""
    connection.execute(
        "INSERT INTO proline_export.shown VALUES (%s, %s, %s, %s, clock_timestamp())",
        [entity, company_id, snapshot["id"], Jsonb(snapshot)],
    )
