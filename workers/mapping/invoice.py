"""A sent ProLine invoice as a QuickBooks invoice whose total is ProLine's, to the cent.

Nothing is invented to make a total fit and nothing is rounded: what does not add up is refused. The
note "ProLine invoice 1001" is how an invoice is recognised again; its form never changes.
Source: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
"""

from datetime import date
from decimal import Decimal

from schemas import Invoice, Project
from workers.mapping.address import address_fields
from workers.mapping.context import BookContext, Fields, Mapped
from workers.mapping.errors import refusal
from workers.mapping.lines import (
    amount_due_line,
    discount_line,
    invoice_lines,
    lines_total,
    tax_line,
)
from workers.mapping.money import ZERO, cents, check_currency, sum_text
from workers.mapping.text import (
    DOC_NUMBER_LENGTH_MAX,
    MEMO_LENGTH_MAX,
    PRIVATE_NOTE_LENGTH_MAX,
    clean_body,
    clean_line,
    cut,
)

LINES_MAX = 750
RENUMBERED = "-P"
"""Added once when another document of the company holds the number."""


def invoice_note(invoice: Invoice) -> str:
    """Return the note that marks the invoice as ours; without a number its id stands for it."""
    number = clean_line(invoice.number) or invoice.id
    return cut(f"ProLine invoice {number}", "", PRIVATE_NOTE_LENGTH_MAX)


def invoice_fields(
    invoice: Invoice,
    project: Project,
    customer_id: str,
    context: BookContext,
    *,
    renumbered: bool = False,
) -> Mapped:
    """Map an invoice; its customer is the one it has, or shall have, in QuickBooks.

    Args:
        invoice: Its day is `issued_on`, otherwise the UTC day of `sent_at`.
        project: Where the job is: QuickBooks computes sales tax for that address.
        customer_id: The QuickBooks id of the contact's customer or the project's job.
        context: The books.
        renumbered: The number is taken (6140): add `-P`.

    Raises:
        MappingRefused: It cannot be booked to the cent; see `errors.SENTENCES`.
    """
    check_currency(invoice.currency, context, "invoice")
    tax = _checked_tax(invoice, context)
    lines = _checked_lines(invoice, context, tax)
    head = _head(invoice, project, customer_id, context, renumbered=renumbered)
    return Mapped(head | {"Line": lines} | _tax_detail(context, tax))


def amount_due_fields(  # as invoice_fields, and the amount
    invoice: Invoice,
    amount: Decimal | None,
    project: Project,
    customer_id: str,
    context: BookContext,
    *,
    renumbered: bool = False,
) -> Mapped:
    """Map a running-balance invoice to one line of what it asked for when it was first sent.

    Its own lines, discount, tax and total repeat the project's sum, so none of them is booked and
    no change of them is a change here.

    Args:
        invoice: As for `invoice_fields`, as are all not named here.
        amount: The `amount_due` of its first sent version; None where none has said one.
        project: Where the job is.
        customer_id: The QuickBooks id of the customer or job.
        context: The books.
        renumbered: The number is taken (6140): add `-P`.

    Raises:
        MappingRefused: The amount is none that can be booked; see `errors.SENTENCES`.
    """
    check_currency(invoice.currency, context, "invoice")
    if not context.in_us and context.tax_code_id is None:
        raise refusal("tax_code")
    line = amount_due_line(invoice, _checked_amount_due(amount), context)
    head = _head(invoice, project, customer_id, context, renumbered=renumbered)
    return Mapped(head | {"Line": [line]} | _tax_detail(context, ZERO))


