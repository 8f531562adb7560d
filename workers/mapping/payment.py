"""A complete ProLine payment as a QuickBooks payment, applied to the invoices it pays.

The rest of the amount stays as credit on the customer's account: QuickBooks computes UnappliedAmt.
Source: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas import Payment
from workers.mapping.context import BookContext, Fields, Mapped
from workers.mapping.errors import refusal
from workers.mapping.money import ZERO, cents, check_currency, sum_text
from workers.mapping.text import (
    PAYMENT_REFERENCE_LENGTH_MAX,
    PRIVATE_NOTE_LENGTH_MAX,
    clean_line,
    cut,
)


@dataclass(frozen=True, slots=True)
class AppliedLine:
    """What a payment pays on one invoice.

    Attributes:
        invoice_qbo_id: The invoice's Id in QuickBooks, not its number.
        amount: More than zero, in whole cents.
    """

    invoice_qbo_id: str
    amount: Decimal


def payment_note(payment: Payment) -> str:
    """Return the note that marks the payment as ours; without a number its id stands for it."""
    number = clean_line(payment.number) or payment.id
    return cut(f"ProLine payment {number}", "", PRIVATE_NOTE_LENGTH_MAX)


def payment_fields(
    payment: Payment,
    customer_id: str,
    lines: Sequence[AppliedLine],
    context: BookContext,
    amount: Decimal | None = None,
) -> Mapped:
    """Map a payment, or one customer's part of it.

    Args:
        payment: Its day is `received_on`.
        customer_id: The customer on the QuickBooks invoices it pays.
        lines: What it pays, one for each invoice; none leaves the whole as credit.
        context: The books.
        amount: The part's sum, if the payment is split between customers; otherwise all of it.

    Raises:
        MappingRefused: See `errors.SENTENCES`.
    """
    check_currency(payment.currency, context, "payment")
    if payment.received_on is None:
        raise refusal("date_missing", record="payment")
    fields: Fields = {
        "CustomerRef": {"value": customer_id},
        "TotalAmt": _checked_amount(payment.amount if amount is None else amount, lines),
        "TxnDate": payment.received_on.isoformat(),
        "PaymentMethodRef": {"value": context.payment_method_id},
        "PrivateNote": payment_note(payment),
    }
    return Mapped(fields | _optional(payment, lines, context))


def _checked_amount(amount: Decimal, lines: Sequence[AppliedLine]) -> Decimal:
    total = cents(amount, "amount", "payment")
    if total <= 0:
        raise refusal("amount_not_positive", amount=sum_text(total))
    applied = sum((line.amount for line in lines), start=ZERO)
    if applied > total:
        raise refusal("over_applied", applied=sum_text(applied), total=sum_text(total))
    return total


def _optional(payment: Payment, lines: Sequence[AppliedLine], context: BookContext) -> Fields:
    reference = clean_line(payment.reference) or clean_line(payment.number)
    account_id = context.deposit_account_id
    optional: Fields = {
        "PaymentRefNum": cut(reference, "", PAYMENT_REFERENCE_LENGTH_MAX),
        "DepositToAccountRef": {"value": account_id} if account_id else None,
        "Line": [_applied(line) for line in lines],
    }
    return {name: value for name, value in optional.items() if value}


def _applied(line: AppliedLine) -> Fields:
    return {
        "Amount": cents(line.amount, "applied amount", "payment"),
        "LinkedTxn": [{"TxnId": line.invoice_qbo_id, "TxnType": "Invoice"}],
    }
