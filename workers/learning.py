"""What a refusal teaches, and the one look-up of a contact's first transfer.

A taken name, a taken number, a changed object: QuickBooks says what to look at, the next turn acts
on what was seen there. Each is learnt once in a claim; what then still is refused needs attention.
"""

from dataclasses import dataclass, replace
from typing import Any

from structlog import get_logger

from coordination.database import Connection
from qbo_client import (
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    ObjectNotFound,
    QuickBooksError,
    StaleObject,
)
from qbo_client.requests import read
from records.applications import hold
from records.claims import OpenAttempt
from records.links import owner_of
from schemas import Contact, Entity, parse_snapshot
from workers.answers import linked, linked_by, object_in, objects_in
from workers.closing import write_success
from workers.lookups import (
    customer_to_link,
    is_ours,
    plain_query_for_contact,
    query_for_contact,
)
from workers.mapping import compare_with_theirs, is_voided, owned_fields
from workers.meaning import Meaning
from workers.session import Session

log = get_logger()

QUERY_NOT_PARSED = "4000"
"""QuickBooks' query parser stumbled, as it does over curly quotes in names."""


@dataclass(frozen=True)
class Lesson:
    """A refusal that names what to look at: `holder_id` has our name or number."""

    error: StaleObject | DuplicateName | DuplicateDocNumber
    holder_id: str | None = None


def lesson_of(error: QuickBooksError) -> Lesson | None:
    """Say whether a refusal teaches anything; older texts name no holder."""
    match error:
        case StaleObject():
            return Lesson(error)
        case DuplicateName() | DuplicateDocNumber() if error.holder_id is not None:
            return Lesson(error, error.holder_id)
        case _:
            return None


def learn(session: Session, attempt: OpenAttempt, lesson: Lesson, meaning: Meaning) -> bool:
    """Look at what the refusal named; True when that ended the claim."""
    match lesson.error:
        case StaleObject():
            return _reread(session, attempt, meaning)
        case DuplicateName():
            return _adopt_name(session, attempt, lesson.holder_id or "")
        case DuplicateDocNumber():
            return _adopt_number(session, attempt, lesson)


def should_look_up(session: Session) -> bool:
    """Whether a contact may be in QuickBooks already, and nobody has looked."""
    return (
        session.claim.entity == Entity.CONTACT
        and session.claim.link is None
        and not session.looked_up
        and session.settings.existing_customers != "create"
    )


def look_up(session: Session) -> bool:
    """Look for the contact by name, and link the one customer with its e-mail too."""
    session.looked_up = True
    contact = parse_snapshot(Entity.CONTACT, session.claim.snapshot).snapshot
    match = customer_to_link(contact, _customers(session, contact))
    if match is None or _belongs_to_another(session, "Customer", match):
        return False
    if session.settings.existing_customers == "ask":
        session.refuse("existing_customer", "QuickBooks has this customer already.")
        return True
    with session.pool.connection() as connection:
        wanted = session.wanted(connection)
    fields = wanted.fields if wanted and wanted.fields else {}
    owned = owned_fields("Customer", match, fields)
    session.link_to(linked("Customer", match, owned, adopted=True))
    return False


def _customers(session: Session, contact: Contact) -> list[dict[str, Any]]:
    try:
        response = session.read(query_for_contact(contact), "existing_customer")
    except BusinessFault as fault:
        plain = plain_query_for_contact(contact)
        if fault.code != QUERY_NOT_PARSED or plain is None:
            raise
        response = session.read(plain, "existing_customer")
    return objects_in(response, "Customer")


def _reread(session: Session, attempt: OpenAttempt, meaning: Meaning) -> bool:
    """5010: base, theirs and ours, for the fields we own only."""
    link = session.claim.link
    if link is None or session.reread:
        session.retry_later(meaning.sentence)
        return True
    session.reread = True
    theirs = object_in(session.read(read(attempt.kind, link.qbo_id), "reread"), attempt.kind)
    if attempt.operation == "void" and is_voided(theirs):
        _know_void(session, attempt, theirs)
        return False
    seen = compare_with_theirs(attempt.kind, link.owned, theirs, attempt.wanted)
    if seen.conflicts:
        fields = ", ".join(conflict.field for conflict in seen.conflicts)
        session.refuse("changed_in_quickbooks", f"Somebody changed {fields} in QuickBooks.")
        return True
    session.link_to(linked(attempt.kind, theirs, seen.owned, adopted=link.adopted))
    return False


def _know_void(session: Session, attempt: OpenAttempt, theirs: dict[str, Any]) -> None:
    """It is void already: an earlier send was done and its answer lost, or a person was first."""
    new = linked_by(attempt, theirs, session.claim.link)

    def settle(connection: Connection) -> None:
        if session.claim.entity == Entity.PAYMENT:
            hold(connection, session.claim, attempt.part, ())
        session.free(write_success(connection, session.claim, attempt, new))

    session.closing.commit(settle)
    session.know(new)


def _adopt_name(session: Session, attempt: OpenAttempt, holder_id: str) -> bool:
    try:
        response = session.read(read("Customer", holder_id), "name_taken")
    except ObjectNotFound:
        # No customer: a vendor or an employee has the name. The suffix is added once.
        if session.naming.distinguished:
            session.refuse("6240", "The name is taken in QuickBooks, also with a suffix.")
            return True
        session.naming = replace(session.naming, distinguished=True)
        return False
    if _adopt(session, attempt, object_in(response, "Customer")):
        return False
    session.refuse("6240", "Another customer in QuickBooks has this name already.")
    return True


def _adopt_number(session: Session, attempt: OpenAttempt, lesson: Lesson) -> bool:
    error = lesson.error
    if isinstance(error, DuplicateDocNumber) and error.holder_type == "Invoice":
        response = session.read(read("Invoice", lesson.holder_id or ""), "number_taken")
        if _adopt(session, attempt, object_in(response, "Invoice")):
            return False
    if session.naming.renumbered:
        session.refuse("6140", "The number is taken in QuickBooks, also with a suffix.")
        return True
    session.naming = replace(session.naming, renumbered=True)
    return False


def _adopt(session: Session, attempt: OpenAttempt, found: dict[str, Any]) -> bool:
    """Take over an object that is ours beyond doubt."""
    if not is_ours(attempt, found) or _belongs_to_another(session, attempt.kind, found):
        return False
    log.info("object.adopted", record_pk=session.claim.pk, kind=attempt.kind)
    owned = owned_fields(attempt.kind, found, attempt.wanted)
    session.link_to(linked(attempt.kind, found, owned))
    return True


def _belongs_to_another(session: Session, kind: str, found: dict[str, Any]) -> bool:
    with session.pool.connection() as connection:
        owner = owner_of(connection, session.claim.realm_id, kind, str(found["Id"]))
    return owner is not None and owner != session.claim.pk
