"""Invoices: totals are computed whatever was sent; custom numbers are unique.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
With custom numbers on, a number that was used is refused (6140) naming its holder, and none sent
means none; with them off QuickBooks counts itself, keeps a number that was sent and does not look
for a second one. Assumed, for no source says it: an invoice lowered below what is paid on it frees
the newest payments' money as credit; an invoice that is paid cannot move to another customer.
"""

from datetime import date, timedelta
from decimal import Decimal

from qbo_simulator.customers import full_name
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, business, missing
from qbo_simulator.invoice_fields import PROPERTIES, QUERYABLE, complete_custom_fields
from qbo_simulator.invoice_lines import CompletedLines, complete_lines, zero_lines
from qbo_simulator.invoice_tax import (
    INCLUSIVE,
    Base,
    check_tax_calculation,
    complete_tax,
    is_out_of_scope,
)
from qbo_simulator.linked import free_payments, settle_invoice
from qbo_simulator.money import (
    check_books_open,
    check_currency,
    check_customer_currency,
    currency_reference,
    exchange,
    live_customer,
    to_cents,
)
from qbo_simulator.properties import reference, require
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

ZERO = Decimal(0)
DUE_DAYS = 30
VOIDED = "Voided"
PAYMENT_FLAGS = (
    "AllowIPNPayment",
    "AllowOnlinePayment",
    "AllowOnlineCreditCardPayment",
    "AllowOnlineACHPayment",
)
ALLOW_DUPLICATE = "allowduplicatedocnum"
"""What `include=` says to have a used number accepted; the write hands it down as a field."""
READ_ONLY = (
    "TotalAmt",
    "Balance",
    "LinkedTxn",
    "HomeTotalAmt",
    "HomeBalance",
    "InvoiceLink",
    "DepositToAccountRef",
    ALLOW_DUPLICATE,
)


