"""Amounts, currencies and closed books: the rules every transaction shares."""

from decimal import ROUND_HALF_UP, Decimal

from qbo_simulator.faults import FaultError, business
from qbo_simulator.properties import reference
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

CENT = Decimal("0.01")
ONE = Decimal(1)
CURRENCIES = {
    "USD": "United States Dollar",
    "CAD": "Canadian Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "AUD": "Australian Dollar",
    "MXN": "Mexican Peso",
}


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount to the cent, halves up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def currency_reference(realm: Realm, fields: Json) -> Json:
    """The currency of an object: the one it names, else the company's own."""
    code = reference(fields, "CurrencyRef") or realm.settings.currency
    return {"value": code, "name": CURRENCIES.get(code, code)}


def check_currency(realm: Realm, fields: Json, current: Json | None) -> None:
    """Refuse a foreign currency without multicurrency, an unknown one, and a change of it."""
    code = reference(fields, "CurrencyRef")
    if code is None:
        return
    if code != realm.settings.currency and not realm.settings.multi_currency:
        raise business("Multi Currency should be enabled to perform this operation.")
    if code not in CURRENCIES:
        raise FaultError("2500", f"Invalid Reference Id : Currency {code}", element="CurrencyRef")
    if current is not None and current["CurrencyRef"]["value"] != code:
        raise business("The currency cannot be changed.")


def check_customer_currency(customer: Json, currency: Json) -> None:
    """Refuse a transaction in another currency than its customer's."""
    if customer["CurrencyRef"]["value"] != currency["value"]:
        raise business("The currency of the transaction must be that of the customer.")


def exchange(realm: Realm, fields: Json, current: Json | None) -> Json:
    """The exchange rate of a transaction; none is shown without multicurrency."""
    if not realm.settings.multi_currency:
        return {}
    rate = fields.get("ExchangeRate") or (current or {}).get("ExchangeRate") or ONE
    return {"ExchangeRate": rate}


def check_books_open(realm: Realm, *dates: str) -> None:
    """Refuse with 6200, or 6210 if a password guards it, what is dated up to the closing date."""
    closed = realm.settings.book_close_date
    if closed is None or all(each > closed for each in dates):
        return
    code = "6210" if realm.settings.book_close_password else "6200"
    raise FaultError(
        code,
        "The account period has closed and the account books cannot be updated through the "
        "QuickBooks Online API. Please use the QuickBooks Online website to make these changes.",
    )


def live_customer(realm: Realm, fields: Json) -> Json:
    """The customer a transaction names.

    Raises:
        FaultError: 2500 when there is none of that id, 6250 when it is inactive, 6000 when the
            reference is empty (the vendor's own text says no more than an internal error).
    """
    customer_id = reference(fields, "CustomerRef")
    if customer_id is None:
        raise FaultError("6000", "Unexpected Internal Error. (-30003)", element="CustomerRef")
    customer = realm.find("Customer", customer_id)
    if customer is None:
        raise FaultError(
            "2500",
            f"Invalid Reference Id : Customers element id {customer_id} not found",
            element="CustomerRef",
        )
    if not customer["Active"]:
        raise FaultError(
            "6250", f"Invalid Customer Status : Customer {customer_id} is inactive", "CustomerRef"
        )
    return customer
