"""A company is connected to other books than before: what becomes of its records.

Invariant: nothing of the former books acts in the new ones. Whatever was eligible is judged anew
before it is handed out; questions go, answers and sends go out of use; links stay by realm, and
with them come back, when their books are connected again, the answers given there. A record agrees
with books in the version that was written there, whatever it agreed with elsewhere meanwhile.

Weakness: all of it is one transaction, in which the relay stands still, and it passes over every
record of the company once: some six seconds for a hundred thousand of which half have to be judged
anew (measured on two cores). A leader that waits so long says that its database was away, and goes
on.
"""

from datetime import timedelta

from connections.errors import WritesUnderWay
from coordination.database import Connection
from records.holding import archive_unknown

UNKNOWN_FOR = timedelta(seconds=130)
"""From its start until a write without an answer is given up: Intuit's 120 s, and a margin."""
RECORDS_AT_ONCE = 2_000


def change_books(connection: Connection, company_id: str, *, former: str, realm_id: str) -> None:
    """Take a company's records from `former` books to those of `realm_id`.

    Args:
        connection: the transaction that connects the company, in which the relay stands still and
            every unclaimed place has been returned.
        company_id: the company.
        former: the realm it is taken from.
        realm_id: the realm it is connected to now.

    Raises:
        WritesUnderWay: something is being written to the former books, or may yet be.
    """
    refuse_while_writing(connection, company_id, realm_id)
    archive_unknown(connection, company_id, realm_id)
    arguments = {"company_id": company_id, "former": former, "realm_id": realm_id}
    for statement in (_FORGET_QUESTIONS, _PUT_ANSWERS_AWAY, _BRING_ANSWERS_BACK, _CANCEL_SENDS):
        connection.execute(statement, arguments)
    _judge_anew(connection, company_id, realm_id)


_CLAIMED = """
SELECT count(*) FROM proline_qbo.records
WHERE company_id = %s AND state = 'dispatched' AND claimed_by IS NOT NULL
"""
_UNKNOWN = """
SELECT count(*), ceil(extract(epoch FROM max(a.started_at) + %(unknown_for)s - proline_qbo.clock()))
FROM proline_qbo.attempts a JOIN proline_qbo.records r ON r.pk = a.record_pk
WHERE r.company_id = %(company_id)s AND a.realm_id <> %(realm_id)s AND a.answer IS NULL
  AND a.started_at > proline_qbo.clock() - %(unknown_for)s
"""


def refuse_while_writing(
    connection: Connection, company_id: str, realm_id: str, unknown_for: timedelta = UNKNOWN_FOR
) -> None:
    """Refuse to leave books while a record is claimed, or a write of late has no answer.

    Args:
        connection: exact in the transaction `change_books` names; elsewhere a first look.
        company_id: the company.
        realm_id: the realm it shall be connected to.
        unknown_for: how long after its start a write may yet get its answer.

    Raises:
        WritesUnderWay: with the sentence for the office.
    """
    (claimed,) = connection.execute(_CLAIMED, [company_id]).fetchone() or (0,)
    if claimed:
        what, are = _counted(claimed, "record")
        raise WritesUnderWay(f"{what} {are} being written now: try again in a moment.")
    arguments = {"company_id": company_id, "realm_id": realm_id, "unknown_for": unknown_for}
    unknown, seconds = connection.execute(_UNKNOWN, arguments).fetchone() or (0, 0)
    if unknown:
        what, are = _counted(unknown, "write")
        raise WritesUnderWay(
            f"{what} to the former QuickBooks company {are} without an answer yet: try again in"
            f" {seconds} seconds."
        )


def _counted(number: int, noun: str) -> tuple[str, str]:
    return (f"1 {noun}", "is") if number == 1 else (f"{number} {noun}s", "are")


