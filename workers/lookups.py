"""Where to look for an object that may be there already, and how to know it as ours; pure."""

from collections.abc import Sequence
from typing import Any

from qbo_client import ApiRequest, decode_body
from qbo_client.query import ascii_part_like, equal, one_of, select
from qbo_client.requests import query
from records.claims import OpenAttempt
from schemas import Contact
from workers.mapping import (
    existing_customer_match,
    has_name_of,
    is_our_customer,
    is_our_invoice,
    is_our_payment,
    lookup_names,
    same_name,
)

FOUND_MOST = 100
MADE_MOST = 1_000
"""The most that one query gives: what is not among them would be made a second time."""
ANY_ACTIVITY = "Active IN (true, false)"

_OURS = {"Customer": is_our_customer, "Invoice": is_our_invoice, "Payment": is_our_payment}


def is_repeatable(attempt: OpenAttempt) -> bool:
    """Whether QuickBooks itself refuses a second one: updates, voids, names, document numbers."""
    if attempt.operation != "create" or attempt.kind == "Customer":
        return True
    return attempt.kind == "Invoice" and "DocNumber" in sent_fields(attempt)


def sent_fields(attempt: OpenAttempt) -> dict[str, Any]:
    """Read the fields of the stored request, money as Decimal.

    Raises:
        ValueError: the stored bytes are no JSON object, which only a bug can have written.
    """
    fields = decode_body(bytes(attempt.body))
    if fields is None:
        raise ValueError(f"attempt {attempt.id} holds no JSON object")
    return fields


def query_for(attempt: OpenAttempt) -> ApiRequest:
    """Ask for what the attempt may have made: same customer, same day."""
    fields = sent_fields(attempt)
    where = [
        equal("CustomerRef", fields["CustomerRef"]["value"]),
        equal("TxnDate", fields["TxnDate"]),
    ]
    return query(select(attempt.kind, where, limit=MADE_MOST))


def made_by(attempt: OpenAttempt, found: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Pick the object that the attempt made, by customer, note and total."""
    return next((each for each in found if is_ours(attempt, each)), None)


def is_ours(attempt: OpenAttempt, found: dict[str, Any]) -> bool:
    """Say whether `found` is what the attempt would make."""
    return _OURS[attempt.kind](found, sent_fields(attempt))


def query_for_contact(contact: Contact) -> ApiRequest:
    """Ask for customers that may be this contact, inactive ones too."""
    where = [one_of("DisplayName", lookup_names(contact)), ANY_ACTIVITY]
    return query(select("Customer", where, limit=FOUND_MOST))


def plain_query_for(name: str) -> ApiRequest | None:
    """The same in plain ASCII, where the query language stumbled over the name (4000).

    It finds more than was asked for. None: the name has no plain character.
    """
    part = ascii_part_like(name)
    if part is None:
        return None
    return query(select("Customer", [part, ANY_ACTIVITY], limit=FOUND_MOST))


def customer_to_link(contact: Contact, found: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one active customer with the contact's name and e-mail; None where none or several."""
    matches = existing_customer_match(found, contact)
    if len(matches) != 1 or matches[0].get("Active") is False:
        return None
    return matches[0]


def may_be(contact: Contact, found: dict[str, Any]) -> bool:
    """Whether an active customer has the contact's name: where the office is asked, that is all."""
    return found.get("Active") is not False and has_name_of(contact, found)


def query_for_name(name: str) -> ApiRequest:
    """Ask for the customer of this very name, inactive or not."""
    return query(select("Customer", [equal("DisplayName", name), ANY_ACTIVITY], limit=1))


def named(found: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Pick the customer of this very name, as QuickBooks compares names."""
    return next((each for each in found if same_name(each.get("DisplayName"), name)), None)
