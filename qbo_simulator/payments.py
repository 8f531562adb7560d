"""Payments: money of one customer, applied by its lines to that customer's invoices.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment
Lines are all or nothing in full and sparse updates alike; what they leave is UnappliedAmt. A
payment that lies in a deposit is locked (6540), one that is settled cannot be voided (6450).
Assumed, for no source says it: applying more than the payment's own total is refused with 6000;
applying more than an invoice's open balance is too, unless the realm says that it is trimmed.
"""

from decimal import Decimal

from qbo_simulator.customers import full_name
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, business, not_found
from qbo_simulator.invoices import voided_note
from qbo_simulator.linked import settle_invoice
from qbo_simulator.money import (
    check_books_open,
    check_currency,
    check_customer_currency,
    currency_reference,
    exchange,
    live_customer,
    to_cents,
)
from qbo_simulator.properties import (
    EVERY_ENTITY,
    REFERENCE,
    Anything,
    Day,
    Flag,
    Group,
    Many,
    Number,
    Text,
    reference,
    require,
)
from qbo_simulator.realm import Realm, applications
from qbo_simulator.wire import Json

ZERO = Decimal(0)
UNDEPOSITED_FUNDS = "4"
DEPOSIT_ACCOUNT_TYPES = frozenset({"Bank", "Other Current Asset"})
LINKED = Group({"TxnId": Text(40), "TxnType": Text(40), "TxnLineId": Anything()})
PROPERTIES = {
    **EVERY_ENTITY,
    "CustomerRef": REFERENCE,
    "TotalAmt": Number(),
    "TxnDate": Day(),
    "PaymentRefNum": Text(21),
    "PaymentMethodRef": REFERENCE,
    "DepositToAccountRef": REFERENCE,
    "ARAccountRef": REFERENCE,
    "ProjectRef": REFERENCE,
    "CurrencyRef": REFERENCE,
    "ExchangeRate": Number(),
    "PrivateNote": Text(4000),
    "ProcessPayment": Flag(),
    "CreditCardPayment": Anything(),
    "TxnSource": Anything(),
    "TaxExemptionRef": REFERENCE,
    "TransactionLocationType": Anything(),
    "UnappliedAmt": Anything(),
    "LinkedTxn": Anything(),
    "DocNumber": Anything(),
    "TxnStatus": Anything(),
    "Line": Many(
        Group(
            {
                "Id": Anything(),
                "LineNum": Anything(),
                "Description": Anything(),
                "DetailType": Anything(),
                "Amount": Number(),
                "LinkedTxn": Many(LINKED),
                "LineEx": Anything(),
            }
        )
    ),
}
READ_ONLY = ("UnappliedAmt", "LinkedTxn")
QUERYABLE = frozenset(
    {
        "Id",
        "CustomerRef",
        "TxnDate",
        "PaymentRefNum",
        "TotalAmt",
        "UnappliedAmt",
        "MetaData.CreateTime",
        "MetaData.LastUpdatedTime",
    }
)


