"""Attempts: the exact request of each write, committed before anything is sent.

Invariant: a record has at most one attempt without an answer (a unique index says so), and while it
has one nothing else is written for that record but those same bytes with the same request id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from coordination.database import Connection
from coordination.limiter import SLOT_COLUMNS, Call, Full, Limits, Slot, slot_for, slot_in
from coordination.statements import Statement
from records.claims import (
    HOLD,
    Claim,
    ClaimLost,
    OpenAttempt,
    count_of_answers,
    hold_claim,
)

Answer = Literal["applied", "refused", "unsent"]


@dataclass(frozen=True)
class Write:
    """A write to be attempted, with the bytes that will leave.

    `basis` is what the mapping used beside the snapshot; `wanted` is the whole wanted state, of
    which an update sends only what changed.
    """

    part: str
    operation: Literal["create", "update", "void"]
    kind: Literal["Customer", "Invoice", "Payment"]
    path: str
    params: tuple[tuple[str, str], ...]
    body: bytes
    request_id: str
    basis: str
    wanted: dict[str, Any]


# The claim is held, then the slot is taken, in a function whose statements see what was committed
# before they began; without a slot nothing is opened.
_OPEN = Statement(f"""
WITH held AS MATERIALIZED (
    {HOLD}
), numbered AS MATERIALIZED (
    SELECT nextval('proline_qbo.attempts_id_seq') AS id FROM held
), slot AS MATERIALIZED (
    SELECT numbered.id, {SLOT_COLUMNS} FROM numbered CROSS JOIN LATERAL {slot_for("numbered.id")}
), opened AS (
    INSERT INTO proline_qbo.attempts (id, record_pk, realm_id, part, generation, version, basis,
                                      operation, kind, path, params, body, request_id, wanted,
                                      sends)
    OVERRIDING SYSTEM VALUE
    SELECT slot.id, %(record_pk)s, %(realm_id)s, %(part)s, %(generation)s, %(version)s, %(basis)s,
           %(operation)s, %(kind)s, %(path)s, %(params)s, %(body)s, %(request_id)s, %(wanted)s, 1
    FROM slot WHERE call_id IS NOT NULL
    RETURNING started_at
)
SELECT slot.id, {SLOT_COLUMNS}, (SELECT started_at FROM opened) FROM slot
""")


def open_attempt(
    connection: Connection, claim: Claim, write: Write, call: Call, limits: Limits
) -> tuple[OpenAttempt, Slot] | Full:
    """Store the request of a write that is about to be sent, and take the slot it is sent in.

    Args:
        connection: a transaction that ends with this, or one where each statement is one: the
            realm's limiter row is held until then.
        claim: the claimed record.
        write: what will leave.
        call: the call that sends it.
        limits: of the realm.

    Raises:
        ClaimLost: the claim was taken back; whoever has the record now writes it.
        ProcessGone: the process was declared gone.
        psycopg.errors.UniqueViolation: an attempt of this record still has no answer.
    """
    stored = {
        "token": claim.token,
        "generation": claim.generation,
        "version": claim.version,
        "part": write.part,
        "basis": write.basis,
        "operation": write.operation,
        "kind": write.kind,
        "path": write.path,
        "params": Jsonb([list(pair) for pair in write.params]),
        "body": write.body,
        "request_id": write.request_id,
        "wanted": Jsonb(write.wanted),
    }
    row = _OPEN.one(connection, call.arguments(limits) | stored, tuple_row)
    if row is None:
        raise ClaimLost(claim.pk)
    attempt_id, *taken, started_at = row
    slot = slot_in((taken[0], taken[1], taken[2], taken[3]), call.process_id)
    if isinstance(slot, Full):
        return slot
    return _opened(attempt_id, started_at, write, claim), slot


def _opened(attempt_id: int, started_at: datetime, write: Write, claim: Claim) -> OpenAttempt:
    return OpenAttempt(
        id=attempt_id,
        part=write.part,
        operation=write.operation,
        kind=write.kind,
        path=write.path,
        params=[list(pair) for pair in write.params],
        body=write.body,
        request_id=write.request_id,
        version=claim.version,
        basis=write.basis,
        wanted=write.wanted,
        started_at=started_at,
        sends=1,
    )


_AGAIN = "UPDATE proline_qbo.attempts SET sends = sends + 1 WHERE id = %s AND answer IS NULL"


def send_again(connection: Connection, claim: Claim, attempt_id: int) -> bool:
    """Note that the same bytes leave once more; False when the attempt has its answer by now.

    Raises:
        ClaimLost: the claim was taken back.
    """
    hold_claim(connection, claim)
    return connection.execute(_AGAIN, [attempt_id]).rowcount == 1


_HOLD_ATTEMPT = "SELECT FROM proline_qbo.attempts WHERE id = %s FOR UPDATE"


def hold_attempt(connection: Connection, attempt_id: int) -> None:
    """Let nobody send an attempt again until the caller's transaction is over.

    Whoever is about to has committed it once this returns: statements that follow see its call.
    """
    connection.execute(_HOLD_ATTEMPT, [attempt_id])


# A success always counts, however late it comes; any other answer only where there was none.
ANSWER: Final = """
UPDATE proline_qbo.attempts
SET answer = %(answer)s, answered_at = proline_qbo.clock(), status = %(status)s,
    fault_code = %(fault_code)s, intuit_tid = %(intuit_tid)s
