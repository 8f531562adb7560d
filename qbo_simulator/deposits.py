"""Bank deposits: payments taken out of Undeposited Funds, which from then on are locked.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/deposit
A line is either a payment (LinkedTxn) or other money (DepositLineDetail with an account). A payment
that lies in a deposit shows it in its LinkedTxn and can be neither voided nor deleted, nor may its
amount, customer or account change (6540), until the deposit is gone. Assumed, for no source says
it: the payment's SyncToken stays when it is deposited.
"""

from decimal import Decimal

from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, business, missing, not_found
from qbo_simulator.money import check_books_open, check_currency, currency_reference, to_cents
from qbo_simulator.properties import (
    EVERY_ENTITY,
    REFERENCE,
    Anything,
    Day,
    Group,
    Many,
    Number,
    Properties,
    Text,
    reference,
    require,
)
from qbo_simulator.realm import Realm, payments_in
from qbo_simulator.wire import Json

ZERO = Decimal(0)
UNDEPOSITED_FUNDS = "4"
BANK_TYPES = frozenset({"Bank", "Other Current Asset"})
LINKED = Group({"TxnId": Text(40), "TxnType": Text(40), "TxnLineId": Anything()})
DETAIL = Group(
    {
        "AccountRef": REFERENCE,
        "Entity": REFERENCE,
        "PaymentMethodRef": REFERENCE,
        "ClassRef": REFERENCE,
        "CheckNum": Text(21),
        "TxnType": Anything(),
        "TaxCodeRef": REFERENCE,
        "TaxApplicableOn": Anything(),
    }
)
LINES = Many(
    Group(
        {
            "Id": Text(40),
            "LineNum": Number(),
            "Description": Text(4000),
            "Amount": Number(),
            "DetailType": Text(40),
            "LinkedTxn": Many(LINKED),
            "DepositLineDetail": DETAIL,
            "CustomField": Anything(),
            "ProjectRef": REFERENCE,
        }
    )
)
PROPERTIES: Properties = {
    **EVERY_ENTITY,
    "DepositToAccountRef": REFERENCE,
    "Line": LINES,
    "TxnDate": Day(),
    "PrivateNote": Text(4000),
    "DocNumber": Text(21),
    "CurrencyRef": REFERENCE,
    "ExchangeRate": Number(),
    "DepartmentRef": REFERENCE,
    "GlobalTaxCalculation": Anything(),
    "TxnTaxDetail": Anything(),
    "CashBack": Anything(),
    "TxnSource": Anything(),
    "TxnStatus": Anything(),
    "AttachableRef": Anything(),
    "RecurDataRef": Anything(),
    "TransactionLocationType": Anything(),
    "TotalAmt": Anything(),
    "HomeTotalAmt": Anything(),
}
UNKEPT = ("TotalAmt", "HomeTotalAmt", "GlobalTaxCalculation", "TxnStatus", "AttachableRef")


def complete_deposit(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole deposit of these fields, or refuse."""
    require(fields, "DepositToAccountRef", "Line")
    check_currency(realm, fields, current)
    issued = fields.get("TxnDate") or realm.clock.today().isoformat()
    check_books_open(realm, issued, *([current["TxnDate"]] if current else []))
    own = frozenset(payments_in("Deposit", current) if current else ())
    lines = [_complete_line(realm, line, own) for line in fields["Line"]]
    if not lines:
        raise missing("Line")
    named = payments_in("Deposit", {"Line": lines})
    if len(set(named)) != len(named):
        raise business("A transaction can be deposited once only.")
    numbered = [{"Id": str(n), "LineNum": n, **line} for n, line in enumerate(lines, start=1)]
    kept = {name: value for name, value in fields.items() if name not in UNKEPT}
    return {
        **kept,
        "DepositToAccountRef": _bank(realm, fields),
        "TxnDate": issued,
        "CurrencyRef": currency_reference(realm, fields),
        "Line": numbered,
        "TotalAmt": sum((line["Amount"] for line in numbered), ZERO),
    }


def _bank(realm: Realm, fields: Json) -> Json:
    account_id = reference(fields, "DepositToAccountRef")
    account = realm.find("Account", account_id)
    if account is None:
        raise FaultError(
            "2500",
            f"Invalid Reference Id : Accounts element id {account_id} not found",
            element="DepositToAccountRef",
        )
    if account["AccountType"] not in BANK_TYPES or account["Id"] == UNDEPOSITED_FUNDS:
        raise business("Select a bank account for this deposit.")
    return {"value": account["Id"], "name": account["Name"]}


def _complete_line(realm: Realm, line: Json, own: frozenset[str]) -> Json:
    """A line that says DepositLineDetail is read as other money, whatever it links."""
    if line.get("LinkedTxn") and line.get("DetailType") != "DepositLineDetail":
        return _payment_line(realm, line["LinkedTxn"], own)
    detail = line.get("DepositLineDetail") or {}
    account_id = reference(detail, "AccountRef")
    if account_id is None:
        raise missing("Line.DepositLineDetail.AccountRef")
    account = realm.find("Account", account_id)
    if account is None:
        raise FaultError("2500", f"Invalid Reference Id : Accounts element id {account_id}")
    require(line, "Amount")
    kept = {name: line[name] for name in ("Description",) if line.get(name)}
    shown = {name: value for name, value in detail.items() if value}
    return {
        **kept,
        "Amount": to_cents(line["Amount"]),
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {
            **shown,
            "AccountRef": {"value": account["Id"], "name": account["Name"]},
        },
    }


def _payment_line(realm: Realm, links: list[Json], own: frozenset[str]) -> Json:
    linked = links[0]
    payment = realm.find("Payment", linked.get("TxnId"))
    if payment is None or linked.get("TxnType") != "Payment":
        raise not_found()
    if payment["Id"] in realm.deposited and payment["Id"] not in own:
        raise business("The transaction has already been deposited.")
    if reference(payment, "DepositToAccountRef") != UNDEPOSITED_FUNDS:
        raise business("The transaction is not in Undeposited Funds.")
    txn = {"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}
    return {"Amount": payment["TotalAmt"], "LinkedTxn": [txn]}


def check_closed_books(realm: Realm, document: Json) -> Json:
    """Refuse what may not be deleted; a deposit cannot be voided through the API."""
    check_books_open(realm, document["TxnDate"])
    return document


DEPOSIT = Entity(
    name="Deposit",
    properties=PROPERTIES,
    complete=complete_deposit,
    check_delete=check_closed_books,
    deletable=True,
    queryable=frozenset(
        {"Id", "TxnDate", "TotalAmt", "MetaData.CreateTime", "MetaData.LastUpdatedTime"}
    ),
    kept=frozenset({"DepositToAccountRef", "TxnDate", "CurrencyRef"}),
)