def _checked_amount_due(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise refusal("amount_due_missing")
    due = cents(amount, "amount due", "invoice")
    if due < 0:
        raise refusal("total_negative", total=sum_text(due))
    return due


def _head(
    invoice: Invoice,
    project: Project,
    customer_id: str,
    context: BookContext,
    *,
    renumbered: bool,
) -> Fields:
    """Whom, when, where and under which number: all but the money."""
    named: Fields = {
        "CustomerRef": {"value": customer_id},
        "TxnDate": _day(invoice).isoformat(),
        "PrivateNote": invoice_note(invoice),
    }
    return named | _optional(invoice, project) | _number(invoice, context, renumbered=renumbered)


def _checked_tax(invoice: Invoice, context: BookContext) -> Decimal:
    tax = cents(invoice.tax.amount, "tax", "invoice") if invoice.tax else ZERO
    if not context.in_us and context.tax_code_id is None:
        raise refusal("tax_code")
    if tax < 0:
        raise refusal("tax_negative")
    if tax and context.tax_mode == "none":
        raise refusal("tax_mode", tax=sum_text(tax))
    if tax and context.tax_mode == "amount":
        _check_tax_kept(tax, context)
    return tax


def _check_tax_kept(tax: Decimal, context: BookContext) -> None:
    """With sales tax switched off QuickBooks drops TxnTaxDetail without a fault."""
    if not context.using_sales_tax:
        raise refusal("tax_off", tax=sum_text(tax))
    if context.tax_code_id is None:
        raise refusal("tax_code")


def _day(invoice: Invoice) -> date:
    """The day in QuickBooks; ProLine tells no time zone, so the day of `sent_at` is UTC's."""
    if invoice.issued_on:
        return invoice.issued_on
    if invoice.sent_at:
        return invoice.sent_at.date()
    raise refusal("date_missing", record="invoice")


def _checked_lines(invoice: Invoice, context: BookContext, tax: Decimal) -> list[Fields]:
    discount = cents(invoice.discount or ZERO, "discount", "invoice")
    if discount < 0:
        raise refusal("discount_negative")
    lines = [
        *invoice_lines(invoice, context, taxed=context.tax_mode == "amount" and tax > 0),
        *tax_line(invoice, context, tax if context.tax_mode == "line" else ZERO),
        *discount_line(discount),
    ]
    _check_count(lines)
    _check_total(invoice, lines_total(lines) + (tax if context.tax_mode == "amount" else ZERO))
    return lines


def _check_count(lines: list[Fields]) -> None:
    if not lines:
        raise refusal("lines_missing")
    if len(lines) > LINES_MAX:
        raise refusal("lines_too_many", count=len(lines), limit=LINES_MAX)


def _check_total(invoice: Invoice, computed: Decimal) -> None:
    total = cents(invoice.total, "total", "invoice")
    if computed != total:
        raise refusal("total_mismatch", sum=sum_text(computed), total=sum_text(total))
    if total < 0:
        raise refusal("total_negative", total=sum_text(total))


def _optional(invoice: Invoice, project: Project) -> Fields:
    memo = cut(clean_body(invoice.memo), "", MEMO_LENGTH_MAX)
    optional: Fields = {
        "DueDate": invoice.due_on.isoformat() if invoice.due_on else None,
        "CustomerMemo": {"value": memo} if memo else None,
        "ShipAddr": address_fields(project.address),
    }
    return {name: value for name, value in optional.items() if value}


def _number(invoice: Invoice, context: BookContext, *, renumbered: bool) -> Fields:
    """Only a company that numbers its own documents may be sent a number."""
    number = clean_line(invoice.number)
    if not number or not context.custom_txn_numbers:
        return {}
    return {"DocNumber": cut(number, RENUMBERED if renumbered else "", DOC_NUMBER_LENGTH_MAX)}


def _tax_detail(context: BookContext, tax: Decimal) -> Fields:
    """Say the tax outright, also when it is nothing, so that QuickBooks adds none of its own.

    Outside the US the code on each line makes the tax, and TxnTaxDetail is left out, because a
    changed line is refused beside it; a total that differs shows after the write.
    """
    taxed = context.tax_mode == "amount" and tax > 0
    if not context.in_us:
        return {"GlobalTaxCalculation": "TaxExcluded" if taxed else "NotApplicable"}
    if not context.using_sales_tax:
        return {}
    if not taxed:
        return {"TxnTaxDetail": {"TotalTax": ZERO}}
    return {"TxnTaxDetail": {"TotalTax": tax, "TxnTaxCodeRef": {"value": context.tax_code_id}}}
