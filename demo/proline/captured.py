"""Says which rows make up which record, so that every commit of ProLine's sessions is captured."""

from sqlalchemy.orm import Session, sessionmaker

from demo.proline.billing import (
    Invoice,
    InvoiceLine,
    Payment,
    PaymentAllocation,
    PaymentReturn,
)
from demo.proline.sales import Contact, Project
from demo.proline.snapshots import (
    contact_snapshots,
    invoice_snapshots,
    payment_snapshots,
    project_snapshots,
)
from outbox import Part, Root, capture


def capture_changes(sessions: sessionmaker[Session]) -> None:
    """Write an outbox event for each contact, project, invoice and payment a commit changes.

    A payment changes its invoices' balance too; that alone is no event of the invoice, because
    nothing of it goes to QuickBooks, which computes its own balance.
    """
    capture(
        sessions,
        Root(Contact, entity="contact", snapshots=contact_snapshots),
        Root(Project, entity="project", snapshots=project_snapshots),
        Root(
            Invoice,
            entity="invoice",
            snapshots=invoice_snapshots,
            parts=(Part(InvoiceLine, owner="invoice_id"),),
        ),
        Root(
            Payment,
            entity="payment",
            snapshots=payment_snapshots,
            parts=(
                Part(PaymentAllocation, owner="payment_id"),
                Part(PaymentReturn, owner="payment_id"),
            ),
        ),
    )
