"""What a refusal teaches, and the one look-up of a contact's first transfer.

A taken name, a taken number, a changed object, closed books, something that is gone: QuickBooks
says what to look at, the next turn acts on what was seen there. Each is learnt once in a claim;
what then still is refused needs attention.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from structlog import get_logger

from coordination.database import Connection
from qbo_client import (
    ApiRequest,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    ObjectNotFound,
    QuickBooksError,
)
from qbo_client.requests import read
from records import basis
from records.answers import spend
from records.applications import hold, settled_on
from records.claims import OpenAttempt
from records.facts import Link
from records.links import forget_part, is_given_up, note_gone, note_void, owner_of
from records.questions import Question
from schemas import Contact, Entity, parse_snapshot
from workers import closed
from workers import conflicts as conflicts_
from workers.answers import linked, linked_by, object_in, objects_in
from workers.closing import write_success
from workers.lookups import (
    customer_to_link,
    is_ours,
    made_by,
    may_be,
    named,
    plain_query_for,
    query_for,
    query_for_contact,
    query_for_name,
    sent_fields,
)
from workers.mapping import (
    Conflict,
    compare_with_theirs,
    is_voided,
    lookup_names,
    owned_fields,
)
from workers.mapping.money import sum_text
from workers.mapping.values import is_blank, number
from workers.meaning import Action, Meaning
from workers.reads import Read
from workers.references import look_at_reference
from workers.session import Session

log = get_logger()

QUERY_NOT_PARSED = "4000"
"""QuickBooks' query parser stumbled, as it does over curly quotes in names."""


TEACHING = frozenset(
    {
        Action.REREAD,
        Action.ADOPT_NAME,
        Action.ADOPT_NUMBER,
        Action.CLOSED_BOOKS,
        Action.LOOK_AT_REFERENCE,
    }
)


OVER_APPLIED = "6000"
"""How QuickBooks refuses a payment that applies more than an invoice has open; and much else."""


def teaches(attempt: OpenAttempt, meaning: Meaning) -> bool:
    """Say whether a refusal tells what to look at."""
    over = meaning.code == OVER_APPLIED and attempt.kind == "Payment"
    return meaning.action in TEACHING or (over and bool(sent_fields(attempt).get("Line")))


def learn(
    session: Session,
    attempt: OpenAttempt,
    error: QuickBooksError,
    meaning: Meaning,
    theirs: dict[str, Any] | None = None,
) -> bool:
    """Look at what the refusal is about; True when that ended the claim.

    Args:
        session: the claim.
        attempt: what was refused.
        error: how.
        meaning: what that means.
        theirs: the object that it changes, if it has just been read.
    """
    match meaning.action:
        case Action.REREAD:
            return _reread(session, attempt, meaning, theirs)
        case Action.ADOPT_NAME:
            holder_id = error.holder_id if isinstance(error, DuplicateName) else None
            return _name_taken(session, attempt, holder_id)
        case Action.ADOPT_NUMBER:
            return _adopt_number(session, attempt, error)
        case Action.CLOSED_BOOKS:
            return _books_closed(session, meaning)
        case _:
            return look_at_reference(session, attempt, meaning)


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
    found = _customers(session, contact)
    if session.settings.existing_customers == "ask":
        alike = [each for each in found if may_be(contact, each)]
        free = [each for each in alike if not belongs_to_another(session, "Customer", each)]
        return _ask_who(session, Question.EXISTING_CUSTOMER, free) if free else False
    match = customer_to_link(contact, found)
    if match is not None and not belongs_to_another(session, "Customer", match):
        link_customer(session, match)
    return False


def link_customer(session: Session, found: dict[str, Any]) -> None:
    """Link a customer that was there before us: its blanks are filled, nothing is overwritten."""
    wanted = session.wanted()
    fields = (wanted[0].fields if wanted else None) or {}
    owned = owned_fields("Customer", found, fields)
    session.link_to(linked("Customer", found, owned, adopted=True))


def _ask_who(session: Session, question: Question, found: Sequence[dict[str, Any]]) -> bool:
    """Follow a person's word on customers that may be this one, or ask for it."""
    about = ",".join(sorted(each["Id"] for each in found))
    said = session.claim.answers.to(question, about)
    if said is None:
        shown = {each["Id"]: each.get("DisplayName") for each in found}
        sentence = "QuickBooks may have this customer already: link it, or create another."
        session.ask(question, about, sentence, shown)
        return True
    if said.answer == "create":
        if question is Question.NAME_TAKEN:
            session.naming = replace(session.naming, distinguished=True)
        return False
    chosen = next((each for each in found if each["Id"] == said.argument), None)
    if chosen is None:
        chosen = read_customer(session, said.argument or "", Read.ANSWERED)
    usable = chosen is not None and chosen.get("Active") is not False and not chosen.get("Job")
    if chosen is None or not usable or belongs_to_another(session, "Customer", chosen):
        with session.pool.connection() as connection:
            spend(connection, said)
        session.judge_anew()
        return True
    link_customer(session, chosen)
    return False


