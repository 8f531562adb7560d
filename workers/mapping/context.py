"""What a mapping needs to know besides the snapshot, and what it gives back: two frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Fields = dict[str, Any]
"""The fields of a QuickBooks object that we own, money as Decimal; never Id or SyncToken."""

TaxMode = Literal["none", "amount", "line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookContext:
    """The books of one realm as its settings and preferences have them.

    Attributes:
        item_id: The income item of every line whose service has none of its own.
        items_by_service: QuickBooks item id by ProLine service.
        payment_method_id: The payment method "ProLine".
        deposit_account_id: Where payments are deposited; None means Undeposited Funds.
        custom_txn_numbers: Whether the company numbers its own documents; if not QuickBooks does.
        tax_mode: Tax is not sent, sent as ProLine's amount on `tax_code_id`, or as a line.
        tax_code_id: The code chosen for taxed invoices; outside the US every company needs one.
        using_sales_tax: Whether sales tax is switched on in QuickBooks.
        home_currency: ISO 4217.
        country: ISO 3166 alpha-2 as QuickBooks gives it.
    """

    item_id: str
    items_by_service: Mapping[str, str]
    payment_method_id: str
    deposit_account_id: str | None
    custom_txn_numbers: bool
    tax_mode: TaxMode
    tax_code_id: str | None
    using_sales_tax: bool
    home_currency: str
    country: str

    @property
    def in_us(self) -> bool:
        """Say whether the US rules of sales tax hold; elsewhere GlobalTaxCalculation does."""
        return self.country == "US"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What QuickBooks shall hold, and what had to be left out of it.

    Attributes:
        fields: The whole wanted state of the fields we own.
        notes: Sentences for the office, one for each thing left out or cut.
    """

    fields: Fields
    notes: tuple[str, ...] = ()