WHERE id = %(attempt_id)s
  AND (answer IS NULL OR (%(answer)s = 'applied' AND answer <> 'applied'))
"""
"""Writes an attempt's answer down; also a part of the statement that settles a write."""


def answer_attempt(
    connection: Connection,
    attempt_id: int,
    answer: Answer,
    *,
    status: int | None = None,
    fault_code: str | None = None,
    intuit_tid: str | None = None,
) -> bool:
    """Write down what QuickBooks said; False when an earlier answer stands."""
    arguments = {
        "attempt_id": attempt_id,
        "answer": answer,
        "status": status,
        "fault_code": fault_code,
        "intuit_tid": intuit_tid,
    }
    return connection.execute(ANSWER, arguments).rowcount == 1


# What a call without an answer was ended by, its row does not say: its process, or the leader. A
# success, or a redirect, after which the same was sent again came from something on the way.
_ON_ITS_WAY = """
SELECT max(least(c.slot_at, proline_qbo.clock())) + %(at_most)s FROM proline_qbo.attempts a
  JOIN proline_qbo.calls c ON c.attempt_id = a.id
  LEFT JOIN proline_qbo.processes p ON p.id = c.process_id
 WHERE a.record_pk = %(record_pk)s AND a.sends > 1 AND NOT c.unsent
   AND (%(codes)s::text[] IS NULL OR a.fault_code = ANY(%(codes)s))
   AND c.slot_at > proline_qbo.clock() - %(at_most)s
   AND (c.status IS NULL AND (c.ended_at IS NULL OR p.gone_at IS NOT NULL AND NOT p.retired)
        OR (c.status IS NULL OR c.status = 408 OR c.status >= 500
            OR c.status < 400 AND EXISTS (SELECT FROM proline_qbo.calls later
                                           WHERE later.attempt_id = a.id AND later.id > c.id))
           AND a.operation = 'create'
           AND (a.wanted ->> CASE a.kind WHEN 'Customer' THEN 'DisplayName'
                                         WHEN 'Invoice' THEN 'DocNumber' END)
               IS DISTINCT FROM %(name)s)
"""


