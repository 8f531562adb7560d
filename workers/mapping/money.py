"""Money on its way into the books: whole cents, the home currency, plain digits for people."""

from decimal import Decimal

from workers.mapping.context import BookContext
from workers.mapping.errors import refusal

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount: Decimal, what: str, record: str) -> Decimal:
    """Return the amount with two decimals, exactly.

    Raises:
        MappingRefused: It holds a fraction of a cent: rounding would be ours, not ProLine's.
    """
    whole = amount.quantize(CENT)
    if whole != amount:
        raise refusal("fraction_of_cent", what=what, record=record, amount=sum_text(amount))
    return whole


def check_currency(currency: str | None, context: BookContext, record: str) -> None:
    """Refuse a currency that is not the books' own; absent means the company's own.

    Raises:
        MappingRefused: The currencies differ.
    """
    if currency not in {None, context.home_currency}:
        raise refusal("currency", record=record, currency=currency, home=context.home_currency)


def check_customer_currency(currency: str | None, context: BookContext, record: str) -> None:
    """Refuse a customer that QuickBooks keeps in another currency; absent means the books' own.

    Raises:
        MappingRefused: The currencies differ.
    """
    if currency not in {None, context.home_currency}:
        raise refusal(
            "customer_currency", record=record, currency=currency, home=context.home_currency
        )


def sum_text(amount: Decimal) -> str:
    """Write a sum for people: two decimals, more only where there are more."""
    whole = amount.quantize(CENT)
    return f"{whole:,}" if whole == amount else f"{amount.normalize():,f}"


def plain(number: Decimal) -> str:
    """Write a quantity or a price: no exponent, no trailing zeros."""
    return format(number.normalize(), "f")
