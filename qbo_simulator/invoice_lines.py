"""The lines of an invoice: what is kept of each, and what they come to.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
A line without ItemRef is taken as a comment and its Amount is lost. Amount must be Qty x UnitPrice
to the cent (6070). A Line array replaces the set; a line with the Id of one that exists keeps that
Id. The subtotal is a line of its own without Id.
"""

from dataclasses import dataclass
from decimal import Decimal

from qbo_simulator.faults import FaultError, missing
from qbo_simulator.money import to_cents
from qbo_simulator.properties import reference
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

ZERO = Decimal(0)
US_LINE_TAX_CODES = frozenset({"TAX", "NON"})


@dataclass(frozen=True, slots=True)
class CompletedLines:
    """An invoice's lines as stored, and the sums they make."""

    lines: list[Json]
    subtotal: Decimal
    taxable: dict[str, Decimal]
    discount: Decimal


def complete_lines(
    realm: Realm, lines: list[Json], current: Json | None, *, out_of_scope: bool = False
) -> CompletedLines:
    """Give an invoice's lines as QuickBooks stores them; out of tax's scope they need no code.

    Raises:
        FaultError: 2020, 2290, 2500, 6070, 6090 or 6100, or 6000 for a second discount line.
    """
    sent = [line for line in lines if line.get("DetailType") != "SubTotalLineDetail"]
    if not sent:
        raise missing("Line")
    kept = [_complete_line(realm, line, out_of_scope=out_of_scope) for line in sent]
    items = [line for line in kept if line["DetailType"] == "SalesItemLineDetail"]
    subtotal = sum((line["Amount"] for line in items), ZERO)
    taxable: dict[str, Decimal] = {}
    for line in items:
        code = reference(line["SalesItemLineDetail"], "TaxCodeRef")
        if code not in {None, "NON"}:
            taxable[str(code)] = taxable.get(str(code), ZERO) + line["Amount"]
    discounts = [line for line in kept if line["DetailType"] == "DiscountLineDetail"]
    if len(discounts) > 1:
        raise FaultError("6000", "Business Validation Error: Only one discount line is supported.")
    rest = [line for line in kept if line["DetailType"] != "DiscountLineDetail"]
    settled = [_settle_discount(line, subtotal) for line in discounts]
    discount = sum((line["Amount"] for line in settled), ZERO)
    numbered = _number(rest, settled, current)
    closing: Json = {
        "Amount": subtotal,
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    at = len(rest)
    return CompletedLines([*numbered[:at], closing, *numbered[at:]], subtotal, taxable, discount)


def zero_lines(lines: list[Json]) -> list[Json]:
    """Give the lines of a voided invoice: the same, with every amount at zero."""
    return [_zero_line(line) for line in lines]


def _complete_line(realm: Realm, line: Json, *, out_of_scope: bool) -> Json:
    match line.get("DetailType"):
        case None:
            raise missing("DetailType")
        case "SalesItemLineDetail":
            return _complete_item_line(realm, line, out_of_scope=out_of_scope)
        case "DiscountLineDetail":
            return _complete_discount_line(realm, line)
        case _:
            return _comment(line)


def _comment(line: Json) -> Json:
    kept = {name: line[name] for name in ("Id", "Description") if line.get(name) is not None}
    return {**kept, "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}


def _complete_item_line(realm: Realm, line: Json, *, out_of_scope: bool) -> Json:
    detail = line.get("SalesItemLineDetail") or {}
    if reference(detail, "ItemRef") is None:
        return _comment(line)
    item = _live_item(realm, detail)
    amount = _amount(line, detail)
    if amount < 0 and realm.settings.negative_lines == "refuse":
        raise FaultError(
            "2290", "Negative amounts aren't supported on transaction lines.", "Line.Amount"
        )
    shown = {name: value for name, value in detail.items() if _says(value)}
    shown["ItemRef"] = {"value": item["Id"], "name": item["Name"]}
    shown.pop("TaxCodeRef", None)
    if code := _line_tax_code(realm, detail, item, out_of_scope=out_of_scope):
        shown["TaxCodeRef"] = {"value": code}
    kept = {name: line[name] for name in ("Id", "Description") if line.get(name) is not None}
    return {
        **kept,
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": shown,
    }


def _says(value: object) -> bool:
    """Whether a value holds anything; a reference to nothing does not."""
    if not isinstance(value, dict) or "value" not in value:
        return value is not None
    return value["value"] is not None


def _live_item(realm: Realm, detail: Json) -> Json:
    item_id = reference(detail, "ItemRef")
    item = realm.find("Item", item_id)
    if item is None or not item["Active"]:
        raise FaultError(
            "2500", f"Invalid Reference Id : Item element id {item_id} not found", "ItemRef"
        )
    return item


def _amount(line: Json, detail: Json) -> Decimal:
    amount, quantity, price = line.get("Amount"), detail.get("Qty"), detail.get("UnitPrice")
    product = None if quantity is None or price is None else to_cents(quantity * price)
    if amount is None and product is None:
        raise missing("Amount")
    if amount is None:
        return product or ZERO
    if product is not None and product != to_cents(amount):
        raise FaultError(
            "6070",
            "Amount calculation incorrect in the request : "
            f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount}",
            element="Line.Amount",
        )
    return to_cents(amount)


def _line_tax_code(realm: Realm, detail: Json, item: Json, *, out_of_scope: bool) -> str | None:
    code = reference(detail, "TaxCodeRef")
    if realm.settings.country == "US":
        if code is not None and code not in US_LINE_TAX_CODES:
            raise FaultError(
                "6100", "Invalid Line Tax Code : only TAX and NON are supported", "TaxCodeRef"
            )
        return code or ("TAX" if item.get("Taxable") else "NON")
    if code is not None and realm.find("TaxCode", code) is None:
        raise FaultError(
            "2500", f"Invalid Reference Id : TaxCode element id {code} not found", "TaxCodeRef"
        )
    if code is None and not out_of_scope:
        raise FaultError(
            "6000",
            "Business Validation Error: Make sure all your transactions have a tax rate "
            "before you save.",
            element="TaxCodeRef",
        )
    return code


def _complete_discount_line(realm: Realm, line: Json) -> Json:
    detail = {
        name: value
        for name, value in (line.get("DiscountLineDetail") or {}).items()
        if value is not None
    }
    if not realm.settings.allow_discount:
        raise FaultError("6000", "Business Validation Error: Discounts are switched off.")
    if detail.get("PercentBased") and detail.get("DiscountPercent") is None:
        raise FaultError("6090", "Discount Line Error : no percentage given", "DiscountPercent")
    if not detail.get("PercentBased") and line.get("Amount") is None:
        raise FaultError("6090", "Discount Line Error : no amount given", "Amount")
    account = reference(detail, "DiscountAccountRef") or "86"
    found = realm.find("Account", account)
    if found is None:
        raise FaultError("2500", f"Invalid Reference Id : Accounts element id {account} not found")
    detail["DiscountAccountRef"] = {"value": found["Id"], "name": found["Name"]}
    kept = {name: line[name] for name in ("Id", "Description") if line.get(name) is not None}
    return {
        **kept,
        "Amount": line.get("Amount") or ZERO,
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": False, **detail},
    }


def _settle_discount(line: Json, subtotal: Decimal) -> Json:
    detail = line["DiscountLineDetail"]
    percent = detail.get("DiscountPercent") if detail["PercentBased"] else None
    amount = line["Amount"] if percent is None else subtotal * percent / 100
    return {**line, "Amount": to_cents(amount)}


def _number(rest: list[Json], discounts: list[Json], current: Json | None) -> list[Json]:
    """Give each line its Id and LineNum; a known Id is kept, any other line is new.

    A discount has neither, as recorded ones show.
    """
    known = {line["Id"] for line in (current or {}).get("Line", ()) if "Id" in line}
    highest = max((int(line_id) for line_id in known), default=0)
    numbered, used = [], set[str]()
    for number, line in enumerate(rest, start=1):
        line_id = str(line.get("Id"))
        if line_id not in known or line_id in used:
            highest += 1
            line_id = str(highest)
        used.add(line_id)
        numbered.append({**line, "Id": line_id, "LineNum": number})
    return [
        *numbered,
        *({name: v for name, v in line.items() if name != "Id"} for line in discounts),
    ]


def _zero_line(line: Json) -> Json:
    zeroed = {**line, "Amount": ZERO} if "Amount" in line else dict(line)
    detail = line.get("SalesItemLineDetail")
    if detail is not None:
        amounts = {name: ZERO for name in ("Qty", "UnitPrice") if name in detail}
        zeroed["SalesItemLineDetail"] = {**detail, **amounts}
    return zeroed
