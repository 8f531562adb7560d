"""Recognising an object in QuickBooks as ours, or as the contact's: what adoption rests on.

An object is adopted after an unknown outcome, a taken number (6140) or a taken name (6240). Each
test names everything that must agree, and a doubt is a no: to send again or to ask is cheaper
than a foreign object under our hands.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from schemas import Contact
from workers.mapping.context import Fields
from workers.mapping.customer import INACTIVE, NAMELESS, contact_display_name, contact_name
from workers.mapping.lines import lines_total
from workers.mapping.text import DISPLAY_NAME_LENGTH_MAX, cut
from workers.mapping.values import number, same

_VOIDED = "Voided"
UNEDITED = "0"
"""The SyncToken of what was made, and not changed since."""


def is_our_customer(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Say whether a customer or job is the one these fields would make.

    The same name (our number is in it), the same parent, active, and no other e-mail address.
    """
    return _is_customer_named(found, fields) and _emails_agree(found, fields)


def is_our_invoice(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Say whether an invoice is the one these fields would make: same customer, note and total.

    The total is compared before tax: QuickBooks may have computed the tax in its own way, which
    is a finding and no other invoice.
    """
    total = _before_tax(found)
    return (
        _agree(found, fields, "PrivateNote")
        and _reference(found, "CustomerRef") == _reference(fields, "CustomerRef")
        and total is not None
        and total == lines_total(fields["Line"])
    )


def is_our_payment(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Say whether a payment is the one these fields would make: customer, day, note and amount."""
    return (
        _agree(found, fields, "PrivateNote")
        and _agree(found, fields, "TxnDate")
        and _reference(found, "CustomerRef") == _reference(fields, "CustomerRef")
        and number(found.get("TotalAmt")) == number(fields.get("TotalAmt"))
    )


def is_ours_edited(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Say whether a customer or numbered invoice that was edited since is the one we had made.

    Only where a create of ours may have been done: name or number, parent or customer, and our note
    say so, whatever a person has made of the rest. What nobody has edited has to agree in all.
    """
    if found.get("SyncToken") == UNEDITED:
        return False
    if "DisplayName" in fields:
        return _is_customer_named(found, fields)
    return (
        _agree(found, fields, "DocNumber")
        and _agree(found, fields, "PrivateNote")
        and _reference(found, "CustomerRef") == _reference(fields, "CustomerRef")
    )


def is_voided(found: Mapping[str, Any]) -> bool:
    """Say whether an invoice or payment is void: QuickBooks has no status for it, only these two.

    Source: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment
    """
    note = found.get("PrivateNote") or ""
    return number(found.get("TotalAmt")) == 0 and str(note).startswith(_VOIDED)


def lookup_names(contact: Contact) -> tuple[str, ...]:
    """Return the names under which the contact may be in QuickBooks already, for one query.

    Its own name, the name we would give it, and both as QuickBooks writes them when inactive.
    """
    own = cut(contact_name(contact), "", DISPLAY_NAME_LENGTH_MAX)
    named = [] if own == NAMELESS else [own]
    names = [*named, contact_display_name(contact)]
    return (*names, *(cut(name, INACTIVE, DISPLAY_NAME_LENGTH_MAX) for name in names))


def same_name(one: object, other: object) -> bool:
    """Say whether QuickBooks takes two names for one: without case and outer blanks."""
    return _folded(one) == _folded(other)


def has_name_of(contact: Contact, found: Mapping[str, Any]) -> bool:
    """Say whether a main customer has the contact's name, or the one we would give it."""
    names = {_folded(name) for name in lookup_names(contact)}
    return not found.get("Job") and _folded(found.get("DisplayName")) in names


def existing_customer_match(candidates: Iterable[Fields], contact: Contact) -> list[Fields]:
    """Return the customers whose e-mail and name are the contact's; exactly one may be linked.

    Jobs are none. Inactive ones are among them: the caller sees `Active` and asks a person.
    """
    email = _folded(contact.email)
    return [
        found
        for found in candidates
        if email and has_name_of(contact, found) and _folded(_email(found)) == email
    ]


def _is_customer_named(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return (
        found.get("Active") is not False
        and "DisplayName" in fields
        and _folded(found.get("DisplayName")) == _folded(fields["DisplayName"])
        and bool(found.get("Job")) == bool(fields.get("Job"))
        and _reference(found, "ParentRef") == _reference(fields, "ParentRef")
    )


def _folded(text: object) -> str:
    """QuickBooks compares names without case and outer blanks."""
    return " ".join(str(text or "").split()).casefold()


def _agree(found: Mapping[str, Any], fields: Mapping[str, Any], name: str) -> bool:
    return name in fields and same(found.get(name), fields[name])


def _reference(thing: Mapping[str, Any], name: str) -> object:
    return (thing.get(name) or {}).get("value")


def _emails_agree(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    theirs, ours = _folded(_email(found)), _folded(_email(fields))
    return not theirs or not ours or theirs == ours


def _email(thing: Mapping[str, Any]) -> object:
    return (thing.get("PrimaryEmailAddr") or {}).get("Address")


def _before_tax(found: Mapping[str, Any]) -> Decimal | None:
    total = number(found.get("TotalAmt"))
    tax = number((found.get("TxnTaxDetail") or {}).get("TotalTax", 0))
    return None if total is None or tax is None else total - tax
