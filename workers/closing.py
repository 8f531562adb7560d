"""What is written down when a call has ended: one transaction, repeated until the database is back.

Every function here writes into the caller's open transaction; `Closing.commit` is the one place
that opens and commits it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from structlog import get_logger

from connections.companies import answers_again
from coordination.database import DATABASE_AWAY, Connection, Pool, at_once, in_transaction
from coordination.limiter import end_call
from qbo_client import NotSent, QuickBooksError, Response
from records.applications import settle_applications
from records.applied import Answer as CallAnswer
from records.applied import write_applied
from records.attempts import Answer, answer_attempt
from records.claims import Claim, OpenAttempt
from records.findings import find
from records.links import Linked, free_payments_of, linked_id
from records.settlement import Release, release
from records.states import State
from schemas import Entity, Invoice, SnapshotInvalid
from workers.calling import TimedSlot, give_up
from workers.mapping.money import sum_text
from workers.mapping.values import number
from workers.metrics import releases
from workers.returns import returns_of, tell_returns

log = get_logger()

Dependants = tuple[tuple[str, str], ...]
"""(entity, ProLine id) of records whose dependants may wait for this one."""

SETTLE_TRIES_MOST = 600
"""Five minutes at half a second; then the thread gives up, no longer names the claim, and the relay
takes it back."""


@dataclass(frozen=True)
class Closing:
    """Writes down how a claim's calls ended."""

    pool: Pool
    claim: Claim
    again: timedelta
    wait: Callable[[float], None] = time.sleep

    def commit(self, write: Callable[[Connection], object], *, alone: bool = False) -> None:
        """Run `write` in one transaction, again and again until the database takes it.

        Args:
            write: what is written.
            alone: it is one statement, which needs no transaction around it.

        Raises:
            one of `DATABASE_AWAY`: it did not come back in time; the relay takes the claim back.
        """
        for _ in range(SETTLE_TRIES_MOST - 1):
            try:
                return self._once(write, alone=alone)
            except DATABASE_AWAY as error:
                log.warning("settle.repeated", record_pk=self.claim.pk, error=type(error).__name__)
                self.wait(self.again.total_seconds())
        return self._once(write, alone=alone)

    def _once(self, write: Callable[[Connection], object], *, alone: bool) -> None:
        with (at_once if alone else in_transaction)(self.pool) as connection:
            write(connection)

    def leave(
        self,
        connection: Connection,
        end: Release,
        also: Dependants = (),
    ) -> None:
        """Give the claim back; a fenced one is only told."""
        if not release(connection, self.claim, end, (*_dependants(self.claim), *also)):
            _tell_fenced(self.claim)
            return
        _count(self.claim, end)
        if end.state is State.DONE:
            tell_returns(connection, self.claim)


def _count(claim: Claim, end: Release) -> None:
    """Count an end; one that is repeated because its commit's answer was lost counts twice."""
    releases.labels(claim.entity, end.state).inc()


def _tell_fenced(claim: Claim) -> None:
    log.warning("settle.fenced", record_pk=claim.pk, company_id=claim.company_id)


def end_with_error(connection: Connection, timed: TimedSlot, error: QuickBooksError) -> None:
    """End a call that brought an error; one whose bytes never left counts nowhere."""
    if isinstance(error, NotSent):
        give_up(connection, timed)
    else:
        end_call(connection, timed.slot.call_id, error.status, error.code, error.intuit_tid)


def end_with_answer(connection: Connection, timed: TimedSlot, response: Response) -> None:
    """End a call that was answered well."""
    end_call(connection, timed.slot.call_id, response.status, None, response.intuit_tid)


def write_error(
    connection: Connection,
    claim: Claim,
    attempt: OpenAttempt,
    answer: Answer,
    error: QuickBooksError | None = None,
) -> Dependants:
    """Write down that an attempt was not applied; name the invoices that have room again.

    A late answer to an attempt that has one changes nothing: what a newer attempt holds is not its.
    """
    first = answer_attempt(
        connection,
        attempt.id,
        answer,
        status=error.status if error else None,
        fault_code=error.code if error else None,
        intuit_tid=error.intuit_tid if error else None,
    )
    return _refused(connection, claim, attempt) if first else ()


