"""What of the wanted state differs from what QuickBooks last said: the content of a sparse update.

The link keeps the fields we own as QuickBooks returned them (`owned_fields`), in the form we send
them; a new version is compared with that (`changed_fields`), so that an update carries what changed
and nothing a person entered in QuickBooks is overwritten unseen (`compare_with_theirs`).
The form is JSON: a Decimal is a plain string in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from workers.mapping.context import Fields
from workers.mapping.shapes import ADDRESSES, own_value, split_lines
from workers.mapping.values import is_blank, same, stored

OTHER_LINES = "OtherLines"
"""Where the owned fields keep the lines somebody added in QuickBooks: they go back with ours."""

# How a field is emptied by a sparse update, and which ones may be; a day or a number stays.
# That null does it is Intuit's rule for full updates; for sparse ones only a sandbox can tell.
CLEARED: Mapping[str, object] = MappingProxyType(
    dict.fromkeys(
        (
            "GivenName",
            "FamilyName",
            "CompanyName",
            "PrimaryEmailAddr",
            "PrimaryPhone",
            "BillAddr",
            "ShipAddr",
            "CustomerMemo",
            "PaymentRefNum",
        )
    )
    | {"Line": []}
)

_DECIMAL = "$decimal"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody changed in QuickBooks to something else than we want.

    Attributes:
        field: Its name in QuickBooks.
        base: What QuickBooks said after our last write.
        theirs: What it says now.
        ours: What we want.
    """

    field: str
    base: object
    theirs: object
    ours: object


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a fresh reading shows after a stale SyncToken.

    Attributes:
        conflicts: A person decides these; none means the update may be sent with the new token.
        owned: The fields we own as they are now: the new base of `changed_fields`.
    """

    conflicts: tuple[Conflict, ...]
    owned: Fields


@dataclass(frozen=True, slots=True)
class Written:
    """What a reading shows of a write whose answer was lost.

    Attributes:
        owned: The fields we own, as that write left them, as far as it is seen.
        whole: All of it is seen: it was done.
        untouched: It was done, and nobody has changed one of them since.
    """

    owned: Fields
    whole: bool
    untouched: bool


def owned_fields(
    kind: str, response_object: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Fields:
    """Return what to store of an answer: each wanted field as QuickBooks returned it, in our form.

    Args:
        kind: Customer, Invoice or Payment.
        response_object: The object inside the answer.
        wanted: The whole wanted state, also when only a part of it was sent.
    """
    owned = {
        name: own_value(name, response_object[name], value)
        for name, value in wanted.items()
        if name not in {"Line", OTHER_LINES} and name in response_object
    }
    owned |= {name: wanted[name] for name in _unreadable(kind, wanted)}
    kept = {name: stored(value) for name, value in owned.items()}
    return kept | _owned_lines(kind, response_object, wanted)


def changed_fields(owned: Mapping[str, Any], wanted: Mapping[str, Any]) -> Fields:
    """Return the content of the sparse update that makes QuickBooks agree; empty when it does.

    Lines are sent whole, with those others added. An optional field that is no longer wanted is
    emptied.

    Args:
        owned: What `owned_fields` returned after the last write.
        wanted: The whole wanted state.
    """
    changed = {
        name: _content(name, owned.get(name), value)
        for name, value in wanted.items()
        if not same(owned.get(name), value)
    }
    changed |= {name: CLEARED[name] for name in _gone(owned, wanted)}
    changed |= {name: wanted[name] for name in _companions(changed, wanted)}
    return changed | _all_lines(changed, owned, wanted)


def compare_with_theirs(
    kind: str, base: Mapping[str, Any], theirs: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Comparison:
    """Compare base, theirs and ours, for the fields we own only, after a 5010.

    Args:
        kind: Customer, Invoice or Payment.
        base: What `owned_fields` returned after the last write.
        theirs: The object just read.
        wanted: The whole wanted state.
    """
    now = owned_fields(kind, theirs, {**wanted, **base})
    conflicts = tuple(
        Conflict(name, base.get(name), now.get(name), stored(wanted.get(name)))
        for name in {**base, **wanted}
        if name != OTHER_LINES
        and not same(now.get(name), base.get(name))
        and not same(now.get(name), wanted.get(name))
    )
    return Comparison(conflicts, now)


def seen_of_update(
    kind: str,
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    wanted: Mapping[str, Any],
    sent: Collection[str],
) -> Written:
    """Look what of an update is there; what is not may not have been done, or was changed since.

    An update is done whole or not at all. But a person may have entered one of its values too, so
    that one field alone shows nothing of the others.

    Args:
        kind: Customer, Invoice or Payment.
        base: What `owned_fields` returned before it.
        theirs: The object just read.
        wanted: The whole wanted state that it was to lead to.
        sent: The fields that it carried.
    """
    now = owned_fields(kind, theirs, {**base, **wanted})
    changed = [name for name in sent if not same(base.get(name), wanted.get(name))]
    shown = {name: _shows(kind, name, now, base, theirs, wanted) for name in changed}
    whole = True in shown.values() and False not in shown.values()
    there = {name for name, shows in shown.items() if shows or (whole and shows is None)}
    if "Line" in there:
        there |= {OTHER_LINES} | (_REARRANGED & now.keys())
    owned = {name: value for name, value in base.items() if name not in there}
    owned |= {name: stored(wanted[name]) for name in there if name in wanted}
    owned |= {name: now[name] for name in there & {OTHER_LINES, *_REARRANGED} if name in now}
    untouched = whole and _agree(now, owned)
    return Written(now if untouched else owned, whole, untouched)


def seen_of_create(kind: str, theirs: Mapping[str, Any], wanted: Mapping[str, Any]) -> Written:
    """Look what somebody has changed of an object that we made: those fields stay as we made them.

    Args:
        kind: Customer, Invoice or Payment.
        theirs: The object just read, of which it is known that we have made it.
        wanted: The whole state that it was made in.
    """
    now = owned_fields(kind, theirs, wanted)
    made = {name: stored(value) for name, value in wanted.items()}
    made |= {name: now[name] for name in _REARRANGED & now.keys() & made.keys()}
    if "Line" not in made or same(now.get("Line"), made["Line"]):
        made |= {name: now[name] for name in (OTHER_LINES,) if name in now}
    untouched = _agree(now, made)
    return Written(now if untouched else made, whole=True, untouched=untouched)


_REARRANGED = frozenset({"TxnTaxDetail"})
"""QuickBooks computes it anew: what it says of that is no person's change."""


