"""One write: what QuickBooks shall hold is composed, and its attempt committed with a slot.

`write` says whether the claim was released. What then becomes of the attempt is in `sending`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from coordination.database import Connection, at_once, in_transaction
from qbo_client.errors import CODES_THAT_LEAVE_IT_OPEN
from records.allocation import Application, Resolution
from records.applications import hold, resolve_locked, settle_applications
from records.attempts import count_answers, on_its_way_until
from records.claims import OpenAttempt
from records.findings import find
from records.links import keep_fields, owner_of
from records.settlement import retry
from schemas import Entity, Payment
from workers import answered, learning
from workers import conflicts as conflicts_
from workers.calling import TimedSlot
from workers.drafting import Draft, draft_for, write_of
from workers.mapping import Conflict
from workers.sending import send
from workers.session import Session
from workers.taking_off import is_held, takes_money_off
from workers.wanted import Wanted, basis_of, is_gone, unique_name

WAITS_FOR_OLD_CALL = "This change waits until an earlier call must be over."


def write(session: Session) -> bool:
    """Bring QuickBooks to the wanted state by one write, if it needs any.

    A payment of several parts is written part by part, a turn each.
    """
    session.access_token()
    of_payment = session.claim.entity == Entity.PAYMENT
    wanted = () if of_payment else session.wanted()
    # A payment's invoices are locked while it is decided what it pays, and an invoice from which
    # money may be taken; of any other record there is nothing to write but the attempt with its
    # slot, or the release.
    takes_off = takes_money_off(session)
    several = of_payment or takes_off or any(each.notes for each in wanted)
    with (in_transaction if several else at_once)(session.pool) as connection:
        if of_payment:
            resolution = _resolution(session, connection)
            if resolution is not None and resolution.is_open:
                # Something changed since it was dispatched: the relay looks again.
                session.look_again(connection)
                return True
            wanted = session.wanted(resolution)
        if any(_is_void_there(session, each) for each in wanted) or (
            takes_off and is_held(session, connection)
        ):
            session.look_again(connection)
            return True
        _note(session, connection, wanted)
        next_one = _next(session, wanted)
        if next_one is None:
            _agree(session, connection, wanted)
            session.leave(connection, session.done())
            return True
        if not isinstance(next_one, Reopened):
            until = _old_call_until(session, connection, next_one[0])
            if until is not None:
                session.leave(connection, retry(until, WAITS_FOR_OLD_CALL, transient=False))
                return True
            attempt, timed = _open(session, connection, *next_one)
    if isinstance(next_one, Reopened):
        return _decide_kept(session, next_one)
    # Committed: from here on it has to be resolved, whatever breaks.
    session.several = len(wanted) > 1
    session.claim = replace(session.claim, attempt=attempt)
    return send(session, attempt, timed)


@dataclass(frozen=True)
class Reopened:
    """Fields a person left as QuickBooks has them, and that ProLine has changed since."""

    part: str
    conflicts: tuple[Conflict, ...]


def _next(session: Session, wanted: Sequence[Wanted]) -> tuple[Wanted, Draft] | Reopened | None:
    """Choose what is written next; None when QuickBooks agrees with all of it."""
    for each in wanted:
        fields = answered.with_reactivation(session, each.fields)
        whole = replace(each, fields=fields)
        if session.reactivating is not None:
            whole = replace(whole, basis=session.reactivating)
        link = session.claim.parts.get(each.part)
        reopened = conflicts_.reopened(link, fields) if link and fields else ()
        if reopened:
            return Reopened(each.part, reopened)
        draft = draft_for(whole, link)
        if draft is not None:
            return whole, draft
    return None


def _open(
    session: Session, connection: Connection, wanted: Wanted, draft: Draft
) -> tuple[OpenAttempt, TimedSlot]:
    claim = session.claim
    known = claim.answered if not session.opened and wanted.part == "" else None
    answers = count_answers(connection, claim, wanted.part) if known is None else known
    session.opened = True
    if claim.entity == Entity.PAYMENT:
        hold(connection, claim, wanted.part, _lines_there(session, connection, wanted))
    return session.open(connection, write_of(claim, wanted, draft, answers=answers))


def _old_call_until(session: Session, connection: Connection, wanted: Wanted) -> datetime | None:
    """Say how long an earlier write may be on its way; None: it is not, or it does not matter.

    Where a request id is proved, an answer to one send is the end of all, for the rest replay it;
    unless QuickBooks would not take the id any more, and another one is next.
    """
    if not (session.claim.resent or session.resolved):
        return None
    proved = session.waits.requestid_proved
    codes = sorted(CODES_THAT_LEAVE_IT_OPEN) if proved else None
    at_most = session.waits.look_up_after
    return on_its_way_until(connection, session.claim.pk, at_most, unique_name(wanted), codes)


def _decide_kept(session: Session, reopened: Reopened) -> bool:
    """ProLine has changed what a person left as it was there: ask, or follow what they said."""
    conflicts = reopened.conflicts
    said = conflicts_.answer_to(session.claim.answers, conflicts)
    link = session.claim.parts.get(reopened.part)
    if said is None or link is None:
        return learning.ask_about(session, conflicts)
    kept = {name: value for name, value in link.kept.items() if name not in _names(conflicts)}
    if said.answer == "theirs":
        kept |= conflicts_.kept_of(conflicts)
    with session.pool.connection() as connection:
        keep_fields(connection, session.claim, reopened.part, kept)
    session.keep(reopened.part, kept)
    return False


def _lines_there(session: Session, connection: Connection, wanted: Wanted) -> Sequence[Application]:
    """What a payment's part pays: as wanted, or as a person left it in QuickBooks."""
    link = session.claim.parts.get(wanted.part)
    if link is None or "Line" not in link.kept:
        return wanted.lines
    paid: dict[int, Application] = {}
    for line in link.owned.get("Line") or []:
        for linked in line.get("LinkedTxn") or []:
            qbo_id = str(linked.get("TxnId"))
            invoice_pk = owner_of(connection, session.claim.realm_id, "Invoice", qbo_id)
            if invoice_pk is not None:
                amount = Decimal(line["Amount"])
                paid[invoice_pk] = Application(invoice_pk, qbo_id, amount)
    return tuple(paid.values())


