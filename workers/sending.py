"""A write under way: sent, and settled by what came back.

Every function says whether the claim was released. While an attempt's outcome is unknown, nothing
else is written for the record: `resolve` sends the same bytes again, or looks first where
QuickBooks would not itself refuse a second one, or has called the id a duplicate. A repeat that is
refused closes nothing before it is looked at what the first send has left.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from structlog import get_logger

from coordination.clock import clock
from coordination.database import Connection
from coordination.limiter import had_fault, last_left_open, may_be_applied
from qbo_client import AuthorizationExpired, BusinessFault, QuickBooksError, Response
from qbo_client.errors import CODES_THAT_LEAVE_IT_OPEN
from records import basis
from records.attempts import Answer, hold_attempt, send_again, was_refused_with
from records.claims import OpenAttempt, hold_claim
from records.links import Linked, forget_part, keep_link
from records.settlement import Release, done, handed_back, retry
from schemas import Entity
from workers import learning
from workers.answers import linked_by, object_in
from workers.backoff import backoff_seconds
from workers.calling import TimedSlot
from workers.closing import end_with_error, is_one_statement, write_error, write_success
from workers.drafting import request_of
from workers.earlier_sends import Found, look
from workers.lookups import is_repeatable
from workers.mapping import changed_fields
from workers.meaning import Action, Meaning, meaning_of
from workers.session import Session

log = get_logger()

SENDS_OF_A_PROVED_ID = 3
"""Then what it made is looked for. A send still on its way may be why it is called a duplicate."""


def send(session: Session, attempt: OpenAttempt, timed: TimedSlot) -> bool:
    """Send an attempt in its slot, and settle it."""
    try:
        response = session.call(timed, request_of(attempt))
        found = object_in(response, attempt.kind)
    except QuickBooksError as error:
        return _not_applied(session, attempt, timed, error)
    new = linked_by(attempt, found, session.claim.parts.get(attempt.part))
    return _applied(session, attempt, new, (timed, response))


def _applied(
    session: Session,
    attempt: OpenAttempt,
    new: Linked,
    call: tuple[TimedSlot, Response] | None = None,
) -> bool:
    """Settle a write that QuickBooks has; of an older version, the claim then goes back."""
    finished = attempt.version == session.claim.version and not session.several
    # A part whose money is on another customer now: what is void there was voided by us.
    emptied = attempt.operation == "void" and attempt.basis != basis.VOID

    end = done(attempt.version, attempt.basis) if finished else None

    def settle(connection: Connection) -> None:
        claim, also = session.claim, session.freed
        session.free(write_success(connection, claim, attempt, new, call, end, also))
        if emptied:
            forget_part(connection, claim, attempt.part)

    alone = not emptied and is_one_statement(session.claim, attempt, new, end)
    session.closing.commit(settle, alone=alone)
    session.reactivating = None
    log.info(
        "record.synced",
        entity=session.claim.entity,
        company_id=session.claim.company_id,
        record_pk=session.claim.pk,
        operation=attempt.operation,
        attempt_id=attempt.id,
    )
    session.claim = replace(session.claim, attempt=None)
    session.know(new)
    if emptied:
        session.forget(attempt.part)
    return finished


def _not_applied(
    session: Session, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError
) -> bool:
    if isinstance(error, AuthorizationExpired) and not session.refreshed:
        return _refresh(session, attempt, timed, error)
    meaning = meaning_of(error)
    if isinstance(error, BusinessFault) and meaning.action is Action.RESOLVE:
        return _seen_before(session, attempt, timed, error)
    if meaning.action is Action.RESOLVE:
        return _unknown(session, attempt, timed, error)
    if meaning.answered:
        return _refused(session, attempt, timed, error, meaning)
    return _not_taken(session, attempt, timed, error, meaning)


def _refused(
    session: Session,
    attempt: OpenAttempt,
    timed: TimedSlot,
    error: QuickBooksError,
    meaning: Meaning,
) -> bool:
    """A business answer. Where an earlier send may have been done, it is the cause perhaps.

    So it is looked for before the attempt is closed. An answer without a code is a page of
    something on the way: QuickBooks has not looked at this send, and it is sent again.
    """
    left_open = False

    def settle(connection: Connection) -> None:
        nonlocal left_open
        # What was looked for is not there; and a proved id is replayed, so that no other was done.
        told = error.code is not None and session.waits.requestid_proved
        unsure = session.looked_for != attempt.id and not told
        left_open = unsure and _another_may_be_there(connection, attempt, timed)
        end_with_error(connection, timed, error)
        if left_open and error.code is None:
            session.leave(connection, _again(session, connection, attempt))
        elif not left_open:
            _close_refused(session, connection, attempt, error, meaning)

    session.closing.commit(settle)
    if not left_open:
        return _after_refusal(session, attempt, error, meaning)
    session.claim = replace(session.claim, attempt=attempt)
    if error.code is None:
        return True
    found = look(session, attempt, error)
    if found is not None and found.applied:
        return _found(session, attempt, found.link)

    def close(connection: Connection) -> None:
        _keep_seen(session, connection, attempt, found)
        _close_refused(session, connection, attempt, error, meaning)

    session.closing.commit(close)
    return _after_refusal(session, attempt, error, meaning, found)


def _keep_seen(
    session: Session, connection: Connection, attempt: OpenAttempt, found: Found | None
) -> None:
    """Know what is there of an attempt as ours, in the transaction that closes it as not applied.

    Raises:
        ClaimLost: the claim was taken back, and somebody else is sending it perhaps.
    """
    hold_claim(connection, session.claim)
    # The attempt before its link, as an answer that comes late locks them.
    hold_attempt(connection, attempt.id)
    if found is not None:
        keep_link(connection, session.claim, found.link)
        session.know(found.link)


def _goes_on(session: Session, attempt: OpenAttempt, meaning: Meaning) -> bool:
    """A refusal may teach something, and a newer version has its own try."""
    return learning.teaches(attempt, meaning) or attempt.version != session.claim.version


def _close_refused(
    session: Session,
    connection: Connection,
    attempt: OpenAttempt,
    error: QuickBooksError,
    meaning: Meaning,
) -> None:
    session.free(write_error(connection, session.claim, attempt, "refused", error))
    if not _goes_on(session, attempt, meaning):
        session.leave_by(connection, meaning, attempt.basis)


def _after_refusal(
    session: Session,
    attempt: OpenAttempt,
    error: QuickBooksError,
    meaning: Meaning,
    found: Found | None = None,
) -> bool:
    session.claim = replace(session.claim, attempt=None)
    if learning.teaches(attempt, meaning):
        log.info(
            "refusal.looked_at",
            record_pk=session.claim.pk,
            company_id=session.claim.company_id,
            code=meaning.code,
            action=meaning.action,
        )
        theirs = found.theirs if found is not None else None
        return learning.learn(session, attempt, error, meaning, theirs)
    return not _goes_on(session, attempt, meaning)


def _another_may_be_there(
    connection: Connection, attempt: OpenAttempt, timed: TimedSlot | None
) -> bool:
    """Whether another send than this may have been applied.

    Who took the claim back may be about to send it again: that send is seen.
    """
    hold_attempt(connection, attempt.id)
    this_call = timed.slot.call_id if timed else None
    return may_be_applied(connection, attempt.id, besides=this_call)


def _not_taken(
    session: Session,
    attempt: OpenAttempt,
    timed: TimedSlot | None,
    error: QuickBooksError,
    meaning: Meaning,
) -> bool:
    """This call was not applied. Where an earlier one may have been, the attempt stays open."""
    session.claim = replace(session.claim, attempt=attempt)

    def settle(connection: Connection) -> None:
        if timed is not None:
            end_with_error(connection, timed, error)
        if not _another_may_be_there(connection, attempt, timed):
            # After a business answer QuickBooks may repeat it for this request id for ever.
            answer: Answer = "refused" if isinstance(error, BusinessFault) else "unsent"
            session.free(write_error(connection, session.claim, attempt, answer, error))
        session.leave_by(connection, meaning, attempt.basis)

    session.closing.commit(settle)
    return True


def _refresh(
    session: Session, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError
) -> bool:
    """401: a fresh token, and the same bytes in a new slot, once."""
    session.closing.commit(lambda connection: end_with_error(connection, timed, error))
    try:
        session.renew_token()
    except QuickBooksError as failure:
        meaning = meaning_of(failure)
        if meaning.answered:
            # The token endpoint refused us; of the books it says nothing.
            meaning = replace(meaning, action=Action.RECONNECT)
        return _not_taken(session, attempt, None, failure, meaning)
    return _repeat(session, attempt)


def _seen_before(
    session: Session, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError
) -> bool:
    """QuickBooks has seen this request id, or this object: the same bytes would loop for ever.

    Where it would refuse a second one, what is there already is found at once; elsewhere nothing is
    done before it must be there.
    """
    if not is_repeatable(attempt):
        return _unknown(session, attempt, timed, error)
    session.claim = replace(session.claim, attempt=attempt)
    session.closing.commit(lambda connection: end_with_error(connection, timed, error))
    found = look(session, attempt, error)
    if found is not None and found.applied:
        return _found(session, attempt, found.link)
    # Perhaps the first is still at work.
    session.closing.commit(
        lambda connection: session.leave(connection, _again(session, connection, attempt))
    )
    return True


def _give_up_id(
    session: Session, attempt: OpenAttempt, meaning: Meaning, found: Found | None
) -> bool:
    """Close an attempt whose id QuickBooks does not take, and write once more under a new one."""
    codes = sorted(CODES_THAT_LEAVE_IT_OPEN)
    with session.pool.connection() as connection:
        again = was_refused_with(connection, session.claim, attempt.part, codes)

    def settle(connection: Connection) -> None:
        _keep_seen(session, connection, attempt, found)
        error = BusinessFault(code=meaning.code)
        session.free(write_error(connection, session.claim, attempt, "refused", error))

    session.closing.commit(settle)
    session.claim = replace(session.claim, attempt=None)
    if again:
        session.refuse(meaning.code, meaning.sentence)
    return again


def _unknown(
    session: Session, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError
) -> bool:
    """The first time again at once, unless it was silence; then with backoff."""
    session.claim = replace(session.claim, attempt=attempt)
    repeatable = _may_repeat_at_once(session, attempt)
    repeats = repeatable and attempt.sends == 1 and session.silent is None

    def settle(connection: Connection) -> None:
        end_with_error(connection, timed, error)
        if not repeats:
            session.leave(connection, _again(session, connection, attempt))

    session.closing.commit(settle)
    log.warning(
        "attempt.outcome_unknown",
        record_pk=session.claim.pk,
        attempt_id=attempt.id,
        status=error.status,
    )
    return not repeats


def resolve(session: Session, attempt: OpenAttempt) -> bool:
    """Go on with a write whose outcome is unknown."""
    session.opened = session.resolved = True
    session.behind = attempt.version != session.claim.version
    # Which of its parts still want a write, nobody remembers.
    session.several = session.claim.entity == Entity.PAYMENT
    session.basis = session.basis if session.behind else attempt.basis
    if _never_left(session, attempt):
        return False
    with session.pool.connection() as connection:
        repeats = _may_repeat(session, connection, attempt)
    if repeats:
        return _repeat(session, attempt)
    with session.pool.connection() as connection:
        due = _look_up_at(session, connection, attempt)
        if clock(connection) < due:
            sentence = "Waits until QuickBooks must have an answer."
            session.leave(connection, retry(due, sentence, transient=False))
            return True
    found = look(session, attempt)
    if found is None or not found.applied:
        session.looked_for = attempt.id
        with session.pool.connection() as connection:
            seen = _fault_that_leaves_it_open(connection, attempt)
        if seen is None:
            return _repeat(session, attempt)
        return _give_up_id(session, attempt, seen, found)
    return _found(session, attempt, found.link)


def _found(session: Session, attempt: OpenAttempt, found: Linked) -> bool:
    """Settle what was found; where what was made lacks something, it is judged anew for that.

    A tax that QuickBooks has computed in its own way is a finding, as after any answer.
    """
    lacks = changed_fields(found.owned, attempt.wanted).keys() - {"TxnTaxDetail"}
    if attempt.operation == "create" and lacks:
        session.several = session.behind = True
    log.info("attempt.found", record_pk=session.claim.pk, attempt_id=attempt.id)
    return _applied(session, attempt, found)


def _fault_that_leaves_it_open(connection: Connection, attempt: OpenAttempt) -> Meaning | None:
    """What QuickBooks said of an id that it had seen; None: it has not said so."""
    for code in sorted(CODES_THAT_LEAVE_IT_OPEN):
        if had_fault(connection, attempt.id, [code]):
            return meaning_of(BusinessFault(code=code))
    return None


def _never_left(session: Session, attempt: OpenAttempt) -> bool:
    """Close an attempt none of whose calls can have been applied."""
    with session.pool.connection() as connection:
        hold_claim(connection, session.claim)
        if may_be_applied(connection, attempt.id):
            return False
        session.free(write_error(connection, session.claim, attempt, "unsent"))
    session.claim = replace(session.claim, attempt=None)
    return True


def _may_repeat(session: Session, connection: Connection, attempt: OpenAttempt) -> bool:
    """Whether the same bytes may be sent again without a look-up; a proved id is taken at its word.

    Unless QuickBooks calls it a duplicate instead of replaying the answer.
    """
    called_duplicate = had_fault(connection, attempt.id, CODES_THAT_LEAVE_IT_OPEN)
    if is_repeatable(attempt):
        return not called_duplicate
    few = attempt.sends < SENDS_OF_A_PROVED_ID
    return session.waits.requestid_proved and (few or not called_duplicate)


def _may_repeat_at_once(session: Session, attempt: OpenAttempt) -> bool:
    return session.waits.requestid_proved or is_repeatable(attempt)


def _again(session: Session, connection: Connection, attempt: OpenAttempt) -> Release:
    at = clock(connection) + timedelta(seconds=backoff_seconds(session.claim.transient_errors))
    if not _may_repeat(session, connection, attempt):
        at = max(at, _look_up_at(session, connection, attempt))
    return retry(at, "QuickBooks did not say whether it was booked.")


def _look_up_at(session: Session, connection: Connection, attempt: OpenAttempt) -> datetime:
    """Say when QuickBooks must have an answer to each send, so that a look-up tells the truth."""
    left_at = last_left_open(connection, attempt.id) or attempt.started_at
    return left_at + session.waits.look_up_after


def _repeat(session: Session, attempt: OpenAttempt) -> bool:
    session.access_token()
    with session.pool.connection() as connection:
        if not send_again(connection, session.claim, attempt.id):
            # A late answer came in between; the relay looks at what is so now.
            session.leave(connection, handed_back())
            return True
        timed = session.take_slot(connection, "write", attempt.operation, attempt.id)
    return send(session, replace(attempt, sends=attempt.sends + 1), timed)
