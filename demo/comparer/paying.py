"""The payments QuickBooks must hold, and what they pay on which invoice.

A complete payment is expected unless an invoice it names is not there: then it waits. One that
names no invoice pays the project's running-balance invoice, else its only one, else nothing yet. An
invoice never takes more than its total; the rest is the customer's credit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from demo.comparer.bills import Bill
from demo.comparer.books import Invoice, Payment
from demo.comparer.proline import PaymentRow
from demo.comparer.scope import Scope
from demo.comparer.wording import REFERENCE_LENGTH, line_of

METHOD: Final = "ProLine"

Shares = Mapping[str, Decimal]
"""By invoice, what a payment is meant to pay there."""


def payments_of(scope: Scope, bills: Sequence[Bill]) -> tuple[Payment, ...]:
    """Derive the payments."""
    bill_of = {member: bill.shown.key for bill in bills for member in bill.members}
    totals = {bill.shown.key: bill.shown.total for bill in bills}
    found = ((row, _shares(scope, row, bills, bill_of)) for row in scope.ledger.payments)
    return tuple(
        _payment(scope, row, shares, totals)
        for row, shares in found
        if shares is not None and _counts(scope, row)
    )


def paid(bills: Sequence[Bill], payments: Sequence[Payment]) -> tuple[Invoice, ...]:
    """Give the invoices with what is left open after these payments."""
    meant: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        for key, amount in payment.applied.items():
            meant[key] += amount
    invoices = (bill.shown for bill in bills)
    return tuple(
        replace(invoice, balance=invoice.total - min(invoice.total, meant[invoice.key]))
        for invoice in invoices
    )


def _counts(scope: Scope, row: PaymentRow) -> bool:
    """Complete, of a transferred project, and changed since the enable."""
    in_scope = row.project_id in scope.transferred and row.updated_at >= scope.enabled_at
    return in_scope and row.status == "complete"


def _payment(
    scope: Scope, row: PaymentRow, shares: Shares, totals: Mapping[str, Decimal]
) -> Payment:
    most = {key: min(amount, totals[key]) for key, amount in shares.items()}
    return Payment(
        key=f"payment {row.number}",
        customer=scope.billed(row.project_id),
        amount=row.amount,
        received_on=row.received_on,
        reference=(line_of(row.reference) or line_of(row.number))[:REFERENCE_LENGTH],
        method=METHOD,
        applied={} if row.gone else most,
        voided=row.gone,
    )


def _shares(
    scope: Scope, row: PaymentRow, bills: Sequence[Bill], bill_of: Mapping[str, str]
) -> Shares | None:
    named = scope.allocations.get(row.id)
    if not named:
        return _of_project(row, bills)
    if any(each.invoice_id not in bill_of for each in named):
        return None
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for each in named:
        shares[bill_of[each.invoice_id]] += each.amount
    return shares


def _of_project(row: PaymentRow, bills: Sequence[Bill]) -> Shares | None:
    """Choose the invoice of a payment that names none; among several a person chooses."""
    living = [each for each in bills if each.project_id == row.project_id and _is_living(each)]
    chosen = [each for each in living if each.running] or living
    if len(chosen) > 1:
        return None
    return {bill.shown.key: row.amount for bill in chosen}


def _is_living(bill: Bill) -> bool:
    return not bill.shown.voided