def _customers(session: Session, contact: Contact) -> list[dict[str, Any]]:
    own_name = lookup_names(contact)[0]
    return _ask(session, query_for_contact(contact), own_name, Read.EXISTING_CUSTOMER)


def _ask(session: Session, request: ApiRequest, name: str, purpose: Read) -> list[dict[str, Any]]:
    """Ask for customers by name; a name the language cannot parse is asked for in plain ASCII."""
    try:
        response = session.read(request, purpose)
    except BusinessFault as fault:
        if fault.code != QUERY_NOT_PARSED:
            raise
        plain = plain_query_for(name)
        if plain is None:
            return []  # a name that is taken is found out by the refusal
        response = session.read(plain, purpose)
    return objects_in(response, "Customer")


def _reread(
    session: Session, attempt: OpenAttempt, meaning: Meaning, theirs: dict[str, Any] | None
) -> bool:
    """5010: base, theirs and ours, for the fields we own only."""
    link = session.claim.parts.get(attempt.part)
    if link is None or session.reread:
        session.retry_later(meaning.sentence)
        return True
    session.reread = True
    if theirs is None:
        answer = session.read(read(attempt.kind, link.qbo_id), Read.REREAD)
        theirs = object_in(answer, attempt.kind)
    if attempt.kind != "Customer" and is_voided(theirs):
        if attempt.operation == "void":
            _know_void(session, attempt, theirs)
            return False
        return _void_there(session, attempt.kind, link.qbo_id)
    if attempt.kind == "Customer" and theirs.get("Active") is False:
        return _gone_there(session, link.qbo_id, theirs)
    if attempt.operation == "void" and attempt.kind == "Invoice":
        asked = _paid_by_hand(session, link, theirs)
        if asked:
            return True
    return _compare(session, attempt, link, theirs)


def _compare(session: Session, attempt: OpenAttempt, link: Link, theirs: dict[str, Any]) -> bool:
    wanted = {} if attempt.operation == "void" else attempt.wanted
    seen = compare_with_theirs(attempt.kind, link.owned, theirs, attempt.wanted)
    conflicts = [
        each
        for each in (seen.conflicts if wanted else ())
        # A customer that was linked keeps what it has, so nothing of that is asked.
        if not link.adopted or is_blank(link.owned.get(each.field))
    ]
    if any(each.field == "CustomerRef" for each in conflicts) and link.customer_id:
        # Merged, or moved by a person: where our customer is gone, that is the question.
        customer = read_customer(session, link.customer_id, Read.REFERENCE)
        if customer is None or customer.get("Active") is False:
            return _gone_there(session, link.customer_id, customer)
    said = conflicts_.answer_to(session.claim.answers, conflicts)
    if conflicts and said is None:
        return ask_about(session, conflicts)
    kept = dict(link.kept)
    if said is not None and said.answer == "theirs":
        kept |= conflicts_.kept_of(conflicts)
    session.link_to(
        linked(
            attempt.kind,
            theirs,
            seen.owned,
            adopted=link.adopted,
            part=attempt.part,
            kept=kept,
        )
    )
    return False


def _gone_there(session: Session, customer_id: str, found: dict[str, Any] | None) -> bool:
    """Somebody has merged the customer, or made it inactive: the relay asks what becomes of it."""
    seen = found["SyncToken"] if found else None
    with session.pool.connection() as connection:
        noted = note_gone(connection, session.claim.realm_id, customer_id, seen)
    if noted:
        session.judge_anew()
    else:
        session.retry_later("Its customer is gone in QuickBooks.")
    return True


def _paid_by_hand(session: Session, link: Link, theirs: dict[str, Any]) -> bool:
    """An invoice that somebody has paid in QuickBooks is not voided without a word."""
    total, balance = number(theirs.get("TotalAmt")), number(theirs.get("Balance"))
    if total is None or balance is None:
        return False
    with session.pool.connection() as connection:
        by_hand = total - balance - settled_on(connection, session.claim)
    if by_hand <= 0:
        return False
    about = f"{link.qbo_id}:{by_hand}"
    said = session.claim.answers.to(Question.VOID_PAID_INVOICE, about)
    if said is not None and said.answer == "void":
        return False
    if said is not None:
        with session.pool.connection() as connection:
            spend(connection, said)
    sentence = (
        f"The invoice is void in ProLine, but {sum_text(by_hand)} was paid on it in QuickBooks:"
        " void it and leave the money as credit, or wait."
    )
    session.ask(Question.VOID_PAID_INVOICE, about, sentence)
    return True


def ask_about(session: Session, conflicts: Sequence[Conflict]) -> bool:
    """Ask whose value stands; it ends the claim."""
    session.ask(
        Question.CHANGED_IN_QUICKBOOKS,
        conflicts_.about(conflicts),
        conflicts_.sentence(conflicts),
        conflicts_.shown(conflicts),
    )
    return True


def _void_there(session: Session, kind: str, qbo_id: str) -> bool:
    """Somebody has voided or deleted it there: the relay asks what becomes of it."""
    with session.pool.connection() as connection:
        note_void(connection, session.claim.realm_id, kind, qbo_id)
    session.judge_anew()
    return True


