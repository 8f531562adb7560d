"""What of the wanted state differs from what QuickBooks last said: the content of a sparse update.

The link keeps the fields we own as QuickBooks returned them (`owned_fields`), in the form we send
them; a new version is compared with that (`changed_fields`), so that an update carries what changed
and nothing a person entered in QuickBooks is overwritten unseen (`compare_with_theirs`).
The form is JSON: a Decimal is a plain string in it.
"""

from collections.abc import Collection, Mapping
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
    """What a reading shows of an update whose answer was lost, and that was done.

    Attributes:
        owned: The fields we own, as they were when it had been done.
        untouched: Nobody has changed one of them since.
    """

    owned: Fields
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


def written_as_sent(
    kind: str,
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    wanted: Mapping[str, Any],
    sent: Collection[str],
) -> Written | None:
    """Say what an update has left there; None: it was not done, as far as can be seen.

    An update is done whole or not at all, so that one field with our new value shows it.

    Args:
        kind: Customer, Invoice or Payment.
        base: What `owned_fields` returned before it.
        theirs: The object just read.
        wanted: The whole wanted state that it was to lead to.
        sent: The fields that it carried.
    """
    after = {name: value for name, value in base.items() if name not in sent}
    after |= {name: stored(wanted[name]) for name in sent if name in wanted}
    now = owned_fields(kind, theirs, {**base, **wanted})
    if not any(_shows(name, now, base, theirs, wanted) for name in sent):
        return None
    untouched = all(same(now.get(name), after.get(name)) for name in now.keys() | after.keys())
    return Written(now if untouched else after, untouched)


def _shows(
    name: str,
    now: Mapping[str, Any],
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> bool:
    """Whether a field has become what was wanted; one that was so before shows nothing."""
    if same(base.get(name), wanted.get(name)):
        return False
    if name == "Line" and not same(now.get(OTHER_LINES), base.get(OTHER_LINES)):
        # A line of ours that is no longer wanted would be taken for somebody else's.
        return False
    # Of a transaction's address `now` is our own word; where QuickBooks kept its form, that shows.
    value = own_value(name, theirs.get(name), None) if name in ADDRESSES else now.get(name)
    return same(value, wanted.get(name))


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
