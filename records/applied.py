"""A write that QuickBooks has: all that is written down of it, in one statement.

The call ends, the attempt has its answer, the link is kept, what a payment held is settled, and the
claim is released with the nudges of all who may wait. Each part stands in the module that owns its
rows and is what that module writes alone. They touch different rows, so none has to see what
another did. Rows are locked as PostgreSQL comes to them: the call, the attempt, the link. Who else
locks two of them is the holder of a claim of the same record, and does so in this order. As one
statement it is one round trip
and, where nothing else is to be written, a transaction by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import tuple_row

from coordination import limiter
from coordination.database import Connection
from coordination.statements import Statement
from records import applications, attempts, links, settlement
from records.claims import Claim
from records.links import Linked
from records.settlement import Release


@dataclass(frozen=True)
class Answer:
    """How QuickBooks answered: by which call, and in which of its own words for support."""

    call_id: int
    status: int
    intuit_tid: str | None


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    `first` says that the attempt had no such answer yet, `kept` that no newer answer and no other
    object is linked, `released` that the claim was ours to release; `freed` are invoices that have
    room again, by ProLine's id.
    """

    first: bool
    kept: bool
    released: bool
    freed: tuple[str, ...]


def _statement(*, of_payment: bool, releases: bool) -> Statement:
    parts = [
        f"ended AS ({limiter.END})",
        f"answered AS ({attempts.ANSWER} RETURNING id)",
        links.KEPT,
    ]
    freed = "ARRAY(SELECT record_id FROM freed)" if of_payment else "'{}'::text[]"
    if of_payment:
        parts.append(applications.arrived("EXISTS (SELECT FROM answered)"))
    if releases:
        parts.append(settlement.RELEASED)
    if releases and of_payment:
        parts.append("""freed_nudged AS (
    INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
    SELECT r.company_id, 'invoice', f.record_id FROM released r, freed f
)""")
    released = "EXISTS (SELECT FROM released)" if releases else "false"
    return Statement(
        f"WITH {', '.join(parts)} SELECT EXISTS (SELECT FROM answered),"
        f" EXISTS (SELECT FROM kept), {released}, {freed}"
    )


_STATEMENTS = {
    (of_payment, releases): _statement(of_payment=of_payment, releases=releases)
    for of_payment in (True, False)
    for releases in (True, False)
}


def write_applied(  # a write has so many facts
    connection: Connection,
    claim: Claim,
    attempt_id: int,
    linked: Linked,
    *,
    answer: Answer | None,
    release: Release | None,
    also: Sequence[tuple[str, str]] = (),
) -> Outcome:
    """Write down that QuickBooks has what an attempt wrote.

    Args:
        connection: the settling transaction, or one where each statement is one.
        claim: whose attempt it is.
        attempt_id: the attempt.
        linked: the object it made or changed.
        answer: None where it was not answered but found there.
        release: how the claim ends; None: it goes on.
        also: see `settlement.release`.

    Raises:
        psycopg.errors.UniqueViolation: another record has that object already.
    """
    arguments = {
        **links.arguments_of(claim, linked),
        **(settlement.arguments_of(claim, release, also) if release else {}),
        "attempt_id": attempt_id,
        "answer": "applied",
        "call_id": answer.call_id if answer else None,
        "status": answer.status if answer else None,
        "fault_code": None,
        "intuit_tid": answer.intuit_tid if answer else None,
    }
    statement = _STATEMENTS[claim.entity == "payment", release is not None]
    row = statement.one(connection, arguments, tuple_row)
    if row is None:
        raise LookupError("SELECT without FROM gave no row")
    first, kept, released, freed = row
    return Outcome(first, kept, released, tuple(freed))
