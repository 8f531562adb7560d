"""Money is taken off an invoice, by a void or a lower total, only where no payment holds it.

See docs/decisions/0030-a-void-is-decided-under-the-invoices-lock.md.
"""

from coordination.database import Connection
from records.facts import is_lowered
from records.holders import load_locked
from schemas import Invoice
from workers.session import Session
from workers.wanted import is_gone


def takes_money_off(session: Session) -> bool:
    """Whether it is an invoice that is about to be voided, or lowered."""
    claim = session.claim
    invoice, link = claim.document, claim.link
    if not isinstance(invoice, Invoice) or link is None or link.voided:
        return False
    if is_gone(invoice):
        return True
    changed = claim.amount_due is None and claim.settled_version != claim.version
    return changed and is_lowered(invoice.total, link.total)


def is_held(session: Session, connection: Connection) -> bool:
    """Whether a payment holds what is about to be taken off its invoice.

    The relay has seen none; but one may have been opened since it looked.
    """
    claim = session.claim
    invoice = claim.document
    paid = load_locked(connection, claim.realm_id, claim.pk)
    if isinstance(invoice, Invoice) and not is_gone(invoice):
        return paid.held > invoice.total
    return not paid.allow_void(claim.answers)
