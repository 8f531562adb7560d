"""What a person orders for a record: send it all the same, or leave it out.

An order is a row; it takes effect where the record is at rest, and never while the outcome of a
write is unknown. Only the relay carries it out, in the transaction that then judges the record.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from coordination.database import Connection
from records.keys import RecordKey
from records.link_columns import BOOKS

Kind = Literal["send", "skip"]


@dataclass(frozen=True)
class Order:
    """What shall happen to a record, and who said so; `in_bulk` with many others at once."""

    record_pk: int
    kind: Kind
    by: str
    why: str = ""
    in_bulk: bool = False


_ORDER = """
WITH ordered AS (
    INSERT INTO proline_qbo.orders (record_pk, kind, ordered_by, why, in_bulk)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[])
    RETURNING record_pk
)
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT r.company_id, r.entity, r.record_id
FROM ordered JOIN proline_qbo.records r ON r.pk = ordered.record_pk
"""


def order(connection: Connection, orders: Sequence[Order]) -> None:
    """Store what people order, with the nudge that has the relay carry it out."""
    connection.execute(
        _ORDER,
        [
            [each.record_pk for each in orders],
            [each.kind for each in orders],
            [each.by for each in orders],
            [each.why for each in orders],
            [each.in_bulk for each in orders],
        ],
    )


_ORDERED = """
SELECT r.state, coalesce(CASE WHEN r.state = 'failed' THEN r.code ELSE d.question END, ''),
       count(DISTINCT r.pk)
FROM proline_qbo.orders o
JOIN proline_qbo.records r ON r.pk = o.record_pk
LEFT JOIN proline_qbo.decisions d ON d.record_pk = r.pk AND d.answer IS NULL
WHERE o.carried_out_at IS NULL AND r.company_id = %s AND r.standing = 'attention'
GROUP BY 1, 2
"""


def count_ordered(connection: Connection, company_id: str) -> dict[tuple[str, str], int]:
    """Count what needs attention and has an order that is not carried out yet.

    By what stands in its group: ("failed", code) or ("waiting", question).
    """
    rows = connection.execute(_ORDERED, [company_id]).fetchall()
    return {(state, what): int(count) for state, what, count in rows}


# The newest order of a record counts; what QuickBooks has in this version is not left out of it.
_CARRY_OUT = f"""
WITH due AS (
    SELECT DISTINCT ON (o.record_pk) o.record_pk, o.kind, o.ordered_by, o.in_bulk, o.why,
           {BOOKS} AS realm_id, o.id
    FROM proline_qbo.orders o
    JOIN proline_qbo.records r ON r.pk = o.record_pk
    JOIN proline_qbo.companies c ON c.id = r.company_id
    WHERE o.record_pk = ANY(%b::bigint[]) AND o.carried_out_at IS NULL AND r.state <> 'dispatched'
      AND NOT EXISTS (SELECT FROM proline_qbo.attempts a
                      WHERE a.record_pk = r.pk AND a.realm_id = {BOOKS} AND a.answer IS NULL)
    ORDER BY o.record_pk, o.id DESC
), sent AS (
    UPDATE proline_qbo.records r
    SET state = 'pending', reason = NULL, code = NULL, sentence = NULL, retry_at = NULL,
        skipped_by = NULL, skipped_version = NULL, skipped_in_bulk = false,
        sent_anyway_in = due.realm_id, parked_version = NULL,
        failed_version = NULL, failed_basis = NULL, failed_code = NULL, failed_sentence = NULL,
        settled_version = CASE WHEN r.state = 'done' THEN NULL ELSE r.settled_version END,
        since = proline_qbo.clock()
    FROM due WHERE r.pk = due.record_pk AND due.kind = 'send'
    RETURNING r.pk
), taken_back AS (
    -- A person's word that it stays out does not outlive one that it is sent.
    UPDATE proline_qbo.decisions d SET spent_at = proline_qbo.clock()
    FROM due WHERE d.record_pk = due.record_pk AND due.kind = 'send' AND d.spent_at IS NULL
      AND d.answer IN ('skip', 'by_hand', 'leave')
), disputed AS (
    -- What others had applied to its invoices there may be gone by now.
    UPDATE proline_qbo.links l SET elsewhere = 0
    FROM due
    JOIN proline_qbo.dependencies d ON d.record_pk = due.record_pk
    JOIN proline_qbo.dependencies p
      ON (p.company_id, p.on_entity, p.on_record_id) = (d.company_id, 'project', d.on_record_id)
    WHERE due.kind = 'send' AND d.on_entity = 'project' AND l.realm_id = due.realm_id
      AND l.record_pk = p.record_pk AND l.kind = 'Invoice' AND l.elsewhere > 0
), skipped AS (
    UPDATE proline_qbo.records r
    SET state = 'skipped', reason = NULL, code = NULL, retry_at = NULL,
        sentence = coalesce(nullif(due.why, ''), 'Left out by ' || due.ordered_by || '.'),
        skipped_by = due.ordered_by, skipped_version = r.version, skipped_in_bulk = due.in_bulk,
        sent_anyway_in = NULL, since = proline_qbo.clock()
    FROM due WHERE r.pk = due.record_pk AND due.kind = 'skip' AND r.state <> 'done'
    RETURNING r.pk
), closed AS (
    DELETE FROM proline_qbo.decisions d USING skipped
    WHERE d.record_pk = skipped.pk AND d.answer IS NULL
), carried_out AS (
    UPDATE proline_qbo.orders o SET carried_out_at = proline_qbo.clock()
    FROM due WHERE o.record_pk = due.record_pk AND o.carried_out_at IS NULL AND o.id <= due.id
)
SELECT DISTINCT m.company_id, m.project_id
FROM sent JOIN proline_qbo.members m ON m.record_pk = sent.pk
"""


def carry_out_orders(connection: Connection, pks: Sequence[int]) -> list[tuple[str, str]]:
    """Do what people have ordered for these records, where they are at rest.

    Returns:
        (company, project) of running-balance invoices that are sent all the same: what stands for
        them has to be composed anew.
    """
    return [(company, project) for company, project in connection.execute(_CARRY_OUT, [list(pks)])]


_NEEDED = f"""
UPDATE proline_qbo.records r
SET state = 'pending', reason = NULL, code = NULL, sentence = NULL,
    skipped_by = NULL, skipped_version = NULL, skipped_in_bulk = false,
    sent_anyway_in = {BOOKS}, settled_version = NULL, since = proline_qbo.clock()
FROM unnest(%s::text[], %s::text[], %s::text[]) AS k (company_id, entity, record_id),
     proline_qbo.companies c
WHERE (r.company_id, r.entity, r.record_id) = (k.company_id, k.entity, k.record_id)
  AND c.id = r.company_id AND r.state IN ('skipped', 'done')
RETURNING r.pk
"""


def send_needed(connection: Connection, keys: Collection[RecordKey]) -> list[int]:
    """Send what was left out and others hang from; return what has to be judged for it."""
    if not keys:
        return []
    named = sorted(keys)
    rows = connection.execute(
        _NEEDED,
        [
            [key.company_id for key in named],
            [key.entity for key in named],
            [key.record_id for key in named],
        ],
    ).fetchall()
    return [pk for (pk,) in rows]
