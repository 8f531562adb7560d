"""Carrying out what a person has answered, where QuickBooks has to be asked for it.

Most answers only change what the relay judges or what is wanted. Two name an object there: a
customer in place of one that is gone, and the invoice that stands for a project's running balance.
An answer that does not help is spent, and its question is asked anew.
"""

from dataclasses import replace
from typing import Any

from qbo_client import ObjectNotFound
from qbo_client.requests import read
from records.answers import Answer, spend
from records.facts import Link
from records.findings import find
from records.links import follow_merge
from records.questions import Question
from schemas import Entity
from workers.answers import linked, object_in
from workers.learning import belongs_to_another, link_customer, read_customer
from workers.mapping import is_voided, owned_fields
from workers.mapping.money import ZERO, sum_text
from workers.mapping.values import number
from workers.reads import Read
from workers.session import Session
from workers.wanted import basis_of


def carry_out(session: Session) -> bool | None:
    """Do what was answered; None: nothing was, False: go on, True: the claim is released."""
    link = session.claim.link
    if link is not None and link.gone and session.reactivating is None:
        return _instead_of_gone(session, link)
    said = session.claim.answers.latest(Question.RUNNING_BALANCE_BEGAN_BEFORE)
    first_time = link is None and session.claim.generation == 0
    if session.claim.entity == Entity.INVOICE and first_time and said is not None:
        return _link_invoice(session, said) if said.answer == "link" else None
    return None


def _instead_of_gone(session: Session, link: Link) -> bool:
    said = session.claim.answers.to(Question.CUSTOMER_GONE, link.qbo_id)
    if said is None:
        session.judge_anew()
        return True
    if said.answer == "reactivate":
        return _reactivate(session, link, said)
    found = read_customer(session, said.argument or "", Read.ANSWERED)
    if found is None or not found.get("Active", True):
        return _spent(session, said)
    if found.get("Job") or belongs_to_another(session, "Customer", found):
        return _spent(session, said)
    if read_customer(session, link.qbo_id, Read.ANSWERED) is None:
        # Merged: QuickBooks has moved its documents to the one that is left.
        with session.pool.connection() as connection:
            realm_id = session.claim.realm_id
            follow_merge(connection, realm_id, gone=link.qbo_id, left=found["Id"])
    link_customer(session, found)
    return False


def _reactivate(session: Session, link: Link, said: Answer) -> bool:
    """Read it for its SyncToken; a merged one cannot be brought back."""
    found = read_customer(session, link.qbo_id, Read.ANSWERED)
    if found is None:
        return _spent(session, said)
    fields = _wanted_fields(session)
    owned = owned_fields("Customer", found, fields)
    is_active = bool(found.get("Active", True))
    known = linked("Customer", found, owned, adopted=link.adopted, kept=link.kept)
    if is_active:
        session.link_to(known)
        return False
    gone = basis_of(session.claim)
    session.know(replace(known, owned=owned | {"Active": False}))
    session.reactivating = gone
    return False


def _link_invoice(session: Session, said: Answer) -> bool:
    """Link the invoice that is there; it is left as it is until the project's sum changes."""
    try:
        response = session.read(read("Invoice", said.argument or ""), Read.ANSWERED)
    except ObjectNotFound:
        return _spent(session, said)
    found = object_in(response, "Invoice")
    if is_voided(found) or belongs_to_another(session, "Invoice", found):
        return _spent(session, said)
    fields = _wanted_fields(session)
    if (found.get("CustomerRef") or {}).get("value") != fields["CustomerRef"]["value"]:
        return _spent(session, said)  # somebody else's: what comes later would be written over it
    new = linked("Invoice", found, owned_fields("Invoice", found, fields))
    session.link_to(new)
    with session.pool.connection() as connection:
        total = number(session.claim.snapshot.get("total")) or ZERO
        find(
            connection,
            session.claim.company_id,
            session.claim.pk,
            "linked_by_hand",
            new.qbo_id,
            f"Linked to invoice {new.qbo_id} of QuickBooks by {said.answered_by}: it says"
            f" {sum_text(new.total or ZERO)}, ProLine {sum_text(total)}.",
        )
    session.end(session.done())
    return True


def _wanted_fields(session: Session) -> dict[str, Any]:
    wanted = session.wanted()
    return (wanted[0].fields if wanted else None) or {}


def _spent(session: Session, said: Answer) -> bool:
    with session.pool.connection() as connection:
        spend(connection, said)
    session.judge_anew()
    return True


def with_reactivation(session: Session, fields: dict[str, Any] | None) -> dict[str, Any] | None:
    """Add that the customer shall be active, where a person said so."""
    if fields is None or session.reactivating is None:
        return fields
    return fields | {"Active": True}