def complete_invoice(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole invoice of these fields, or refuse."""
    require(fields, "CustomerRef", "Line")
    customer = live_customer(realm, fields)
    currency = _currency(realm, fields, customer, current)
    dates = _dates(realm, fields, customer)
    check_books_open(realm, dates["TxnDate"], *([current["TxnDate"]] if current else []))
    _check_email_status(fields)
    if fields.get("Deposit"):
        raise business("Deposits are switched off.")
    check_tax_calculation(realm, fields)
    lines = complete_lines(
        realm, fields["Line"], current, out_of_scope=is_out_of_scope(realm, fields)
    )
    tax = complete_tax(realm, fields, _base(lines, fields))
    added = ZERO if _is_inclusive(realm, fields) else tax["TotalTax"]
    total = lines.subtotal - lines.discount + added
    if total < 0:
        raise business("Transaction amount must be 0 or greater.")
    if current is not None:
        _check_same_customer(realm, current, customer)
    unkept = (*READ_ONLY, *(["GlobalTaxCalculation"] if realm.settings.country == "US" else []))
    writable = {name: value for name, value in fields.items() if name not in unkept}
    return {
        **dict.fromkeys(PAYMENT_FLAGS, False),
        "EmailStatus": "NotSet",
        "PrintStatus": "NeedToPrint",
        "ApplyTaxAfterDiscount": False,
        **_addresses(customer),
        **writable,
        **_doc_number(realm, fields, current),
        **dates,
        "CustomField": complete_custom_fields(fields),
        "CurrencyRef": currency,
        **exchange(realm, fields, current),
        "CustomerRef": {"value": customer["Id"]},
        "Line": lines.lines,
        "TxnTaxDetail": tax if realm.settings.using_sales_tax else None,
        "TotalAmt": total,
        "LinkedTxn": (current or {}).get("LinkedTxn", []),
        "Balance": max(total - _paid(realm, current), ZERO),
    }


def carry_invoice(realm: Realm, old: Json | None, new: Json | None) -> None:
    """Free what is paid beyond an invoice's total, or all of it when the invoice has gone."""
    if new is not None and realm.applied.get(new["Id"]):
        free_payments(realm, new["Id"], new["TotalAmt"])
        settle_invoice(realm, new["Id"])
    if new is None and old is not None:
        free_payments(realm, old["Id"], ZERO)


def render_invoice(realm: Realm, document: Json) -> Json:
    """Show an invoice with its customer's name as it is now."""
    customer = realm.find("Customer", document["CustomerRef"]["value"])
    name = full_name(realm, customer) if customer else ""
    shown = {**document, "CustomerRef": {"value": document["CustomerRef"]["value"], "name": name}}
    if "ExchangeRate" in shown:
        rate = shown["ExchangeRate"]
        shown["HomeTotalAmt"] = to_cents(shown["TotalAmt"] * rate)
        shown["HomeBalance"] = to_cents(shown["Balance"] * rate)
    return shown


def void_invoice(realm: Realm, document: Json) -> Json:
    """Give a voided invoice: amounts zero, links gone, number kept, `Voided` before its note."""
    check_books_open(realm, document["TxnDate"])
    return {
        **document,
        "Line": zero_lines(document["Line"]),
        **({"TxnTaxDetail": {"TotalTax": ZERO}} if "TxnTaxDetail" in document else {}),
        "TotalAmt": ZERO,
        "Balance": ZERO,
        "LinkedTxn": [],
        "PrivateNote": voided_note(document),
    }


def voided_note(document: Json) -> str:
    """The note of a voided transaction: `Voided`, before the text that was there."""
    note = document.get("PrivateNote")
    if note and note.startswith(VOIDED):
        return str(note)
    return f"{VOIDED} - {note}" if note else VOIDED


def _currency(realm: Realm, fields: Json, customer: Json, current: Json | None) -> Json:
    check_currency(realm, fields, current)
    if reference(fields, "CurrencyRef") is None:
        return dict(customer["CurrencyRef"])
    currency = currency_reference(realm, fields)
    check_customer_currency(customer, currency)
    return currency


def _dates(realm: Realm, fields: Json, customer: Json) -> Json:
    """The dates of an invoice, and its terms where it or its customer has any of its own."""
    issued = fields.get("TxnDate") or realm.clock.today().isoformat()
    term_id = reference(fields, "SalesTermRef") or reference(customer, "SalesTermRef")
    term = realm.find("Term", term_id)
    if term_id is not None and term is None:
        raise FaultError(
            "2500", f"Invalid Reference Id : Terms element id {term_id} not found", "SalesTermRef"
        )
    days = DUE_DAYS if term is None else int(term.get("DueDays", DUE_DAYS))
    due = date.fromisoformat(issued) + timedelta(days=days)
    terms = {"SalesTermRef": {"value": term["Id"], "name": term["Name"]}} if term else {}
    return {"TxnDate": issued, "DueDate": fields.get("DueDate") or due.isoformat(), **terms}


def _is_inclusive(realm: Realm, fields: Json) -> bool:
    return realm.settings.country != "US" and fields.get("GlobalTaxCalculation") == INCLUSIVE


def _check_email_status(fields: Json) -> None:
    address = (fields.get("BillEmail") or {}).get("Address")
    if fields.get("EmailStatus") == "NeedToSend" and not address:
        raise missing("BillEmail")


def _base(lines: CompletedLines, fields: Json) -> Base:
    return Base(
        taxable=lines.taxable,
        subtotal=lines.subtotal,
        discount=lines.discount,
        discount_first=bool(fields.get("ApplyTaxAfterDiscount")),
    )


def _check_same_customer(realm: Realm, current: Json, customer: Json) -> None:
    moved = current["CustomerRef"]["value"] != customer["Id"]
    if moved and realm.applied.get(current["Id"]):
        raise business("An invoice with payments cannot be moved to another customer.")


def _addresses(customer: Json) -> Json:
    """The customer's addresses; where it has none to ship to, the one it is billed at."""
    bill, ship = customer.get("BillAddr"), customer.get("ShipAddr") or customer.get("BillAddr")
    return {name: given for name, given in (("BillAddr", bill), ("ShipAddr", ship)) if given}


def _doc_number(realm: Realm, fields: Json, current: Json | None) -> Json:
    sent = fields.get("DocNumber")
    custom = realm.settings.custom_txn_numbers
    if current is None and (sent == "AUTO_GENERATE" or (not custom and not sent)):
        realm.last_number += 1
        return {"DocNumber": str(realm.last_number)}
    own = current["Id"] if current else None
    holder = next((each for each in realm.numbers.get(sent or "", ()) if each != own), None)
    if sent and custom and holder is not None and not fields.get(ALLOW_DUPLICATE):
        raise FaultError(
            "6140",
            "Duplicate Document Number Error : You must specify a different number. "
            f"This number has already been used. DocNumber={sent} is assigned to "
            f"TxnType=Invoice with TxnId={holder}",
        )
    return {"DocNumber": sent} if sent else {}


def _paid(realm: Realm, current: Json | None) -> Decimal:
    return sum(realm.applied.get(current["Id"], {}).values(), ZERO) if current else ZERO


INVOICE = Entity(
    name="Invoice",
    properties=PROPERTIES,
    complete=complete_invoice,
    after=carry_invoice,
    render=render_invoice,
    void=void_invoice,
    deletable=True,
    queryable=QUERYABLE,
    kept=frozenset(
        {
            "CustomerRef",
            "TxnDate",
            "CurrencyRef",
            "EmailStatus",
            "PrintStatus",
            "DocNumber",
            "GlobalTaxCalculation",
            "ExchangeRate",
        }
    ),
)
