"""The lines of an invoice: ProLine's order, each amount exact, everything sold under an item.

A group's header and a text item become description-only lines, which cost nothing; a line with an
amount always names an item, because QuickBooks takes one without for a comment and drops its amount
(https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice).
A description is name, description and, where Qty cannot say it, the real quantity, a line each.
"""

from collections.abc import Iterator
from decimal import Decimal

from schemas import Invoice, Line, LineKind
from workers.mapping.context import BookContext, Fields
from workers.mapping.money import ZERO, cents, plain
from workers.mapping.text import DESCRIPTION_LENGTH_MAX, clean_body, clean_line, cut

_ONE = Decimal(1)
_UNIT_LENGTH_MAX = 100


def invoice_lines(invoice: Invoice, context: BookContext, *, taxed: bool) -> list[Fields]:
    """Map the lines in their order, a header before each group.

    Args:
        invoice: Whose lines.
        context: Its items and tax codes.
        taxed: Whether ProLine's tax goes on these lines.

    Raises:
        MappingRefused: An amount holds a fraction of a cent.
    """
    tax_code = _tax_code(context, taxed=taxed)
    return list(_mapped_lines(invoice, context, tax_code))


def tax_line(invoice: Invoice, context: BookContext, amount: Decimal) -> list[Fields]:
    """Book the tax as a line of its own; none for an amount of zero."""
    if not amount:
        return []
    name = clean_line(invoice.tax.name) if invoice.tax else ""
    text = f"Sales tax ({name})" if name else "Sales tax"
    sold = _sold(context.item_id, _ONE, amount, _tax_code(context, taxed=False))
    return [_sales_line(cut(text, "", DESCRIPTION_LENGTH_MAX), amount, sold)]


def amount_due_line(invoice: Invoice, amount: Decimal, context: BookContext) -> Fields:
    """Book what a running-balance invoice asks for as its only line, untaxed: tax is in it."""
    name = clean_line(invoice.name)
    text = cut(name, f"{': ' if name else ''}Amount due", DESCRIPTION_LENGTH_MAX)
    sold = _sold(context.item_id, _ONE, amount, _tax_code(context, taxed=False))
    return _sales_line(text, amount, sold)


def discount_line(discount: Decimal) -> list[Fields]:
    """Take the discount off the whole invoice, to QuickBooks' default discount account."""
    if not discount:
        return []
    return [
        {
            "Amount": discount,
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": False},
        }
    ]


def lines_total(lines: list[Fields]) -> Decimal:
    """Add up what QuickBooks will: amounts of lines with an item, less the discount."""
    return sum((_effect(line) for line in lines), start=ZERO)


def _tax_code(context: BookContext, *, taxed: bool) -> str | None:
    """In the US a line is TAX or NON and nothing else; elsewhere it carries the chosen code."""
    if context.in_us:
        return "TAX" if taxed else "NON"
    return context.tax_code_id if taxed else None


def _mapped_lines(invoice: Invoice, context: BookContext, tax_code: str | None) -> Iterator[Fields]:
    group = ""
    for line in invoice.lines:
        header = clean_line(line.group)
        if header and header != group:
            yield from _text_line(header)
        group = header
        yield from _mapped_line(line, context, tax_code)


def _mapped_line(line: Line, context: BookContext, tax_code: str | None) -> list[Fields]:
    """Sell whatever has an amount, even a text item, which should have none."""
    if line.amount is None or (line.kind is LineKind.TEXT and not line.amount):
        return _text_line(_description(line, ""))
    amount = cents(line.amount, "amount of a line", "invoice")
    item_id = context.items_by_service.get(line.service or "", context.item_id)
    if _multiplies_exactly(line, amount):
        sold = _sold(item_id, line.quantity, line.unit_price, tax_code)
        return [_sales_line(_description(line, ""), amount, sold)]
    sold = _sold(item_id, _ONE, amount, tax_code)
    return [_sales_line(_description(line, _real_quantity(line, amount)), amount, sold)]


def _multiplies_exactly(line: Line, amount: Decimal) -> bool:
    """QuickBooks refuses (6070) an Amount that is not Qty times UnitPrice."""
    if line.quantity is None or line.unit_price is None:
        return False
    return line.quantity * line.unit_price == amount


def _real_quantity(line: Line, amount: Decimal) -> str:
    if line.quantity is None or (line.quantity == _ONE and line.unit_price in {None, amount}):
        return ""
    unit = cut(clean_line(line.unit), "", _UNIT_LENGTH_MAX)
    price = f" at {plain(line.unit_price)}" if line.unit_price is not None else ""
    return f"Quantity {plain(line.quantity)}{' ' if unit else ''}{unit}{price}"


def _description(line: Line, quantity: str) -> str:
    parts = (clean_line(line.name), clean_body(line.description))
    said = "\n".join(part for part in parts if part)
    suffix = f"\n{quantity}" if quantity and said else quantity
    return cut(said, suffix, DESCRIPTION_LENGTH_MAX)


def _text_line(description: str) -> list[Fields]:
    if not description:
        return []
    text = cut(description, "", DESCRIPTION_LENGTH_MAX)
    return [{"DetailType": "DescriptionOnly", "Description": text, "DescriptionLineDetail": {}}]


def _sold(
    item_id: str, quantity: Decimal | None, unit_price: Decimal | None, tax_code: str | None
) -> Fields:
    sold: Fields = {"ItemRef": {"value": item_id}, "Qty": quantity, "UnitPrice": unit_price}
    return sold | ({"TaxCodeRef": {"value": tax_code}} if tax_code else {})


def _sales_line(description: str, amount: Decimal, sold: Fields) -> Fields:
    line: Fields = {
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": sold,
    }
    return line | ({"Description": description} if description else {})


def _effect(line: Fields) -> Decimal:
    amount: Decimal = line.get("Amount", ZERO)
    return -amount if line["DetailType"] == "DiscountLineDetail" else amount
