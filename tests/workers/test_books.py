"""The books as the mapping wants them: what the office chose before what the realm has."""

from datetime import UTC, datetime

import pytest

from connections.books import Books
from connections.settings import CompanySettings
from workers.books import context_of
from workers.mapping import MappingRefused

BOOKS = Books(
    realm_id="1",
    company_name="Example Books",
    country="US",
    home_currency="USD",
    custom_txn_numbers=True,
    using_sales_tax=False,
    book_close_date=None,
    income_item_id="7",
    payment_method_id="3",
    deposit_account_id=None,
    read_at=datetime(2026, 1, 5, tzinfo=UTC),
)


@pytest.mark.parametrize(("chosen", "item"), [(None, "7"), ("19", "19")])
def test_lines_are_booked_on_the_item_the_office_chose(chosen: str | None, item: str) -> None:
    """Else on our own."""
    settings = CompanySettings(income_item_id=chosen, items_by_service={"Tear-off": "21"})

    context = context_of(BOOKS, settings)

    assert (context.item_id, context.items_by_service) == (item, {"Tear-off": "21"})


def test_books_that_were_never_read_are_refused() -> None:
    """Nothing is booked on a guess."""
    with pytest.raises(MappingRefused):
        context_of(None, CompanySettings(income_item_id="19"))