def _books_closed(session: Session, meaning: Meaning) -> bool:
    if closed.look_again(session, disputed=True):
        return True
    session.refuse(meaning.code, meaning.sentence)
    return True


def _know_void(session: Session, attempt: OpenAttempt, theirs: dict[str, Any]) -> None:
    """It is void already: an earlier send was done and its answer lost, or a person was first."""
    new = linked_by(attempt, theirs, session.claim.parts.get(attempt.part))
    emptied = attempt.basis != basis.VOID

    def settle(connection: Connection) -> None:
        if session.claim.entity == Entity.PAYMENT:
            hold(connection, session.claim, attempt.part, ())
        session.free(write_success(connection, session.claim, attempt, new))
        if emptied:
            forget_part(connection, session.claim, attempt.part)

    session.closing.commit(settle)
    session.know(new)
    if emptied:
        session.forget(attempt.part)


def _name_taken(session: Session, attempt: OpenAttempt, holder_id: str | None) -> bool:
    """Ours is adopted; beside a vendor or an employee we take a suffix; a customer is asked of.

    What is there already and was renamed takes nobody over: it takes the suffix. So does what meets
    another contact's customer, or one that was given up: no answer could link it.
    """
    holder = None
    if attempt.operation == "create":
        holder = holder_of_name(session, attempt, holder_id, Read.NAME_TAKEN)
    if holder is not None and _adopt(session, attempt, holder):
        return False
    if session.naming.distinguished:
        session.refuse("6240", "The name is taken in QuickBooks, also with a suffix.")
        return True
    rule = session.settings.existing_customers
    is_contact = session.claim.entity == Entity.CONTACT
    if (
        holder is not None
        and is_contact
        and rule != "create"
        and not belongs_to_another(session, "Customer", holder)
    ):
        if rule == "ask":
            return _ask_who(session, Question.NAME_TAKEN, [holder])
        contact = parse_snapshot(Entity.CONTACT, session.claim.snapshot).snapshot
        match = customer_to_link(contact, [holder])
        if match is not None:
            link_customer(session, match)
            return False
    session.naming = replace(session.naming, distinguished=True)
    return False


def holder_of_name(
    session: Session, attempt: OpenAttempt, holder_id: str | None, purpose: Read
) -> dict[str, Any] | None:
    """Read the customer that has our name; None: a vendor or an employee has it.

    Older texts do not say who it is: then it is looked for by its name.
    """
    if holder_id is not None:
        return read_customer(session, holder_id, purpose)
    name = str(sent_fields(attempt).get("DisplayName") or "")
    return named(_ask(session, query_for_name(name), name, purpose), name)


def read_customer(session: Session, qbo_id: str, purpose: Read) -> dict[str, Any] | None:
    """Read a customer; None: there is none of that id, or it is merged or deleted."""
    return read_object(session, "Customer", qbo_id, purpose)


def read_object(session: Session, kind: str, qbo_id: str, purpose: Read) -> dict[str, Any] | None:
    """Read an object; None: there is none of that id."""
    try:
        return object_in(session.read(read(kind, qbo_id), purpose), kind)
    except ObjectNotFound:
        return None


def _adopt_number(session: Session, attempt: OpenAttempt, error: QuickBooksError) -> bool:
    named = isinstance(error, DuplicateDocNumber) and error.holder_type == "Invoice"
    holder_id = error.holder_id if isinstance(error, DuplicateDocNumber) else None
    if named and holder_id is not None:
        response = session.read(read("Invoice", holder_id), Read.NUMBER_TAKEN)
        if _adopt(session, attempt, object_in(response, "Invoice")):
            return False
    elif holder_id is None and attempt.operation == "create":
        # An older text names nobody: ours may be there, of an answer that was lost.
        made = made_by(
            attempt, objects_in(session.read(query_for(attempt), Read.LOOK_UP), "Invoice")
        )
        if made is not None and _adopt(session, attempt, made):
            return False
    if session.naming.renumbered:
        session.refuse("6140", "The number is taken in QuickBooks, also with a suffix.")
        return True
    session.naming = replace(session.naming, renumbered=True)
    return False


def _adopt(session: Session, attempt: OpenAttempt, found: dict[str, Any]) -> bool:
    """Take over an object that is ours beyond doubt."""
    if not is_ours(attempt, found) or belongs_to_another(session, attempt.kind, found):
        return False
    log.info("object.adopted", record_pk=session.claim.pk, kind=attempt.kind)
    owned = owned_fields(attempt.kind, found, attempt.wanted)
    session.link_to(linked(attempt.kind, found, owned, part=attempt.part))
    return True


def belongs_to_another(session: Session, kind: str, found: dict[str, Any]) -> bool:
    """Whether a QuickBooks object is linked to another record of ours, or was given up."""
    realm_id, qbo_id = session.claim.realm_id, str(found["Id"])
    with session.pool.connection() as connection:
        owner = owner_of(connection, realm_id, kind, qbo_id)
        if owner is None:
            return is_given_up(connection, realm_id, kind, qbo_id)
    return owner != session.claim.pk
