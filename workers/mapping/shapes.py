"""What QuickBooks returned, brought back to the form in which we sent it.

QuickBooks adds names to references, Ids, LineNum and LineEx to lines, a subtotal line, coordinates
to addresses, and rearranges the address of a transaction into lines of its own
(https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer). Whatever
is not ours is dropped here.
"""

from collections.abc import Mapping, Sequence

from workers.mapping.address import ADDRESS_PARTS
from workers.mapping.context import Fields
from workers.mapping.values import same

ADDRESSES = frozenset({"BillAddr", "ShipAddr"})

_SUBTOTAL = "SubTotalLineDetail"
_DETAILS: Mapping[str, tuple[str, ...]] = {
    "SalesItemLineDetail": ("ItemRef", "Qty", "UnitPrice", "TaxCodeRef"),
    "DiscountLineDetail": ("PercentBased", "DiscountPercent"),
}


def own_value(name: str, value: object, ours: object) -> object:
    """Keep of a returned value what we own of it.

    Args:
        name: The field; not Line.
        value: What QuickBooks returned.
        ours: What we sent last: its keys are the ones we own.
    """
    if not isinstance(value, Mapping):
        return value
    if name in ADDRESSES:
        return {part: value[part] for part in ADDRESS_PARTS if value.get(part)}
    return _projected(value, ours)


def split_lines(
    returned: Sequence[Fields], ours: Sequence[Fields]
) -> tuple[list[Fields], list[Fields]]:
    """Separate our lines, in our form, from those somebody else added, as they are.

    Lines of ours that were changed cannot be told from added ones: then all of them are returned as
    ours, so that the difference shows.
    """
    mine: list[Fields] = []
    others: list[Fields] = []
    lines = [line for line in returned if line.get("DetailType") != _SUBTOTAL]
    for line in lines:
        expected = ours[len(mine)] if len(mine) < len(ours) else None
        own = _own_line(line, expected)
        if expected is not None and same(own, expected):
            mine.append(own)
        else:
            others.append(line)
    if len(mine) == len(ours):
        return mine, others
    return [_own_line(line, _nth(ours, place)) for place, line in enumerate(lines)], []


def _projected(value: Mapping[str, object], ours: object) -> dict[str, object]:
    owned = ours if isinstance(ours, Mapping) else {"value": None}
    return {
        key: _projected(part, owned[key]) if isinstance(part, Mapping) else part
        for key, part in value.items()
        if key in owned
    }


def _own_line(line: Fields, ours: Fields | None) -> Fields:
    """Keep amount, text, kind and what is sold or linked; a comment's amount means nothing."""
    own: Fields = {key: line[key] for key in ("Amount", "DetailType", "Description") if key in line}
    if line.get("DetailType") == "DescriptionOnly":
        own.pop("Amount", None)
    if _pays(line):
        return {"Amount": line.get("Amount"), "LinkedTxn": _linked(line)}
    for detail, parts in _DETAILS.items():
        if detail in line:
            own[detail] = _own_detail(line[detail], parts, (ours or {}).get(detail))
    return own


def _pays(line: Fields) -> bool:
    return bool(line.get("LinkedTxn")) and not any(key.endswith("Detail") for key in line)


def _linked(line: Fields) -> list[Fields]:
    return [{key: link.get(key) for key in ("TxnId", "TxnType")} for link in line["LinkedTxn"]]


def _own_detail(detail: Fields, parts: tuple[str, ...], ours: Fields | None) -> Fields:
    """Keep our parts; a tax code that QuickBooks chose where we sent none is not ours."""
    unsent = {"TaxCodeRef"} - (ours or {"TaxCodeRef": None}).keys()
    return {
        part: _reference(detail[part]) for part in parts if part in detail and part not in unsent
    }


def _reference(value: object) -> object:
    return {"value": value.get("value")} if isinstance(value, Mapping) else value


def _nth(lines: Sequence[Fields], place: int) -> Fields | None:
    return lines[place] if place < len(lines) else None
