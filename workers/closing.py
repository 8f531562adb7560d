"""What is written down when a call has ended: one transaction, repeated until the database is back.

Every function here writes into the caller's open transaction; `Closing.commit` is the one place
that opens and commits it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from structlog import get_logger

from coordination.database import DATABASE_AWAY, Connection, Pool
from coordination.limiter import end_call
from qbo_client import NotSent, QuickBooksError, Response
from records.applications import settle_applications
from records.attempts import Answer, answer_attempt
from records.claims import Claim, OpenAttempt
from records.findings import find
from records.links import Linked, free_payments_of, keep_link, linked_id
from records.settlement import Release, release
from records.states import State
from schemas import Entity, Invoice, SnapshotInvalid, parse_snapshot
from workers.calling import TimedSlot, give_up
from workers.mapping.money import sum_text
from workers.mapping.values import number
from workers.returns import tell_returns

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

    def commit(self, write: Callable[[Connection], object]) -> None:
        """Run `write` in one transaction, again and again until the database takes it.

        Raises:
            one of `DATABASE_AWAY`: it did not come back in time; the relay takes the claim back.
        """
        for _ in range(SETTLE_TRIES_MOST - 1):
            try:
                return self._once(write)
            except DATABASE_AWAY as error:
                log.warning("settle.repeated", record_pk=self.claim.pk, error=type(error).__name__)
                self.wait(self.again.total_seconds())
        return self._once(write)

    def _once(self, write: Callable[[Connection], object]) -> None:
        with self.pool.connection() as connection:
            write(connection)

    def leave(
        self,
        connection: Connection,
        end: Release,
        also: Dependants = (),
    ) -> None:
        """Give the claim back; a fenced one is only told."""
        if not release(connection, self.claim, end, (*_dependants(self.claim), *also)):
            log.warning("settle.fenced", record_pk=self.claim.pk, company_id=self.claim.company_id)
        elif end.state is State.DONE:
            tell_returns(connection, self.claim)


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
    return _settled(connection, claim, attempt, applied=False) if first else ()


def write_success(
    connection: Connection,
    claim: Claim,
    attempt: OpenAttempt,
    linked: Linked,
    response: Response | None = None,
) -> Dependants:
    """Write down that an attempt was applied, with the link it made; None if it was found there."""
    first = answer_attempt(
        connection,
        attempt.id,
        "applied",
        status=response.status if response else None,
        intuit_tid=response.intuit_tid if response else None,
    )
    if not keep_link(connection, claim, linked):
        _tell_second(connection, claim, linked)
    if linked.kind == "Invoice" and linked.voided:
        free_payments_of(connection, claim)
    _compare(connection, claim, attempt, linked)
    return _settled(connection, claim, attempt, applied=True) if first else ()


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


def _settled(
    connection: Connection, claim: Claim, attempt: OpenAttempt, *, applied: bool
) -> Dependants:
    if claim.entity != Entity.PAYMENT:
        return ()
    freed = settle_applications(connection, claim, attempt.part, applied=applied)
    return tuple(("invoice", record_id) for record_id in freed)


def _dependants(claim: Claim) -> Dependants:
    """An invoice that changes may be what a deposit of its project has waited for."""
    if claim.entity != Entity.INVOICE or claim.project is None:
        return ()
    return (("project", claim.project.record_id),)


def _compare(connection: Connection, claim: Claim, attempt: OpenAttempt, linked: Linked) -> None:
    """A total or a tax that differs is never plain green: done, with a finding."""
    if attempt.version != claim.version or linked.voided:
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
            sentence = (
                f"ProLine says a {what} of {sum_text(ours)}, QuickBooks one of {sum_text(theirs)}."
            )
            find(connection, claim.company_id, claim.pk, kind, str(claim.version), sentence)


def _total(claim: Claim, invoice: Invoice) -> Decimal | None:
    """One that is booked itself says the project's total, and that is not booked."""
    return claim.amount_due if claim.booked_itself else invoice.total


def _tax_sent(attempt: OpenAttempt) -> Decimal | None:
    detail = attempt.wanted.get("TxnTaxDetail")
    return number(detail.get("TotalTax")) if isinstance(detail, dict) else None


def _invoice(claim: Claim) -> Invoice | None:
    if claim.entity != Entity.INVOICE:
        return None
    try:
        return parse_snapshot(Entity.INVOICE, claim.snapshot).snapshot
    except SnapshotInvalid:
        return None  # it was judged before it came here; the attempt was of an older version