def on_its_way_until(
    connection: Connection,
    record_pk: int,
    at_most: timedelta,
    name: str | None,
    codes: Sequence[str] | None = None,
) -> datetime | None:
    """Say until when a send of an earlier attempt may still be carried out; None: none is.

    Who was killed has closed its connection, who is frozen has not, and nobody can tell which it
    is: so it counts for as long as QuickBooks may take to answer. Where the connection is closed,
    QuickBooks may go on with what it has received: a create then makes a second object once the
    name or number that it would be refused for is free.

    Args:
        connection: the caller's.
        record_pk: of which record.
        at_most: how long after its slot QuickBooks answers a call, or never.
        name: the name of the customer, or number of the invoice, that is about to be written; None:
            it has none, or is about to be voided.
        codes: look at attempts alone that ended with one of these faults; None: at all.
    """
    arguments = {
        "record_pk": record_pk,
        "at_most": at_most,
        "name": name,
        "codes": None if codes is None else list(codes),
    }
    row = connection.execute(_ON_ITS_WAY, arguments).fetchone()
    until: datetime | None = row[0] if row else None
    return until


_UNANSWERED = "SELECT id FROM proline_qbo.attempts WHERE answer IS NULL"


def unanswered_attempts(connection: Connection) -> list[int]:
    """Name every attempt whose outcome is unknown; there is one of a record at most.

    A company has as many as it had places when it was turned off or lost its connection, or when
    QuickBooks stopped answering: without a limit, since one that is left out would be taken for
    one that was never sent.
    """
    return [attempt for (attempt,) in connection.execute(_UNANSWERED).fetchall()]


_START_BY_NOW = """
UPDATE proline_qbo.attempts SET started_at = proline_qbo.clock()
WHERE answer IS NULL AND started_at > proline_qbo.clock() + interval '1 second'
"""


def start_by_now(connection: Connection) -> int:
    """Let no attempt of unknown outcome have started later than now: its look-up would never come.

    Such a one was begun before the clock went back. Return how many there were.
    """
    return connection.execute(_START_BY_NOW).rowcount


_ANSWERS = f"SELECT {count_of_answers('%s', '%s', '%s')}"


def count_answers(connection: Connection, claim: Claim, part: str) -> int:
    """Count the business answers so far: a request id is new after each, and only then."""
    row = connection.execute(_ANSWERS, [claim.pk, claim.realm_id, part]).fetchone()
    return int(row[0]) if row else 0


_REFUSED_BEFORE = """
SELECT EXISTS (
    SELECT FROM proline_qbo.attempts
    WHERE record_pk = %s AND realm_id = %s AND part = %s AND version = %s
      AND answer = 'refused' AND fault_code = ANY(%s))
"""


def was_refused_with(connection: Connection, claim: Claim, part: str, codes: list[str]) -> bool:
    """Say whether an attempt of this very version was refused with one of these faults."""
    arguments = [claim.pk, claim.realm_id, part, claim.version, codes]
    row = connection.execute(_REFUSED_BEFORE, arguments).fetchone()
    return row is not None and bool(row[0])


# Ids rise with time: what begins before the first that is too young is old.
_EMPTY = """
WITH looked AS MATERIALIZED (
    SELECT id, started_at < (SELECT proline_qbo.clock()) - make_interval(days => %(days)s) AS is_old
    FROM proline_qbo.attempts WHERE id > %(after)s ORDER BY id LIMIT %(most)s
), emptied AS (
    UPDATE proline_qbo.attempts a SET body = '', params = '[]', wanted = '{}'
    FROM looked WHERE a.id = looked.id AND looked.is_old AND a.answer IS NOT NULL AND a.body <> ''
)
SELECT max(id) FILTER (WHERE is_old), count(*) FILTER (WHERE is_old) FROM looked
"""


def empty_answered(
    connection: Connection, *, after: int, most: int, after_days: int = 35
) -> tuple[int, int]:
    """Empty old attempts that have their answer of what was sent: a customer's data, and the bytes.

    The row stays, since a request id counts the business answers there have been.

    Args:
        connection: the leader's transaction.
        after: the id up to which it was done.
        most: how many to look at.
        after_days: the age.

    Returns:
        The id up to which it is done now, and how many were old, to go on while that is `most`.
    """
    arguments = {"after": after, "most": most, "days": after_days}
    row = connection.execute(_EMPTY, arguments).fetchone()
    last, old = row or (None, 0)
    return (after if last is None else int(last)), int(old)
