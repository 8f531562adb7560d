"""Money that went back to the payer: what a person has to book, one finding for each return.

Nothing is written to QuickBooks: how a refund or a chargeback is booked is the bookkeeper's choice.
"""

from dataclasses import dataclass
from decimal import Decimal

from coordination.database import Connection
from records.claims import Claim
from records.findings import find
from schemas import (
    Entity,
    Payment,
    PaymentReturn,
    ReturnKind,
    SnapshotInvalid,
)

FINDING = "money_returned"

_WORDS = {
    ReturnKind.REFUND: "A refund",
    ReturnKind.CHARGEBACK: "A chargeback",
    ReturnKind.ACH_RETURN: "An ACH return",
}


@dataclass(frozen=True)
class Told:
    """What is said of one return, under ProLine's id of it."""

    return_id: str
    sentence: str


def told_of(payment: Payment) -> tuple[Told, ...]:
    """Say of each return what has gone back up to it; nothing of a payment that is void."""
    if payment.voided_at is not None or payment.deleted_at is not None:
        return ()
    told = []
    so_far = Decimal(0)
    for each in payment.returns:
        so_far += each.amount
        sentence = (
            f"{_WORDS[each.kind]} of {each.amount}{_on(each)}: {so_far} of {payment.amount} has"
            " gone back in all. Book it in QuickBooks; the payment there is left as it is."
        )
        told.append(Told(each.id, sentence))
    return tuple(told)


def returns_of(claim: Claim) -> bool:
    """Say whether ProLine tells of money that went back, without reading the whole snapshot."""
    return claim.entity == Entity.PAYMENT and bool(claim.snapshot.get("returns"))


def tell_returns(connection: Connection, claim: Claim) -> None:
    """Write the findings of a payment that QuickBooks has; one found before keeps its place."""
    if not returns_of(claim):
        return
    try:
        payment = claim.document
    except SnapshotInvalid:
        return  # it is judged, and said, where the record is
    if not isinstance(payment, Payment):
        return
    for told in told_of(payment):
        find(connection, claim.company_id, claim.pk, FINDING, told.return_id, told.sentence)


def _on(returned: PaymentReturn) -> str:
    return f" on {returned.on.isoformat()}" if returned.on else ""