_FORGET_QUESTIONS = """
DELETE FROM proline_qbo.decisions d USING proline_qbo.records r
WHERE r.pk = d.record_pk AND r.company_id = %(company_id)s AND d.answer IS NULL
"""
# A decision names no realm. `left_in` says where an answer that is out of use was given.
_PUT_ANSWERS_AWAY = """
UPDATE proline_qbo.decisions d
SET spent_at = proline_qbo.clock(),
    shown = d.shown || jsonb_build_object('left_in', %(former)s::text)
FROM proline_qbo.records r
WHERE r.pk = d.record_pk AND r.company_id = %(company_id)s
  AND d.answer IS NOT NULL AND d.spent_at IS NULL
"""
_BRING_ANSWERS_BACK = """
UPDATE proline_qbo.decisions d SET spent_at = NULL, shown = d.shown - 'left_in'
FROM proline_qbo.records r
WHERE r.pk = d.record_pk AND r.company_id = %(company_id)s
  AND d.shown ->> 'left_in' = %(realm_id)s
"""
# Who ordered a send meant the books of then. Who left something out meant the record.
_CANCEL_SENDS = """
UPDATE proline_qbo.orders o SET carried_out_at = proline_qbo.clock()
FROM proline_qbo.records r
WHERE r.pk = o.record_pk AND r.company_id = %(company_id)s
  AND o.kind = 'send' AND o.carried_out_at IS NULL
"""

# Stale: it is in these books, and what was written there last is not the version of now. As one
# that retries a record is judged before it can be handed out.
_JUDGE_ANEW = """
WITH slice AS MATERIALIZED (
    SELECT r.pk, r.entity, r.record_id,
           EXISTS (SELECT FROM proline_qbo.links l
                   WHERE l.realm_id = %(realm_id)s AND l.record_pk = r.pk)
           AND (NOT EXISTS (SELECT FROM proline_qbo.attempts a
                            WHERE a.record_pk = r.pk AND a.realm_id = %(realm_id)s
                              AND a.answer = 'applied' AND a.version = r.version)
                OR EXISTS (SELECT FROM proline_qbo.links g
                           WHERE g.realm_id = %(realm_id)s AND g.record_pk = r.pk
                             AND (g.gone OR g.voided))) AS stale
    FROM proline_qbo.records r
    WHERE r.company_id = %(company_id)s
      AND (r.entity, r.record_id) > (%(entity)s::text, %(record_id)s::text)
    ORDER BY r.entity, r.record_id LIMIT %(most)s
), moved AS (
    UPDATE proline_qbo.records r
    SET state = CASE WHEN r.state IN ('pending', 'done') THEN 'retrying' ELSE r.state END,
        retry_at = CASE WHEN r.state IN ('pending', 'done', 'retrying')
                        THEN proline_qbo.clock() END,
        since = CASE WHEN r.state IN ('pending', 'done') THEN proline_qbo.clock()
                     ELSE r.since END,
        settled_version = CASE WHEN s.stale THEN NULL ELSE r.settled_version END,
        settled_basis = CASE WHEN s.stale THEN NULL ELSE r.settled_basis END
    FROM slice s
    WHERE r.pk = s.pk
      AND (r.state IN ('pending', 'retrying') OR (s.stale AND r.state <> 'dispatched'))
    RETURNING r.company_id, r.entity, r.record_id
), nudged AS (
    INSERT INTO proline_qbo.nudges (company_id, entity, record_id) SELECT * FROM moved
)
SELECT entity, record_id FROM slice ORDER BY entity DESC, record_id DESC LIMIT 1
"""


def _judge_anew(connection: Connection, company_id: str, realm_id: str) -> None:
    """Have what is eligible, and what these books may not agree with, judged again.

    Each slice begins behind the one before, so there are as many as the company's records fill.
    """
    arguments = {"company_id": company_id, "realm_id": realm_id, "most": RECORDS_AT_ONCE}
    last: tuple[str, ...] | None = ("", "")
    while last is not None:
        entity, record_id = last
        last = connection.execute(
            _JUDGE_ANEW, arguments | {"entity": entity, "record_id": record_id}
        ).fetchone()
