"""Customers and sub-customers (jobs), vendors and employees.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer
A job has Job and ParentRef together (6150), hangs at most four levels below the top (6180), and
cannot become a top customer again. Balances are the sum of what is open less what is unapplied.
"""

from decimal import Decimal

from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError
from qbo_simulator.money import check_currency, currency_reference
from qbo_simulator.people import PERSON, complete_names
from qbo_simulator.properties import (
    ADDRESS,
    EVERY_ENTITY,
    REFERENCE,
    Anything,
    Choice,
    Day,
    Flag,
    Number,
    Properties,
    Text,
    reference,
)
from qbo_simulator.realm import TRANSACTION_KINDS, Realm
from qbo_simulator.wire import Json

DEEPEST_LEVEL = 4
SYSTEM_TAX_CODE = {"value": "2"}
PROPERTIES: Properties = {
    **EVERY_ENTITY,
    **PERSON,
    "ShipAddr": ADDRESS,
    "Notes": Text(2000),
    "Job": Flag(),
    "BillWithParent": Flag(),
    "ParentRef": REFERENCE,
    "Level": Anything(),
    "Taxable": Flag(),
    "TaxExemptionReasonId": Anything(),
    "DefaultTaxCodeRef": REFERENCE,
    "ResaleNum": Text(16),
    "SalesTermRef": REFERENCE,
    "PaymentMethodRef": REFERENCE,
    "ARAccountRef": REFERENCE,
    "CustomerTypeRef": REFERENCE,
    "CurrencyRef": REFERENCE,
    "PreferredDeliveryMethod": Choice(frozenset({"Print", "Email", "None"})),
    "FullyQualifiedName": Anything(),
    "OpenBalanceDate": Day(),
    "BalanceWithJobs": Anything(),
    "IsProject": Anything(),
    "ClientEntityId": Anything(),
    "Source": Anything(),
    "GSTIN": Text(15),
    "GSTRegistrationType": Text(15),
    "PrimaryTaxIdentifier": Text(20),
    "SecondaryTaxIdentifier": Text(20),
    "BusinessNumber": Text(10),
    "ContactName": Anything(),
    "AltContactName": Anything(),
    "Organization": Anything(),
    "UserId": Anything(),
}
READ_ONLY = ("Balance", "BalanceWithJobs", "FullyQualifiedName", "Level", "IsProject")
QUERYABLE = frozenset(
    {
        "Id",
        "DisplayName",
        "GivenName",
        "MiddleName",
        "FamilyName",
        "CompanyName",
        "FullyQualifiedName",
        "PrintOnCheckName",
        "PrimaryEmailAddr",
        "Active",
        "Job",
        "Balance",
        "MetaData.CreateTime",
        "MetaData.LastUpdatedTime",
    }
)


