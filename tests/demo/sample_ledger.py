"""A small ledger of ProLine, written by hand: what the comparer's tests begin with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from demo.comparer import Ledger
from demo.comparer.proline import (
    AllocationRow,
    ContactRow,
    InvoiceRow,
    LineRow,
    PaymentRow,
    ProjectRow,
    StageMoveRow,
)

ENABLED = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = ENABLED + timedelta(hours=1)
BEFORE = ENABLED - timedelta(hours=1)
TODAY = date(2026, 11, 20)


def ledger() -> Ledger:
    """Give a contact with a won project, an invoice of three lines and two payments of it."""
    return Ledger(
        contacts=(
            ContactRow(
                line1="1 Main St",
                line2=None,
                city="Denver",
                state="CO",
                postal_code="80202",
                country="USA",
                id="con",
                number="1001",
                display_name="Zoë O'Hara:\tJr \N{HOUSE BUILDING}",
                given_name="Zoë",
                family_name="O'Hara",
                company_name=None,
                email="zoe@example.com",
                phone="(303) 555-0101",
            ),
        ),
        projects=(
            ProjectRow(
                line1="9 Job Site Rd",
                line2=None,
                city="Boulder",
                state="CO",
                postal_code="80301",
                country="USA",
                id="pro",
                number="1001",
                contact_id="con",
                stage="Production",
                updated_at=LATER,
            ),
        ),
        moves=(StageMoveRow("pro", "Closed - Won", LATER),),
        invoices=(invoice_row("inv", "1001"),),
        lines=(
            LineRow("inv", "Roof", "Tear-off", "Two layers", Decimal("100.10")),
            LineRow("inv", "Roof", "Shingles", None, Decimal("250.25")),
            LineRow("inv", None, "Ten years' warranty", None, None),
        ),
        payments=(payment_row("pay1", "9001", "200.00"), payment_row("pay2", "9002", "200.00")),
        allocations=(
            AllocationRow("pay1", "inv", Decimal("200.00")),
            AllocationRow("pay2", "inv", Decimal("200.00")),
        ),
    )


def invoice_row(record_id: str, number: str, kind: str = "standalone") -> InvoiceRow:
    """Give an invoice that was sent since the enable."""
    return InvoiceRow(
        id=record_id,
        number=number,
        kind=kind,
        project_id="pro",
        sent_at=LATER,
        issued_on=TODAY,
        due_on=date(2026, 12, 20),
        discount=Decimal("0.35"),
        memo="Thank you",
        gone=False,
    )


def payment_row(record_id: str, number: str, amount: str) -> PaymentRow:
    """Give a payment that is complete."""
    return PaymentRow(
        id=record_id,
        number=number,
        project_id="pro",
        status="complete",
        received_on=TODAY,
        amount=Decimal(amount),
        reference=None,
        gone=False,
        updated_at=LATER,
    )