def write_success(  # by name
    connection: Connection,
    claim: Claim,
    attempt: OpenAttempt,
    linked: Linked,
    answered: tuple[TimedSlot, Response] | None = None,
    end: Release | None = None,
    also: Dependants = (),
) -> Dependants:
    """Write down that an attempt was applied, with the link it made; name invoices with room again.

    Args:
        connection: the settling transaction, or one where each statement is one, if
            `is_one_statement` says so.
        claim: whose attempt it is.
        attempt: what was written.
        linked: the object as QuickBooks returned it.
        answered: the call and its answer; None if the object was found there.
        end: where the claim goes with it; None: the claim goes on.
        also: other records whose dependants may wait, where the claim ends.
    """
    if claim.is_probe:
        # First: a company is locked before its records.
        answers_again(connection, claim.company_id)
    outcome = write_applied(
        connection,
        claim,
        attempt.id,
        linked,
        answer=_answer(*answered) if answered else None,
        release=end,
        also=(*_dependants(claim), *also),
    )
    if not outcome.kept:
        # By now the link that stands in the way is to be seen, which it was not to the statement.
        _tell_second(connection, claim, linked)
    # After the link is locked, as a payment locks it before its applications.
    for note in _notes(claim, attempt, linked):
        note(connection)
    if end is not None and not outcome.released:
        _tell_fenced(claim)
    elif end is not None:
        _count(claim, end)
        if end.state is State.DONE:
            tell_returns(connection, claim)
    return tuple(("invoice", record_id) for record_id in outcome.freed)


def is_one_statement(
    claim: Claim, attempt: OpenAttempt, linked: Linked, end: Release | None
) -> bool:
    """Say whether `write_success` writes one statement, and may be repeated as it is.

    What a claim that goes on has to remember, invoices with room again, a repeat would not name.
    """
    if claim.is_probe or end is None or returns_of(claim):
        return False
    return not _notes(claim, attempt, linked)


Note = Callable[[Connection], None]


def _notes(claim: Claim, attempt: OpenAttempt, linked: Linked) -> tuple[Note, ...]:
    """What else there is to write: seldom anything."""
    notes: list[Note] = [*_differences(claim, attempt, linked)]
    if linked.kind == "Invoice" and linked.voided:
        notes.append(lambda connection: free_payments_of(connection, claim))
    return tuple(notes)


def _tell_second(connection: Connection, claim: Claim, linked: Linked) -> None:
    """A late answer named another object than the one that is linked: both are in the books."""
    first = linked_id(connection, claim, linked.part)
    if first not in {None, linked.qbo_id}:
        find(
            connection,
            claim.company_id,
            claim.pk,
            "made_twice",
            linked.qbo_id,
            f"QuickBooks has this {linked.kind.lower()} twice, as {first} and as {linked.qbo_id}:"
            " remove the second there.",
        )


def _answer(timed: TimedSlot, response: Response) -> CallAnswer:
    return CallAnswer(timed.slot.call_id, response.status, response.intuit_tid)


def _refused(connection: Connection, claim: Claim, attempt: OpenAttempt) -> Dependants:
    if claim.entity != Entity.PAYMENT:
        return ()
    freed = settle_applications(connection, claim, attempt.part, applied=False)
    return tuple(("invoice", record_id) for record_id in freed)


def _dependants(claim: Claim) -> Dependants:
    """An invoice that changes may be what a deposit of its project has waited for."""
    if claim.entity != Entity.INVOICE or claim.project is None:
        return ()
    return (("project", claim.project.record_id),)


def _differences(claim: Claim, attempt: OpenAttempt, linked: Linked) -> Iterator[Note]:
    """A total or a tax that differs is never plain green: done, with a finding."""
    if attempt.version != claim.version or linked.voided or claim.entity != Entity.INVOICE:
        return
    invoice = _invoice(claim)
    if invoice is None:
        return
    sums = (
        ("total_differs", "total", _total(claim, invoice), linked.total),
        ("tax_differs", "tax", _tax_sent(attempt), linked.tax),
    )
    for kind, what, ours, theirs in sums:
        if ours is not None and theirs is not None and ours != theirs:
            yield partial(
                find,
                company_id=claim.company_id,
                record_pk=claim.pk,
                kind=kind,
                key=str(claim.version),
                sentence=f"ProLine says a {what} of {sum_text(ours)}, QuickBooks one of"
                f" {sum_text(theirs)}.",
            )


def _total(claim: Claim, invoice: Invoice) -> Decimal | None:
    """One that is booked itself says the project's total, and that is not booked."""
    return claim.amount_due if claim.booked_itself else invoice.total


def _tax_sent(attempt: OpenAttempt) -> Decimal | None:
    detail = attempt.wanted.get("TxnTaxDetail")
    return number(detail.get("TotalTax")) if isinstance(detail, dict) else None


def _invoice(claim: Claim) -> Invoice | None:
    try:
        document = claim.document
    except SnapshotInvalid:
        return None  # it was judged before it came here; the attempt was of an older version
    return document if isinstance(document, Invoice) else None