def complete_customer(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole customer of these fields, or refuse."""
    named = complete_names(realm, fields, current)
    if current is not None and "BillWithParent" not in named:
        named["BillWithParent"] = current["BillWithParent"]
    _check_parent(realm, named, current)
    _check_billed(realm, named, current)
    check_currency(realm, named, current)
    writable = {name: value for name, value in named.items() if name not in READ_ONLY}
    job = bool(named.get("Job"))
    taxable = named.get("Taxable") is not False
    return {
        **writable,
        "Taxable": taxable,
        "Job": job,
        "BillWithParent": job and bool(named.get("BillWithParent")),
        "CurrencyRef": (current or {}).get("CurrencyRef") or currency_reference(realm, named),
        "PreferredDeliveryMethod": named.get("PreferredDeliveryMethod") or "Print",
        "DefaultTaxCodeRef": SYSTEM_TAX_CODE if taxable else None,
    }


def render_customer(realm: Realm, document: Json) -> Json:
    """Show a customer with its balances, level and full name as they are now."""
    shown = {
        **document,
        "Balance": realm.balances[document["Id"]],
        "BalanceWithJobs": _balance_with_jobs(realm, document["Id"]),
        "FullyQualifiedName": full_name(realm, document),
        "IsProject": False,
    }
    if document["Job"]:
        shown["Level"] = len(_ancestors(realm, document))
    return shown


def full_name(realm: Realm, document: Json) -> str:
    """The names from the top customer down, joined by colons."""
    chain = [document, *_ancestors(realm, document)]
    return ":".join(each["DisplayName"] for each in reversed(chain))


def complete_vendor(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole vendor of these fields, or refuse."""
    named = complete_names(realm, fields, current)
    check_currency(realm, named, current)
    currency = (current or {}).get("CurrencyRef") or currency_reference(realm, named)
    return {"Vendor1099": False, **named, "Balance": 0, "CurrencyRef": currency}


def complete_employee(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole employee of these fields, or refuse."""
    return {"BillableTime": False, **complete_names(realm, fields, current)}


def _check_parent(realm: Realm, fields: Json, current: Json | None) -> None:
    parent_id = reference(fields, "ParentRef")
    was_job = current is not None and current["Job"]
    if bool(fields.get("Job")) != (parent_id is not None) or (was_job and parent_id is None):
        raise FaultError(
            "6150",
            "ParentRef is either required or not if Job is true or false : "
            "Job and ParentRef go together",
        )
    if parent_id is not None:
        _check_ancestry(realm, parent_id, current)


def _check_billed(realm: Realm, fields: Json, current: Json | None) -> None:
    """Refuse to change who is billed once there is a transaction of the job."""
    if current is None or bool(fields.get("BillWithParent")) == current["BillWithParent"]:
        return
    if any(
        document["CustomerRef"]["value"] == current["Id"]
        for kind in TRANSACTION_KINDS
        for document in realm.objects[kind].values()
    ):
        raise FaultError("6130", "Bill With Parent cannot be changed : there are transactions")


def _check_ancestry(realm: Realm, parent_id: str, current: Json | None) -> None:
    parent = realm.find("Customer", parent_id)
    if parent is None or not parent["Active"]:
        raise FaultError(
            "2500",
            f"Invalid Reference Id : Customers element id {parent_id} not found",
            element="ParentRef",
        )
    chain = [parent, *_ancestors(realm, parent)]
    if len(chain) > DEEPEST_LEVEL:
        raise FaultError("6180", "Customer hierarchy is too deep : at most four sub-levels")
    if current is not None and current["Id"] in {each["Id"] for each in chain}:
        raise FaultError("900", "A customer cannot hang below itself", element="ParentRef")


def _ancestors(realm: Realm, document: Json) -> list[Json]:
    """The customers above one, nearest first; at most five are ever walked."""
    above: list[Json] = []
    parent = realm.find("Customer", reference(document, "ParentRef"))
    while parent is not None and len(above) <= DEEPEST_LEVEL:
        above.append(parent)
        parent = realm.find("Customer", reference(parent, "ParentRef"))
    return above


def _balance_with_jobs(realm: Realm, customer_id: str) -> Decimal:
    children = realm.children.get(customer_id, {})
    below = [_balance_with_jobs(realm, child) for child in children]
    return sum(below, realm.balances[customer_id])


CUSTOMER = Entity(
    name="Customer",
    properties=PROPERTIES,
    complete=complete_customer,
    render=render_customer,
    queryable=QUERYABLE,
    kept=frozenset({"DisplayName", "Active", "Taxable", "CurrencyRef"}),
    active=True,
)
OTHER_PROPERTIES: Properties = {
    **EVERY_ENTITY,
    **PERSON,
    "PrimaryAddr": ADDRESS,
    "CurrencyRef": REFERENCE,
    "TermRef": REFERENCE,
    "APAccountRef": REFERENCE,
    "AcctNum": Text(100),
    "Vendor1099": Flag(),
    "TaxIdentifier": Text(20),
    "EmployeeNumber": Text(100),
    "BillRate": Number(),
    "CostRate": Number(),
    "TaxReportingBasis": Anything(),
    "Organization": Anything(),
    "Gender": Anything(),
    "ReleasedDate": Day(),
    "EmailAddress": Anything(),
    "ContactInfo": Anything(),
    "VendorPaymentBankDetail": Anything(),
    "T4AEligible": Flag(),
    "T5018Eligible": Flag(),
    "SSN": Anything(),
    "HiredDate": Day(),
    "BirthDate": Day(),
    "BillableTime": Flag(),
}
VENDOR, EMPLOYEE = (
    Entity(
        name=name,
        properties=OTHER_PROPERTIES,
        complete=complete,
        queryable=QUERYABLE - {"Job", "FullyQualifiedName"},
        kept=frozenset({"DisplayName", "Active", "CurrencyRef"}),
        active=True,
    )
    for name, complete in (("Vendor", complete_vendor), ("Employee", complete_employee))
)
