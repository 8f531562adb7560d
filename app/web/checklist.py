"""What an office should look at before it enables: each in order, or with what to do; pure."""

from dataclasses import dataclass
from typing import Final

from app.web import addresses
from connections.books import Books
from connections.companies import Company

# Connecting again reads the books anew, and makes what is missing there.
AGAIN: Final = (addresses.RECONNECT, "Reconnect")


@dataclass(frozen=True)
class Item:
    """One line of the checklist; `good` needs nothing."""

    title: str
    good: bool
    sentence: str
    address: str | None = None
    link: str = ""


def _fine(title: str, sentence: str, address: str | None = None, link: str = "") -> Item:
    return Item(title, good=True, sentence=sentence, address=address, link=link)


def _look(title: str, sentence: str, address: str | None = None, link: str = "") -> Item:
    return Item(title, good=False, sentence=sentence, address=address, link=link)


def checklist(
    company: Company, books: Books, *, ready_projects: int, item_name: str | None
) -> list[Item]:
    """List what is worth a look before a company's integration is turned on.

    Args:
        company: with its settings.
        books: as they were read when it was connected.
        ready_projects: that stand where a transfer begins, and are not transferred.
        item_name: of the item on invoice lines; None: it is not known by name.
    """
    return [
        _numbers(books),
        _tax(company, books),
        _currency(books),
        _item(books, item_name),
        _projects(company, ready_projects),
    ]


def _numbers(books: Books) -> Item:
    if books.custom_txn_numbers:
        return _fine("Invoice numbers", "QuickBooks takes ProLine's numbers: both show the same.")
    return _look(
        "Invoice numbers",
        "QuickBooks gives numbers of its own. To have ProLine's there, turn on “Custom transaction"
        " numbers” in QuickBooks under Account and settings, Sales, and connect again.",
        *AGAIN,
    )


def _tax(company: Company, books: Books) -> Item:
    title, mode = "Sales tax", company.settings.tax_mode
    if mode == "amount" and not books.using_sales_tax:
        return _look(
            title,
            "Sales tax is off in QuickBooks, which then leaves ProLine's tax amount out: turn it on"
            " there, or choose another way.",
            addresses.SETTINGS,
            "Settings",
        )
    if mode == "none" and books.using_sales_tax:
        return _look(
            title,
            "QuickBooks keeps sales tax, and no tax is sent from ProLine. If your invoices carry"
            " tax, choose how it is booked.",
            addresses.SETTINGS,
            "Settings",
        )
    said = {
        "none": "No tax is sent, and QuickBooks keeps none.",
        "amount": "ProLine's tax amount is booked on the tax code you chose.",
        "line": "ProLine's tax is booked as a line of the invoice.",
    }
    return _fine(title, said[mode])


def _currency(books: Books) -> Item:
    if books.home_currency == "USD":
        return _fine("Currency", "The books are kept in US dollars.")
    return _look(
        "Currency",
        f"The books are kept in {books.home_currency}: an invoice of ProLine in another currency is"
        " not sent, and says so.",
    )


def _item(books: Books, item_name: str | None) -> Item:
    if books.income_item_id is None:
        return _look(
            "Item on invoice lines",
            "QuickBooks has no item for ProLine's invoices: connect again.",
            *AGAIN,
        )
    return _fine(
        "Item on invoice lines",
        f"Lines are booked on “{item_name or 'ProLine Sales'}”; you can choose others.",
        addresses.SETTINGS,
        "Settings",
    )


def _projects(company: Company, ready: int) -> Item:
    by_stage = company.settings.trigger == "stages"
    chosen = company.settings.stages if by_stage else company.settings.statuses
    words = ", ".join(chosen)
    if not ready:
        return _fine(
            "Projects already there",
            f"No project stands in {words} yet: each goes to QuickBooks when it enters.",
        )
    if ready == 1:
        told = f"1 project stands in {words} already. It is not sent by itself."
    else:
        told = f"{ready:,} projects stand in {words} already. They are not sent by themselves."
    return _look(
        "Projects already there",
        f"{told} Choose what to transfer.",
        addresses.PROJECTS,
        "Look at it" if ready == 1 else "Look at them",
    )
