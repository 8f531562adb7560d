"""Items, accounts, payment methods and terms of payment.

Each company starts with the few rows that every QuickBooks company has. An item needs an income
account.
https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/item
"""

from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError
from qbo_simulator.money import currency_reference
from qbo_simulator.people import DELETED
from qbo_simulator.properties import (
    EVERY_ENTITY,
    REFERENCE,
    Anything,
    Choice,
    Flag,
    Number,
    Text,
    reference,
    require,
)
from qbo_simulator.realm import Realm, fold
from qbo_simulator.wire import Json

META = frozenset({"Id", "Name", "Active", "MetaData.CreateTime", "MetaData.LastUpdatedTime"})
KEPT = frozenset({"Name", "Type", "Active", "IncomeAccountRef", "AccountType"})
CLASSIFICATIONS = {
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Cost of Goods Sold": "Expense",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
}
SEEDED_ACCOUNTS = (
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("35", "Checking", "Bank", "Checking"),
    ("45", "Services", "Income", "ServiceFeeIncome"),
    ("79", "Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("80", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("81", "Inventory Asset", "Other Current Asset", "Inventory"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("86", "Discounts given", "Income", "DiscountsRefundsGiven"),
)
SEEDED_METHODS = (
    ("1", "Cash", "NON_CREDIT_CARD"),
    ("2", "Check", "NON_CREDIT_CARD"),
    ("3", "Visa", "CREDIT_CARD"),
)
SEEDED_TERMS = (("1", "Due on receipt", 0), ("2", "Net 15", 15), ("3", "Net 30", 30))


def complete_item(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole item of these fields, or refuse."""
    require(fields, "Name")
    account = _income_account(realm, fields)
    named = _name(realm, "Item", fields, current)
    item = {
        "Taxable": False,
        "UnitPrice": 0,
        "Type": "Service",
        "PurchaseCost": 0,
        "TrackQtyOnHand": False,
        **named,
        "FullyQualifiedName": named["Name"],
    }
    if account is not None:
        item["IncomeAccountRef"] = {"value": account["Id"], "name": account["Name"]}
    if item["Type"] == "Inventory":
        item = {**item, "TrackQtyOnHand": True, "QtyOnHand": item.get("QtyOnHand", 0)}
    return {**item, **_other_accounts(realm, fields)}


def complete_account(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole account of these fields, or refuse."""
    require(fields, "Name", "AccountType")
    named = _name(realm, "Account", fields, current)
    return {
        "SubAccount": False,
        **named,
        "FullyQualifiedName": named["Name"],
        "Classification": CLASSIFICATIONS.get(fields["AccountType"], "Asset"),
        "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0,
        "CurrencyRef": currency_reference(realm, {}),
    }


def complete_payment_method(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give a whole payment method of these fields, or refuse."""
    require(fields, "Name")
    return {"Type": "NON_CREDIT_CARD", **_name(realm, "PaymentMethod", fields, current)}


def complete_term(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give whole terms of payment of these fields, or refuse."""
    require(fields, "Name")
    named = _name(realm, "Term", fields, current)
    if fields.get("DayOfMonthDue"):
        return {**named, "Type": "DATE_DRIVEN"}
    require(fields, "DueDays")
    return {"DiscountPercent": 0, "DiscountDays": 0, **named, "Type": "STANDARD"}


def seed_lists(realm: Realm) -> None:
    """Put in the rows every company has."""
    for account_id, name, kind, detail in SEEDED_ACCOUNTS:
        fields = {"Name": name, "AccountType": kind, "AccountSubType": detail}
        realm.add("Account", complete_account(realm, fields, None), account_id)
    item = {"Name": "Services", "Type": "Service", "IncomeAccountRef": {"value": "45"}}
    realm.add("Item", complete_item(realm, item, None), "1")
    for method_id, name, kind in SEEDED_METHODS:
        method = complete_payment_method(realm, {"Name": name, "Type": kind}, None)
        realm.add("PaymentMethod", method, method_id)
    for term_id, name, days in SEEDED_TERMS:
        term = complete_term(realm, {"Name": name, "DueDays": days}, None)
        realm.add("Term", term, term_id)


def _income_account(realm: Realm, fields: Json) -> Json | None:
    account_id = reference(fields, "IncomeAccountRef")
    if account_id is None and fields.get("Type") == "Category":
        return None
    if account_id is None:
        raise FaultError(
            "6000",
            "Business Validation Error: When you create an item that you sell, you must "
            "select an income account.",
            element="IncomeAccountRef",
        )
    account = realm.find("Account", account_id)
    if account is None:
        raise FaultError(
            "2500",
            f"Invalid Reference Id : Accounts element id {account_id} not found",
            element="IncomeAccountRef",
        )
    if account["AccountType"] not in {"Income", "Other Income"}:
        raise FaultError(
            "6430", "Invalid account type used : an income account is needed", "IncomeAccountRef"
        )
    return account


def _other_accounts(realm: Realm, fields: Json) -> Json:
    """The expense and asset accounts of an item, with their names; 2500 for one that is none."""
    named: Json = {}
    for name in ("ExpenseAccountRef", "AssetAccountRef"):
        account_id = reference(fields, name)
        account = realm.find("Account", account_id)
        if account_id is not None and account is None:
            raise FaultError(
                "2500", f"Invalid Reference Id : Accounts element id {account_id} not found", name
            )
        if account is not None:
            named[name] = {"value": account["Id"], "name": account["Name"]}
    return named


def _name(realm: Realm, kind: str, fields: Json, current: Json | None) -> Json:
    """Give the fields with a name that is free among the objects of one kind, and Active."""
    name = str(fields["Name"]).strip()
    active = fields.get("Active") is not False
    if not active and (current is None or current["Active"]):
        name += DELETED
    own = current["Id"] if current else None
    for each in realm.objects[kind].values():
        if fold(each["Name"]) == fold(name) and each["Id"] != own:
            raise FaultError("6240", f"The name supplied already exists. : Id={each['Id']}")
    return {**fields, "Name": name, "Active": active}


ITEM = Entity(
    name="Item",
    properties={
        **EVERY_ENTITY,
        "Name": Text(100, "\t\n"),
        "Sku": Text(100),
        "Description": Text(4000),
        "Active": Flag(),
        "Type": Choice(frozenset({"Service", "NonInventory", "Inventory", "Category"})),
        "Taxable": Flag(),
        "SalesTaxIncluded": Flag(),
        "UnitPrice": Number(),
        "PurchaseCost": Number(),
        "PurchaseDesc": Text(1000),
        "IncomeAccountRef": REFERENCE,
        "ExpenseAccountRef": REFERENCE,
        "AssetAccountRef": REFERENCE,
        "SalesTaxCodeRef": REFERENCE,
        "ParentRef": REFERENCE,
        "ClassRef": REFERENCE,
        "SubItem": Flag(),
        "TrackQtyOnHand": Flag(),
        "QtyOnHand": Number(),
        "InvStartDate": Anything(),
        "FullyQualifiedName": Anything(),
        "Level": Anything(),
        "ItemCategoryType": Anything(),
        **{
            name: Anything()
            for name in (
                "PurchaseTaxIncluded",
                "PurchaseTaxCodeRef",
                "AbatementRate",
                "ReverseChargeRate",
                "ServiceType",
                "TaxClassificationRef",
                "PrefVendorRef",
                "ReorderPoint",
                "UQCDisplayText",
                "Source",
            )
        },
    },
    complete=complete_item,
    queryable=META | {"Type", "Sku", "FullyQualifiedName"},
    kept=KEPT,
    active=True,
)
ACCOUNT = Entity(
    name="Account",
    properties={
        **EVERY_ENTITY,
        "Name": Text(100, '":'),
        "AcctNum": Text(20),
        "Description": Text(4000),
        "Active": Flag(),
        "AccountType": Text(100),
        "AccountSubType": Text(100),
        "Classification": Anything(),
        "SubAccount": Flag(),
        "ParentRef": REFERENCE,
        "CurrencyRef": REFERENCE,
        "TaxCodeRef": REFERENCE,
        "FullyQualifiedName": Anything(),
        "CurrentBalance": Anything(),
        "CurrentBalanceWithSubAccounts": Anything(),
        "AccountAlias": Text(100),
        "TxnLocationType": Anything(),
    },
    complete=complete_account,
    queryable=META | {"AccountType", "AccountSubType", "Classification", "FullyQualifiedName"},
    kept=KEPT,
    active=True,
)
PAYMENT_METHOD = Entity(
    name="PaymentMethod",
    properties={
        **EVERY_ENTITY,
        "Name": Text(31),
        "Type": Choice(frozenset({"CREDIT_CARD", "NON_CREDIT_CARD"})),
        "Active": Flag(),
    },
    complete=complete_payment_method,
    queryable=META | {"Type"},
    kept=KEPT,
    active=True,
)
TERM = Entity(
    name="Term",
    properties={
        **EVERY_ENTITY,
        "Name": Text(31),
        "Active": Flag(),
        "Type": Anything(),
        **{
            name: Number()
            for name in (
                "DueDays",
                "DiscountDays",
                "DiscountPercent",
                "DayOfMonthDue",
                "DueNextMonthDays",
                "DiscountDayOfMonth",
            )
        },
    },
    complete=complete_term,
    queryable=META | {"Type"},
    kept=KEPT,
    active=True,
)
