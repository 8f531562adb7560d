"""What a refused write refers to and QuickBooks no longer has: looked at, once in a claim.

A refusal (610, 2500, 6250, 620) does not say which of its references is meant. So the document
itself, its customer and the invoices it pays are read, in that order, until one is found gone; that
is noted where it belongs, and whoever it belongs to becomes one decision. Where nothing is gone, an
invoice may hold more money there than we know: then the line is capped to its balance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qbo_client import ObjectNotFound
from qbo_client.requests import read
from records.claims import OpenAttempt
from records.links import note_balance, note_gone, note_void, owner_of
from workers.answers import linked_by, object_in, objects_in
from workers.lookups import made_by, query_for, sent_fields
from workers.mapping import is_voided
from workers.mapping.values import number
from workers.meaning import Meaning
from workers.reads import Read
from workers.session import Session


@dataclass(frozen=True)
class _Reference:
    """An object that a write refers to."""

    kind: str
    qbo_id: str


def look_at_reference(session: Session, attempt: OpenAttempt, meaning: Meaning) -> bool:
    """Look at what a refused write refers to; True when that ended the claim."""
    if session.looked_at:
        session.refuse(meaning.code, meaning.sentence)
        return True
    session.looked_at = True
    invoices: list[dict[str, Any]] = []
    for reference in _references(session, attempt):
        found = _read(session, reference)
        if found is None or _is_gone(reference, found):
            return _note(session, attempt, reference, meaning, found)
        if reference.kind == "Invoice":
            invoices.append(found)
    if attempt.kind == "Payment" and invoices and not _is_there(session, attempt):
        _note_balances(session, invoices)
    # Nothing is gone, or no longer: what was refused a moment ago is tried once more.
    return False


def _references(session: Session, attempt: OpenAttempt) -> Iterator[_Reference]:
    """Itself, its customer, and what it pays; each once."""
    fields = sent_fields(attempt)
    link = session.claim.parts.get(attempt.part)
    if link is not None:
        yield _Reference(attempt.kind, link.qbo_id)
    if attempt.kind == "Customer":
        customers = [_value(fields, "ParentRef") or _value(link.owned if link else {}, "ParentRef")]
    else:
        customers = [_value(fields, "CustomerRef") or (link.customer_id if link else None)]
    yield from (_Reference("Customer", each) for each in customers if each)
    if attempt.kind == "Payment":
        linked = [each for line in fields.get("Line") or [] for each in line.get("LinkedTxn", ())]
        for qbo_id in dict.fromkeys(each["TxnId"] for each in linked):
            yield _Reference("Invoice", qbo_id)


def _value(fields: dict[str, Any], name: str) -> str | None:
    value = (fields.get(name) or {}).get("value")
    return str(value) if value else None


def _read(session: Session, reference: _Reference) -> dict[str, Any] | None:
    """Read an object; None when there is none."""
    try:
        response = session.read(read(reference.kind, reference.qbo_id), Read.REFERENCE)
    except ObjectNotFound:
        return None
    return object_in(response, reference.kind)


def _is_gone(reference: _Reference, found: dict[str, Any]) -> bool:
    """Whether nothing can be booked on it any more."""
    return found.get("Active") is False if reference.kind == "Customer" else is_voided(found)


_ON_FORMER_CUSTOMER = (
    "The customer this is booked on was made inactive in QuickBooks: make that customer active"
    " there and send this again, or change it by hand."
)


def _note(
    session: Session,
    attempt: OpenAttempt,
    reference: _Reference,
    meaning: Meaning,
    found: dict[str, Any] | None,
) -> bool:
    """Note what is gone where it belongs; what belongs to none of ours is the office's to mend."""
    realm_id = session.claim.realm_id
    with session.pool.connection() as connection:
        owner = owner_of(connection, realm_id, reference.kind, reference.qbo_id)
        if reference.kind == "Customer":
            seen = found["SyncToken"] if found else None
            noted = note_gone(connection, realm_id, reference.qbo_id, seen)
        else:
            noted = note_void(connection, realm_id, reference.kind, reference.qbo_id)
    if owner is None:
        is_customer = reference.kind == "Customer" and attempt.kind != "Customer"
        session.refuse(meaning.code, _ON_FORMER_CUSTOMER if is_customer else meaning.sentence)
    elif noted:
        session.judge_anew()
    else:
        # It was known, and this came all the same: never at once, or it would go round for ever.
        session.retry_later(meaning.sentence)
    return True


def _is_there(session: Session, attempt: OpenAttempt) -> bool:
    """A refused create was once reported to be booked all the same: before another, look for it."""
    if attempt.operation != "create":
        return False
    found = objects_in(session.read(query_for(attempt), Read.LOOK_UP), attempt.kind)
    made = made_by(attempt, found)
    if made is None:
        return False
    session.link_to(linked_by(attempt, made, None))
    return True


def _note_balances(session: Session, invoices: list[dict[str, Any]]) -> None:
    with session.pool.connection() as connection:
        for found in invoices:
            total, balance = number(found.get("TotalAmt")), number(found.get("Balance"))
            if total is not None and balance is not None:
                note_balance(
                    connection,
                    session.claim.realm_id,
                    found["Id"],
                    total=total,
                    balance=balance,
                )
