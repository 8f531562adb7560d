"""What QuickBooks makes of what it is sent: names, Ids, subtotals and rearranged addresses.

Shapes as in its own documentation
(https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice).
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Fields = dict[str, Any]


def echo(kind: str, sent: Mapping[str, Any]) -> Fields:
    """Give the object QuickBooks would return after storing exactly this."""
    answer = {name: _echoed(name, value) for name, value in sent.items() if value not in ("", {})}
    if kind != "Customer":
        answer |= {name: _moved(answer[name]) for name in ("ShipAddr",) if name in answer}
    if kind == "Invoice":
        answer["Line"] = _invoice_lines(answer["Line"])
    if kind == "Payment":
        answer["Line"] = [{**line, "LineEx": {"any": []}} for line in answer.get("Line", [])]
    return answer | {"Id": "77", "SyncToken": "0", "domain": "QBO", "sparse": False}


def through_json(stored: Fields) -> Fields:
    """Give the fields as they come back from jsonb read by a plain JSON parser."""
    restored: Fields = json.loads(json.dumps(stored))
    return restored


def _echoed(name: str, value: Any) -> Any:  # noqa: ANN401  # any JSON
    if name.endswith("Ref"):
        return {**value, "name": "Something"}
    if name.endswith("Addr") and name != "PrimaryEmailAddr":
        return {"Id": "5", **value, "Lat": "INVALID", "Long": "INVALID"}
    if name == "Line":
        return [_named(line) for line in value]
    return value


def _named(line: Fields) -> Fields:
    detail = line.get("SalesItemLineDetail")
    if detail is None:
        return line
    named = (
        {"TaxCodeRef": {"value": "NON"}} | detail | {"ItemRef": _echoed("Ref", detail["ItemRef"])}
    )
    return {**line, "SalesItemLineDetail": named}


def _moved(address: Fields) -> Fields:
    return {"Id": "6", "Line1": "John Doe", "Line2": address.get("Line1", ""), "Line3": "Denver CO"}


def _invoice_lines(lines: list[Fields]) -> list[Fields]:
    numbered = [
        {**line, "Id": str(place), "LineNum": place} for place, line in enumerate(lines, start=1)
    ]
    rest = [line for line in numbered if line["DetailType"] != "DiscountLineDetail"]
    subtotal = {
        "Amount": Decimal(0),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    return [*rest, subtotal, *numbered[len(rest) :]]
