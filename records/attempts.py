"""Attempts: the exact request of each write, committed before anything is sent.

Invariant: a record has at most one attempt without an answer (a unique index says so), and while it
has one nothing else is written for that record but those same bytes with the same request id.
"""

from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb

from coordination.database import Connection
from records.claims import Claim, OpenAttempt, hold_claim

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


_OPEN = """
INSERT INTO proline_qbo.attempts (record_pk, realm_id, part, generation, version, basis, operation,
                                  kind, path, params, body, request_id, wanted, sends)
VALUES (%(record_pk)s, %(realm_id)s, %(part)s, %(generation)s, %(version)s, %(basis)s,
        %(operation)s, %(kind)s, %(path)s, %(params)s, %(body)s, %(request_id)s, %(wanted)s, 1)
RETURNING id, part, operation, kind, path, params, body, request_id, version, basis, wanted,
          started_at, sends
"""


def open_attempt(connection: Connection, claim: Claim, write: Write) -> OpenAttempt:
    """Store the request of a write that is about to be sent.

    Raises:
        ClaimLost: the claim was taken back; whoever has the record now writes it.
        psycopg.errors.UniqueViolation: an attempt of this record still has no answer.
    """
    hold_claim(connection, claim)
    arguments = {
        "record_pk": claim.pk,
        "realm_id": claim.realm_id,
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
    row = connection.execute(_OPEN, arguments).fetchone()
    if row is None:
        raise LookupError("INSERT ... RETURNING gave no row")
    return OpenAttempt(*row)


_AGAIN = "UPDATE proline_qbo.attempts SET sends = sends + 1 WHERE id = %s AND answer IS NULL"


def send_again(connection: Connection, claim: Claim, attempt_id: int) -> bool:
    """Note that the same bytes leave once more; False when the attempt has its answer by now.

    Raises:
        ClaimLost: the claim was taken back.
    """
    hold_claim(connection, claim)
    return connection.execute(_AGAIN, [attempt_id]).rowcount == 1


# A success always counts, however late it comes; any other answer only where there was none.
_ANSWER = """
UPDATE proline_qbo.attempts
SET answer = %(answer)s, answered_at = proline_qbo.clock(), status = %(status)s,
    fault_code = %(fault_code)s, intuit_tid = %(intuit_tid)s
WHERE id = %(id)s AND (answer IS NULL OR (%(answer)s = 'applied' AND answer <> 'applied'))
"""


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
        "id": attempt_id,
        "answer": answer,
        "status": status,
        "fault_code": fault_code,
        "intuit_tid": intuit_tid,
    }
    return connection.execute(_ANSWER, arguments).rowcount == 1


_ANSWERS = """
SELECT count(*) FROM proline_qbo.attempts
WHERE record_pk = %s AND realm_id = %s AND part = %s AND answer IN ('applied', 'refused')
"""


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