def complete_payment(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole payment of these fields, or refuse."""
    require(fields, "TotalAmt", "CustomerRef")
    customer = live_customer(realm, fields)
    check_currency(realm, fields, current)
    currency = currency_reference(realm, {"CurrencyRef": customer["CurrencyRef"], **fields})
    check_customer_currency(customer, currency)
    issued = fields.get("TxnDate") or realm.clock.today().isoformat()
    check_books_open(realm, issued, *([current["TxnDate"]] if current else []))
    _check_method(realm, fields)
    total = to_cents(fields["TotalAmt"])
    lines = [_complete_line(realm, line, customer) for line in fields.get("Line") or []]
    if realm.settings.over_application == "trim":
        lines = _trimmed(realm, lines, current)
    account = _deposit_account(realm, fields)
    if current is not None:
        _check_lock(realm, current, total, account, customer)
    writable = {name: value for name, value in fields.items() if name not in READ_ONLY}
    return {
        "ProcessPayment": False,
        **writable,
        "CustomerRef": {"value": customer["Id"]},
        "DepositToAccountRef": account,
        "CurrencyRef": currency,
        **exchange(realm, fields, current),
        "TxnDate": issued,
        "TotalAmt": total,
        "Line": lines,
        "UnappliedAmt": _unapplied(realm, total, lines, current),
    }


def carry_payment(realm: Realm, old: Json | None, new: Json | None) -> None:
    """Bring every invoice that the payment names, or named, to its new balance."""
    named = {
        **(applications("Payment", old) if old else {}),
        **(applications("Payment", new) if new else {}),
    }
    for invoice_id in named:
        settle_invoice(realm, invoice_id)


def render_payment(realm: Realm, document: Json) -> Json:
    """Show a payment with its customer's name, and its lines with the noise QuickBooks adds."""
    customer = realm.find("Customer", document["CustomerRef"]["value"])
    name = full_name(realm, customer) if customer else ""
    deposit = realm.deposited.get(document["Id"])
    links = [{"TxnId": deposit, "TxnType": "Deposit"}] if deposit else []
    return {
        **document,
        "CustomerRef": {"value": document["CustomerRef"]["value"], "name": name},
        **({"LinkedTxn": links} if links else {}),
        "Line": [_with_noise(realm, line) for line in document["Line"]],
    }


def void_payment(realm: Realm, document: Json) -> Json:
    """Give a voided payment: nothing paid, nothing applied, `Voided` before its note."""
    check_books_open(realm, document["TxnDate"])
    if document["Id"] in realm.settled:
        raise FaultError("6450", "Settled Transaction Cannot Be Voided : it was charged already")
    if document["Id"] in realm.deposited:
        raise _deposited()
    return {
        **document,
        "TotalAmt": ZERO,
        "UnappliedAmt": ZERO,
        "Line": [],
        "PrivateNote": voided_note(document),
    }


def _check_lock(realm: Realm, current: Json, total: Decimal, account: Json, customer: Json) -> None:
    """Refuse to change what a deposit counts on."""
    same = (
        total == current["TotalAmt"]
        and account["value"] == reference(current, "DepositToAccountRef")
        and customer["Id"] == current["CustomerRef"]["value"]
    )
    if not same and current["Id"] in realm.deposited:
        raise _deposited()


def _deposited() -> FaultError:
    return FaultError(
        "6540",
        "Deposited Transaction cannot be changed : This transaction has been deposited. "
        "If you want to change or delete it, you must edit the deposit it appears on and "
        "remove it first.",
    )


def _trimmed(realm: Realm, lines: list[Json], current: Json | None) -> list[Json]:
    """The lines with no more on each invoice than is open; those with nothing left are gone."""
    before = applications("Payment", current) if current else {}
    left = {
        invoice_id: realm.objects["Invoice"][invoice_id]["Balance"] + before.get(invoice_id, ZERO)
        for invoice_id in applications("Payment", {"Line": lines})
    }
    kept: list[Json] = []
    for line in lines:
        invoice_id = line["LinkedTxn"][0]["TxnId"]
        amount = min(line["Amount"], left[invoice_id])
        left[invoice_id] -= amount
        kept += [{**line, "Amount": amount}] if amount > 0 else []
    return kept


def _check_method(realm: Realm, fields: Json) -> None:
    method_id = reference(fields, "PaymentMethodRef")
    method = realm.find("PaymentMethod", method_id)
    if method_id is not None and (method is None or not method["Active"]):
        raise FaultError(
            "2500",
            f"Invalid Reference Id : PaymentMethod element id {method_id} not found",
            element="PaymentMethodRef",
        )


def _deposit_account(realm: Realm, fields: Json) -> Json:
    account_id = reference(fields, "DepositToAccountRef") or UNDEPOSITED_FUNDS
    account = realm.find("Account", account_id)
    if account is None:
        raise FaultError(
            "2500",
            f"Invalid Reference Id : Accounts element id {account_id} not found",
            element="DepositToAccountRef",
        )
    if account["AccountType"] not in DEPOSIT_ACCOUNT_TYPES:
        raise FaultError(
            "6430", "Invalid account type used : Bank or Other Current Asset", "DepositToAccountRef"
        )
    return {"value": account_id}


def _complete_line(realm: Realm, line: Json, customer: Json) -> Json:
    require(line, "Amount", "LinkedTxn")
    if line["Amount"] <= 0 or len(line["LinkedTxn"]) != 1:
        raise business("A payment line names one transaction and an amount above zero.")
    linked = line["LinkedTxn"][0]
    require(linked, "TxnId", "TxnType")
    invoice = realm.find("Invoice", linked["TxnId"])
    if invoice is None or linked["TxnType"] != "Invoice":
        raise not_found()
    if invoice["CustomerRef"]["value"] != customer["Id"] and not _billed_to(
        realm, invoice, customer
    ):
        raise FaultError(
            "620", "Transaction cannot be linked : it belongs to another customer", "LinkedTxn"
        )
    txn = {"TxnId": linked["TxnId"], "TxnType": "Invoice"}
    return {"Amount": to_cents(line["Amount"]), "LinkedTxn": [txn]}


def _billed_to(realm: Realm, invoice: Json, customer: Json) -> bool:
    """Whether the invoice is a job's that is billed with this customer; assumed, not documented."""
    job = realm.find("Customer", invoice["CustomerRef"]["value"]) or {}
    return bool(job.get("BillWithParent")) and reference(job, "ParentRef") == customer["Id"]


def _unapplied(realm: Realm, total: Decimal, lines: list[Json], current: Json | None) -> Decimal:
    unapplied = total - sum((line["Amount"] for line in lines), ZERO)
    if total < 0 or unapplied < 0:
        raise business("You can't apply more than the amount of the payment.")
    before = applications("Payment", current) if current else {}
    for invoice_id, amount in applications("Payment", {"Line": lines}).items():
        open_amount = realm.objects["Invoice"][invoice_id]["Balance"] + before.get(invoice_id, ZERO)
        if amount > open_amount:
            raise business(
                f"The amount applied ({amount}) is more than the open balance ({open_amount}) "
                f"of the transaction {invoice_id}."
            )
    return unapplied


def _with_noise(realm: Realm, line: Json) -> Json:
    invoice = realm.find("Invoice", line["LinkedTxn"][0]["TxnId"]) or {}
    values = {
        "txnId": line["LinkedTxn"][0]["TxnId"],
        "txnOpenBalance": f"{invoice.get('Balance', ZERO) + line['Amount']:.2f}",
        "txnReferenceNumber": invoice.get("DocNumber", ""),
    }
    noise = [
        {
            "name": "{http://schema.intuit.com/finance/v3}NameValue",
            "declaredType": "com.intuit.schema.finance.v3.NameValue",
            "scope": "javax.xml.bind.JAXBElement$GlobalScope",
            "value": {"Name": name, "Value": value},
            "nil": False,
            "globalScope": True,
            "typeSubstituted": False,
        }
        for name, value in values.items()
    ]
    return {**line, "LineEx": {"any": noise}}


PAYMENT = Entity(
    name="Payment",
    properties=PROPERTIES,
    complete=complete_payment,
    after=carry_payment,
    render=render_payment,
    void=void_payment,
    deletable=True,
    queryable=QUERYABLE,
    kept=frozenset({"CustomerRef", "TotalAmt", "TxnDate", "CurrencyRef", "DepositToAccountRef"}),
)