def _names(conflicts: tuple[Conflict, ...]) -> set[str]:
    return {each.field for each in conflicts}


def _resolution(session: Session, connection: Connection) -> Resolution | None:
    payment = session.claim.document
    if not isinstance(payment, Payment) or is_gone(payment):
        return None
    resolution = resolve_locked(connection, session.claim, payment)
    session.basis = basis_of(session.claim, resolution)
    return resolution


def _is_void_there(session: Session, wanted: Wanted) -> bool:
    """It lives again in ProLine: no write brings it back there, and the relay asks a person."""
    link = session.claim.parts.get(wanted.part)
    return link is not None and link.voided and wanted.fields is not None


def _agree(session: Session, connection: Connection, wanted: Sequence[Wanted]) -> None:
    """What a payment pays is kept also where a person had applied it there before us."""
    if session.claim.entity != Entity.PAYMENT:
        return
    for part in (each for each in wanted if each.fields is not None):
        hold(connection, session.claim, part.part, _lines_there(session, connection, part))
        freed = settle_applications(connection, session.claim, part.part, applied=True)
        session.free(tuple(("invoice", record_id) for record_id in freed))


def _note(session: Session, connection: Connection, wanted: Sequence[Wanted]) -> None:
    """What had to be left out is said, once for each thing."""
    claim = session.claim
    for note in dict.fromkeys(note for each in wanted for note in each.notes):
        find(connection, claim.company_id, claim.pk, "left_out", note, note)