def _agree(now: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    return all(
        same(now.get(name), ours.get(name)) for name in (now.keys() | ours.keys()) - {OTHER_LINES}
    )


def _shows(
    kind: str,
    name: str,
    now: Mapping[str, Any],
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> bool | None:
    """Whether a changed field is there as wanted; None: that cannot be seen."""
    if name == "Line":
        return _lines_show(theirs.get("Line") or [], base, wanted.get("Line"))
    value = now.get(name)
    rearranged = name in _REARRANGED
    if kind != "Customer" and name in ADDRESSES:
        # `now` is our own word; where QuickBooks has kept our form, that shows.
        value, rearranged = own_value(name, theirs.get(name), None), True
    if same(value, wanted.get(name)):
        return True
    return None if rearranged and not same(value, base.get(name)) else False


def _lines_show(
    theirs: Sequence[Fields], base: Mapping[str, Any], wanted: Sequence[Fields] | None
) -> bool:
    """Whether our new lines are there; where the old ones are too, the longer ones are.

    A line that is no longer wanted would else be taken for somebody else's, or one that is new.
    """
    before = base.get("Line") or []
    old = same(split_lines(theirs, before)[0], before)
    if not wanted:
        return not old and len(theirs) == len(base.get(OTHER_LINES, []))
    new = same(split_lines(theirs, wanted)[0], wanted)
    return new and (not old or len(wanted) > len(before))


def _unreadable(kind: str, wanted: Mapping[str, Any]) -> frozenset[str]:
    """QuickBooks rearranges the addresses of transactions, so there our own last word stands."""
    return frozenset() if kind == "Customer" else ADDRESSES & wanted.keys()


def _owned_lines(
    kind: str, response_object: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Fields:
    """A payment has lines also when we want none: somebody may have applied it in QuickBooks."""
    if "Line" not in response_object or kind == "Customer":
        return {}
    mine, others = split_lines(response_object["Line"], wanted.get("Line", []))
    lines = {"Line": stored(mine)} if mine or "Line" in wanted else {}
    return lines | ({OTHER_LINES: [_tagged(line) for line in others]} if others else {})


def _content(name: str, owned: object, wanted: object) -> object:
    """An address also says which of its parts are gone: what is left out might stay."""
    if name not in ADDRESSES or not isinstance(owned, Mapping) or not isinstance(wanted, Mapping):
        return wanted
    return dict.fromkeys(owned, "") | dict(wanted)


def _gone(owned: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, value in owned.items()
        if name in CLEARED and name not in wanted and not is_blank(value)
    ]


def _companions(changed: Fields, wanted: Mapping[str, Any]) -> list[str]:
    """Name what travels along: a payment's required fields, and the tax of changed lines."""
    if changed and "TotalAmt" in wanted:
        return [name for name in ("CustomerRef", "TotalAmt") if name in wanted]
    return ["TxnTaxDetail"] if "Line" in changed and "TxnTaxDetail" in wanted else []


def _all_lines(changed: Fields, owned: Mapping[str, Any], wanted: Mapping[str, Any]) -> Fields:
    """Send ours and theirs whenever lines are sent; a payment's are sent with every change of it.

    A payment's lines are all or nothing in a sparse update too
    (https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment).
    """
    others = [_restored(line) for line in owned.get(OTHER_LINES, [])]
    lines = [*wanted.get("Line", []), *others]
    sends_lines = "Line" in changed or (changed and "TotalAmt" in wanted and lines)
    return {"Line": lines} if sends_lines else {}


def _tagged(value: object) -> object:
    """Keep somebody else's line for jsonb so that it can be sent again: numbers stay numbers."""
    if isinstance(value, Decimal):
        return {_DECIMAL: format(value, "f")}
    if isinstance(value, Mapping):
        return {key: _tagged(part) for key, part in value.items() if key != "LineEx"}
    if isinstance(value, list | tuple):
        return [_tagged(part) for part in value]
    return stored(value)


def _restored(value: object) -> object:
    if isinstance(value, Mapping):
        if value.keys() == {_DECIMAL}:
            return Decimal(value[_DECIMAL])
        return {key: _restored(part) for key, part in value.items()}
    return [_restored(part) for part in value] if isinstance(value, list) else value
