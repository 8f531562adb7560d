"""The books a claim's record goes to, as the mapping wants them."""

from connections.books import Books
from connections.settings import CompanySettings
from workers.mapping import BookContext, MappingRefused


def context_of(books: Books | None, settings: CompanySettings) -> BookContext:
    """Join what the realm is with what the office chose.

    Raises:
        MappingRefused: connecting has not found or made the income item or the payment method.
    """
    if books is None or books.income_item_id is None or books.payment_method_id is None:
        raise MappingRefused(
            "books_incomplete",
            "The QuickBooks company has no income item or payment method of ours: reconnect it.",
        )
    return BookContext(
        item_id=settings.income_item_id or books.income_item_id,
        items_by_service=settings.items_by_service,
        payment_method_id=books.payment_method_id,
        deposit_account_id=settings.deposit_account_id or books.deposit_account_id,
        custom_txn_numbers=books.custom_txn_numbers,
        tax_mode=settings.tax_mode,
        tax_code_id=settings.tax_code_id,
        using_sales_tax=books.using_sales_tax,
        home_currency=books.home_currency,
        country=books.country,
    )
