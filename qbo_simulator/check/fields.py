"""What of a reply's object a client could have sent: the request that would bring it about.

Pure. Leaves out what QuickBooks computes, and what the simulator knows no property for.
"""

from collections.abc import Mapping
from typing import Any

from qbo_simulator.entity import Entity
from qbo_simulator.people import DELETED
from qbo_simulator.properties import Group, Many
from qbo_simulator.wire import Json

COMPUTED = frozenset(
    {
        "Balance",
        "BalanceWithJobs",
        "Classification",
        "ClientEntityId",
        "CurrentBalance",
        "CurrentBalanceWithSubAccounts",
        "DefaultTaxCodeRef",
        "DeliveryInfo",
        "FullyQualifiedName",
        "HomeBalance",
        "HomeTotalAmt",
        "Id",
        "InvoiceLink",
        "IsProject",
        "Level",
        "LinkedTxn",
        "MetaData",
        "SyncToken",
        "UnappliedAmt",
        "V4IDPseudonym",
        "domain",
        "sparse",
        "status",
        "time",
    }
)
COMPUTED_IN_LINES = frozenset({"Id", "LineNum", "LineEx"})
COMPUTED_IN_TAX = frozenset({"TaxLine"})


def writable(entity: Entity, shown: Mapping[str, Any]) -> Json:
    """Give the fields of a request that would bring an object about."""
    own = {
        name: value
        for name, value in shown.items()
        if name in entity.properties and name not in COMPUTED and value is not None
    }
    if entity.name == "Invoice":
        own.pop("TotalAmt", None)
    if entity.name == "Payment" and not own.get("TotalAmt"):
        own.setdefault("TotalAmt", 0)
    if isinstance(own.get("Line"), list):
        own["Line"] = [line for each in own["Line"] if (line := _line(entity, each))]
    if isinstance(own.get("TxnTaxDetail"), dict):
        own["TxnTaxDetail"] = _without(own["TxnTaxDetail"], COMPUTED_IN_TAX)
    address = own.get("PrimaryEmailAddr")
    if isinstance(address, dict) and "," in str(address.get("Address")):
        # People may write two into one field; through the API a client sends one.
        own["PrimaryEmailAddr"] = {"Address": str(address["Address"]).partition(",")[0]}
    for name in ("DisplayName", "Name"):
        if isinstance(own.get(name), str):
            own[name] = own[name].removesuffix(DELETED)
    return own


def _line(entity: Entity, line: Mapping[str, Any]) -> Json:
    if line.get("DetailType") == "SubTotalLineDetail":
        return {}
    kept = _without(line, COMPUTED_IN_LINES)
    lines = entity.properties.get("Line")
    known = lines.of.properties if isinstance(lines, Many) else {}
    kept = {name: value for name, value in kept.items() if name in known}
    for name, value in kept.items():
        kind = known[name]
        if isinstance(kind, Group) and isinstance(value, dict):
            kept[name] = {key: each for key, each in value.items() if key in kind.properties}
    return kept


def _without(fields: Mapping[str, Any], names: frozenset[str]) -> Json:
    return {name: value for name, value in fields.items() if name not in names}
